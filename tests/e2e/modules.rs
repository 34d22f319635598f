//! Targets that Terraform makes, planned and applied directly.

mod faults;
mod locks;
mod secrets;

use nucleon_tests::{Emulator, Finished, Nucleon, Platform, Published};
use serde_json::Value;

use crate::documents::{approval, outcome, plan, target};

const ENVIRONMENT: &str = "environment/one";
const CLIP: &str = "service/clips/service-instance/one";

/// A platform with modules, and the bucket that keeps their states.
fn platform() -> Platform {
    let platform = Platform::new(&Emulator::connect());
    let account = platform.account();
    let folder = Published::root().join("tests/modules");
    let repository = platform.repository().copy_from(&folder, "");
    let settings = repository.read("nucleon.yaml");
    let repository = repository
        .write(
            "nucleon.yaml",
            settings.replace("111122223333", account.id()),
        )
        .commit("modules beside stacks")
        .tag("drawer-env/v1.0")
        .tag("drawer-svc/v1.0")
        .push();
    drop(repository);
    let bucket = format!("tfstate-{}", account.id());
    account.aws(&["s3api", "create-bucket", "--bucket", &bucket]);
    platform
}

/// The environment `name`, made by Terraform.
fn drawer(platform: Platform, name: &str, inputs: &str) -> Platform {
    let spec = format!(
        "proton: EnvironmentSpec\nname: {name}\naccount: main\ntemplate: drawer-env@1.0\nspec: {{{inputs}}}\n"
    );
    platform.write(&format!("environments/{name}.yaml"), &spec)
}

fn service(platform: Platform, name: &str, template: &str, environment: &str) -> Platform {
    let spec = format!(
        "proton: ServiceSpec\nname: {name}\ntemplate: {template}\ninstances:\n  - {{name: one, environment: {environment}, spec: {{team: web}}}}\n"
    );
    platform.write(&format!("services/{name}.yaml"), &spec)
}

fn run(platform: &Platform, binary: &str) -> Nucleon {
    platform
        .run(binary)
        .args(["--format", "json"])
        .env("GITHUB_TOKEN", "ghs_secret")
        .env("NUCLEON_GITHUB_TOKEN", "ghs_secret")
}

fn apply(platform: &Platform, further: &[&str]) -> Finished {
    run(platform, "nucleon-apply").args(further).run()
}

fn outputs(platform: &Platform, target: &str) -> Value {
    platform.record(target).unwrap()["outputs"].clone()
}

