//! `nucleon-notify status`: how a run went.

use nucleon_tests::{Recorder, Repository};
use serde_json::{Value, json};

use super::{CHECKS, HEAD, RUN, own, step};

fn record(target: &str, status: &str, run: &str, message: &str) -> Value {
    json!({
        "format": 1, "id": "0b5e7c1a-0000-4000-8000-000000000000", "target": target, "purpose": "deploy", "status": status,
        "message": message, "account": "444455556666", "region": "eu-west-1", "outputs": [],
        "provisioned": {"provisioner": "cloudformation", "stack_name": "AWSProton-prod"},
        "started": "2026-10-08T08:59:00Z", "completed": "2026-10-08T09:00:00Z", "actor": "dana", "commit": HEAD, "run_url": run,
    })
}

/// A repository whose state holds records.
fn deployed(records: &[Value]) -> Repository {
    let repository = own();
    for record in records {
        let ledger = repository.another_clone();
        ledger.git(["switch", "--quiet", "--orphan", "record"]);
        let ledger = ledger
            .write("record.json", record.to_string())
            .commit("deployed");
        let target = record["target"].as_str().unwrap();
        ledger.git([
            "push",
            "--quiet",
            "origin",
            &format!("HEAD:refs/nucleon/targets/{target}"),
        ]);
    }
    repository
}

fn ended() -> Repository {
    deployed(&[
        record("environment/prod", "SUCCEEDED", RUN, "deployed"),
        record(
            "environment/old",
            "SUCCEEDED",
            "https://github.com/acme/platform/actions/runs/41",
            "deployed",
        ),
        record(
            "service/shop/service-instance/prod",
            "FAILED",
            RUN,
            "`Queue`: no right",
        ),
    ])
}

#[test]
fn the_end_of_a_run_is_told_by_a_check_for_each_stage_and_the_view() {
    let github =
        Recorder::github().answer(CHECKS, 200, json!({"total_count": 0, "check_runs": []}));
    let repository = ended();

    let told = step(&repository)
        .env("GITHUB_SHA", HEAD)
        .env("GITHUB_API_URL", github.url())
        .env("NUCLEON_GITHUB_TOKEN", "ghs_secret")
        .args(["status"])
        .run()
        .succeeds();

    assert!(told.stderr().contains("1 failed, 1 deployed"), "{told}");
    let requests = github.requests();
    let made: Vec<(&Value, &Value)> = requests
        .iter()
        .filter(|request| request.method == "POST")
        .map(|request| (&request.body["name"], &request.body["conclusion"]))
        .collect();
    assert_eq!(
        made,
        [
            (&json!("Nucleon environments"), &json!("success")),
            (&json!("Nucleon instances-1"), &json!("failure")),
        ]
    );
    assert!(
        repository
            .read("summary.md")
            .contains("<code>Queue</code>: no right")
    );
    assert!(!repository.read("summary.md").contains("environment/old"));
    repository.git(["fetch", "--quiet", "origin", "nucleon-state"]);
    let view = repository.git(["show", "FETCH_HEAD:README.md"]);
    assert!(
        view.contains("environment/old") && view.contains("environment/prod"),
        "{view}"
    );
}

#[test]
fn without_a_token_the_end_of_a_run_is_in_the_summary_and_the_view() {
    let repository = ended();
    let told = step(&repository)
        .env("GITHUB_SHA", HEAD)
        .args(["status"])
        .run()
        .succeeds();
    assert!(
        told.stdout()
            .contains("::notice::there is no token: no check runs are written"),
        "{told}"
    );
    assert!(
        repository
            .read("summary.md")
            .contains("#### environments: 1 deployed")
    );
    assert_eq!(repository.remote_refs("refs/heads/nucleon-state").len(), 1);
}

#[test]
fn what_never_began_is_told_from_the_outcome_file() {
    let outcome = json!({"format": 1, "targets": [{
        "target": "component/uploads", "stage": "components", "account": "444455556666", "region": "eu-west-1",
        "message": "the plan is not the one that was approved", "hint": "plan again",
    }]});
    let repository = ended().write("outcome.json", outcome.to_string());
    let told = step(&repository)
        .env("GITHUB_SHA", HEAD)
        .args(["--format", "json", "status", "--outcome", "outcome.json"])
        .run()
        .succeeds();
    let targets = told.json()["targets"].clone();
    assert_eq!(targets[2]["target"], "component/uploads");
    assert_eq!(targets[2]["status"], Value::Null);
    assert!(
        repository
            .read("summary.md")
            .contains("**What to do:** plan again")
    );
}
