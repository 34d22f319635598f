//! What becomes of one target.

use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::plan::{Action, Operation};
use nucleon_core::record::Purpose;
use nucleon_core::secret::Secret;
use nucleon_engine::ports::Found;
use nucleon_engine::testing::Answer;

use crate::scene::{
    DEV, NOON, Scene, candidate, executed, farewell, held, living, modified, nothing, outcome,
    place, plan, prepared, record, refused, stale, target, unreachable,
};

#[tokio::test]
async fn what_is_new_is_recorded_before_it_is_made_and_when_it_is_there() {
    let create = prepared(plan(Operation::Create, &[Action::Add]));
    let scene = Scene::new().expect([create, executed()]);
    assert_eq!(
        scene.told().await,
        [
            "prepare",
            "append IN_PROGRESS",
            "execute",
            "append SUCCEEDED",
            "= SUCCEEDED: -"
        ]
    );
    let record = scene.record();
    assert_eq!(record.outputs["VpcId"], "vpc-1");
    assert_eq!(
        (record.lease, record.completed),
        (None, Some(NOON.parse().unwrap()))
    );
    assert_eq!(
        record.rendered_digest,
        Some(candidate(DEV).deployment.rendered)
    );
    assert_eq!(record.provisioned, Some(place()));
}

#[tokio::test]
async fn while_it_is_updated_its_outputs_stay_readable() {
    let scene = Scene::new()
        .with(record(DEV, "SUCCEEDED"))
        .expect([modified(), Answer::ExecuteForEver]);
    let candidates = [candidate(DEV)];
    let run = tokio::time::timeout(
        std::time::Duration::from_millis(20),
        scene.apply(&candidates),
    );
    run.await.unwrap_err();
    let record = scene.record();
    assert_eq!(record.status, DeploymentStatus::InProgress);
    assert_eq!(record.outputs["VpcId"], "vpc-0");
    assert_eq!(
        record.lease.unwrap().expires,
        "2026-11-23T12:15:00Z".parse().unwrap()
    );
}

#[tokio::test]
async fn what_failed_is_recorded_with_its_first_cause() {
    let failed = outcome(DeploymentStatus::Failed, Some("Vpc: the limit is reached"));
    let scene = Scene::new().expect([modified(), Answer::Execute(Ok(failed))]);
    let told = scene.told().await;
    assert_eq!(
        told[2..],
        [
            "execute",
            "append FAILED",
            "= FAILED: Vpc: the limit is reached"
        ]
    );
    // Attempted all the same: an unrelated merge does not try it again.
    assert!(scene.record().rendered_digest.is_some());
}

#[tokio::test]
async fn secrets_stay_out_of_the_record() {
    let told = outcome(DeploymentStatus::Failed, Some("`vpc-1` is no password"));
    let scene = Scene::new().expect([modified(), Answer::Execute(Ok(told))]);
    let mut secretive = candidate(DEV);
    secretive.secrets = vec![Secret::new("vpc-1")];
    scene.apply(&[secretive]).await.remove(0).unwrap();
    let record = scene.record();
    assert_eq!(record.message.as_deref(), Some("`***` is no password"));
    assert!(record.outputs.is_empty());
}

#[tokio::test]
async fn secrets_stay_out_of_what_a_system_refuses() {
    let message = "hunter2 and AKIAIOSFODNN7EXAMPLE are no sizes";
    for answers in [
        vec![Answer::Prepare(Err(refused(message)))],
        vec![modified(), Answer::Execute(Err(refused(message)))],
    ] {
        let scene = Scene::new().expect(answers);
        let mut secretive = candidate(DEV);
        secretive.secrets = vec![Secret::new("hunter2")];
        let refusal = scene.apply(&[secretive]).await.remove(0).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "CloudFormation refused to obey: *** and *** are no sizes"
        );
        let written = scene
            .state
            .record(&target(DEV))
            .map(|record| record.to_text());
        assert!(!written.is_some_and(|text| text.contains("hunter2")));
    }
}

#[tokio::test]
async fn an_output_that_looks_like_a_credential_stays_out_of_the_record_and_is_told() {
    let mut told = outcome(DeploymentStatus::Succeeded, None);
    let key = "AKIAIOSFODNN7EXAMPLE".to_owned();
    told.outputs.insert("Key".to_owned(), key);
    let scene = Scene::new().expect([modified(), Answer::Execute(Ok(told))]);
    scene.apply(&[candidate(DEV)]).await.remove(0).unwrap();
    let record = scene.record();
    assert!(!record.outputs.contains_key("Key"));
    assert!(!record.outputs.is_empty());
    assert_eq!(
        record.message.as_deref(),
        Some("1 output left out, because it looks like a credential: `Key`")
    );
}

#[tokio::test]
async fn nothing_to_change_and_nothing_new_to_tell_writes_nothing() {
    let scene = Scene::new()
        .with(record(DEV, "SUCCEEDED"))
        .expect([nothing()]);
    assert_eq!(scene.told().await, ["prepare", "= unchanged, recorded"]);
}

#[tokio::test]
async fn nothing_to_change_is_recorded_where_the_record_tells_something_else() {
    let mut older = record(DEV, "SUCCEEDED");
    older.rendered_digest = None;
    let records = [None, Some(record(DEV, "FAILED")), Some(older)];
    for before in records {
        let answers = [nothing(), living(DeploymentStatus::Succeeded)];
        let mut scene = Scene::new().expect(answers);
        scene = match before {
            Some(record) => scene.with(record),
            None => scene,
        };
        let told = [
            "prepare",
            "describe",
            "append SUCCEEDED",
            "= SUCCEEDED: nothing had to change",
        ];
        assert_eq!(scene.told().await, told);
        assert_eq!(scene.record().outputs["VpcId"], "vpc-1");
    }
}

