//! `nucleon-notify`: every request is judged by GitHub's own description of its API.

mod deployment;
mod outcome;
mod pr;
mod reaching;
mod status;
mod webhook;

use nucleon_tests::{Finished, Nucleon, Recorder, Repository, Request};
use serde_json::{Value, json};

const HEAD: &str = "1111111111111111111111111111111111111111";
const RUN: &str = "https://github.com/acme/platform/actions/runs/42";
const COMMENTS: &str = "GET /repos/acme/platform/issues/7/comments";
const CHECKS: &str =
    "GET /repos/acme/platform/commits/1111111111111111111111111111111111111111/check-runs";

fn planned() -> Value {
    let digest = format!("sha256:{}", "0".repeat(64));
    json!({
        "format": 1, "commit": HEAD, "run_url": RUN,
        "targets": [{
            "target": "service/shop/service-instance/prod", "stage": "instances-1", "account_name": "prod",
            "account": "444455556666", "region": "eu-west-1", "github_environment": "prod", "template": "fargate-svc@1.4",
            "planned": {"approval": digest, "plan": {
                "target": "service/shop/service-instance/prod", "operation": "update", "rendered": digest,
                "changes": [{"action": "replace", "resource": "Queue", "resource_type": "AWS::SQS::Queue"}],
            }},
        }],
    })
}

fn event(from: &Value) -> Value {
    json!({"pull_request": {
        "number": 7,
        "head": {"sha": HEAD, "repo": from},
        "base": {"repo": {"full_name": "acme/platform"}},
    }})
}

fn repository(plans: &Value, event: &Value) -> Repository {
    Repository::empty()
        .write("plan.json", plans.to_string())
        .write("event.json", event.to_string())
        .write("summary.md", "")
        .write("outputs.txt", "")
        .commit("a change")
        .push()
}

fn own() -> Repository {
    repository(&planned(), &event(&json!({"full_name": "acme/platform"})))
}

/// A step of a workflow run, on a pull request where the event says so.
fn step(repository: &Repository) -> Nucleon {
    repository
        .run("nucleon-notify")
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_SERVER_URL", "https://github.com")
        .env("GITHUB_REPOSITORY", "acme/platform")
        .env("GITHUB_RUN_ID", "42")
        .env("GITHUB_EVENT_PATH", "event.json")
        .env("GITHUB_STEP_SUMMARY", "summary.md")
        .env("GITHUB_OUTPUT", "outputs.txt")
}

fn pr(repository: &Repository, github: &Recorder) -> Finished {
    step(repository)
        .env("GITHUB_API_URL", github.url())
        .env("NUCLEON_GITHUB_TOKEN", "ghs_secret")
        .env("NUCLEON_PLAN", "plan.json")
        .args(["pr"])
        .run()
}

fn sent(repository: &Repository, github: &Recorder) {
    let _told = pr(repository, github).succeeds();
}

fn lines(github: &Recorder) -> Vec<String> {
    github.requests().iter().map(Request::line).collect()
}

/// How often a request was sent.
fn times(github: &Recorder, request: &str) -> usize {
    let lines = lines(github);
    lines
        .iter()
        .filter(|line| line.starts_with(request))
        .count()
}

fn comment(id: u64, author: &str, kind: &str, body: &str) -> Value {
    json!({"id": id, "html_url": format!("https://github.com/c/{id}"), "body": body, "user": {"login": author, "type": kind}})
}
