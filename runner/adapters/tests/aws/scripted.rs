//! What the emulator cannot do, from a script of CloudFormation's answers.

use nucleon_core::deployment::Deployment;
use nucleon_core::outcome::{DeploymentStatus, Outcome};
use nucleon_core::plan::{Action, Operation};
use nucleon_core::record::Provisioned;
use nucleon_engine::ports::{Found, PortError, Provisioner as _};

use crate::recovery::record;
use crate::script::{
    Call, STACK, Scripted, TOKEN, call, change_set, created, events, fault, stack, template,
};
use crate::support::{Seen, deployment, next, with};

const QUEUE: &str = "Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1}}}";
const CHANGED: &str = "Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 2}}}";

fn shop(template: &str) -> Deployment {
    with(next(&deployment(template), template), |stack| {
        "shop".clone_into(&mut stack.name);
    })
}

async fn applied(scripted: &Scripted, deployment: &Deployment) -> Outcome {
    attempted(scripted, deployment).await.unwrap()
}

async fn attempted(scripted: &Scripted, deployment: &Deployment) -> Result<Outcome, PortError> {
    let prepared = scripted.provisioner.prepare(deployment).await.unwrap();
    let approved = prepared.plan.approve_unreviewed();
    let seen = Seen::default();
    let work = scripted
        .provisioner
        .execute(deployment, &approved, &prepared.provisioned, &seen);
    work.await
}

/// The part of every script in which the rollback is finished.
fn rollback_is_finished() -> Vec<Call> {
    vec![
        stack("UPDATE_ROLLBACK_FAILED"),
        template(QUEUE),
        stack("UPDATE_ROLLBACK_FAILED"),
        call("ContinueUpdateRollback", ""),
        stack("UPDATE_ROLLBACK_IN_PROGRESS"),
        stack("UPDATE_ROLLBACK_COMPLETE"),
        created(),
    ]
}

#[tokio::test]
async fn a_rollback_that_failed_is_finished_before_the_update() {
    let mut script = rollback_is_finished();
    script.extend([
        change_set("False", None),
        call("ExecuteChangeSet", ""),
        events(&[
            (STACK, "UPDATE_IN_PROGRESS", "User Initiated"),
            (STACK, "UPDATE_COMPLETE", ""),
        ]),
        stack("UPDATE_COMPLETE"),
    ]);
    let scripted = Scripted::new(script).await;
    let outcome = applied(&scripted, &shop(CHANGED)).await;
    assert_eq!(
        outcome.status,
        DeploymentStatus::Succeeded,
        "{:?}",
        outcome.message
    );
    scripted.was_played_out();
}

#[tokio::test]
async fn its_plan_is_read_from_the_templates() {
    let scripted = Scripted::new([stack("UPDATE_ROLLBACK_FAILED"), template(QUEUE)]).await;
    let plan = scripted.provisioner.plan(&shop(CHANGED)).await.unwrap();
    assert_eq!((plan.operation, plan.changes.len()), (Operation::Update, 1));
    assert_eq!(plan.changes[0].action, Action::Modify);
    assert_eq!(
        plan.changes[0].properties[0].path,
        "Properties.DelaySeconds"
    );
    assert!(plan.notes[0].contains("UPDATE_ROLLBACK_FAILED"));
    scripted.was_played_out();
}

#[tokio::test]
async fn a_replacement_that_the_approved_plan_did_not_show_is_not_made() {
    let mut script = rollback_is_finished();
    script.extend([change_set("True", None), call("DeleteChangeSet", "")]);
    let scripted = Scripted::new(script).await;
    let outcome = applied(&scripted, &shop(CHANGED)).await;
    assert_eq!(outcome.status, DeploymentStatus::Failed);
    let message = outcome.message.unwrap();
    assert!(
        message.contains("`Queue` would be replaced") && message.contains("plan again"),
        "{message}"
    );
    scripted.was_played_out();
}

