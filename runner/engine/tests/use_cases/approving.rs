//! What may be applied: the plan that was approved, and where GitHub's reviewers are asked for, with their approval.

use std::collections::BTreeMap;

use nucleon_core::notification::Previewed;
use nucleon_core::plan::{Action, Approved, Operation};
use nucleon_engine::ports::Review;
use nucleon_engine::testing::{Answer, FakeApprovals};

use crate::scene::{DEV, Scene, candidate, executed, modified, nothing, plan, prepared, refused};

fn exactly(operation: Operation, actions: &[Action]) -> Approved {
    Approved::Exactly(plan(operation, actions).digest())
}

fn refusal_of(told: &[String]) -> &str {
    told.last().unwrap()
}

#[tokio::test]
async fn the_plan_that_was_approved_is_applied() {
    let scene = Scene::new()
        .approving(exactly(Operation::Update, &[Action::Modify]))
        .expect([modified(), executed()]);
    assert_eq!(refusal_of(&scene.told().await), "= SUCCEEDED: -");
}

#[tokio::test]
async fn another_plan_than_the_approved_one_is_thrown_away() {
    let scene = Scene::new()
        .approving(exactly(Operation::Update, &[Action::Add]))
        .expect([modified(), Answer::Discard(Ok(()))]);
    let told = scene.told().await;
    assert_eq!(
        told,
        [
            "prepare",
            "discard",
            "= refused: the plan of environment/dev is not the one that was approved"
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_thrown_away_does_not_hide_why() {
    let scene = Scene::new()
        .approving(exactly(Operation::Update, &[Action::Add]))
        .expect([modified(), Answer::Discard(Err(refused("no")))]);
    let told = scene.told().await;
    assert!(refusal_of(&told).contains("not the one that was approved"));
}

#[tokio::test]
async fn a_target_that_nobody_approved_is_refused() {
    let mut scene = Scene::new().expect([modified(), Answer::Discard(Ok(()))]);
    scene.approved = Some(BTreeMap::new());
    let refusal = scene.apply(&[candidate(DEV)]).await.remove(0).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "nobody approved a plan of environment/dev"
    );
    assert!(
        refusal
            .hint()
            .unwrap()
            .contains("--approved environment/dev=DIGEST")
    );
}

#[tokio::test]
async fn a_provisional_approval_covers_what_is_harmless() {
    for harmless in [Action::Add, Action::Modify, Action::Import, Action::Read] {
        let scene = Scene::new()
            .approving(Approved::Provisionally)
            .expect([prepared(plan(Operation::Update, &[harmless])), executed()]);
        assert_eq!(refusal_of(&scene.told().await), "= SUCCEEDED: -");
    }
}

#[tokio::test]
async fn a_provisional_approval_covers_neither_replacement_nor_removal() {
    for dangerous in [Action::Replace, Action::Remove] {
        let answers = [
            prepared(plan(Operation::Update, &[dangerous])),
            Answer::Discard(Ok(())),
        ];
        let scene = Scene::new()
            .approving(Approved::Provisionally)
            .expect(answers);
        assert!(refusal_of(&scene.told().await).contains("not the one that was approved"));
    }
}

fn review(environment: &str, state: &str) -> Review {
    Review {
        environments: vec![environment.to_owned()],
        state: state.to_owned(),
        by: "lena".to_owned(),
        comment: "fine".to_owned(),
    }
}

/// A run whose environment demands an approval.
async fn reviewed(approvals: Option<FakeApprovals>, answers: [Answer; 2]) -> (Scene, String) {
    let mut scene = Scene::new().expect(answers);
    scene.approvals = approvals;
    let mut guarded = candidate(DEV);
    guarded.needs_approval = true;
    let end = scene.told_of(guarded).await.pop().unwrap();
    (scene, end)
}

#[tokio::test]
async fn a_review_that_counts_is_recorded() {
    let approvals = FakeApprovals {
        reviews: vec![review("dev", "approved"), review("prod", "approved")],
        environments: vec!["dev".to_owned()],
        ..FakeApprovals::default()
    };
    let (scene, end) = reviewed(Some(approvals), [modified(), executed()]).await;
    assert_eq!(end, "= SUCCEEDED: -");
    let record = scene.record();
    assert_eq!(record.approvals.len(), 1);
    assert_eq!(record.approvals[0].by, "lena");
    assert_eq!(
        Some(&record.approvals[0].plan_digest),
        record.plan_digest.as_ref()
    );
}

#[tokio::test]
async fn without_a_review_that_counts_nothing_is_done() {
    let guarded = || vec!["dev".to_owned()];
    let cases = [
        (None, "this is not a GitHub run"),
        (
            Some((vec![review("dev", "approved")], vec![])),
            "no rule that demands a reviewer",
        ),
        (Some((vec![], guarded())), "nobody approved this run"),
        (
            Some((vec![review("dev", "rejected")], guarded())),
            "nobody approved this run",
        ),
        (
            Some((vec![review("prod", "approved")], guarded())),
            "nobody approved this run",
        ),
    ];
    for (approvals, why) in cases {
        let approvals = approvals.map(|(reviews, environments)| FakeApprovals {
            reviews,
            environments,
            ..FakeApprovals::default()
        });
        let (scene, end) = reviewed(approvals, [modified(), Answer::Discard(Ok(()))]).await;
        assert!(end.contains(why), "{end}");
        assert_eq!(scene.log.lines().len(), 2, "{why}");
    }
}

#[tokio::test]
async fn what_changes_nothing_needs_no_review() {
    let mut scene = Scene::new()
        .with(crate::scene::record(DEV, "SUCCEEDED"))
        .expect([nothing()]);
    scene.approvals = None;
    let mut guarded = candidate(DEV);
    guarded.needs_approval = true;
    assert_eq!(
        scene.told_of(guarded).await,
        ["prepare", "= unchanged, recorded"]
    );
}

/// What a pull request showed of `environment/dev`.
fn shown(approval: &str) -> Previewed {
    let mut previewed = Previewed::nothing("c0ffee");
    let target = candidate(DEV).target().clone();
    previewed.approvals.insert(target, approval.to_owned());
    previewed
}

#[tokio::test]
async fn what_the_pull_request_did_not_show_goes_on_only_with_a_review() {
    let plan = match modified() {
        Answer::Prepare(Ok(prepared)) => prepared.plan,
        _ => unreachable!("it is prepared"),
    };
    let same = plan.digest().to_string();
    let other = format!("sha256:{}", "0".repeat(64));
    for previewed in [shown(&same), shown("provisional")] {
        let mut scene = Scene::new().expect([modified(), executed()]);
        scene.previewed = Some(previewed);
        assert_eq!(scene.told().await.pop().unwrap(), "= SUCCEEDED: -");
    }
    for previewed in [shown(&other), Previewed::nothing("c0ffee")] {
        let mut scene = Scene::new().expect([modified(), Answer::Discard(Ok(()))]);
        scene.previewed = Some(previewed);
        let end = scene.told().await.pop().unwrap();
        assert!(end.contains("is not what its pull request showed"), "{end}");
    }
    let mut scene = Scene::new().expect([modified(), executed()]);
    scene.previewed = Some(shown(&other));
    scene.approvals = Some(FakeApprovals {
        reviews: vec![review("dev", "approved")],
        environments: vec!["dev".to_owned()],
        ..FakeApprovals::default()
    });
    assert_eq!(scene.told().await.pop().unwrap(), "= SUCCEEDED: -");
    assert_eq!(scene.record().approvals.len(), 1);
}
