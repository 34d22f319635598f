//! Taking over a stack that lives already.

use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::plan::{Operation, Plan};
use nucleon_core::record::Purpose;
use nucleon_engine::import::{Imported, Tools, import};
use nucleon_engine::ports::State as _;
use nucleon_engine::refusal::Refusal;
use nucleon_engine::select::is_pending;
use nucleon_engine::testing::Answer;

use crate::scene::{DEV, NOON, Scene, candidate, living, plan, record, refused, target};

fn planned(plan: Plan) -> Answer {
    Answer::Plan(Ok(plan))
}

async fn imported(scene: &Scene) -> Result<Imported, Refusal> {
    let tips = scene.state.read(&[target(DEV)]).await.unwrap();
    let tools = Tools {
        provisioner: &scene.provisioner,
        state: &scene.state,
        clock: &scene.clock,
        run: &scene.run,
    };
    import(tools, &candidate(DEV), tips.get(&target(DEV))).await
}

#[tokio::test]
async fn a_living_stack_gets_its_first_record_and_shows_its_plan() {
    let nothing = planned(plan(Operation::Nothing, &[]));
    let scene = Scene::new().expect([living(DeploymentStatus::Succeeded), nothing]);
    let Imported { record, plan } = imported(&scene).await.unwrap();
    assert!(plan.is_empty());
    assert_eq!(scene.record(), record);
    assert_eq!(
        (record.purpose, record.status),
        (Purpose::Import, DeploymentStatus::Succeeded)
    );
    assert_eq!(record.outputs["VpcId"], "vpc-1");
    // Nothing of ours was attempted there: the next deploying run looks at it.
    let tips = scene.state.read_all().await.unwrap();
    let deployment = candidate(DEV).deployment;
    let tip = tips.get(&target(DEV));
    assert!(is_pending(
        tip,
        &deployment.rendered,
        &deployment.place,
        NOON.parse().unwrap()
    ));
}

#[tokio::test]
async fn what_was_deleted_may_be_imported_again() {
    let nothing = planned(plan(Operation::Nothing, &[]));
    let scene = Scene::new()
        .with(record(DEV, "DELETE_COMPLETE"))
        .expect([living(DeploymentStatus::Succeeded), nothing]);
    imported(&scene).await.unwrap();
}

#[tokio::test]
async fn what_is_no_stack_of_ours_to_take_is_refused() {
    let cases = [
        (
            Scene::new().with(record(DEV, "SUCCEEDED")),
            "it has a record already (SUCCEEDED, d-0)",
        ),
        (
            Scene::new().with(record(DEV, "IN_PROGRESS")),
            "it has a record already (IN_PROGRESS, d-0)",
        ),
        (
            Scene::new().expect([Answer::Describe(Ok(None))]),
            "there is no stack `nucleon-dev` in account 111122223333",
        ),
        (
            Scene::new().expect([living(DeploymentStatus::InProgress)]),
            "stack `nucleon-dev` is just being changed",
        ),
        (
            Scene::new().expect([
                living(DeploymentStatus::Succeeded),
                Answer::Plan(Err(refused("not this one"))),
            ]),
            "not this one",
        ),
    ];
    for (scene, why) in cases {
        let refusal = imported(&scene).await.unwrap_err().to_string();
        assert!(refusal.contains(why), "{refusal}");
        let appended = scene
            .log
            .lines()
            .iter()
            .any(|line| line.starts_with("append"));
        assert!(!appended, "{why}");
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_not_overwritten() {
    let mut scene = Scene::new();
    scene.state = scene.state.with_corrupt(&target(DEV));
    let refusal = imported(&scene).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Corrupt(_)), "{refusal}");
}

#[tokio::test]
async fn of_two_that_import_one_wins() {
    let nothing = planned(plan(Operation::Nothing, &[]));
    let scene = Scene::new().expect([living(DeploymentStatus::Succeeded), nothing]);
    scene.state.be_faster(record(DEV, "SUCCEEDED"));
    let refusal = imported(&scene).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Faster { .. }), "{refusal}");
}