#[tokio::test]
async fn a_change_set_that_does_not_fit_the_stack_any_more_is_stale() {
    let status = "ChangeSet [arn:changeSet] cannot be executed in its current execution status of [OBSOLETE]";
    let busy = "Stack:arn is in UPDATE_IN_PROGRESS state and can not be updated.";
    let cases = [
        ("InvalidChangeSetStatus", status),
        (
            "ChangeSetNotFound",
            "ChangeSet [arn:changeSet] does not exist",
        ),
        ("ValidationError", "Stack [shop] does not exist"),
        ("ValidationError", busy),
    ];
    for (code, message) in cases {
        let scripted = Scripted::new([
            stack("CREATE_COMPLETE"),
            created(),
            change_set("False", None),
            ("ExecuteChangeSet", 400, fault(code, message)),
        ])
        .await;
        let error = attempted(&scripted, &shop(CHANGED)).await.unwrap_err();
        assert!(matches!(error, PortError::Stale { .. }), "{code}: {error}");
        assert_eq!(error.hint().as_deref(), Some("plan again"));
        scripted.was_played_out();
    }
}

#[tokio::test]
async fn a_change_set_that_may_not_be_executed_is_not_stale() {
    let scripted = Scripted::new([
        stack("CREATE_COMPLETE"),
        created(),
        change_set("False", None),
        ("ExecuteChangeSet", 403, fault("AccessDenied", "no")),
    ])
    .await;
    let error = attempted(&scripted, &shop(CHANGED)).await.unwrap_err();
    assert!(matches!(error, PortError::Refused { .. }), "{error}");
    scripted.was_played_out();
}

#[tokio::test]
async fn somebody_elses_operation_is_waited_for() {
    let scripted = Scripted::new([
        stack("UPDATE_IN_PROGRESS"),
        stack("UPDATE_COMPLETE"),
        created(),
        change_set("False", None),
        call("DeleteChangeSet", ""),
    ])
    .await;
    let plan = scripted.provisioner.plan(&shop(CHANGED)).await.unwrap();
    assert_eq!(plan.operation, Operation::Update);
    scripted.was_played_out();
}

#[tokio::test]
async fn all_pages_of_a_change_set_are_read() {
    let scripted = Scripted::new([
        stack("CREATE_COMPLETE"),
        created(),
        change_set("False", Some("2")),
        change_set("True", None),
        call("DeleteChangeSet", ""),
    ])
    .await;
    let plan = scripted.provisioner.plan(&shop(CHANGED)).await.unwrap();
    let actions: Vec<Action> = plan.changes.iter().map(|change| change.action).collect();
    assert_eq!(actions, [Action::Replace, Action::Modify]);
    scripted.was_played_out();
}

#[tokio::test]
async fn throttling_is_waited_out() {
    let throttled = || ("DescribeStacks", 400, fault("Throttling", "Rate exceeded"));
    let scripted = Scripted::new([
        throttled(),
        throttled(),
        stack("UPDATE_ROLLBACK_FAILED"),
        template(QUEUE),
    ])
    .await;
    scripted.provisioner.plan(&shop(CHANGED)).await.unwrap();
    scripted.was_played_out();
}

