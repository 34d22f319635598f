use jiff::SignedDuration;
use nucleon_core::notification::Conclusion;
use nucleon_core::outcome::DeploymentStatus;
use serde_json::json;

use super::*;
use crate::testing::{FakeForge, FakeState, Log};

fn check() -> Check {
    Check {
        name: "Nucleon plan".to_owned(),
        conclusion: Conclusion::Success,
        title: "nothing changes".to_owned(),
        summary: String::new(),
        text: String::new(),
        url: None,
    }
}

fn said<'a>(body: &'a str, check: &'a Check) -> Preview<'a> {
    Preview {
        pull_request: 7,
        head: "abc",
        marker: "<!-- m -->",
        body,
        matters: true,
        check,
    }
}

async fn tell(forge: &FakeForge, body: &str) -> Option<String> {
    let check = check();
    let told = preview(forge, said(body, &check)).await;
    told.check.unwrap();
    told.comment.unwrap()
}

fn comments(log: &Log) -> Vec<String> {
    let lines = log.lines();
    lines
        .into_iter()
        .filter(|line| !line.contains("check"))
        .collect()
}

#[tokio::test]
async fn a_comment_is_made_once_and_then_written_anew() {
    let log = Log::default();
    let forge = FakeForge::new(&log);

    let made = tell(&forge, "<!-- m --> one").await;
    let anew = tell(&forge, "<!-- m --> two").await;

    assert_eq!(made, anew);
    assert_eq!(
        log.lines(),
        [
            "comment 7 <!-- m --> one",
            "create check abc Nucleon plan",
            "edit 1 <!-- m --> two",
            "update check 1 Nucleon plan"
        ]
    );
}

#[tokio::test]
async fn the_same_comment_is_not_sent_again() {
    let log = Log::default();
    let forge = FakeForge::new(&log).with_comment("nucleon[bot]", "<!-- m -->\r\none");
    assert!(tell(&forge, "<!-- m -->\none\n").await.is_some());
    assert_eq!(comments(&log), Vec::<String>::new());
}

#[tokio::test]
async fn of_comments_that_raced_the_oldest_stays() {
    let log = Log::default();
    let forge = FakeForge::new(&log)
        .with_comment("nucleon[bot]", "<!-- m --> one")
        .with_comment("nucleon[bot]", "<!-- m --> one");
    tell(&forge, "<!-- m --> two").await;
    assert_eq!(comments(&log), ["remove 2", "edit 1 <!-- m --> two"]);
}

#[tokio::test]
async fn a_strangers_comment_that_begins_like_ours_is_left_alone() {
    let log = Log::default();
    let forge = FakeForge::new(&log).with_comment("mallory", "<!-- m --> all good");
    tell(&forge, "<!-- m --> one").await;
    assert_eq!(comments(&log), ["login", "comment 7 <!-- m --> one"]);
}

#[tokio::test]
async fn a_persons_token_finds_that_persons_comment() {
    let log = Log::default();
    let forge = FakeForge::new(&log)
        .with_comment("mallory", "<!-- m --> all good")
        .with_comment("dana", "<!-- m --> one")
        .with_login("dana");
    tell(&forge, "<!-- m --> two").await;
    assert_eq!(comments(&log), ["login", "edit 2 <!-- m --> two"]);
}

#[tokio::test]
async fn nothing_to_say_makes_no_comment_but_writes_an_old_one_anew() {
    let log = Log::default();
    let forge = FakeForge::new(&log);
    let check = check();
    let nothing = |body| Preview {
        matters: false,
        ..said(body, &check)
    };

    let none = preview(&forge, nothing("<!-- m --> nothing")).await;
    let forge = forge.with_comment("nucleon[bot]", "<!-- m --> one");
    let anew = preview(&forge, nothing("<!-- m --> nothing")).await;

    assert_eq!(none.comment.unwrap(), None);
    assert!(anew.comment.unwrap().is_some());
    assert_eq!(comments(&log), ["edit 1 <!-- m --> nothing"]);
}

#[tokio::test]
async fn a_comment_that_is_refused_does_not_stop_the_check() {
    let log = Log::default();
    let forge = FakeForge::new(&log).without_comments();
    let check = check();
    let told = preview(&forge, said("<!-- m --> one", &check)).await;
    assert!(told.comment.is_err());
    assert!(told.check.is_ok());
}

fn record(target: &str, commit: &str, run_url: Option<&str>) -> Record {
    let mut record = json!({
        "format": 1, "id": "d", "target": target, "purpose": "deploy", "status": "SUCCEEDED",
        "account": "111122223333", "region": "eu-west-1", "outputs": [], "started": "2026-10-08T09:00:00Z",
        "actor": "dana", "commit": commit,
    });
    if let Some(url) = run_url {
        record["run_url"] = json!(url);
    }
    serde_json::from_value(record).unwrap()
}

fn run(run_url: Option<&str>) -> Run {
    Run {
        owner: "run 7, attempt 1".to_owned(),
        actor: "dana".to_owned(),
        commit: "abc".to_owned(),
        pull_request: None,
        run_url: run_url.map(str::to_owned),
        lease: SignedDuration::from_secs(900),
    }
}

#[tokio::test]
async fn a_run_is_known_by_its_page_and_tells_what_never_began() {
    let state = FakeState::new(&Log::default())
        .with(record("environment/dev", "abc", Some("https://run/7")))
        .with(record("environment/test", "abc", Some("https://run/6")))
        .with(record("environment/old", "abc", None));
    let refused: TargetOutcome = serde_json::from_value(json!({
        "target": "environment/prod", "stage": "environments", "account": "444455556666", "region": "eu-west-1",
        "message": "locked by run 6", "hint": "wait for it",
    }))
    .unwrap();

    let found = fared(
        &state,
        &run(Some("https://run/7")),
        &[refused],
        &TargetId::usual_stage,
    )
    .await
    .unwrap();

    let told: Vec<_> = found
        .iter()
        .map(|one| (one.target.to_string(), one.status))
        .collect();
    assert_eq!(
        told,
        [
            (
                "environment/dev".to_owned(),
                Some(DeploymentStatus::Succeeded)
            ),
            ("environment/prod".to_owned(), None)
        ]
    );
}

#[tokio::test]
async fn outside_a_workflow_a_run_is_known_by_its_commit() {
    let state = FakeState::new(&Log::default())
        .with(record("environment/dev", "abc", None))
        .with(record("environment/test", "def", None));
    let found = fared(&state, &run(None), &[], &TargetId::usual_stage)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
}
