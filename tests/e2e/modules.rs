//! Targets that Terraform makes, planned and applied directly.

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
fn a_failure_is_told_with_its_cause_and_mended_by_the_next_run() {
    let platform = drawer(platform(), "one", "code: 7");

    let failed = apply(&platform, &[]).fails_with(3);

    let (status, message) = outcome(&failed, ENVIRONMENT);
    assert_eq!(status, "FAILED");
    insta::assert_snapshot!(message, @r"
    templates/drawer-env/v1/infrastructure/main.tf:19:28: local-exec provisioner error, with terraform_data.drawer: Error running command 'sh ./fill.sh': exit status 7. Output: ::error::not obeyed
    filling the drawer of one in us-east-1
    code 7
    ");
    let platform = drawer(platform, "one", "code: 0");
    let _ = apply(&platform, &[]).succeeds();
}

#[test]
fn what_is_wrong_in_a_module_is_told_on_its_line_in_the_template() {
    let broken = "resource \"terraform_data\" \"drawer\" {\n  imput = 1\n}\n";
    let platform = platform();
    let main = "templates/drawer-env/v1/infrastructure/main.tf";
    let platform = platform.write("templates/drawer-env/v1/infrastructure/outputs.tf", "");
    let platform = platform.write(main, broken);
    let repository = platform.repository().tag("drawer-env/v1.1").push();
    drop(repository);
    let spec =
        "proton: EnvironmentSpec\nname: one\naccount: main\ntemplate: drawer-env@1.1\nspec: {}\n";
    let platform = platform.write("environments/one.yaml", spec);

    let refused = platform.run("nucleon-plan").run().fails_with(1);
    insta::assert_snapshot!(refused.stderr(), @r#"
    error[terraform/refused]: Unsupported argument
     --> templates/drawer-env/v1/infrastructure/main.tf:2:3
      |
    2 |   imput = 1
      |   ^^^^^
      |
      = help: An argument named "imput" is not expected here. Did you mean "input"?

    1 error
    "#);

    let platform = platform.write(main, "resource \"terraform_data\" {\n");
    let repository = platform.repository().tag("drawer-env/v1.2").push();
    drop(repository);
    let platform = platform.write("environments/one.yaml", &spec.replace("1.1", "1.2"));
    let refused = platform.run("nucleon-plan").run().fails_with(1);
    insta::assert_snapshot!(refused.stderr(), @r#"
    error[terraform/refused]: Missing name for resource
     --> templates/drawer-env/v1/infrastructure/main.tf:1:27
      |
    1 | resource "terraform_data" {
      |                           ^
      |
      = help: All resource blocks must have 2 labels (type, name).

    error[terraform/refused]: Unclosed configuration block
     --> templates/drawer-env/v1/infrastructure/main.tf:1:27
      |
    1 | resource "terraform_data" {
      |                           ^
      |
      = help: There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.

    2 errors
    "#);
}

#[test]
fn a_bucket_that_is_not_there_and_a_program_that_is_not_installed_are_told_as_such() {
    let platform = drawer(platform(), "one", "");
    let settings = platform.repository().read("nucleon.yaml");
    let platform = platform.write("nucleon.yaml", &settings.replace("tfstate-", "nowhere-"));
    let refused = run(&platform, "nucleon-plan").run().fails_with(3);
    insta::assert_snapshot!(failure(&refused), @r#"
    Terraform refused to initialise its folder for environment/one: Error: Failed to get existing workspaces: S3 bucket "nowhere-ACCOUNT" does not exist.
    make the bucket of `terraform.backend` in nucleon.yaml, or name the one that is there
    "#);

    let settings = settings.replace("terraform:\n", "terraform:\n  binary: tofu\n");
    let platform = platform.write("nucleon.yaml", &settings);
    let refused = run(&platform, "nucleon-plan").run().fails_with(3);
    insta::assert_snapshot!(failure(&refused), @r"
    OpenTofu refused to run its program for environment/one: `tofu` is not installed
    install it before this step, as `hashicorp/setup-terraform` or `opentofu/setup-opentofu` do
    ");
}

#[test]
fn a_module_whose_state_would_be_lost_is_not_planned() {
    let platform = drawer(platform(), "one", "");
    let settings = platform.repository().read("nucleon.yaml");
    let (settings, _) = settings.split_once("terraform:").unwrap();
    let platform = platform.write("nucleon.yaml", settings);
    let main = "templates/drawer-env/v1/infrastructure/main.tf";
    let module = platform
        .repository()
        .read(main)
        .replace("backend \"s3\" {}", "");
    let platform = platform.write(main, &module);
    let repository = platform.repository().tag("drawer-env/v1.1").push();
    drop(repository);
    let spec = platform.repository().read("environments/one.yaml");
    let platform = platform.write("environments/one.yaml", &spec.replace("1.0", "1.1"));

    let refused = run(&platform, "nucleon-plan").run().fails_with(3);

    insta::assert_snapshot!(failure(&refused), @r#"
    Terraform refused to keep a state for environment/one: nothing says where its state is kept, so it would be lost with this machine
    write where into nucleon.yaml: `terraform: {backend: {bucket: …, key: "{path}/terraform.tfstate", region: …}}`
    "#);
}

/// Why the environment was not planned.
fn failure(refused: &Finished) -> String {
    let target = target(&refused.json(), ENVIRONMENT);
    let text = |key: &str| target["failed"][key].as_str().unwrap_or("none").to_owned();
    let message = text("message");
    // What follows is Terraform's, with the ids of requests.
    let first = message.lines().next().unwrap();
    without_account(&format!("{first}\n{}", text("hint")))
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

/// Puts the lock of somebody into the bucket.
fn lock(platform: &Platform, who: &str) {
    let account = platform.account();
    let lock = serde_json::json!({
        "ID": "3e5a1d5e-0000-4000-8000-000000000001", "Operation": "OperationTypeApply", "Info": "", "Who": who,
        "Version": "1.11.4", "Created": "2026-11-23T10:00:00Z", "Path": "one/terraform.tfstate",
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lock.to_string()).unwrap();
    let bucket = format!("tfstate-{}", account.id());
    let body = file.path().display().to_string();
    account.aws(&[
        "s3api",
        "put-object",
        "--bucket",
        &bucket,
        "--key",
        "one/terraform.tfstate.tflock",
        "--body",
        &body,
    ]);
}

#[test]
fn a_lock_is_waited_for_and_its_holder_named() {
    let platform = drawer(platform(), "one", "");
    lock(&platform, "ada@laptop");

    let _ = run(&platform, "nucleon-plan").run().succeeds();
    let refused = run(&platform, "nucleon-apply")
        .env("NUCLEON_LOCK_PATIENCE", "1")
        .run()
        .fails_with(3);

    assert!(refused.stderr().contains("WAITING"), "{}", refused.stderr());
    let (_, message) = outcome(&refused, ENVIRONMENT);
    insta::assert_snapshot!(message, @r"Terraform refused to lock the state for environment/one: it is locked by ada@laptop since 2026-11-23 10:00:00 +0000 UTC (OperationTypeApply, lock 3e5a1d5e-0000-4000-8000-000000000001)");
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
fn a_run_that_is_told_to_stop_waits_for_terraform_which_gives_its_lock_back() {
    let platform = drawer(platform(), "one", "seconds: 20");
    let (running, log) = slow(&platform);
    wait_for(&log);

    let stopped = running.terminate();

    let record = platform.record(ENVIRONMENT).unwrap();
    assert_eq!(record["status"], "FAILED", "{}", stopped.stderr());
    assert!(
        record["message"]
            .as_str()
            .unwrap()
            .starts_with("was stopped with the run"),
        "{record}"
    );
    assert_eq!(keys(&platform, ".tflock"), [] as [&str; 0]);
}

#[test]
fn a_run_that_is_killed_in_the_middle_is_closed_with_what_happened_and_its_lock_is_gone() {
    let platform = drawer(platform(), "one", "seconds: 30");
    let (running, log) = slow(&platform);
    wait_for(&log);
    let folder = log.parent().unwrap().to_owned();

    let _ = running.kill();
    kill_below(&folder);

    let left = platform.record(ENVIRONMENT).unwrap();
    assert_eq!(left["status"], "IN_PROGRESS");
    assert_eq!(keys(&platform, ".tflock"), ["one/terraform.tfstate.tflock"]);
    let platform = drawer(platform, "one", "seconds: 0");
    std::thread::sleep(std::time::Duration::from_secs(6));
    let next = apply(&platform, &[]).succeeds();
    assert_eq!(outcome(&next, ENVIRONMENT).0, "SUCCEEDED");
    assert_eq!(platform.record(ENVIRONMENT).unwrap()["status"], "SUCCEEDED");
    assert_eq!(keys(&platform, ".tflock"), [] as [&str; 0]);
    let history = platform
        .run("nucleon")
        .args(["history", ENVIRONMENT, "--format", "json"])
        .run()
        .succeeds();
    insta::assert_snapshot!(history.json()["targets"][1]["record"]["message"], @r#""its run died, and the target is another one now: what it did is in the state""#);
}

/// An apply that takes as long as the spec says, with a short lease; the file shows that it has begun.
fn slow(platform: &Platform) -> (nucleon_tests::Running, std::path::PathBuf) {
    let folder = platform.repository().folder().join("../runner");
    std::fs::create_dir_all(&folder).unwrap();
    let folder = folder.canonicalize().unwrap();
    let log = folder.join("drawer.log");
    let running = run(platform, "nucleon-apply")
        .env("NUCLEON_LEASE", "5")
        .env("RUNNER_TEMP", &folder)
        .env("XDG_DRAWER_LOG", &log)
        .start();
    (running, log)
}

fn wait_for(file: &std::path::Path) {
    let limit = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while !file.exists() {
        assert!(
            std::time::Instant::now() < limit,
            "{} is not there",
            file.display()
        );
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// Kills every process whose folder is below one, as a machine does that is switched off.
fn kill_below(folder: &std::path::Path) {
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(cwd) = std::fs::read_link(entry.path().join("cwd")) else {
            continue;
        };
        if cwd.starts_with(folder) {
            let id = entry.file_name().to_string_lossy().into_owned();
            let _ = std::process::Command::new("kill")
                .args(["-9", &id])
                .status();
        }
    }
}

#[test]
fn no_secret_of_any_kind_is_written_anywhere() {
    let platform = platform();
    let folder = "templates/drawer-env/v1/infrastructure";
    let module = platform.repository().read(&format!("{folder}/main.tf"));
    // A secret of the spec in a property and an output that nobody marks, one that only Terraform knows, and one that only looks like one.
    let module = format!(
        "{module}
resource \"terraform_data\" \"leaky\" {{
  input = {{
    of_spec = var.environment.inputs.secret
    plain   = nonsensitive(sensitive(\"hunter3-of-terraform\"))
    marked  = sensitive(\"hunter3-of-terraform\")
    shaped  = \"AKIAIOSFODNN7EXAMPLE\"
    again   = var.environment.inputs.text
  }}
  provisioner \"local-exec\" {{
    command = \"echo leak ${{var.environment.inputs.secret}} hunter3-of-terraform\"
  }}
}}
output \"Leak\" {{
  value = \"see ${{var.environment.inputs.secret}}\"
}}
output \"Shaped\" {{
  value = \"AKIAIOSFODNN7EXAMPLE\"
}}
"
    );
    let platform = platform.write(&format!("{folder}/main.tf"), &module);
    let repository = platform.repository().tag("drawer-env/v1.1").push();
    drop(repository);
    let spec = |text: &str, secret: &str| {
        format!(
            "proton: EnvironmentSpec\nname: one\naccount: main\ntemplate: drawer-env@1.1\nspec: {{text: {text}, secret: {secret}}}\n"
        )
    };
    let mut written = String::new();
    let mut platform = platform;
    for (text, secret) in [("a", "hunter1-of-the-spec"), ("b", "hunter2-of-the-spec")] {
        platform = platform.write("environments/one.yaml", &spec(text, secret));
        let planned = run(&platform, "nucleon-plan")
            .args(["--out", "plan.json"])
            .run()
            .succeeds();
        let shown = platform.run("nucleon-plan").run().succeeds();
        let applied = run(&platform, "nucleon-apply").run().succeeds();
        for finished in [planned, shown, applied] {
            written.push_str(finished.stdout());
            written.push_str(finished.stderr());
        }
        written.push_str(
            &std::fs::read_to_string(platform.repository().folder().join("plan.json")).unwrap(),
        );
    }
    let gone = run(&platform, "nucleon-apply")
        .args(["--destroy", ENVIRONMENT])
        .run()
        .succeeds();
    written.push_str(gone.stdout());
    written.push_str(gone.stderr());
    let history = platform
        .run("nucleon")
        .args(["history", ENVIRONMENT, "--format", "json"])
        .run()
        .succeeds();
    written.push_str(history.stdout());
    let refs = platform.repository();
    refs.git(["fetch", "origin", "+refs/nucleon/*:refs/nucleon/*"]);
    written.push_str(&refs.git([
        "log",
        "-p",
        "--all",
        "--glob=refs/nucleon/*",
        "--",
        "record.json",
    ]));

    assert!(written.contains("echo leak"), "{written}");
    for secret in [
        "hunter1",
        "hunter2-of-the-spec",
        "hunter3",
        "AKIAIOSFODNN7EXAMPLE",
        "key-of-the-drawer",
    ] {
        let line = written.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
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
