//! Planning: real plans, provisional ones, and those that cannot be made.

use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::plan::{Action, Operation, PropertyChange, Recreation};
use nucleon_core::secret::Secret;
use nucleon_engine::candidate::Candidate;
use nucleon_engine::plan::plan as planned;
use nucleon_engine::testing::Answer;

use crate::scene::{DEV, Scene, candidate, living, plan, plan_of, refused, unreachable};

const PROD: &str = "environment/prod";

fn uncertain() -> Candidate {
    let mut candidate = candidate(DEV);
    candidate.unknown = vec!["environment.outputs.VpcId".to_owned()];
    candidate.resources = [("Vpc".to_owned(), "AWS::EC2::VPC".to_owned())].into();
    candidate
}

#[tokio::test]
async fn one_that_cannot_be_planned_does_not_stop_the_others() {
    let update = plan_of(PROD, Operation::Update, &[Action::Modify, Action::Remove]);
    let scene = Scene::new()
        .expect_of(DEV, [Answer::Plan(Err(refused("no")))])
        .expect_of(PROD, [Answer::Plan(Ok(update))]);
    let plans = planned(&scene.provisioner, &[candidate(DEV), candidate(PROD)]).await;
    assert_eq!(
        plans[0].as_ref().unwrap_err().to_string(),
        "CloudFormation refused to obey: no"
    );
    // Danger first.
    assert_eq!(plans[1].as_ref().unwrap().changes[0].action, Action::Remove);
}

#[tokio::test]
async fn secrets_are_masked_in_a_plan() {
    let mut update = plan(Operation::Update, &[Action::Modify]);
    update.changes[0].properties = vec![PropertyChange {
        path: "Properties.Password".to_owned(),
        before: Some("old".to_owned()),
        after: Some("hunter2".to_owned()),
        recreation: Recreation::Never,
    }];
    let scene = Scene::new().expect([Answer::Plan(Ok(update))]);
    let mut secretive = candidate(DEV);
    secretive.secrets = vec![Secret::new("hunter2")];
    let plan = planned(&scene.provisioner, &[secretive])
        .await
        .remove(0)
        .unwrap();
    let property = &plan.changes[0].properties[0];
    assert_eq!(
        (property.before.as_deref(), property.after.as_deref()),
        (Some("***"), Some("***"))
    );
    assert_eq!(plan.masked, 2);
}

#[tokio::test]
async fn secrets_are_masked_in_why_something_cannot_be_planned_and_in_names_of_resources() {
    let mut update = plan(Operation::Update, &[Action::Modify]);
    update.changes[0].resource = "vpc[\"hunter2\"]".to_owned();
    let message = refused("`hunter2` is too short");
    let scene = Scene::new().expect([Answer::Plan(Err(message)), Answer::Plan(Ok(update))]);
    let mut secretive = candidate(DEV);
    secretive.secrets = vec![Secret::new("hunter2")];
    let twice = [secretive.clone(), secretive];
    let mut plans = planned(&scene.provisioner, &twice).await.into_iter();
    let refusal = plans.next().unwrap().unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "CloudFormation refused to obey: `***` is too short"
    );
    let plan = plans.next().unwrap().unwrap();
    assert_eq!(plan.changes[0].resource, "vpc[\"***\"]");
}

#[tokio::test]
async fn what_looks_like_a_credential_is_masked_in_a_plan_unasked() {
    let mut update = plan(Operation::Update, &[Action::Modify]);
    update.changes[0].properties = vec![PropertyChange {
        path: "Properties.Environment".to_owned(),
        before: None,
        after: Some("{\"KEY\":\"AKIAIOSFODNN7EXAMPLE\"}".to_owned()),
        recreation: Recreation::Never,
    }];
    let scene = Scene::new().expect([Answer::Plan(Ok(update))]);
    let plan = planned(&scene.provisioner, &[candidate(DEV)])
        .await
        .remove(0)
        .unwrap();
    let property = &plan.changes[0].properties[0];
    assert_eq!(property.after.as_deref(), Some("***"));
    assert_eq!(plan.masked, 1);
}

#[tokio::test]
async fn a_provisional_plan_of_something_new_lists_its_resources() {
    let scene = Scene::new().expect([Answer::Describe(Ok(None))]);
    let plan = planned(&scene.provisioner, &[uncertain()])
        .await
        .remove(0)
        .unwrap();
    assert!(plan.is_provisional());
    assert_eq!(
        (plan.operation, plan.changes[0].action),
        (Operation::Create, Action::Add)
    );
    assert_eq!(plan.difference, None);
}

#[tokio::test]
async fn a_provisional_plan_of_what_lives_shows_the_difference() {
    let scene = Scene::new().expect([living(DeploymentStatus::Succeeded)]);
    let plan = planned(&scene.provisioner, &[uncertain()])
        .await
        .remove(0)
        .unwrap();
    assert_eq!((plan.operation, plan.changes.len()), (Operation::Update, 0));
    assert!(plan.difference.unwrap().contains("-Resources: {Old"));
    assert!(plan.notes[0].starts_with("provisional"));
}

#[tokio::test]
async fn a_provisional_plan_of_what_cannot_be_seen_is_none() {
    let scene = Scene::new().expect([Answer::Describe(Err(unreachable()))]);
    planned(&scene.provisioner, &[uncertain()])
        .await
        .remove(0)
        .unwrap_err();
}

#[tokio::test]
async fn a_deletion_is_planned_whatever_is_unknown() {
    let scene = Scene::new().expect([Answer::Plan(Ok(plan(
        Operation::Destroy,
        &[Action::Remove],
    )))]);
    let mut farewell = uncertain();
    farewell.deployment.destroy = true;
    let plan = planned(&scene.provisioner, &[farewell])
        .await
        .remove(0)
        .unwrap();
    assert!(!plan.is_provisional());
}
