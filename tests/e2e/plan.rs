//! `nucleon-plan`: what would change, and nothing is changed.

use nucleon_tests::{Emulator, Platform};
use serde_json::json;

use crate::documents::{approval, plan, target};

#[test]
fn a_service_that_is_planned_with_its_new_environment_is_provisional() {
    let platform = Platform::new(&Emulator::connect())
        .environment("one", "")
        .service("reader", &["one"]);

    let planned = platform
        .run("nucleon-plan")
        .args(["--format", "json"])
        .run()
        .succeeds();

    let environment = plan(&planned, "environment/one");
    assert_eq!(environment["operation"], "create");
    assert_eq!(environment["changes"][0]["action"], "add");
    let service = "service/reader/service-instance/one";
    assert_eq!(
        plan(&planned, service)["unknown"],
        json!(["environment.outputs.Shelf"])
    );
    assert_eq!(
        approval(&planned, service),
        format!("{service}=provisional")
    );
    // What is not there yet differs from nothing: its resources are listed.
    assert_eq!(plan(&planned, service)["changes"][0]["action"], "add");
    assert_eq!(plan(&planned, service)["difference"], json!(null));
}

#[test]
fn a_plan_says_what_changes_from_what_to_what() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "text: before");
    let _ = platform.run("nucleon-apply").run().succeeds();

    let platform = platform.environment("one", "text: after");
    let planned = platform
        .run("nucleon-plan")
        .args(["--format", "json"])
        .run()
        .succeeds();

    assert_eq!(
        plan(&planned, "environment/one")["changes"][0]["properties"],
        json!([{"path": "Properties.Value", "before": "before", "after": "after", "recreation": "never"}])
    );
    insta::assert_snapshot!(changes(&platform), @r"
    environment/one in main ([ACCOUNT], us-east-1, notes-env@1.0)
      update: 1 to modify
          ~ Note0 (AWS::SSM::Parameter) /one/notes/0
              Properties.Value: before → after

    1 of 1 target changes
    ");
}

#[test]
fn what_must_be_made_anew_is_a_replacement() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "folder: before");
    let _ = platform.run("nucleon-apply").run().succeeds();

    let platform = platform.environment("one", "folder: after");

    insta::assert_snapshot!(changes(&platform), @r"
    environment/one in main ([ACCOUNT], us-east-1, notes-env@1.0)
      update: 2 to replace
        -/+ Note0 (AWS::SSM::Parameter) /one/before/0
              Properties.Name: /one/before/0 → /one/after/0  (replaces)
        -/+ Shelf (AWS::SNS::Topic) arn:aws:sns:us-east-1:[ACCOUNT]:one-before
              Properties.TopicName: one-before → one-after  (replaces)

    1 of 1 target changes, 1 loses resources
    ");
}

#[test]
fn a_plan_changes_nothing_and_is_the_same_again() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let planned = || {
        platform
            .run("nucleon-plan")
            .args(["--format", "json"])
            .run()
            .succeeds()
    };

    let (first, second) = (planned(), planned());

    assert_eq!(
        approval(&first, "environment/one"),
        approval(&second, "environment/one")
    );
    assert!(
        platform
            .repository()
            .remote_refs("refs/nucleon/")
            .is_empty()
    );
    let stack = platform.stack("one").unwrap();
    let left =
        platform
            .account()
            .aws(&["cloudformation", "list-change-sets", "--stack-name", &stack]);
    assert_eq!(left["Summaries"], json!([]));
}

#[test]
fn a_secret_is_not_shown_where_it_changes() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "secret: correct-horse");
    let _ = platform.run("nucleon-apply").run().succeeds();

    let platform = platform.environment("one", "secret: battery-staple");
    let text = platform.run("nucleon-plan").run().succeeds().to_string();
    let json = platform
        .run("nucleon-plan")
        .args(["--format", "json"])
        .run()
        .succeeds()
        .to_string();

    let secrets = ["correct-horse", "battery-staple"];
    assert!(
        !secrets
            .iter()
            .any(|secret| text.contains(secret) || json.contains(secret)),
        "{text}{json}"
    );
    assert!(text.contains("Properties.Description"), "{text}");
}

#[test]
fn one_target_that_cannot_be_planned_stops_no_other() {
    let platform = Platform::new(&Emulator::connect())
        .environment("good", "")
        .environment("bad", "length: 1000");

    let planned = platform
        .run("nucleon-plan")
        .args(["--format", "json"])
        .run()
        .fails_with(1);

    assert_eq!(plan(&planned, "environment/good")["operation"], "create");
    assert!(target(&planned.json(), "environment/bad")["failed"].is_object());
    assert_eq!(
        planned.json()["diagnostics"][0]["code"],
        "spec/out-of-range"
    );
}

#[test]
fn a_fault_in_a_file_that_defines_no_target_is_told_and_stops_none() {
    let platform = Platform::new(&Emulator::connect())
        .environment("good", "")
        .write(
            "environments/odd.yaml",
            "proton: EnvironmentSpec\nspec: [\n",
        );

    let planned = platform
        .run("nucleon-plan")
        .args(["--format", "json"])
        .run()
        .fails_with(1);
    assert_eq!(plan(&planned, "environment/good")["operation"], "create");
    assert_eq!(planned.json()["diagnostics"][0]["code"], "yaml/syntax");

    // Whoever names a target asks for that one alone.
    let _ = platform
        .run("nucleon-plan")
        .args(["environment/good"])
        .run()
        .succeeds();
}

#[test]
fn a_workflow_step_gets_what_is_to_be_approved() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let folder = platform.repository().folder().join("..");
    let output = folder.join("output");

    let _ = platform
        .run("nucleon-plan")
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_OUTPUT", &output)
        .env("RUNNER_TEMP", &folder)
        .run()
        .succeeds();

    let written = std::fs::read_to_string(output).unwrap();
    let (_, path) = written.split_once("plan<<NUCLEON_EOF\n").unwrap();
    let plan = std::fs::read_to_string(path.lines().next().unwrap()).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let digest = plan["targets"][0]["planned"]["approval"].as_str().unwrap();
    assert!(
        written.contains(&format!(
            "approved<<NUCLEON_EOF\nenvironment/one={digest}\n"
        )),
        "{written}"
    );
    assert!(
        written.contains("changes<<NUCLEON_EOF\ntrue\n"),
        "{written}"
    );
}

/// The plan as people read it, without the line of its digest.
fn changes(platform: &Platform) -> String {
    let finished = platform.run("nucleon-plan").run().succeeds();
    let text = finished
        .stdout()
        .replace(platform.account().id(), "[ACCOUNT]");
    let lines = text.lines().filter(|line| !line.contains("digest "));
    lines.collect::<Vec<_>>().join("\n")
}