/// A plan's changes, a line each.
fn told(plan: &Value) -> String {
    let mut lines = Vec::new();
    for change in plan["changes"].as_array().unwrap() {
        lines.push(format!("{} {}", change["action"], change["resource"]).replace('"', ""));
        for property in change["properties"].as_array().unwrap_or(&Vec::new()) {
            // It is another one in each run.
            if property["path"] == "id" {
                continue;
            }
            let [path, before, after] = ["path", "before", "after"].map(|key| &property[key]);
            lines.push(format!(
                "  {path}: {before} -> {after} ({})",
                property["recreation"]
            ));
        }
    }
    lines.push(format!("{} masked", plan["masked"]));
    lines.extend(
        plan["notes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(Value::to_string),
    );
    lines.join("\n")
}

/// The files of a bucket that bear a name.
fn keys(platform: &Platform, ending: &str) -> Vec<String> {
    let account = platform.account();
    let bucket = format!("tfstate-{}", account.id());
    let listed = account.aws(&["s3api", "list-objects-v2", "--bucket", &bucket]);
    let contents = listed["Contents"].as_array().cloned().unwrap_or_default();
    let keys = contents
        .iter()
        .map(|one| one["Key"].as_str().unwrap().to_owned());
    keys.filter(|key| key.ends_with(ending)).collect()
}

/// Without what is another one in each run: the account.
fn without_account(text: &str) -> String {
    let mut plain = String::new();
    let mut digits = String::new();
    for sign in text.chars().chain(['\n']) {
        if sign.is_ascii_digit() {
            digits.push(sign);
            continue;
        }
        plain.push_str(if digits.len() == 12 {
            "ACCOUNT"
        } else {
            &digits
        });
        digits.clear();
        plain.push(sign);
    }
    plain.trim_end().to_owned()
}

#[test]
fn an_environment_is_planned_applied_and_left_alone() {
    let platform = drawer(platform(), "one", "text: hi");

    let planned = run(&platform, "nucleon-plan").run().succeeds();
    let plan = plan(&planned, ENVIRONMENT);
    insta::assert_snapshot!(told(&plan), @r#"
    add output.Key
      "value": null -> "***" ("never")
    add output.Notes
      "value": null -> "(known after apply)" ("never")
    add output.Region
      "value": null -> "us-east-1" ("never")
    add output.Shelf
      "value": null -> "one-drawer-hi" ("never")
    add terraform_data.drawer
    1 masked
    "#);
    assert!(
        !planned.stdout().contains("hunter2"),
        "{}",
        planned.stdout()
    );

    let applied = apply(&platform, &[]).succeeds();
    assert_eq!(outcome(&applied, ENVIRONMENT).0, "SUCCEEDED");
    insta::assert_snapshot!(outputs(&platform, ENVIRONMENT), @r#"[{"key":"Notes","valueString":"[\"one\",\"two\"]"},{"key":"Region","valueString":"us-east-1"},{"key":"Shelf","valueString":"one-drawer-hi"}]"#);
    assert!(
        applied
            .stderr()
            .contains("filling the drawer of one in us-east-1"),
        "{}",
        applied.stderr()
    );
    assert_eq!(keys(&platform, ""), ["one/terraform.tfstate"]);

    let again = apply(&platform, &[]).succeeds();
    insta::assert_snapshot!(format!("{:?}", outcome(&again, ENVIRONMENT)), @r#"("SUCCEEDED", "nothing changes")"#);
}

#[test]
fn outputs_flow_between_modules_and_stacks_in_both_directions() {
    let platform = drawer(platform(), "one", "text: hi").environment("two", "text: hello");
    let platform = service(platform, "clips", "drawer-svc@1.0", "two");
    let registration = "compatible_environments:\n  - notes-env:1\n  - drawer-env:1\n";
    let platform = platform.write(
        "templates/notes-svc/v1/.template-registration.yaml",
        registration,
    );
    let repository = platform.repository().tag("notes-svc/v1.1").push();
    drop(repository);
    let platform = service(platform, "notes", "notes-svc@1.1", "one");

    let applied = apply(&platform, &[]).succeeds();

    assert_eq!(applied.json()["targets"].as_array().unwrap().len(), 4);
    let clipped = outputs(&platform, CLIP);
    assert!(
        clipped.to_string().contains("two-notes of web"),
        "{clipped}"
    );
    let read = outputs(&platform, "service/notes/service-instance/one");
    assert!(read.to_string().contains("one-drawer-hi"), "{read}");
}

#[test]
fn what_was_approved_is_applied_or_nothing() {
    let platform = drawer(platform(), "one", "text: hi");
    let planned = run(&platform, "nucleon-plan").run().succeeds();
    let approved = approval(&planned, ENVIRONMENT);
    let platform = drawer(platform, "one", "text: changed by hand");

    let refused = apply(&platform, &["--approved", &approved]).fails_with(4);

    insta::assert_snapshot!(outcome(&refused, ENVIRONMENT).1, @r"the plan of environment/one is not the one that was approved");
    assert_eq!(platform.record(ENVIRONMENT), None);
    assert_eq!(keys(&platform, ""), [] as [&str; 0]);

    let planned = run(&platform, "nucleon-plan").run().succeeds();
    let approved = approval(&planned, ENVIRONMENT);
    let _ = apply(&platform, &["--approved", &approved]).succeeds();
}

#[test]
fn a_replacement_is_told_with_its_reason_and_a_change_by_hand_is_undone() {
    let platform = drawer(platform(), "one", "text: hi");
    let _ = apply(&platform, &[]).succeeds();
    let platform = drawer(platform, "one", "text: hi, label: blue");

    let planned = run(&platform, "nucleon-plan").run().succeeds();

    insta::assert_snapshot!(told(&plan(&planned, ENVIRONMENT)), @r#"
    replace terraform_data.drawer
      "output": "{\"notes\":[\"one\",\"two\"],\"secret\":\"***\",\"text\":\"hi\"}" -> "(known after apply)" ("never")
      "triggers_replace.0": "red" -> "blue" ("always")
    modify output.Notes
      "value": "[\"one\",\"two\"]" -> "(known after apply)" ("never")
    1 masked
    "#);
}

#[test]
fn a_target_is_destroyed_although_its_template_and_its_spec_are_gone() {
    let platform = drawer(platform(), "one", "");
    let _ = apply(&platform, &[]).succeeds();
    let repository = platform
        .repository()
        .remove("environments/one.yaml")
        .remove("templates/drawer-env/v1/infrastructure/main.tf")
        .remove("templates/drawer-env/v1/infrastructure/manifest.yaml")
        .commit("nobody needs it")
        .push();
    repository.git(["push", "origin", ":refs/tags/drawer-env/v1.0"]);
    repository.git(["tag", "-d", "drawer-env/v1.0"]);

    let planned = run(&platform, "nucleon-plan")
        .args(["--destroy", ENVIRONMENT])
        .run()
        .succeeds();
    insta::assert_snapshot!(told(&plan(&planned, ENVIRONMENT)), @r#"
    remove terraform_data.drawer
    0 masked
    "secrets are in no record, and no spec gives them any more: its module sees `***` for environment.inputs.secret"
    "#);
    let approved = approval(&planned, ENVIRONMENT);
    let _ = apply(
        &platform,
        &["--destroy", ENVIRONMENT, "--approved", &approved],
    )
    .succeeds();

    let record = platform.record(ENVIRONMENT).unwrap();
    assert_eq!(record["status"], "DELETE_COMPLETE");
    let again = apply(&platform, &["--destroy", ENVIRONMENT]).succeeds();
    insta::assert_snapshot!(outcome(&again, ENVIRONMENT).1, @r"nothing changes");
}

#[test]
fn a_target_that_its_environment_does_not_fit_is_not_deployed() {
    let platform = drawer(platform(), "one", "text: hi");
    let platform = service(platform, "notes", "notes-svc@1.0", "one");

    let refused = apply(&platform, &[]).fails_with(1);

    assert_eq!(outcome(&refused, ENVIRONMENT).0, "SUCCEEDED");
    let notes = "service/notes/service-instance/one";
    assert_eq!(platform.record(notes), None);
    insta::assert_snapshot!(outcome(&refused, notes).1, @r"service/notes/service-instance/one has faults in its files");
}

#[test]
fn a_state_that_is_there_already_is_taken_over_and_another_binary_may_run_it() {
    let platform = drawer(platform(), "one", "text: hi");
    let _ = apply(&platform, &[]).succeeds();
    let repository = platform.repository();
    repository.git(["push", "origin", ":refs/nucleon/targets/environment/one"]);
    let account = platform.account();
    let bucket = format!("tfstate-{}", account.id());
    let source = format!("{bucket}/one/terraform.tfstate");
    let key = "pipelineterraform.tfstate";
    account.aws(&[
        "s3api",
        "copy-object",
        "--bucket",
        &bucket,
        "--key",
        key,
        "--copy-source",
        &source,
    ]);
    account.aws(&[
        "s3api",
        "delete-object",
        "--bucket",
        &bucket,
        "--key",
        "one/terraform.tfstate",
    ]);
    // OpenTofu cannot be had here: its name is what is tested.
    let programs = tempfile::tempdir().unwrap();
    let terraform = std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|folder| folder.join("terraform"))
        .find(|program| program.exists())
        .unwrap();
    std::os::unix::fs::symlink(terraform, programs.path().join("tofu")).unwrap();
    let path = std::env::join_paths(
        std::iter::once(programs.path().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let path = path.unwrap();
    let settings = repository.read("nucleon.yaml");
    let platform = platform.write(
        "nucleon.yaml",
        &settings.replace("terraform:\n", "terraform:\n  binary: tofu\n"),
    );
    let import = |further: &[&str]| {
        let run = platform
            .run("nucleon")
            .env("PATH", &path)
            .args(["import", ENVIRONMENT]);
        run.args(further).run()
    };

    let nowhere = import(&["--state-key"]).fails_with(3);
    insta::assert_snapshot!(without_account(nowhere.stderr()), @r"
    error: Nucleon refused to import environment/one: there is no state `one/terraform.tfstate` with anything in it in account ACCOUNT and region us-east-1
      = help: give the key of its state: --state-key KEY
    ");
    let imported = import(&["--state-key", key]).succeeds();

    insta::assert_snapshot!(imported.stdout(), @r"
    environment/one is the state `pipelineterraform.tfstate` now; deploying it would do this:
      nothing changes
    ");
    let again = run(&platform, "nucleon-apply")
        .env("PATH", &path)
        .run()
        .succeeds();
    assert_eq!(outcome(&again, ENVIRONMENT).0, "SUCCEEDED");
    assert_eq!(keys(&platform, ""), [key]);
}
