//! `nucleon-notify pr`: what the merge of a pull request would do.

use nucleon_tests::Recorder;
use serde_json::{Value, json};

use super::{
    CHECKS, COMMENTS, HEAD, RUN, comment, event, lines, own, planned, pr, repository, sent, step,
    times,
};

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

    assert_eq!(times(&github, COMMENTS), 100);
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
