//! Accounts, roles and AWS's refusals: nothing is done with credentials of another account, and nothing is left half done.

use nucleon_tests::{Emulator, Finished, Gateway, Platform, Recorder};
use serde_json::Value;

use crate::documents::{outcome, target};

const ELSEWHERE: &str = "999900001111";
const ONE: &str = "environment/one";

#[test]
fn with_credentials_of_another_account_cloudformation_is_not_called() {
    let emulator = Emulator::connect();
    let platform = without_roles(Platform::new(&emulator)).environment("one", "");
    // Any request to it fails the test.
    let cloudformation = Recorder::alone();
    let run = |binary: &str| {
        platform
            .run(binary)
            .envs(emulator.account(ELSEWHERE).variables())
            .env("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.url())
            .run()
            .fails_with(3)
    };

    let (planned, applied) = (run("nucleon-plan"), run("nucleon-apply"));

    let expected = format!(
        "the credentials belong to account {ELSEWHERE}, not to {}",
        platform.account().id()
    );
    assert!(planned.stdout().contains(&expected), "{planned}");
    assert!(applied.stdout().contains(&expected), "{applied}");
    assert_eq!(platform.record(ONE), None);
}

#[test]
fn a_role_of_another_account_is_a_fault_in_nucleon_yaml() {
    let emulator = Emulator::connect();
    let platform = one(&emulator);
    let settings = platform.repository().read("nucleon.yaml");
    let role = format!("arn:aws:iam::{}:role", platform.account().id());
    let platform = platform.write(
        "nucleon.yaml",
        &settings.replace(&role, &format!("arn:aws:iam::{ELSEWHERE}:role")),
    );
    // Any request fails the test.
    let aws = Recorder::alone();

    let planned = behind(&platform, aws.url(), "nucleon-plan").fails_with(1);

    let expected = format!("`accounts.main.roles.plan` belongs to account {ELSEWHERE}, not to");
    assert!(planned.stderr().contains(&expected), "{planned}");
}

#[test]
fn a_role_that_cannot_be_assumed_is_named() {
    let emulator = Emulator::connect();
    let platform = one(&emulator);
    let gateway = Gateway::before(&emulator).refuse("AssumeRole", 403, "AccessDenied");

    let planned = behind(&platform, gateway.url(), "nucleon-plan").fails_with(3);

    let role = format!("arn:aws:iam::{}:role/nucleon-plan", platform.account().id());
    assert!(
        planned.stdout().contains(&role) && planned.stdout().contains("AccessDenied"),
        "{planned}"
    );
}

#[test]
fn a_change_set_that_may_not_be_made_leaves_no_record() {
    let emulator = Emulator::connect();
    let platform = one(&emulator);
    let gateway = Gateway::before(&emulator).refuse("CreateChangeSet", 403, "AccessDenied");

    let applied = behind(&platform, gateway.url(), "nucleon-apply").fails_with(3);

    assert!(applied.stdout().contains("AccessDenied"), "{applied}");
    assert_eq!(platform.record(ONE), None);
}

#[test]
fn a_change_set_that_may_not_be_executed_leaves_no_lock() {
    let emulator = Emulator::connect();
    let platform = one(&emulator);
    let gateway = Gateway::before(&emulator).refuse("ExecuteChangeSet", 403, "AccessDenied");

    let applied = behind(&platform, gateway.url(), "nucleon-apply").fails_with(3);

    assert!(applied.stdout().contains("AccessDenied"), "{applied}");
    assert_eq!(platform.record(ONE).unwrap()["lease"], Value::Null);
    let _ = platform.run("nucleon-apply").run().succeeds();
    assert_eq!(platform.record(ONE).unwrap()["status"], "SUCCEEDED");
}

#[test]
fn throttling_is_waited_out() {
    let emulator = Emulator::connect();
    let platform = one(&emulator);
    let gateway = Gateway::before(&emulator)
        .refuse_some("CreateChangeSet", 400, "Throttling", (0, 2))
        .refuse_some("DescribeStackEvents", 400, "Throttling", (0, 2));

    let _ = behind(&platform, gateway.url(), "nucleon-apply").succeeds();

    assert_eq!(platform.record(ONE).unwrap()["status"], "SUCCEEDED");
    let asked = gateway.asked().into_iter();
    assert_eq!(asked.filter(|one| one == "ExecuteChangeSet").count(), 1);
}

#[test]
fn a_deployment_that_was_lost_sight_of_is_closed_by_the_next_run() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator).environment("one", "length: 50");
    let gateway = Gateway::before(&emulator).refuse("DescribeStackEvents", 403, "ExpiredToken");

    let lost = behind(&platform, gateway.url(), "nucleon-apply").fails_with(3);

    assert!(lost.stdout().contains("ExpiredToken"), "{lost}");
    let left = platform.record(ONE).unwrap();
    assert_eq!(
        (&left["status"], &left["lease"]),
        (&"IN_PROGRESS".into(), &Value::Null)
    );
    let _ = platform.run("nucleon-apply").run().succeeds();
    let closed = platform.record(ONE).unwrap();
    assert_eq!(
        (&closed["status"], &closed["id"]),
        (&"SUCCEEDED".into(), &left["id"])
    );
}

