//! `nucleon validate`: everything that is wrong, at once, each with its place and its code.

use std::fmt::Write as _;
use std::fs::File;
use std::os::unix::fs::symlink;
use std::path::Path;

use nucleon_tests::{Finished, Published, Repository};

/// Every kind of bad file that `validate` must survive, in one repository.
#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let told = everything_wrong()
        .nucleon(["validate", "--format", "json"])
        .fails_with(1);

    insta::assert_snapshot!(lines(&told), @r"
    environments/bomb.yaml:8:22 yaml/too-large aliases expand to more than 50000 values
    environments/large.yaml:1:1 file/too-large `environments/large.yaml` has 107374182400 bytes, more than the 5242880 that Nucleon reads
    environments/latin.yaml:2:10 file/not-utf8 `environments/latin.yaml` is not UTF-8 text
    environments/old.yaml:4:11 bundle/unknown-version `notes-env` has no published version 7.0
    environments/one.yaml:5:1 spec/duplicate-target `one` is defined twice, first at environments/one-again.yaml:5
    environments/other.yaml:4:11 bundle/unknown-template there is no template `note-env`
    environments/syntax.yaml:3:5 yaml/syntax a `:` stands where no value can begin
    environments/three.yaml:5:16 spec/wrong-type `length` must be a whole number, found text
    environments/twice.yaml:3:1 yaml/duplicate-key `name` stands twice in one mapping
    environments/two.yaml:5:8 spec/unknown-input `lenght` is not an input of the template
    nucleon.yaml:4:49 config/unknown-key `rolls` is not a key in `accounts.main`
    nucleon.yaml:7:21 config/promotion-cycle `one` stands twice in `promotion.order`
    nucleon.yaml:8:46 config/unknown-target `pins` names `service/reader/service-instance/nope`, which no spec defines
    services/reader.yaml:7:5 spec/missing-input `team` is required
    services/reader.yaml:9:18 spec/unknown-environment no spec defines environment `nowhere`
    templates/broken-env/v1/infrastructure/cloudformation.yaml:5:4 render/invalid-yaml this renders to `Properties: {}`: a mapping is followed by something that is not a key
    templates/broken-env/v1/schema/schema.yaml:5:41 template/unused-input no template reads the input `name`
    templates/forever-env/v1/infrastructure/cloudformation.yaml:3:16 render/fuel the template does not come to an end: it has done more work than a render may do
    templates/forever-env/v1/schema/schema.yaml:5:41 template/unused-input no template reads the input `name`
    templates/notes-env/v1/infrastructure/notes.txt:1:1 file/symlink `templates/notes-env/v1/infrastructure/notes.txt` is a symbolic link, which Nucleon does not follow
    templates/outside-env/v1/infrastructure/manifest.yaml:3:14 bundle/manifest `../../../../nucleon.yaml` is not a file below the manifest's folder
    ");
}

#[test]
fn validate_writes_nothing() {
    let repository = platform()
        .write("nucleon.yaml", NUCLEON_YAML)
        .write("environments/one.yaml", environment("one", "length: many"))
        .commit("add a fault");
    let refs = repository.git(["for-each-ref"]);

    let _ = repository.nucleon(["validate"]).fails_with(1);

    assert_eq!(repository.git(["status", "--porcelain", "--ignored"]), "");
    assert_eq!(repository.git(["for-each-ref"]), refs);
}

