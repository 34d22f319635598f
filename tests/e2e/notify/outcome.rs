//! `nucleon-notify deployment --outcome`: what an apply did in an infrastructure repository, told all at once.

use nucleon_tests::{Finished, Nucleon, Recorder, Repository};
use serde_json::{Value, json};

use super::step;

const NAMES: [&str; 4] = ["one", "two", "three", "four"];

fn id(name: &str) -> String {
    format!("0b5e7c1a-0000-4000-8000-{:0>12}", name.len())
}

fn target(name: &str) -> String {
    format!("environment/{name}")
}

/// A platform that waits for four environments.
fn platform() -> Repository {
    let platform = Repository::empty().commit("a platform").push();
    let mut ledger = platform.another_clone();
    for name in NAMES {
        let record = json!({
            "format": 1, "id": id(name), "target": target(name), "purpose": "deploy", "status": "IN_PROGRESS",
            "account": "444455556666", "region": "eu-west-1", "outputs": [], "started": "2026-10-08T08:59:00Z",
            "actor": "dana", "commit": "1111111111111111111111111111111111111111",
        });
        ledger.git(["switch", "--quiet", "--orphan", name]);
        ledger = ledger
            .write("record.json", record.to_string())
            .commit("an event");
        let reference = format!("HEAD:refs/nucleon/targets/environment/{name}");
        ledger.git(["push", "--quiet", "origin", &reference]);
    }
    platform
}

fn outcome(name: &str, status: Option<&str>, message: &str) -> Value {
    json!({
        "target": target(name), "stage": "environments", "account": "444455556666", "region": "eu-west-1",
        "status": status, "message": message,
        "outputs": [{"key": "Shelf", "valueString": format!("shelf of {name}")}],
    })
}

/// The infrastructure repository, with the folder of `one` and an outcome.
fn infrastructure() -> Repository {
    let metadata = json!({"deploymentId": id("one"), "isResourceDeleted": false, "resourceMetadata": {
        "arn": "arn:aws:proton:us-east-1:111122223333:environment/one",
    }});
    let outcomes = [
        outcome("one", Some("SUCCEEDED"), "deployed"),
        outcome("two", Some("FAILED"), "no right: AKIAIOSFODNN7EXAMPLE"),
        outcome("three", None, "the plan is not the approved one"),
    ];
    let settings = "nucleon: 1\naccounts:\n  main: {id: \"444455556666\", region: eu-west-1}\n";
    Repository::empty()
        .write("nucleon.yaml", settings)
        .write("one/.proton/deployment-metadata.json", metadata.to_string())
        .write("event.json", "{}")
        .write("summary.md", "")
        .write("outputs.txt", "")
        .write(
            "outcome.json",
            json!({"format": 1, "targets": outcomes}).to_string(),
        )
        .commit("folders")
        .push()
}

fn told(infrastructure: &Repository, platform: &Repository, arguments: &[&str]) -> Nucleon {
    step(infrastructure)
        .env("NUCLEON_REPOSITORY", platform.remote())
        .env("NUCLEON_FORMAT", "json")
        .args(["deployment"])
        .args(arguments)
}

/// As the workflow tells it: the targets of its job, what apply wrote, and what is said of the others.
fn all(infrastructure: &Repository, platform: &Repository) -> Nucleon {
    let targets = NAMES.map(target).join("\n");
    told(infrastructure, platform, &[])
        .env("NUCLEON_TARGETS", targets)
        .env("NUCLEON_OUTCOME", "outcome.json")
        .env("NUCLEON_STATUS", "FAILED")
        .env("NUCLEON_MESSAGE", "its job ended before it was applied")
}

fn said(platform: &Repository, name: &str) -> String {
    let record = platform.record(&target(name)).unwrap();
    format!(
        "{} {} {}",
        record["status"].as_str().unwrap(),
        record["message"].as_str().unwrap_or("-"),
        record["outputs"]
    )
}

#[test]
fn every_target_gets_its_own_end_and_what_waited_is_started_once() {
    let (platform, infrastructure) = (platform(), infrastructure());
    let github = Recorder::github();

    let finished = all(&infrastructure, &platform)
        .env("GITHUB_API_URL", github.url())
        .env("NUCLEON_GITHUB_TOKEN", "ghs_secret")
        .env("NUCLEON_DISPATCH", "event")
        .run()
        .succeeds();

    assert_eq!(
        NAMES.map(|name| said(&platform, name)),
        [
            r#"SUCCEEDED deployed [{"key":"Shelf","valueString":"shelf of one"}]"#,
            "FAILED no right: *** []",
            "FAILED the plan is not the approved one []",
            "FAILED its job ended before it was applied []",
        ]
    );
    let targets = finished.json()["targets"].as_array().unwrap().len();
    assert_eq!(targets, 4);
    let sent = github.requests();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body["client_payload"]["target"], "environment/one");
    assert!(!format!("{finished}").contains("AKIA"), "{finished}");

    let again = all(&infrastructure, &platform).run().succeeds();
    let again = again.json()["targets"].clone();
    let recorded = again.as_array().unwrap().iter();
    assert!(
        recorded.into_iter().all(|one| one["recorded"] == false),
        "{again}"
    );
}

#[test]
fn the_deployment_is_the_one_of_the_folder_and_a_newer_one_is_left_alone() {
    let platform = platform();
    let infrastructure = infrastructure();
    let newer = ["environment/one", "--status", "FAILED"];
    let _ended = told(&infrastructure, &platform, &newer).run().succeeds();
    let begun = [
        "environment/one",
        "--status",
        "IN_PROGRESS",
        "--deployment",
        "0b5e7c1a-0000-4000-8000-00000000000f",
    ];
    let _begun = told(&infrastructure, &platform, &begun).run().succeeds();

    let finished = all(&infrastructure, &platform).run().succeeds();

    assert!(said(&platform, "one").starts_with("IN_PROGRESS"));
    assert!(said(&platform, "two").starts_with("FAILED"));
    let first = finished.json()["targets"][0].clone();
    assert_eq!(first["recorded"], false);
    assert!(
        first["notes"][0].as_str().unwrap().contains("is newer"),
        "{first}"
    );
}

#[test]
fn what_is_told_of_nobody_or_of_too_many_is_refused() {
    let (platform, infrastructure) = (platform(), infrastructure());
    let refused = |arguments: &[&str], code: i32| -> Finished {
        told(&infrastructure, &platform, arguments)
            .run()
            .fails_with(code)
    };
    let nobody = refused(&["--status", "FAILED"], 2);
    assert!(nobody.stderr().contains("no target is named"), "{nobody}");
    let unsaid = refused(&["environment/one"], 2);
    assert!(unsaid.stderr().contains("nothing says how"), "{unsaid}");
    let two = ["environment/one", "environment/two", "--status", "FAILED"];
    let many = refused(&[&two[..], &["--deployment", "x"]].concat(), 2);
    assert!(
        many.stderr().contains("--deployment is about one target"),
        "{many}"
    );
    let unknown = ["environment/one", "environment/nine", "--status", "FAILED"];
    let one = refused(&unknown, 2);
    assert!(
        one.stderr().contains("environment/nine has no record yet"),
        "{one}"
    );
    assert!(said(&platform, "one").starts_with("FAILED"));
    assert!(said(&platform, "two").starts_with("IN_PROGRESS"));
}
