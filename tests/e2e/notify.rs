//! `nucleon-notify`: every request is judged by GitHub's own description of its API.

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

fn comment(id: u64, author: &str, kind: &str, body: &str) -> Value {
    json!({"id": id, "html_url": format!("https://github.com/c/{id}"), "body": body, "user": {"login": author, "type": kind}})
}

#[test]
fn a_plan_is_commented_on_and_checked() {
    let github = Recorder::github().answer(COMMENTS, 200, json!([])).answer(
        CHECKS,
        200,
        json!({"total_count": 0, "check_runs": []}),
    );
    let repository = own();

    sent(&repository, &github);

    assert_eq!(
        lines(&github),
        [
            "GET /repos/acme/platform/issues/7/comments?per_page=100&page=1",
            "POST /repos/acme/platform/issues/7/comments",
            &format!("{CHECKS}?check_name=Nucleon%20plan&per_page=100&page=1"),
            "POST /repos/acme/platform/check-runs",
        ]
    );
    let requests = github.requests();
    let body = requests[1].body["body"].as_str().unwrap();
    assert!(
        body.starts_with(
            "<!-- nucleon:plan: -->\n### Nucleon: 1 of 1 target changes, 1 loses resources"
        ),
        "{body}"
    );
    let check = &requests[3].body;
    assert_eq!(check["head_sha"], HEAD);
    assert_eq!(check["details_url"], RUN);
    let text = check["output"]["text"].as_str().unwrap();
    assert!(
        text.contains(r#""service/shop/service-instance/prod": "sha256:0000"#),
        "{text}"
    );
    assert_eq!(
        requests[0].header("authorization"),
        Some("Bearer ghs_secret")
    );
    assert_eq!(
        requests[0].header("x-github-api-version"),
        Some("2022-11-28")
    );
    assert!(repository.read("summary.md").contains("Resources are lost"));
    assert!(
        repository
            .read("outputs.txt")
            .starts_with("comment-url<<NUCLEON_EOF\nhttps://github.com/")
    );
}

#[test]
fn a_second_run_edits_the_comment_and_the_check_in_place() {
    let github = Recorder::github()
        .answer(COMMENTS, 200, json!([
            comment(1, "dana", "User", "when is this merged?"),
            comment(2, "github-actions[bot]", "Bot", "<!-- nucleon:plan: -->\nold"),
            comment(3, "github-actions[bot]", "Bot", "<!-- nucleon:plan: -->\nfrom a race"),
            comment(4, "github-actions[bot]", "Bot", "<!-- nucleon:plan:infra -->\nanother folder's"),
        ]))
        .answer(CHECKS, 200, json!({"total_count": 1, "check_runs": [{"id": 5, "external_id": "nucleon:Nucleon plan"}]}));

    sent(&own(), &github);

    let writing: Vec<String> = lines(&github)
        .into_iter()
        .filter(|line| !line.starts_with("GET"))
        .collect();
    assert_eq!(
        writing,
        [
            "DELETE /repos/acme/platform/issues/comments/3",
            "PATCH /repos/acme/platform/issues/comments/2",
            "PATCH /repos/acme/platform/check-runs/5",
        ]
    );
}

#[test]
fn a_comment_that_says_the_same_already_is_left_as_it_is() {
    let empty = json!({"total_count": 0, "check_runs": []});
    let first =
        Recorder::github()
            .answer(COMMENTS, 200, json!([]))
            .answer(CHECKS, 200, empty.clone());
    let repository = own();
    sent(&repository, &first);
    let body = first.requests()[1].body["body"]
        .as_str()
        .unwrap()
        .trim_end()
        .to_owned();

    let second = Recorder::github()
        .answer(
            COMMENTS,
            200,
            json!([comment(2, "github-actions[bot]", "Bot", &body)]),
        )
        .answer(CHECKS, 200, empty);
    sent(&repository, &second);

    assert!(
        !lines(&second)
            .iter()
            .any(|line| line.contains("comments/2"))
    );
    assert!(
        repository
            .read("outputs.txt")
            .contains("https://github.com/c/2")
    );
}

#[test]
fn a_comment_on_the_second_page_is_found() {
    let page: Vec<Value> = (1..=100)
        .map(|id| comment(id, "dana", "User", "hm"))
        .collect();
    let github = Recorder::github().answer(COMMENTS, 200, json!(page));

    // The server answers every page with a full one: a client that did not count would ask for ever.
    sent(&own(), &github);

    assert_eq!(
        lines(&github)
            .iter()
            .filter(|line| line.starts_with(COMMENTS))
            .count(),
        100
    );
    assert!(lines(&github).contains(&format!("{COMMENTS}?per_page=100&page=2")));
}

#[test]
fn a_run_that_plans_nothing_makes_no_comment() {
    let github = Recorder::github().answer(COMMENTS, 200, json!([]));
    let _told = step(&own())
        .env("GITHUB_API_URL", github.url())
        .env("NUCLEON_GITHUB_TOKEN", "ghs_secret")
        .env("NUCLEON_PLAN", "")
        .args(["pr"])
        .run()
        .succeeds();
    assert!(
        !lines(&github)
            .iter()
            .any(|line| line.starts_with("POST") && line.ends_with("comments"))
    );
    assert!(
        lines(&github)
            .iter()
            .any(|line| line.contains("check-runs"))
    );
}

#[test]
fn a_server_of_ones_own_has_its_api_below_a_path() {
    let github = Recorder::github_server();
    sent(&own(), &github);
    assert!(
        lines(&github)
            .iter()
            .all(|line| line.contains(" /api/v3/repos/acme/platform/"))
    );
}

#[test]
fn a_proxy_on_the_way_is_used() {
    let github = Recorder::github_proxy();
    let _told = step(&own())
        .env("HTTP_PROXY", github.url())
        .env("GITHUB_API_URL", "http://api.github.test")
        .env("NUCLEON_GITHUB_TOKEN", "ghs_secret")
        .args(["pr", "--plan", "plan.json"])
        .run()
        .succeeds();
    assert!(
        lines(&github)[0].starts_with("GET http://api.github.test/repos/acme/platform/"),
        "{:?}",
        lines(&github)
    );
}

#[test]
fn a_fork_gets_its_summary_and_nothing_is_sent() {
    for from in [json!({"full_name": "mallory/platform"}), Value::Null] {
        let github = Recorder::github();
        let repository = repository(&planned(), &event(&from));

        let told = pr(&repository, &github).succeeds();

        assert_eq!(lines(&github), Vec::<String>::new());
        assert!(
            told.stdout()
                .contains("::notice::this pull request comes from a fork")
        );
        assert!(
            repository
                .read("summary.md")
                .contains("> this pull request comes from a fork")
        );
    }
}

#[test]
fn without_a_token_what_would_be_sent_is_printed_and_no_line_of_it_is_a_command() {
    let mut plans = planned();
    plans["targets"][0]["planned"]["plan"]["difference"] = json!("::error::not from us");
    let repository = repository(&plans, &event(&json!({"full_name": "acme/platform"})));

    let told = step(&repository)
        .args(["pr", "--plan", "plan.json"])
        .run()
        .succeeds();

    let (before, document) = told.stdout().split_once("::stop-commands::").unwrap();
    assert!(before.contains("::notice::there is no token: nothing is sent to GitHub"));
    let (end, document) = document.split_once('\n').unwrap();
    let (document, _) = document.split_once(&format!("\n::{end}::\n")).unwrap();
    assert!(document.contains("\n::error::not from us\n"), "{document}");
    assert!(repository.read("summary.md").contains("Resources are lost"));
}

#[test]
fn a_limit_of_requests_is_waited_for() {
    let github = Recorder::github()
        .answer_once(COMMENTS, 429, &[("retry-after", "0")])
        .answer_once(
            "POST /repos/acme/platform/check-runs",
            403,
            &[("x-ratelimit-remaining", "0"), ("retry-after", "0")],
        )
        .answer(CHECKS, 200, json!({"total_count": 0, "check_runs": []}));
    sent(&own(), &github);
    assert_eq!(
        lines(&github)
            .iter()
            .filter(|line| line.starts_with(COMMENTS))
            .count(),
        2
    );
    assert_eq!(
        lines(&github)
            .iter()
            .filter(|line| line.starts_with("POST /repos/acme/platform/check-runs"))
            .count(),
        2
    );
}

#[test]
fn a_limit_that_lasts_too_long_is_said() {
    let body = json!({"message": "You have exceeded a secondary rate limit"});
    let github = Recorder::github()
        .answer(CHECKS, 403, body.clone())
        .answer_once(CHECKS, 403, &[("retry-after", "1800")]);
    let repository = own();
    let told = pr(&repository, &github).fails_with(3);
    assert!(
        told.stderr().contains("run it again in 30 minutes"),
        "{told}"
    );
    assert!(repository.read("summary.md").contains("Resources are lost"));
}

#[test]
fn a_missing_permission_is_named_for_each_part() {
    let body = json!({"message": "Resource not accessible by integration"});
    let github = Recorder::github()
        .answer(COMMENTS, 200, json!([]))
        .answer(
            "POST /repos/acme/platform/issues/7/comments",
            403,
            body.clone(),
        )
        .answer(CHECKS, 403, body);
    let repository = own();

    let told = pr(&repository, &github).fails_with(3);

    insta::assert_snapshot!(told.stderr(), @r"
    error: GitHub refused to comment on pull request 7: Resource not accessible by integration (403)
      = help: give the job `permissions: pull-requests: write`
    error: GitHub refused to list the commit's check runs: Resource not accessible by integration (403)
      = help: give the job `permissions: checks: write`
    ");
    assert!(repository.read("summary.md").contains("Resources are lost"));
}

#[test]
fn a_server_that_stumbles_is_asked_again() {
    let github = Recorder::github().answer_once(COMMENTS, 502, &[]);
    sent(&own(), &github);
    assert_eq!(
        lines(&github)
            .iter()
            .filter(|line| line.starts_with(COMMENTS))
            .count(),
        2
    );
}

#[test]
fn diagnostics_of_another_run_become_annotations_in_the_platforms_folder() {
    let mut plans = planned();
    plans["run_url"] = json!("https://github.com/acme/platform/actions/runs/41");
    plans["diagnostics"] = json!([{"code": "spec/wrong-type", "severity": "error", "message": "`desired_count` must be a number",
        "location": {"file": "services/shop.yaml", "line": 7, "column": 20, "length": 5}, "help": "write `desired_count: 2`"}]);
    let repository = repository(&plans, &event(&Value::Null)).write("infra/nucleon.yaml", "");

    let told = step(&repository)
        .args(["-C", "infra", "pr", "--plan", "plan.json"])
        .run()
        .succeeds();

    let annotation =
        "::error file=infra/services/shop.yaml,line=7,col=20,endColumn=25,title=spec/wrong-type::";
    assert!(told.stdout().contains(annotation), "{told}");
    assert!(
        told.stdout().contains("### Nucleon <code>infra</code>: "),
        "{told}"
    );
}

#[test]
fn a_plan_that_cannot_be_read_is_the_callers_fault() {
    let repository = own().write("plan.json", r#"{"format": 2}"#);
    let told = step(&repository)
        .args(["pr", "--plan", "plan.json"])
        .run()
        .fails_with(2);
    assert!(
        told.stderr()
            .contains("could not read the plans in `plan.json`: "),
        "{told}"
    );
    assert!(told.stderr().contains("--out FILE"), "{told}");
}

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
    let head = format!("GET /repos/acme/platform/commits/{HEAD}/check-runs");
    let github = Recorder::github().answer(&head, 200, json!({"total_count": 0, "check_runs": []}));
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
