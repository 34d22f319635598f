//! GitHub's answers about approvals, as GitHub's own description gives them.

use nucleon_adapters::github::{GitHub, GitHubPlace};
use nucleon_core::notification::{CHECK_LIMIT, Previewed};
use nucleon_core::secret::Secret;
use nucleon_engine::ports::{Approvals as _, PortError, Review};
use nucleon_tests::{Recorder, Request};
use serde_json::json;

fn github(recorder: &Recorder, run: Option<&str>) -> GitHub {
    let place = GitHubPlace {
        api: recorder.url().to_owned(),
        repository: "acme/platform".to_owned(),
        run: run.map(str::to_owned),
    };
    GitHub::new(&place, Secret::new("ghs_secret")).expect("the place is one")
}

#[tokio::test]
async fn who_approved_a_run_is_read() {
    let recorder = Recorder::github();
    let reviews = github(&recorder, Some("42")).reviews().await.unwrap();
    assert_eq!(
        reviews,
        [Review {
            environments: vec!["staging".to_owned()],
            state: "approved".to_owned(),
            by: "octocat".to_owned(),
            comment: "Ship it!".to_owned(),
        }]
    );
    assert_eq!(
        recorder.requests()[0].line(),
        "GET /repos/acme/platform/actions/runs/42/approvals"
    );
}

#[tokio::test]
async fn an_environment_demands_a_review_by_its_rule() {
    let recorder = Recorder::github().answer(
        "GET /repos/acme/platform/environments/dev",
        200,
        json!({"name": "dev", "protection_rules": [{"type": "branch_policy"}]}),
    );
    let github = github(&recorder, Some("42"));
    assert!(github.has_reviewer_rule("prod/eu").await.unwrap());
    assert!(!github.has_reviewer_rule("dev").await.unwrap());
    let asked: Vec<String> = recorder.requests().iter().map(Request::line).collect();
    assert_eq!(
        asked,
        [
            "GET /repos/acme/platform/environments/prod%2Feu",
            "GET /repos/acme/platform/environments/dev"
        ]
    );
}

#[tokio::test]
async fn an_environment_that_nobody_set_up_demands_nothing() {
    let recorder = Recorder::github().answer(
        "GET /repos/acme/platform/environments/dev",
        404,
        json!({"message": "Not Found"}),
    );
    assert!(
        !github(&recorder, None)
            .has_reviewer_rule("dev")
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn the_permission_for_approvals_is_named() {
    let recorder = Recorder::github().answer(
        "GET /repos/acme/platform/actions/runs/42/approvals",
        403,
        json!({"message": "Resource not accessible by integration"}),
    );
    let refused = github(&recorder, Some("42")).reviews().await.unwrap_err();
    assert_eq!(
        refused.hint().as_deref(),
        Some("give the job `permissions: actions: read`")
    );
}

#[tokio::test]
async fn outside_a_workflow_run_nobody_can_have_approved() {
    let recorder = Recorder::github();
    let refused = github(&recorder, None).reviews().await.unwrap_err();
    assert!(matches!(refused, PortError::Refused { .. }));
    assert_eq!(recorder.requests().len(), 0);
}

#[tokio::test]
async fn nobody_at_the_address_is_said_after_a_few_tries() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let place = GitHubPlace {
        api: format!("http://{address}"),
        repository: "acme/platform".to_owned(),
        run: Some("42".to_owned()),
    };
    let github = GitHub::new(&place, Secret::new("ghs_secret")).unwrap();
    let unreachable = github.reviews().await.unwrap_err();
    assert!(matches!(unreachable, PortError::Unreachable { .. }));
    assert_eq!(
        unreachable.to_string(),
        "could not reach GitHub to say who approved this run"
    );
}

#[tokio::test]
async fn what_a_pull_request_showed_is_read_from_its_check_run() {
    let previewed = Previewed {
        approvals: [("environment/dev".parse().unwrap(), "provisional".to_owned())].into(),
        ..Previewed::nothing("abc")
    };
    let text = previewed.to_markdown(CHECK_LIMIT);
    let pull =
        |merged: &str, head: &str| json!({"merge_commit_sha": merged, "head": {"sha": head}});
    let recorder = Recorder::github()
        .answer(
            "GET /repos/acme/platform/commits/def/pulls",
            200,
            json!([pull("other", "aaa"), pull("def", "abc")]),
        )
        .answer(
            "GET /repos/acme/platform/commits/abc/check-runs",
            200,
            json!({"total_count": 1, "check_runs": [{"output": {"text": text}}]}),
        );
    let found = github(&recorder, None)
        .previewed("def", "Nucleon plan")
        .await;
    assert_eq!(found.unwrap(), Some(previewed));

    let recorder =
        Recorder::github().answer("GET /repos/acme/platform/commits/def/pulls", 200, json!([]));
    let found = github(&recorder, None)
        .previewed("def", "Nucleon plan")
        .await;
    assert_eq!(found.unwrap(), None);
}