#[tokio::test]
async fn what_cannot_be_prepared_is_not_recorded() {
    let scene = Scene::new().expect([Answer::Prepare(Err(refused("no")))]);
    let told = ["prepare", "= refused: CloudFormation refused to obey: no"];
    assert_eq!(scene.told().await, told);
}

#[tokio::test]
async fn a_deployment_out_of_sight_is_let_go_of_and_not_closed() {
    let scene = Scene::new().expect([modified(), Answer::Execute(Err(unreachable()))]);
    assert_eq!(
        scene.told().await,
        [
            "prepare",
            "append IN_PROGRESS",
            "execute",
            "append IN_PROGRESS",
            "= refused: could not reach CloudFormation to ask"
        ]
    );
    let record = scene.record();
    assert_eq!((record.lease, record.completed), (None, None));
    assert_eq!(
        record.message.unwrap(),
        "lost sight of the deployment: could not reach CloudFormation to ask: no route"
    );
}

#[tokio::test]
async fn why_sight_was_lost_is_told_even_where_it_cannot_be_written() {
    let scene = Scene::new().expect([modified(), Answer::Execute(Err(unreachable()))]);
    scene.state.refuse(&target(DEV), 1, refused("closed"));
    assert_eq!(
        scene.told().await[2..],
        [
            "execute",
            "append IN_PROGRESS, refused",
            "= refused: could not reach CloudFormation to ask"
        ]
    );
}

#[tokio::test]
async fn a_change_that_became_stale_is_closed_as_never_begun() {
    let inspected = Answer::Inspect(Ok(Found::NotStarted));
    let scene = Scene::new().expect([modified(), Answer::Execute(Err(stale())), inspected]);
    assert_eq!(
        scene.told().await[2..],
        [
            "execute",
            "inspect",
            "append CANCELLED",
            "= refused: CloudFormation refused to execute: it is obsolete"
        ]
    );
    // Not attempted: it stays pending.
    assert_eq!(scene.record().rendered_digest, None);
}

#[tokio::test]
async fn a_change_that_seems_stale_but_began_or_cannot_be_told_is_left_open() {
    let answers = [Ok(Found::Running(place())), Err(unreachable())];
    for found in answers {
        let inspected = Answer::Inspect(found);
        let scene = Scene::new().expect([modified(), Answer::Execute(Err(stale())), inspected]);
        assert_eq!(scene.told().await[3..5], ["inspect", "append IN_PROGRESS"]);
        assert_eq!(scene.record().lease, None);
    }
}

#[tokio::test]
async fn a_run_that_is_stopped_cancels_what_is_under_way() {
    let gone = outcome(DeploymentStatus::Cancelled, Some("it was cancelled"));
    let cancellable = Answer::ExecuteUntilCancelled(gone);
    let scene = Scene::new().expect([modified(), cancellable, Answer::Cancel(Ok(()))]);
    let (told, ()) = tokio::join!(scene.told(), scene.stop_at("execute"));
    assert_eq!(
        told[2..],
        [
            "execute",
            "cancel",
            "append CANCELLED",
            "= CANCELLED: it was cancelled"
        ]
    );
}

#[tokio::test]
async fn a_run_that_is_stopped_begins_nothing() {
    let scene = Scene::new();
    scene.stop.send_replace(true);
    let told = ["= refused: the run was stopped before environment/dev was begun"];
    assert_eq!(scene.told().await, told);
}

#[tokio::test]
async fn what_a_live_run_holds_is_refused_and_says_who_holds_it_and_until_when() {
    let scene = Scene::new().with(held("IN_PROGRESS", "2026-11-23T12:00:01Z"));
    let refusal = scene.apply(&[candidate(DEV)]).await.remove(0).unwrap_err();
    insta::assert_snapshot!(refusal, @"environment/dev is locked by run 6 (https://github.com/acme/platform/actions/runs/6) since 2026-11-23T11:00:00Z, until 2026-11-23T12:00:01Z at the latest");
    assert!(refusal.hint().unwrap().contains("wait for that run"));
    assert_eq!(scene.log.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_record_that_cannot_be_read_keeps_everybody_away() {
    let mut scene = Scene::new();
    scene.state = scene.state.with_corrupt(&target(DEV));
    let told = scene.apply(&[candidate(DEV)]).await.remove(0).unwrap_err();
    assert_eq!(
        told.to_string(),
        "the record of environment/dev cannot be read"
    );
    assert_eq!(scene.log.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_deleted_is_recorded_as_a_deletion() {
    let destroy = prepared(plan(Operation::Destroy, &[Action::Remove]));
    let gone = outcome(DeploymentStatus::DeleteComplete, None);
    let scene = Scene::new()
        .with(record(DEV, "SUCCEEDED"))
        .expect([destroy, Answer::Execute(Ok(gone))]);
    assert_eq!(
        scene.told_of(farewell()).await,
        [
            "prepare",
            "append DELETE_IN_PROGRESS",
            "execute",
            "append DELETE_COMPLETE",
            "= DELETE_COMPLETE: -"
        ]
    );
    assert_eq!(scene.record().purpose, Purpose::Destroy);
}

#[tokio::test]
async fn a_stack_that_somebody_else_deleted_is_recorded_as_gone_once() {
    let scene = Scene::new().with(record(DEV, "SUCCEEDED")).expect([
        nothing(),
        Answer::Describe(Ok(None)),
        nothing(),
    ]);
    let told = scene.told_of(farewell()).await;
    assert_eq!(
        told[2..],
        [
            "append DELETE_COMPLETE",
            "= DELETE_COMPLETE: nothing had to change"
        ]
    );
    let again = scene.told_of(farewell()).await;
    assert_eq!(again[3..], ["prepare", "= unchanged, recorded"]);
}
