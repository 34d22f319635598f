//! `nucleon-notify deployment`: what others provision is recorded where its spec is.

use nucleon_tests::{Nucleon, Recorder, Repository};
use serde_json::{Value, json};

use super::step;

const TARGET: &str = "service/shop/service-instance/prod";
const OLDER: &str = "0b5e7c1a-0000-4000-8000-000000000001";
const ID: &str = "0b5e7c1a-0000-4000-8000-000000000002";

fn record(id: &str, status: &str) -> Value {
    json!({
        "format": 1, "id": id, "target": TARGET, "purpose": "deploy", "status": status, "account": "444455556666",
        "region": "eu-west-1", "outputs": [], "started": "2026-10-08T08:59:00Z", "actor": "dana",
        "commit": "1111111111111111111111111111111111111111", "pull_request": 3,
    })
}

/// A platform whose ledger knows two deployments of one target.
fn platform() -> Repository {
    let platform = infrastructure();
    let mut ledger = platform.another_clone();
    ledger.git(["switch", "--quiet", "--orphan", "record"]);
    for record in [record(OLDER, "FAILED"), record(ID, "IN_PROGRESS")] {
        ledger = ledger
            .write("record.json", record.to_string())
            .commit("an event");
    }
    let reference = format!("HEAD:refs/nucleon/targets/{TARGET}");
    ledger.git(["push", "--quiet", "origin", &reference]);
    platform
}

/// A run in the infrastructure repository, which knows the platform's only by its address.
fn told(infrastructure: &Repository, platform: &Repository, arguments: &[&str]) -> Nucleon {
    step(infrastructure)
        .env("NUCLEON_REPOSITORY", platform.remote())
        .env("NUCLEON_FORMAT", "json")
        .args(["deployment"])
        .args(arguments)
}

fn infrastructure() -> Repository {
    Repository::empty()
        .write("event.json", "{}")
        .write("summary.md", "")
        .write("outputs.txt", "")
        .write(
            "outputs.json",
            json!({
                "QueueUrl": {"sensitive": false, "type": "string", "value": "https://sqs"},
                "Subnets": {"sensitive": false, "type": ["list", "string"], "value": ["a", "b"]},
                "Password": {"sensitive": true, "type": "string", "value": "hunter2"},
                "Key": {"sensitive": false, "type": "string", "value": "AKIAIOSFODNN7EXAMPLE"},
            })
            .to_string(),
        )
        .commit("a module")
        .push()
}

#[test]
fn outputs_come_back_from_another_repository_once() {
    let (platform, infrastructure) = (platform(), infrastructure());
    let arn = format!("arn:aws:proton:us-east-1:111122223333:{TARGET}");
    let arguments = [
        arn.as_str(),
        "--status",
        "SUCCEEDED",
        "--deployment",
        ID,
        "--outputs",
        "file://outputs.json",
        "--message",
        "applied with hunter2",
    ];
    let first = told(&infrastructure, &platform, &arguments)
        .run()
        .succeeds();
    let again = told(&infrastructure, &platform, &arguments)
        .run()
        .succeeds();

    let record = platform.record(TARGET).unwrap();
    assert_eq!(record["status"], "SUCCEEDED");
    assert_eq!(record["message"], "applied with ***");
    assert_eq!(
        record["outputs"],
        json!([{"key": "QueueUrl", "valueString": "https://sqs"}, {"key": "Subnets", "valueString": "[\"a\",\"b\"]"}])
    );
    assert_eq!(record["pull_request"], 3);
    assert_eq!(platform.records(TARGET).len(), 3);
    assert_eq!(first.json()["outputs_changed"], true);
    assert_eq!(again.json()["recorded"], false);
    for finished in [&first, &again] {
        assert!(
            finished.stderr().contains("output `Key` is left out"),
            "{finished}"
        );
        let said = format!("{}{}", finished.stdout(), finished.stderr());
        assert!(
            !said.contains("hunter2") && !said.contains("AKIA"),
            "{said}"
        );
    }
}