#[test]
fn a_fault_is_shown_with_its_line_and_what_to_write() {
    let repository = platform().write("environments/one.yaml", environment("one", "length: many"));

    let told = repository.nucleon(["validate"]).fails_with(1);

    insta::assert_snapshot!(told.stderr(), @r"
    error[spec/wrong-type]: `length` must be a whole number, found text
     --> environments/one.yaml:5:16
      |
    5 | spec: {length: many}
      |                ^^^^
      |
      = help: write `length: 1`

    1 error
    1 target and 9 files checked: 1 error and 0 warnings
    ");
    assert_eq!(told.stdout(), "");
}

#[test]
fn a_template_that_renders_to_no_yaml_is_shown_where_it_says_so() {
    let repository = platform()
        .write("templates/broken-env/v1/schema/schema.yaml", SCHEMA)
        .write(
            "templates/broken-env/v1/infrastructure/manifest.yaml",
            MANIFEST,
        )
        .write(
            "templates/broken-env/v1/infrastructure/cloudformation.yaml",
            NOT_YAML,
        )
        .write(
            "environments/broken.yaml",
            environment("broken", "").replace("notes-env@1.0", "broken-env@1"),
        );
    let settings = repository.read("nucleon.yaml");
    let repository = repository.write("nucleon.yaml", format!("{settings}unpinned: [broken]\n"));

    let told = repository.nucleon(["validate"]).fails_with(1);

    insta::assert_snapshot!(told.stderr(), @r"
    error[render/invalid-yaml]: this renders to `Properties: {}`: a mapping is followed by something that is not a key
     --> templates/broken-env/v1/infrastructure/cloudformation.yaml:5:4
      |
    5 |    Properties: {}
      |    ^
      |
      = help: write `key: value`, and check the indentation of this line and the one before

    warning[template/unused-input]: no template reads the input `name`
     --> templates/broken-env/v1/schema/schema.yaml:5:41
      |
    5 |     Inputs: {type: object, properties: {name: {type: string, default: x}}}
      |                                         ^^^^
      |
      = help: read it, or take it out of the schema

    1 error, 1 warning
    1 target and 12 files checked: 1 error and 1 warning
    ");
}

#[test]
fn published_versions_that_do_not_go_together_are_told_where_they_are_used() {
    let file = "templates/notes-env/v1/infrastructure/cloudformation.yaml";
    let service = "proton: ServiceSpec\nname: reader\ntemplate: notes-svc@1.0\ninstances:\n  - {name: one, environment: one, spec: {team: x}}\n";
    let repository = platform();
    let newest = repository.read(file);
    let repository = repository
        .replace(file, "  Shelf:\n    Value", "  Shelves:\n    Value")
        .commit("another output")
        .tag("notes-env/v1.1")
        .write(file, newest)
        .write("services/reader.yaml", service)
        .write("environments/one.yaml", environment("one", ""));
    let _ = repository.nucleon(["validate"]).succeeds();
    let repository = repository.replace("environments/one.yaml", "@1.0", "@1.1");

    let told = repository.nucleon(["validate"]).fails_with(1);

    insta::assert_snapshot!(told.stderr(), @r"
    error[template/unknown-output]: `notes-svc@1.0` reads the output `Shelf`, which `notes-env@1.1` does not give out
     --> services/reader.yaml:3:11
      |
    3 | template: notes-svc@1.0
      |           ^^^^^^^^^^^^^
      |
      = help: use versions that go together; `notes-env@1.1` has `Shelves`

    1 error
    2 targets and 10 files checked: 1 error and 0 warnings
    ");
}

#[test]
fn in_a_workflow_run_faults_are_annotations() {
    let repository = platform().write("environments/one.yaml", environment("one", "length: many"));

    let told = repository
        .run("nucleon")
        .args(["validate"])
        .env("GITHUB_ACTIONS", "true")
        .run()
        .fails_with(1);

    insta::assert_snapshot!(told.stdout(), @r"::error file=environments/one.yaml,line=5,col=16,endColumn=20,title=spec/wrong-type::`length` must be a whole number, found text%0Ahelp: write `length: 1`");
}

#[test]
fn only_the_faults_of_the_files_that_were_named_are_told() {
    let repository = platform()
        .write("environments/one.yaml", environment("one", "length: many"))
        .write("environments/two.yaml", environment("two", "length: 0"));

    let told = repository
        .nucleon(["validate", "--format", "json", "environments/two.yaml"])
        .fails_with(1);

    assert!(
        lines(&told).lines().all(|line| line.contains("two.yaml")),
        "{told}"
    );
}

#[test]
fn a_path_that_is_not_in_the_repository_is_a_fault_of_the_command_line() {
    for path in ["environments/on.yaml", "..", "/etc"] {
        let told = platform().nucleon(["validate", path]).fails_with(2);
        assert!(told.stderr().contains(path), "{told}");
    }
}

#[test]
fn an_unknown_input_is_a_warning_and_no_error() {
    let repository = platform().write("environments/one.yaml", environment("one", "lenght: 2"));

    let told = repository
        .nucleon(["validate", "--format", "json"])
        .succeeds();

    assert_eq!(told.json()["diagnostics"][0]["code"], "spec/unknown-input");
    assert_eq!(told.json()["diagnostics"][0]["severity"], "warning");
}

#[test]
fn validation_needs_neither_a_remote_nor_a_credential() {
    let repository = platform().write("environments/one.yaml", environment("one", ""));
    repository.git(["remote", "remove", "origin"]);

    let told = repository.nucleon(["validate"]).succeeds();

    assert!(told.stderr().contains("0 errors"), "{told}");
}

#[test]
fn without_a_nucleon_yaml_validate_says_how_to_begin() {
    let told = Repository::empty()
        .commit("begin")
        .nucleon(["validate"])
        .fails_with(1);

    assert!(told.stderr().contains("nucleon init"), "{told}");
}

const NUCLEON_YAML: &str = r#"nucleon: 1
proton: {account: "111122223333", region: us-east-1}
accounts:
  main: {id: "111122223333", region: us-east-1, rolls: {}}
unpinned: [broken, forever]
promotion:
  order: [one, two, one]
pins: {service/reader/service-instance/nope: notes-svc@1.0}
"#;
const SERVICE: &str = "proton: ServiceSpec
name: reader
template: notes-svc@1.0
instances:
  - name: first
    environment: one
    spec: {}
  - name: second
    environment: nowhere
    spec: {team: readers}
";
const SCHEMA: &str = "schema:
  format: {openapi: \"3.0.0\"}
  environment_input_type: Inputs
  types:
    Inputs: {type: object, properties: {name: {type: string, default: x}}}
";
const MANIFEST: &str = "infrastructure:
  templates:
    - {file: cloudformation.yaml, rendering_engine: jinja, template_language: cloudformation}
";
const FOREVER: &str = "Resources:
  {%- for a in range(10000) %}{% for b in range(10000) %}
  {%- for c in range(10000) %}{% set x = c %}{% endfor %}
  {%- endfor %}{% endfor %}
";
const NOT_YAML: &str = "Resources:
  {%- for name in [\"one\", \"two\"] %}
  {{ name }}:
    Type: AWS::SQS::Queue
   Properties: {}
  {%- endfor %}
";

/// The templates of `tests/platform`, published, with an account.
fn platform() -> Repository {
    Repository::empty()
        .copy_from(&Published::root().join("tests/platform"), "")
        .commit("set up the platform")
        .tag("notes-env/v1.0")
        .tag("notes-svc/v1.0")
        .push()
}

fn environment(name: &str, inputs: &str) -> String {
    format!(
        "proton: EnvironmentSpec\nname: {name}\naccount: main\ntemplate: notes-env@1.0\nspec: {{{inputs}}}\n"
    )
}

/// A repository with a fault of every kind.
fn everything_wrong() -> Repository {
    let repository = with_wrong_bundles(with_wrong_specs(platform()));
    link(
        &repository,
        "templates/notes-env/v1/infrastructure/notes.txt",
        "/etc/hostname",
    );
    sparse(&repository, "environments/large.yaml");
    repository
}

fn with_wrong_specs(repository: Repository) -> Repository {
    repository
        .write("nucleon.yaml", NUCLEON_YAML)
        .write("environments/one.yaml", environment("one", ""))
        .write(
            "environments/three.yaml",
            environment("three", "length: many"),
        )
        .write("environments/two.yaml", environment("two", "lenght: 2"))
        .write("environments/one-again.yaml", environment("one", ""))
        .write(
            "environments/old.yaml",
            environment("old", "").replace("notes-env@1.0", "notes-env@7.0"),
        )
        .write(
            "environments/other.yaml",
            environment("other", "").replace("notes-env@1.0", "note-env@1.0"),
        )
        .write(
            "environments/syntax.yaml",
            "proton: EnvironmentSpec\nspec: [1, 2\nname: syntax\n",
        )
        .write(
            "environments/twice.yaml",
            "proton: EnvironmentSpec\nname: twice\nname: twice\nspec: {}\n",
        )
        .write("environments/bomb.yaml", bomb())
        .write(
            "environments/latin.yaml",
            b"proton: EnvironmentSpec\nname: caf\xe9\n",
        )
        .write("services/reader.yaml", SERVICE)
}

fn with_wrong_bundles(repository: Repository) -> Repository {
    repository
        .write("templates/forever-env/v1/schema/schema.yaml", SCHEMA)
        .write(
            "templates/forever-env/v1/infrastructure/manifest.yaml",
            MANIFEST,
        )
        .write(
            "templates/forever-env/v1/infrastructure/cloudformation.yaml",
            FOREVER,
        )
        .write("templates/broken-env/v1/schema/schema.yaml", SCHEMA)
        .write(
            "templates/broken-env/v1/infrastructure/manifest.yaml",
            MANIFEST,
        )
        .write(
            "templates/broken-env/v1/infrastructure/cloudformation.yaml",
            NOT_YAML,
        )
        .write(
            "environments/forever.yaml",
            environment("forever", "").replace("notes-env@1.0", "forever-env@1"),
        )
        .write(
            "environments/broken.yaml",
            environment("broken", "").replace("notes-env@1.0", "broken-env@1"),
        )
        .write("templates/outside-env/v1/schema/schema.yaml", SCHEMA)
        .write(
            "templates/outside-env/v1/infrastructure/manifest.yaml",
            MANIFEST.replace("cloudformation.yaml", "../../../../nucleon.yaml"),
        )
}

/// Aliases of aliases: two hundred bytes that would grow to a billion values.
fn bomb() -> String {
    let mut text =
        "proton: EnvironmentSpec\nname: bomb\nspec:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            .to_owned();
    for level in 1..9 {
        let before = level - 1;
        let aliases = vec![format!("*a{before}"); 10].join(", ");
        let _ = writeln!(text, "  a{level}: &a{level} [{aliases}]");
    }
    text
}

fn link(repository: &Repository, path: &str, target: &str) {
    symlink(target, repository.folder().join(path)).unwrap();
}

/// A file of a hundred gigabytes that takes no room on the disk; whoever reads it never ends.
fn sparse(repository: &Repository, path: &str) {
    let file = File::create(repository.folder().join(Path::new(path))).unwrap();
    file.set_len(100 << 30).unwrap();
}

/// One line a diagnostic.
fn lines(told: &Finished) -> String {
    let document = told.json();
    let diagnostics = document["diagnostics"].as_array().unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let line = |diagnostic: &serde_json::Value| {
        let at = &diagnostic["location"];
        format!(
            "{}:{}:{} {} {}",
            text(&at["file"]),
            at["line"],
            at["column"],
            text(&diagnostic["code"]),
            text(&diagnostic["message"])
        )
    };
    diagnostics.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_bundles_have_from_the_preview_is_rewritten() {
    let manifest = "infrastructure:\n  templates:\n    - {file: c.yaml, engine: jinja, template_language: cloudformation}\n";
    let template = "Resources: {T: {Type: AWS::SNS::Topic, Properties: {TopicName: '{{ service_name }}-{{ service_instance.size }}'}}}\n";
    let schema = "schema:\n  format: {openapi: \"3.0.0\"}\n  service_input_type: S\n  types: {S: {type: object, properties: {size: {type: string, default: s}}}}\n";
    let repository = platform()
        .write("templates/old-svc/v1/schema/schema.yaml", schema)
        .write(
            "templates/old-svc/v1/infrastructure/manifest.yaml",
            manifest,
        )
        .write("templates/old-svc/v1/infrastructure/c.yaml", template);
    let _ = repository.nucleon(["validate"]).fails_with(1);
    let elsewhere = repository.nucleon(["validate", "--fix", "environments"]);
    assert!(!elsewhere.to_string().contains("renamed"), "{elsewhere}");

    let told = repository
        .nucleon(["validate", "--fix", "templates/old-svc"])
        .succeeds();

    let fixed = repository.read("templates/old-svc/v1/instance_infrastructure/c.yaml");
    assert!(
        fixed.contains("{{ service.name }}-{{ service_instance.inputs.size }}"),
        "{fixed}"
    );
    assert!(
        told.stderr()
            .contains("renamed templates/old-svc/v1/infrastructure")
    );
}

#[test]
fn schemas_for_editors_are_written_where_they_are_asked_for() {
    let repository = platform();

    let told = repository
        .nucleon(["validate", "--write-schemas"])
        .succeeds();

    let schema = repository.read(".nucleon/schemas/notes-env@1.schema.json");
    assert!(schema.contains("EnvironmentSpec"), "{schema}");
    assert!(
        repository
            .read(".nucleon/schemas/nucleon.schema.json")
            .contains("accounts")
    );
    assert!(
        told.stderr()
            .contains("# yaml-language-server: $schema=.nucleon/schemas/notes-env@1.schema.json")
    );
}
