//! `nucleon outdated`: who is behind, from specs and tags alone.

use nucleon_tests::{Published, Repository};

/// A platform whose template has three published versions, the newest of them a draft's.
fn platform() -> Repository {
    let spec = |name: &str, version: &str| {
        format!(
            "proton: EnvironmentSpec\nname: {name}\naccount: main\ntemplate: notes-env@{version}\nspec: {{}}\n"
        )
    };
    Repository::empty()
        .copy_from(&Published::root().join("tests/platform"), "")
        .write("environments/old.yaml", spec("old", "1.0"))
        .write("environments/new.yaml", spec("new", "1.2"))
        .write("environments/dev.yaml", spec("dev", "1"))
        .write("services/shop.yaml", "proton: ServiceSpec\nname: shop\ntemplate: notes-svc@1.0\ninstances:\n  - {name: new, environment: new, spec: {team: shop}}\n")
        .commit("set up the platform")
        .tag("notes-env/v1.0")
        .tag("notes-env/v1.2")
        .tag("notes-svc/v1.0")
        .push()
}

#[test]
fn each_target_is_compared_with_what_is_published() {
    let repository = platform();
    let behind = repository.nucleon(["outdated"]).succeeds();
    insta::assert_snapshot!(format!("{}{}", behind.stdout(), behind.stderr()), @r"
    target           version        minor  major  recommended  deprecated
    environment/old  notes-env@1.0  1.2
    1 of 4 targets are behind
    ");

    let repository = repository
        .write(
            "templates/notes-env/versions.yaml",
            "draft: [3]\nrecommended: 2\ndeprecated:\n  - {version: 1.0, message: take 2.0, date: 2027-03-31}\n",
        )
        .commit("say so")
        .tag("notes-env/v2.0")
        .tag("notes-env/v3.0")
        .push();
    // As a runner has it: no tags.
    let shallow = repository.shallow_clone();
    let all = shallow.nucleon(["outdated", "--all"]).succeeds();
    insta::assert_snapshot!(all.stdout(), @r"
    target                             version        minor  major  recommended  deprecated
    environment/dev                    notes-env@1           2.0    2.0
    environment/new                    notes-env@1.2         2.0    2.0
    environment/old                    notes-env@1.0  1.2    2.0    2.0          until 2027-03-31: take 2.0
    service/shop/service-instance/new  notes-svc@1.0
    ");
    let document = shallow.nucleon(["outdated", "--format", "json"]).succeeds();
    insta::assert_snapshot!(format!("{:#}", document.json()["targets"][2]), @r#"
    {
      "target": "environment/old",
      "version": "notes-env@1.0",
      "newer_minor": "notes-env@1.2",
      "newer_major": "notes-env@2.0",
      "recommended": "notes-env@2.0",
      "deprecated": {
        "message": "take 2.0",
        "date": "2027-03-31"
      }
    }
    "#);
}