#[tokio::test]
async fn throttling_that_does_not_end_is_told() {
    let throttled = || ("DescribeStacks", 400, fault("Throttling", "Rate exceeded"));
    let scripted = Scripted::new([throttled(), throttled(), throttled()]).await;
    let error = scripted.provisioner.plan(&shop(CHANGED)).await.unwrap_err();
    assert!(
        error.to_string().contains("Rate exceeded (Throttling)"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("in a few minutes"));
    scripted.was_played_out();
}

#[tokio::test]
async fn no_permission_names_what_is_missing() {
    let words =
        "User: x is not authorized to perform: cloudformation:CreateChangeSet on resource: y";
    let scripted = Scripted::new([
        stack("CREATE_COMPLETE"),
        ("CreateChangeSet", 403, fault("AccessDenied", words)),
    ])
    .await;
    let error = scripted.provisioner.plan(&shop(CHANGED)).await.unwrap_err();
    assert!(
        error.to_string().contains("cloudformation:CreateChangeSet"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("allow it"));
    scripted.was_played_out();
}

#[tokio::test]
async fn a_cancelled_update_ends_as_cancelled() {
    let scripted = Scripted::new([
        stack("CREATE_COMPLETE"),
        created(),
        change_set("False", None),
        stack("UPDATE_IN_PROGRESS"),
        call("CancelUpdateStack", ""),
        call("ExecuteChangeSet", ""),
        events(&[
            (STACK, "UPDATE_IN_PROGRESS", "User Initiated"),
            ("queue", "UPDATE_FAILED", "Resource update cancelled"),
            (STACK, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated"),
            (STACK, "UPDATE_ROLLBACK_COMPLETE", ""),
        ]),
        stack("UPDATE_ROLLBACK_COMPLETE"),
    ])
    .await;
    let deployment = shop(CHANGED);
    let prepared = scripted.provisioner.prepare(&deployment).await.unwrap();
    let provisioned = prepared.provisioned;
    scripted
        .provisioner
        .cancel(&deployment, &provisioned)
        .await
        .unwrap();
    let approved = prepared.plan.approve_unreviewed();
    let seen = Seen::default();
    let work = scripted
        .provisioner
        .execute(&deployment, &approved, &provisioned, &seen);
    let outcome = work.await.unwrap();
    assert_eq!(outcome.status, DeploymentStatus::Cancelled);
    assert_eq!(
        outcome.message.as_deref(),
        Some("User initiated cancellation.")
    );
    scripted.was_played_out();
}

#[tokio::test]
async fn a_creation_is_cancelled_by_deleting_it() {
    let scripted = Scripted::new([stack("CREATE_IN_PROGRESS"), call("DeleteStack", "")]).await;
    let provisioned = Provisioned::Cloudformation {
        stack_name: "shop".to_owned(),
        stack_id: Some(STACK.to_owned()),
        change_set_id: Some("arn:changeSet".to_owned()),
    };
    scripted
        .provisioner
        .cancel(&shop(QUEUE), &provisioned)
        .await
        .unwrap();
    scripted.was_played_out();
}

#[tokio::test]
async fn the_cause_is_found_inside_a_nested_stack() {
    let nested = "arn:aws:cloudformation:us-east-1:111122223333:stack/nested/2";
    let scripted = Scripted::new([
        stack("CREATE_COMPLETE"),
        created(),
        change_set("False", None),
        call("ExecuteChangeSet", ""),
        events(&[
            (STACK, "UPDATE_IN_PROGRESS", "User Initiated"),
            (nested, "UPDATE_FAILED", "Embedded stack was not successfully updated: The following resource(s) failed to update: [Queue]."),
            (STACK, "UPDATE_ROLLBACK_COMPLETE", ""),
        ]),
        stack("UPDATE_ROLLBACK_COMPLETE"),
        events(&[(nested, "UPDATE_IN_PROGRESS", ""), ("queue", "UPDATE_FAILED", "Access denied")]),
    ])
    .await;
    let outcome = applied(&scripted, &shop(CHANGED)).await;
    assert_eq!(
        outcome.message.as_deref(),
        Some("Queue (AWS::SQS::Queue): Access denied")
    );
    scripted.was_played_out();
}

#[tokio::test]
async fn a_deployment_whose_change_set_is_gone_is_found_by_the_token_of_its_events() {
    let gone = (
        "DescribeChangeSet",
        404,
        fault("ChangeSetNotFound", "ChangeSet [x] does not exist"),
    );
    let end = [
        (STACK, "UPDATE_IN_PROGRESS", "User Initiated"),
        (STACK, "UPDATE_COMPLETE", ""),
    ];
    let scripted =
        Scripted::new([stack("UPDATE_COMPLETE"), gone, events(&end), events(&end)]).await;
    let dead = Deployment {
        id: TOKEN.to_owned(),
        ..shop(CHANGED)
    };
    let record = record(
        &dead,
        Provisioned::Cloudformation {
            stack_name: "shop".to_owned(),
            stack_id: Some(STACK.to_owned()),
            change_set_id: Some("arn:changeSet".to_owned()),
        },
    );
    let found = scripted
        .provisioner
        .inspect(&shop(CHANGED), &record)
        .await
        .unwrap();
    assert!(
        matches!(&found, Found::Ended(outcome) if outcome.status == DeploymentStatus::Succeeded),
        "{found:?}"
    );
    scripted.was_played_out();
}
