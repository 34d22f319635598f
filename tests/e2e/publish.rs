//! `nucleon publish`: tags for what changed, at a real remote.

use nucleon_tests::{Published, Repository};

const VPC: &str = "templates/vpc/v1";
const SCHEMA: &str = "templates/vpc/v1/schema/schema.yaml";

/// A repository of templates alone, without `nucleon.yaml`.
fn templates() -> Repository {
    let examples = Published::root().join("templates-examples/vpc-env/v1");
    Repository::empty()
        .copy_from(&examples, VPC)
        .commit("a template")
        .push()
}

/// The tags at the remote, with the commits that they name.
fn tags(repository: &Repository) -> Vec<(String, String)> {
    repository.remote_refs("refs/tags")
}

fn names(repository: &Repository) -> Vec<String> {
    tags(repository).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn what_changed_gets_the_next_number_and_what_did_not_none() {
    let repository = templates();

    let first = repository.nucleon(["publish"]).succeeds();
    assert_eq!(
        first.stdout(),
        "published vpc@1.0, the first of its major version\n"
    );
    assert_eq!(
        tags(&repository),
        [("refs/tags/vpc/v1.0".to_owned(), repository.head())]
    );

    let again = repository.nucleon(["publish"]).succeeds();
    assert_eq!(again.stdout(), "");
    assert!(
        again
            .stderr()
            .contains("nothing changed since it was published"),
        "{again}"
    );

    assert_eq!(names(&repository), ["refs/tags/vpc/v1.0"]);
}

/// Changes the published version, makes a new major one and begins another.
fn changed(repository: Repository) -> Repository {
    let template = "templates/vpc/v1/infrastructure/cloudformation.yaml";
    let text = repository.read(template);
    repository
        .write(template, format!("{text}# more\n"))
        .write("templates/vpc/README.md", "# VPC\n")
        .copy_from(
            &Published::root().join("templates-examples/vpc-env/v1"),
            "templates/vpc/v2",
        )
        .copy_from(
            &Published::root().join("templates-examples/vpc-env/v1"),
            "templates/vpc/v3",
        )
        .write("templates/vpc/versions.yaml", "draft: [3]\n")
        .commit("change it, make a new major version and begin another one")
        .push()
}

#[test]
fn a_new_folder_is_a_new_major_version_and_a_draft_none() {
    let repository = templates();
    let _ = repository.nucleon(["publish"]).succeeds();
    let repository = changed(repository);
    let would = repository.nucleon(["publish", "--dry-run"]).succeeds();
    assert_eq!(
        would.stdout(),
        "would publish vpc@1.1 after vpc@1.0\nwould publish vpc@2.0, the first of its major version\n"
    );
    assert_eq!(names(&repository), ["refs/tags/vpc/v1.0"]);

    // As a runner has it: one commit and no tags.
    let shallow = repository.shallow_clone();
    let output = shallow.folder().join("../output");
    let changed = shallow
        .run("nucleon")
        .args(["publish", "--format", "json"])
        .env("NUCLEON_TEMPLATES", "vpc\n\n")
        .env("NUCLEON_BRANCH", "")
        .env("GITHUB_OUTPUT", &output)
        .run()
        .succeeds();
    assert_eq!(
        std::fs::read_to_string(&output).unwrap(),
        "published<<NUCLEON_EOF\nvpc/v1.1\nvpc/v2.0\nNUCLEON_EOF\n"
    );
    insta::assert_snapshot!(format!("{:#}", changed.json()), @r#"
    {
      "format": 1,
      "templates": [
        {
          "version": "vpc@1.1",
          "status": "published",
          "after": "vpc@1.0"
        },
        {
          "version": "vpc@2.0",
          "status": "published"
        },
        {
          "version": "vpc@3",
          "status": "draft"
        }
      ]
    }
    "#);
    assert_eq!(
        names(&repository),
        [
            "refs/tags/vpc/v1.0",
            "refs/tags/vpc/v1.1",
            "refs/tags/vpc/v2.0"
        ]
    );
}

#[test]
fn what_takes_less_than_before_is_refused_on_its_line() {
    let repository = templates();
    let _ = repository
        .nucleon(["publish", "vpc", "--as", "1.7"])
        .succeeds();
    assert_eq!(names(&repository), ["refs/tags/vpc/v1.7"]);
    let numbered = repository.nucleon(["publish", "vpc", "--as", "1.9"]);
    let numbered = numbered.fails_with(2);
    assert!(
        numbered.stderr().contains("vpc@1.7 is published already"),
        "{numbered}"
    );
    let repository = repository
        .replace(
            SCHEMA,
            "enum: [none, one, each-zone]",
            "enum: [one, each-zone]",
        )
        .commit("take less")
        .push();

    let refused = repository.nucleon(["publish"]).fails_with(1);

    insta::assert_snapshot!(refused.stderr(), @r"
    error[schema/narrower]: `nat` no longer takes `none`
      --> templates/vpc/v1/schema/schema.yaml:23:9
       |
    23 |         nat:
       |         ^^^
       |
       = help: let it take what it took before, or make the folder of a new major version

    1 error
    ");
    assert_eq!(names(&repository), ["refs/tags/vpc/v1.7"]);
}

#[test]
fn what_is_not_the_tip_or_not_committed_or_not_there_is_not_published() {
    let repository = templates();
    let late = repository.another_clone();
    let text = repository.read(SCHEMA);
    let repository = repository
        .write(SCHEMA, format!("{text}# more\n"))
        .commit("go on")
        .push();
    let refused = late.nucleon(["publish"]).fails_with(4);
    assert!(
        refused
            .stderr()
            .contains("push this commit, or let the run of the newer one publish"),
        "{refused}"
    );

    let repository = repository.write(SCHEMA, text);
    let refused = repository.nucleon(["publish"]).fails_with(1);
    assert!(
        refused
            .stderr()
            .contains("`templates/vpc/v1/schema/schema.yaml` is not as the commit has it"),
        "{refused}"
    );

    let refused = repository.nucleon(["publish", "vpcc"]).fails_with(1);
    assert!(
        refused.stderr().contains("did you mean `vpc`?"),
        "{refused}"
    );
    let _ = repository
        .nucleon(["publish", "vpc", "--as", "1"])
        .fails_with(2);
    let _ = repository
        .nucleon(["publish", "vpc", "--as", "9.0"])
        .fails_with(2);
    assert_eq!(names(&repository), Vec::<String>::new());
}

#[test]
fn a_template_with_faults_is_not_published_and_stops_no_other() {
    let repository = templates()
        .copy_from(
            &Published::root().join("templates-examples/vpc-env/v1"),
            "templates/broken/v1",
        )
        .write(
            "templates/broken/v1/schema/schema.yaml",
            "schema: {types: [}\n",
        )
        .commit("break one")
        .push();

    let refused = repository.nucleon(["publish"]).fails_with(1);

    assert_eq!(
        refused.stdout(),
        "published vpc@1.0, the first of its major version\n"
    );
    assert!(
        refused
            .stderr()
            .contains("templates/broken/v1/schema/schema.yaml:1"),
        "{refused}"
    );
}

#[test]
fn of_twenty_who_publish_at_once_one_does() {
    let repository = templates();
    let clones: Vec<Repository> = (0..20).map(|_| repository.another_clone()).collect();

    let running: Vec<_> = clones
        .iter()
        .map(|clone| clone.run("nucleon").args(["publish"]).start())
        .collect();
    let told: Vec<String> = running
        .into_iter()
        .map(|run| run.wait().succeeds().stdout().to_owned())
        .collect();

    assert_eq!(
        tags(&repository),
        [("refs/tags/vpc/v1.0".to_owned(), repository.head())]
    );
    assert!(told.iter().any(|told| !told.is_empty()), "{told:?}");
}