#[test]
fn credentials_that_cannot_be_renewed_stop_only_their_own_targets() {
    let emulator = Emulator::connect();
    let platform = Platform::new(&emulator)
        .environment("one", "")
        .environment("two", "");
    let settings = platform.repository().read("nucleon.yaml");
    let other = format!("  other: {{id: \"{ELSEWHERE}\", region: us-east-1}}\n");
    let platform = platform.write("nucleon.yaml", &format!("{settings}{other}"));
    let spec = platform
        .repository()
        .read("environments/two.yaml")
        .replace("account: main", "account: other");
    let platform = platform.write("environments/two.yaml", &spec);

    let applied = platform
        .run("nucleon-apply")
        .args(["--format", "json"])
        .run()
        .fails_with(3);

    assert_eq!(outcome(&applied, ONE).0, "SUCCEEDED");
    assert!(target(&applied.json(), "environment/two")["status"].is_null());
}

#[test]
fn an_endpoint_that_does_not_answer_is_named_and_nothing_is_written() {
    let platform = one(&Emulator::connect());
    let run = |binary: &str| {
        platform
            .run(binary)
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            .env("AWS_MAX_ATTEMPTS", "1")
            .run()
            .fails_with(3)
    };

    let (planned, applied) = (run("nucleon-plan"), run("nucleon-apply"));

    assert!(
        planned.stdout().contains("could not reach STS"),
        "{planned}"
    );
    assert!(
        applied.stdout().contains("could not reach STS"),
        "{applied}"
    );
    assert_eq!(platform.record(ONE), None);
}

#[test]
fn a_remote_that_does_not_answer_is_told_before_anything_is_changed() {
    let emulator = Emulator::connect();
    let platform = one(&emulator);
    let gone = platform.repository().remote() + "-gone";
    platform
        .repository()
        .git(["remote", "set-url", "origin", &gone]);
    let cloudformation = Recorder::alone();

    let applied = platform
        .run("nucleon-apply")
        .env("AWS_ENDPOINT_URL_CLOUDFORMATION", cloudformation.url())
        .run()
        .fails_with(3);

    assert!(applied.stdout().contains("git refused"), "{applied}");
    assert!(cloudformation.requests().is_empty(), "{applied}");
}

fn without_roles(platform: Platform) -> Platform {
    let settings = platform.repository().read("nucleon.yaml");
    let settings = settings.split("    roles:").next().unwrap().to_owned();
    platform.write("nucleon.yaml", &settings)
}

/// A platform with one environment.
fn one(emulator: &Emulator) -> Platform {
    Platform::new(emulator).environment("one", "")
}

/// Runs a binary that finds AWS at another address.
fn behind(platform: &Platform, aws: &str, binary: &str) -> Finished {
    let run = platform.run(binary);
    run.env("AWS_ENDPOINT_URL", aws).run()
}