#[test]
fn a_late_message_does_not_overwrite_the_newer_deployment() {
    let (platform, infrastructure) = (platform(), infrastructure());
    let late = [TARGET, "--status", "SUCCEEDED", "--deployment", OLDER];
    let refused = told(&infrastructure, &platform, &late).run().fails_with(4);
    assert!(refused.stderr().contains("came too late"), "{refused}");
    assert_eq!(platform.record(TARGET).unwrap()["status"], "IN_PROGRESS");
    // The same once more is no fault, because the ledger says so already.
    let same = [TARGET, "--status", "FAILED", "--deployment", OLDER];
    let _told = told(&infrastructure, &platform, &same).run().succeeds();
    let unknown = [TARGET, "--status", "FAILED", "--deployment", "x"];
    let refused = told(&infrastructure, &platform, &unknown)
        .run()
        .fails_with(4);
    assert!(
        refused.stderr().contains("has no deployment x"),
        "{refused}"
    );
}

#[test]
fn many_messages_at_once_are_one_record() {
    let (platform, infrastructure) = (platform(), infrastructure());
    let arguments = [TARGET, "--status", "CANCELLED", "--deployment", ID];
    let running: Vec<_> = (0..4)
        .map(|_| told(&infrastructure, &platform, &arguments).start())
        .collect();
    for one in running {
        let _told = one.wait().succeeds();
    }
    assert_eq!(platform.records(TARGET).len(), 3);
    assert_eq!(platform.record(TARGET).unwrap()["status"], "CANCELLED");
}

#[test]
fn a_target_without_a_record_needs_a_place() {
    let (platform, infrastructure) = (
        Repository::empty().commit("nothing").push(),
        infrastructure(),
    );
    let first = ["environment/dev", "--status", "SUCCEEDED"];
    let refused = told(&infrastructure, &platform, &first).run().fails_with(2);
    assert!(
        refused.stderr().contains("--account and --region"),
        "{refused}"
    );
    let _told = told(&infrastructure, &platform, &first)
        .args([
            "--account",
            "444455556666",
            "--region",
            "eu-west-1",
            "--outputs",
            "-",
        ])
        .stdin(r#"{"VpcId": "vpc-1"}"#)
        .run()
        .succeeds();
    let record = platform.record("environment/dev").unwrap();
    assert_eq!(
        (&record["account"], &record["outputs"][0]["valueString"]),
        (&json!("444455556666"), &json!("vpc-1"))
    );
}

#[test]
fn outputs_that_are_none_are_refused_with_the_file() {
    let (platform, infrastructure) = (platform(), infrastructure());
    let infrastructure = infrastructure.write("outputs.json", "not JSON");
    let arguments = [TARGET, "--status", "SUCCEEDED", "--outputs", "outputs.json"];
    let refused = told(&infrastructure, &platform, &arguments)
        .run()
        .fails_with(1);
    assert!(
        refused
            .stderr()
            .contains("could not read the outputs in `outputs.json`"),
        "{refused}"
    );
    assert_eq!(platform.record(TARGET).unwrap()["status"], "IN_PROGRESS");
}

#[test]
fn what_waited_for_outputs_is_started() {
    let found = json!({"default_branch": "trunk"});
    let github = Recorder::github().answer("GET /repos/acme/platform", 200, found);
    let platform = platform();
    let dispatch = |status: &str, how: &str| {
        step(&platform)
            .env("GITHUB_API_URL", github.url())
            .env("NUCLEON_GITHUB_TOKEN", "ghs_secret")
            .args([
                "deployment",
                TARGET,
                "--status",
                status,
                how,
                "--outputs",
                "-",
            ])
    };
    let _told = dispatch("SUCCEEDED", "--dispatch")
        .stdin(r#"{"A": "1"}"#)
        .run()
        .succeeds();
    let _told = dispatch("SUCCEEDED", "--dispatch")
        .stdin(r#"{"A": "1"}"#)
        .run()
        .succeeds();
    let _told = dispatch("SUCCEEDED", "--dispatch=deploy.yml")
        .stdin(r#"{"A": "2"}"#)
        .run()
        .succeeds();

    let requests = github.requests();
    let lines: Vec<String> = requests.iter().map(nucleon_tests::Request::line).collect();
    assert_eq!(
        lines,
        [
            "POST /repos/acme/platform/dispatches",
            "GET /repos/acme/platform",
            "POST /repos/acme/platform/actions/workflows/deploy.yml/dispatches",
        ]
    );
    assert_eq!(
        requests[0].body,
        json!({"event_type": "nucleon-deployment", "client_payload": {"target": TARGET}})
    );
    assert_eq!(requests[2].body, json!({"ref": "trunk"}));
}
