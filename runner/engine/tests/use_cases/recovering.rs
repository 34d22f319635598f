//! What a dead run has left: a record that says `IN_PROGRESS`, and a lease that has run out.

use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::record::{Purpose, Record};
use nucleon_engine::ports::Found;
use nucleon_engine::testing::Answer;

use crate::scene::{
    DEV, Scene, candidate, executed, farewell, held, modified, nothing, outcome, place, record,
    refused, unreachable,
};

/// The lease ends the moment the scene begins.
fn dead(status: &str) -> Record {
    held(status, crate::scene::NOON)
}

fn found(found: Found) -> Answer {
    Answer::Inspect(Ok(found))
}

#[tokio::test]
async fn what_never_began_is_closed_and_deployed() {
    let scene = Scene::new().with(dead("IN_PROGRESS")).expect([
        found(Found::NotStarted),
        modified(),
        executed(),
    ]);
    assert_eq!(
        scene.told().await,
        [
            "inspect",
            "append IN_PROGRESS",
            "append CANCELLED",
            "prepare",
            "append IN_PROGRESS",
            "execute",
            "append SUCCEEDED",
            "= SUCCEEDED: -"
        ]
    );
}

#[tokio::test]
async fn what_never_began_was_not_attempted_and_keeps_its_outputs() {
    let prepare = Answer::Prepare(Err(refused("no")));
    let scene = Scene::new()
        .with(dead("IN_PROGRESS"))
        .expect([found(Found::NotStarted), prepare]);
    scene.told().await;
    let record = scene.record();
    assert_eq!(record.status, DeploymentStatus::Cancelled);
    assert_eq!((record.id.as_str(), record.rendered_digest), ("d-0", None));
    assert_eq!(record.outputs["VpcId"], "vpc-0");
}

#[tokio::test]
async fn a_deletion_that_never_began_did_not_delete() {
    let prepare = Answer::Prepare(Err(refused("no")));
    let mut record = dead("DELETE_IN_PROGRESS");
    record.purpose = Purpose::Destroy;
    let scene = Scene::new()
        .with(record)
        .expect([found(Found::NotStarted), prepare]);
    scene.told_of(farewell()).await;
    assert_eq!(scene.record().status, DeploymentStatus::DeleteFailed);
}

#[tokio::test]
async fn what_has_ended_is_closed_with_how_it_ended() {
    let ended = Found::Ended(outcome(DeploymentStatus::Succeeded, None));
    let scene = Scene::new()
        .with(dead("IN_PROGRESS"))
        .expect([found(ended), nothing()]);
    assert_eq!(
        scene.told().await,
        [
            "inspect",
            "append IN_PROGRESS",
            "append SUCCEEDED",
            "prepare",
            "= unchanged, recorded"
        ]
    );
    let record = scene.record();
    assert_eq!(
        (record.id.as_str(), record.actor.as_str()),
        ("d-0", "hubot")
    );
    assert_eq!(record.outputs["VpcId"], "vpc-1");
}

#[tokio::test]
async fn what_still_runs_is_taken_over_and_waited_for() {
    let failed = outcome(DeploymentStatus::Failed, Some("no more addresses"));
    let answers = [
        found(Found::Running(place())),
        Answer::Wait(Ok(failed)),
        modified(),
        executed(),
    ];
    let scene = Scene::new().with(dead("IN_PROGRESS")).expect(answers);
    assert_eq!(
        scene.told().await[..5],
        [
            "inspect",
            "append IN_PROGRESS",
            "wait",
            "append FAILED",
            "prepare"
        ]
    );
}

#[tokio::test]
async fn a_record_that_was_let_go_of_is_recovered_at_once() {
    let let_go = record(DEV, "IN_PROGRESS");
    let ended = Found::Ended(outcome(DeploymentStatus::Succeeded, None));
    let scene = Scene::new().with(let_go).expect([found(ended), nothing()]);
    assert_eq!(scene.told().await[0], "inspect");
}

#[tokio::test]
async fn what_cannot_be_found_out_is_left_as_it_is() {
    let scene = Scene::new()
        .with(dead("IN_PROGRESS"))
        .expect([Answer::Inspect(Err(unreachable()))]);
    let told = [
        "inspect",
        "= refused: could not reach CloudFormation to ask",
    ];
    assert_eq!(scene.told().await, told);
    assert_eq!(scene.record(), dead("IN_PROGRESS"));
}

#[tokio::test]
async fn of_two_that_recover_a_target_one_goes_on() {
    let scene = Scene::new()
        .with(dead("IN_PROGRESS"))
        .expect([found(Found::NotStarted)]);
    scene
        .state
        .be_faster(held("IN_PROGRESS", "2026-11-23T12:15:00Z"));
    let refusal = scene.apply(&[candidate(DEV)]).await.remove(0).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "somebody was faster with environment/dev"
    );
    assert_eq!(
        scene.log.lines(),
        [
            "inspect environment/dev",
            "append environment/dev IN_PROGRESS, lost"
        ]
    );
}

#[tokio::test]
async fn a_wait_that_fails_lets_go_of_the_target() {
    let answers = [
        found(Found::Running(place())),
        Answer::Wait(Err(unreachable())),
    ];
    let scene = Scene::new().with(dead("IN_PROGRESS")).expect(answers);
    let told = scene.told().await;
    assert_eq!(told[2..4], ["wait", "append IN_PROGRESS"]);
    let record = scene.record();
    assert_eq!((record.lease, record.completed), (None, None));
}

#[tokio::test]
async fn a_run_that_is_stopped_does_not_wait_and_cancels_nothing() {
    let answers = [found(Found::Running(place())), Answer::WaitForEver];
    let scene = Scene::new().with(dead("IN_PROGRESS")).expect(answers);
    let (told, ()) = tokio::join!(scene.told(), scene.stop_at("wait"));
    assert_eq!(told[2..4], ["wait", "append IN_PROGRESS"]);
    assert!(told[4].contains("the run was stopped"), "{}", told[4]);
    assert_eq!(scene.record().lease, None);
}
