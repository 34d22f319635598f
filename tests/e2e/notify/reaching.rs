//! GitHub's API on the way: servers of one's own, proxies, limits, permissions.

use nucleon_tests::Recorder;
use serde_json::json;

use super::{CHECKS, COMMENTS, lines, own, pr, sent, step, times};

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
    assert_eq!(times(&github, COMMENTS), 2);
    assert_eq!(times(&github, "POST /repos/acme/platform/check-runs"), 2);
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
    assert_eq!(times(&github, COMMENTS), 2);
}
