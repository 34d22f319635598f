//! Several targets and several runs: pushes that are shared, races, leases that are renewed.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::plan::{Action, Operation};
use nucleon_core::record::Record;
use nucleon_engine::ports::PortError;
use nucleon_engine::refusal::Refusal;
use nucleon_engine::testing::Answer;

use crate::scene::{
    DEV, Scene, candidate, end, executed, held, modified, outcome, plan_of, prepared, record,
    refused, target,
};

const PROD: &str = "environment/prod";

fn closed() -> PortError {
    PortError::Refused {
        system: "git",
        action: "write the state".to_owned(),
        message: "hook declined".to_owned(),
        hint: None,
    }
}

#[tokio::test]
async fn a_target_whose_ref_is_refused_does_not_stop_its_neighbours() {
    let update = |id| prepared(plan_of(id, Operation::Update, &[Action::Modify]));
    let scene = Scene::new()
        .expect_of(DEV, [update(DEV), Answer::Discard(Ok(()))])
        .expect_of(PROD, [update(PROD), executed()]);
    scene.state.refuse(&target(DEV), 0, closed());
    let results = scene.apply(&[candidate(DEV), candidate(PROD)]).await;
    let ends: Vec<String> = results.iter().map(end).collect();
    let refused = "= refused: git refused to write the state: hook declined";
    assert_eq!(ends, [refused, "= SUCCEEDED: -"]);
    assert_eq!(scene.state.record(&target(DEV)), None);
}

#[tokio::test]
async fn whoever_was_faster_goes_on_alone() {
    let scene = Scene::new()
        .with(record(DEV, "SUCCEEDED"))
        .expect([modified(), Answer::Discard(Ok(()))]);
    let theirs = held("IN_PROGRESS", "2026-11-23T12:15:00Z");
    scene.state.be_faster(theirs.clone());
    let told = scene.told().await;
    assert_eq!(
        told[..3],
        ["prepare", "append IN_PROGRESS, lost", "discard"]
    );
    assert!(told[3].contains("somebody was faster"));
    assert_eq!(scene.record(), theirs);
}

#[tokio::test]
async fn a_stack_that_somebody_began_in_the_meantime_is_theirs_and_no_fault() {
    let exists = || Answer::Prepare(Err(refused("the stack already exists")));
    let theirs = held("IN_PROGRESS", "2026-11-23T12:15:00Z");
    let scene = Scene::new().with(theirs).expect([exists()]);
    let earlier = BTreeMap::new();
    let results = scene.engine().stage(&[candidate(DEV)], &earlier).await;
    assert!(matches!(results[..], [Err(Refusal::Faster { .. })]));

    let scene = Scene::new().expect([exists()]);
    let results = scene.engine().stage(&[candidate(DEV)], &earlier).await;
    assert!(matches!(results[..], [Err(Refusal::Port { .. })]));
}

#[tokio::test]
async fn a_record_of_nothing_to_change_does_not_overwrite_a_newer_one() {
    let answers = [
        crate::scene::nothing(),
        crate::scene::living(DeploymentStatus::Succeeded),
    ];
    let scene = Scene::new().with(record(DEV, "FAILED")).expect(answers);
    let theirs = held("IN_PROGRESS", "2026-11-23T12:15:00Z");
    scene.state.be_faster(theirs.clone());
    assert!(scene.told().await[3].contains("somebody was faster"));
    assert_eq!(scene.record(), theirs);
}

#[tokio::test]
async fn whoever_was_taken_over_does_not_write_the_end() {
    let theirs = held("IN_PROGRESS", "2026-11-23T13:00:00Z");
    let gone = outcome(DeploymentStatus::Cancelled, None);
    let answers = [
        modified(),
        Answer::ExecuteUntilCancelled(gone),
        Answer::Cancel(Ok(())),
    ];
    let scene = Scene::new().expect(answers);
    let take_over = async {
        scene.until("execute").await;
        scene.state.be_faster(theirs.clone());
        scene.stop.send_replace(true);
    };
    let (told, ()) = tokio::join!(scene.told(), take_over);
    assert_eq!(told[4], "append CANCELLED, lost");
    assert_eq!(scene.record(), theirs);
}

#[tokio::test]
async fn an_end_that_cannot_be_written_is_an_error_and_leaves_the_target_locked() {
    let gone = outcome(DeploymentStatus::Cancelled, None);
    let answers = [
        modified(),
        Answer::ExecuteUntilCancelled(gone),
        Answer::Cancel(Ok(())),
    ];
    let scene = Scene::new().expect(answers);
    let close = async {
        scene.until("execute").await;
        scene.state.refuse(&target(DEV), 0, closed());
        scene.stop.send_replace(true);
    };
    let (told, ()) = tokio::join!(scene.told(), close);
    assert_eq!(
        told[5],
        "= refused: git refused to write the state: hook declined"
    );
    assert_eq!(scene.record().status, DeploymentStatus::InProgress);
}

#[tokio::test]
async fn what_is_stopped_while_its_record_is_written_is_not_begun() {
    let scene = Scene::new().expect([modified(), Answer::Discard(Ok(()))]);
    // The push of the record is the next to come, and takes its time.
    let (told, ()) = tokio::join!(scene.told(), scene.stop_at("prepare"));
    assert_eq!(
        told,
        [
            "prepare",
            "append IN_PROGRESS",
            "append CANCELLED",
            "discard",
            "= refused: the run was stopped before environment/dev was begun",
        ]
    );
    assert_eq!(scene.record().rendered_digest, None);
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_renewed_while_the_deployment_goes_on() {
    let done = outcome(DeploymentStatus::Cancelled, None);
    let answers = [
        modified(),
        Answer::ExecuteUntilCancelled(done),
        Answer::Cancel(Ok(())),
    ];
    let scene = Scene::new().expect(answers);
    let time = async {
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_mins(5)).await;
            scene.clock.advance(SignedDuration::from_mins(5));
        }
        tokio::time::sleep(Duration::from_mins(1)).await;
        let renewed = scene.record();
        scene.stop.send_replace(true);
        renewed
    };
    let (told, renewed): (_, Record) = tokio::join!(scene.told(), time);
    // It was first taken until 12:15, and 20 minutes have gone by.
    assert!(renewed.is_locked("2026-11-23T12:21:00Z".parse().unwrap()));
    assert_eq!(
        told.iter()
            .filter(|line| *line == "append IN_PROGRESS")
            .count(),
        5
    );
    assert_eq!(told.last().unwrap(), "= CANCELLED: -");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_tried_again() {
    let done = outcome(DeploymentStatus::Cancelled, None);
    let answers = [
        modified(),
        Answer::ExecuteUntilCancelled(done),
        Answer::Cancel(Ok(())),
    ];
    let scene = Scene::new().expect(answers);
    let time = async {
        scene.until("execute").await;
        scene.state.refuse(&target(DEV), 0, closed());
        tokio::time::sleep(Duration::from_mins(11)).await;
        scene.stop.send_replace(true);
    };
    let (told, ()) = tokio::join!(scene.told(), time);
    assert_eq!(
        told[3..],
        [
            "append IN_PROGRESS, refused",
            "append IN_PROGRESS",
            "cancel",
            "append CANCELLED",
            "= CANCELLED: -"
        ]
    );
}
