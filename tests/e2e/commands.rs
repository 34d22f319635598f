//! Targets that commands make: run by the runner as `CodeBuild` ran them for Proton.

use nucleon_tests::{Emulator, Finished, Nucleon, Platform, Tools};
use serde_json::Value;

use crate::documents::outcome;

const ENVIRONMENT: &str = "environment/one";
const SERVICE: &str = "service/reader/service-instance/one";

const SCHEMA: &str = "\
schema:
  format: {openapi: \"3.0.0\"}
  environment_input_type: Shelf
  types:
    Shelf:
      type: object
      properties:
        code: {type: number, default: 0}
        text: {type: string, default: hello}
";

const MANIFEST: &str = r"
infrastructure:
  templates:
    - rendering_engine: codebuild
      settings:
        image: aws/codebuild/standard:7.0
        runtimes: {nodejs: 20}
        env: {variables: {SHELF: books}}
        provision:
          - export ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
          - cd scripts && ./deploy.sh
          - cd .. && aws proton notify-resource-deployment-status-change --resource-arn $RESOURCE_ARN --outputs file://./outputs.json
        deprovision:
          - scripts/delete.sh
";

const DEPLOY: &str = r#"#!/bin/sh
printf 'hello from %s\n::error::not obeyed\n' "$SHELF"
env | grep -E '^(GITHUB|ACTIONS|NUCLEON|AWS_(ACCESS|SECRET|SESSION))' && exit 9
code=$(sed -n 's/.*"code" : \([0-9]*\).*/\1/p' ../proton-inputs.json)
[ "$code" = 0 ] || { echo "code $code" >&2; exit "$code"; }
echo '[{"key": "Shelf", "valueString": "'"$ACCOUNT-$AWS_REGION"'"}]' > ../outputs.json
"#;

const DELETE: &str =
    "#!/bin/sh\ngrep text proton-inputs.json\necho \"deleting as $RESOURCE_ARN\"\n";

/// A platform whose one environment is made by commands, version 1.1 of its template.
fn platform() -> Platform {
    let platform = Platform::new(&Emulator::connect());
    let folder = "templates/notes-env/v1";
    let infrastructure = format!("{folder}/infrastructure");
    let repository = platform
        .repository()
        .remove(&format!("{infrastructure}/cloudformation.yaml"))
        .write(&format!("{folder}/schema/schema.yaml"), SCHEMA)
        .write(&format!("{infrastructure}/manifest.yaml"), MANIFEST)
        .write(&format!("{infrastructure}/scripts/deploy.sh"), DEPLOY)
        .write(&format!("{infrastructure}/scripts/delete.sh"), DELETE)
        .commit("commands instead of a template")
        .tag("notes-env/v1.1")
        .push();
    drop(repository);
    platform
}

/// The environment with an exit code that its commands end with.
fn environment(platform: Platform, version: &str, code: u8) -> Platform {
    let spec = format!(
        "proton: EnvironmentSpec\nname: one\naccount: main\ntemplate: notes-env@{version}\nspec: {{code: {code}}}\n"
    );
    platform.write("environments/one.yaml", &spec)
}

/// `nucleon-apply`, with the real AWS CLI on PATH.
fn apply(platform: &Platform) -> Nucleon {
    let aws = Tools::find().emulator("aws");
    let path = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths(
        std::env::split_paths(&path).chain([aws.parent().unwrap().to_owned()]),
    );
    platform
        .run("nucleon-apply")
        .args(["--format", "json"])
        .env("PATH", path.unwrap())
        .env("GITHUB_TOKEN", "ghs_secret")
        .env("NUCLEON_GITHUB_TOKEN", "ghs_secret")
}

fn destroy(platform: &Platform) -> Finished {
    apply(platform).args(["--destroy", ENVIRONMENT]).run()
}

fn status(platform: &Platform) -> Value {
    platform.record(ENVIRONMENT).unwrap()["status"].clone()
}

#[test]
fn what_commands_give_out_reaches_a_service_and_is_deleted_by_them() {
    let platform = environment(platform(), "1.1", 0).service("reader", &["one"]);

    let applied = apply(&platform)
        .env("GITHUB_ACTIONS", "true")
        .run()
        .succeeds();

    assert_eq!(outcome(&applied, SERVICE).0, "SUCCEEDED");
    let value = format!("{}-us-east-1", platform.account().id());
    let record = platform.record(ENVIRONMENT).unwrap();
    assert_eq!(record["outputs"][0]["valueString"], value.as_str());
    let stack = platform.stack("reader").unwrap();
    let outputs = platform.account().outputs(&stack);
    assert_eq!(outputs, [("Reads".to_owned(), value)]);
    let told = applied.stderr();
    assert!(
        told.contains("OUTPUT  command 2 of 3  hello from books"),
        "{told}"
    );
    let silence = told.find("::stop-commands::").unwrap();
    assert!(
        silence < told.find("::error::not obeyed").unwrap(),
        "{told}"
    );

    let again = apply(&platform).run().succeeds();
    assert_eq!(outcome(&again, ENVIRONMENT).1, "nothing changes");
    assert!(!again.stderr().contains("hello from"), "{again}");

    let _ = apply(&platform)
        .args(["--destroy", SERVICE])
        .run()
        .succeeds();
    let destroyed = destroy(&platform).succeeds();
    assert!(
        destroyed.stderr().contains("\"text\" : \"hello\""),
        "{destroyed}"
    );
    let arn = format!(
        "arn:aws:proton:us-east-1:{}:{ENVIRONMENT}",
        platform.account().id()
    );
    let line = format!("deleting as {arn}");
    assert!(destroyed.stderr().contains(&line), "{destroyed}");
    assert_eq!(outcome(&destroyed, ENVIRONMENT).1, "deleted");
    assert_eq!(status(&platform), "DELETE_COMPLETE");
}

/// Without a first line that says so, only its mode tells that it is a program.
#[test]
fn a_program_is_run_whether_its_version_is_published_or_not() {
    let platform = platform();
    let infrastructure = "templates/notes-env/v1/infrastructure";
    let manifest = "infrastructure: {templates: [{rendering_engine: codebuild, settings: {provision: [./deploy.sh]}}]}\n";
    let settings = platform.repository().read("nucleon.yaml") + "unpinned: [one]\n";
    let _ = platform
        .repository()
        .write(&format!("{infrastructure}/manifest.yaml"), manifest)
        .write(&format!("{infrastructure}/deploy.sh"), "echo deployed\n")
        .make_executable(&format!("{infrastructure}/deploy.sh"))
        .write("nucleon.yaml", settings)
        .commit("a program")
        .tag("notes-env/v1.2")
        .push();
    for version in ["1.2", "1"] {
        let deployed = environment(platform.clone(), version, 3);
        let _ = apply(&deployed).run().succeeds();
        let record = deployed.record(ENVIRONMENT).unwrap();
        assert_eq!(record["status"], "SUCCEEDED", "{version}");
    }
    // Taking the mode away is a change, and the program cannot be run any more.
    let published = platform.record(ENVIRONMENT).unwrap();
    platform.repository().git([
        "update-index",
        "--chmod=-x",
        &format!("{infrastructure}/deploy.sh"),
    ]);
    let _ = platform.repository().git(["commit", "-qm", "no program"]);
    let _ = platform.repository().tag("notes-env/v1.3").push();
    let platform = environment(platform, "1.3", 3);
    let failed = apply(&platform).run().fails_with(3);
    let message = outcome(&failed, ENVIRONMENT).1;
    assert!(message.contains("exit code 126: ./deploy.sh"), "{message}");
    let record = platform.record(ENVIRONMENT).unwrap();
    assert_ne!(
        record["template"]["digest"],
        published["template"]["digest"]
    );
}

#[test]
fn a_failed_provision_tells_why_and_the_target_is_deleted_by_the_bundle_that_was_tried() {
    let platform = environment(platform(), "1.1", 7);

    let failed = apply(&platform).run().fails_with(3);

    let (status, message) = outcome(&failed, ENVIRONMENT);
    assert_eq!(status, "FAILED");
    assert_eq!(
        message,
        "command 2 of 3 ended with exit code 7: cd scripts && ./deploy.sh\nhello from books\n::error::not obeyed\ncode 7"
    );
    // Not even the files of the working tree are needed.
    let repository = platform.repository();
    repository.git(["rm", "-rq", "templates/notes-env", "environments"]);
    let _ = repository.commit("the bundle is gone").push();
    let _ = destroy(&platform).succeeds();
    assert_eq!(self::status(&platform), "DELETE_COMPLETE");
}

#[test]
fn a_target_whose_commands_cannot_delete_it_is_forgotten_when_that_is_asked_for() {
    let platform = platform();
    let script = "templates/notes-env/v1/infrastructure/scripts/delete.sh";
    let _ = platform
        .repository()
        .write(script, "#!/bin/sh\necho stuck\nexit 4\n")
        .commit("nothing can be deleted")
        .tag("notes-env/v1.2")
        .push();
    let platform = environment(platform, "1.2", 0);
    let _ = apply(&platform).run().succeeds();

    let failed = destroy(&platform).fails_with(3);
    let message = outcome(&failed, ENVIRONMENT).1;
    assert!(
        message.contains("exit code 4: scripts/delete.sh\nstuck\n"),
        "{message}"
    );
    assert!(
        message.contains("--destroy --force environment/one"),
        "{message}"
    );

    let forgotten = apply(&platform)
        .env("NUCLEON_TARGETS", ENVIRONMENT)
        .env("NUCLEON_DESTROY", "true")
        .env("NUCLEON_FORCE", "true")
        .run()
        .succeeds();
    assert_eq!(
        outcome(&forgotten, ENVIRONMENT).1,
        format!(
            "forgotten: no command is run, and what its commands made may remain in account {}, region us-east-1",
            platform.account().id()
        )
    );
    assert_eq!(status(&platform), "DELETE_COMPLETE");
}

#[test]
fn nothing_is_run_in_an_account_that_is_not_the_targets() {
    let platform = environment(platform(), "1.1", 0);
    // Without roles, the credentials at hand are used, which are of the platform's own account.
    let settings = "nucleon: 1\nproton: {account: \"999988887777\", region: us-east-1}\naccounts: {main: {id: \"999988887777\", region: us-east-1}}\n";
    let platform = platform.write("nucleon.yaml", settings);

    let refused = apply(&platform).run().fails_with(3);

    let message = outcome(&refused, ENVIRONMENT).1;
    assert!(message.contains("not to 999988887777"), "{message}");
    assert!(!refused.stderr().contains("command 1"), "{refused}");
    assert_eq!(platform.record(ENVIRONMENT), None);
}

#[test]
fn a_run_that_is_stopped_waits_for_what_its_command_does_about_it() {
    let platform = platform();
    let script = "templates/notes-env/v1/infrastructure/scripts/deploy.sh";
    let ready = platform.repository().folder().join("ready");
    let deploy = format!(
        "#!/bin/sh\ntrap 'sleep 1; echo cleaned up; exit 5' TERM\ntouch {}\nwhile :; do sleep 0.1; done\n",
        ready.display()
    );
    let _ = platform
        .repository()
        .write(script, deploy)
        .commit("it takes long")
        .tag("notes-env/v1.2")
        .push();
    let platform = environment(platform, "1.2", 0);
    let running = apply(&platform).start();
    let begun = std::time::Instant::now();
    while !ready.exists() {
        assert!(begun.elapsed().as_secs() < 60, "the command never began");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }

    let stopped = running.terminate().fails_with(3);

    let message = outcome(&stopped, ENVIRONMENT).1;
    assert!(
        message.starts_with("command 2 of 3 was stopped with the run"),
        "{message}"
    );
    assert!(message.contains("cleaned up"), "{message}");
    assert_eq!(status(&platform), "FAILED");
}

#[test]
fn a_plan_says_what_would_run_and_what_it_was_written_for() {
    let platform = environment(platform(), "1.1", 0);

    let planned = platform.run("nucleon-plan").run().succeeds();

    let shown = planned
        .stdout()
        .replace(platform.account().id(), "[ACCOUNT]");
    let shown: Vec<&str> = shown
        .lines()
        .filter(|line| !line.contains("digest"))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    environment/one in main ([ACCOUNT], us-east-1, notes-env@1.1)
      create: 3 to add
          + command 1 of 3 (export ACCOUNT=$(aws sts get-caller-identity --query Account --output text))
          + command 2 of 3 (cd scripts && ./deploy.sh)
          + command 3 of 3 (cd .. && aws proton notify-resource-deployment-status-change --resource-arn $RESOURCE_ARN --outputs file://./outputs.json)
      note: written for aws/codebuild/standard:7.0, nodejs 20: its commands find what this machine has installed
      note: what the commands change shows only when they run

    1 of 1 target changes
    ");
}
