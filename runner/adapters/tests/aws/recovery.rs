//! What the next run finds where one has died, and what it makes of it.

use nucleon_adapters::cloudformation::CloudFormationProvisioner;
use nucleon_core::deployment::Deployment;
use nucleon_core::outcome::{DeploymentStatus, Outputs};
use nucleon_core::record::{Format, Provisioned, Purpose, Record};
use nucleon_engine::ports::{Found, Provisioner as _};

use crate::stacks::{BROKEN, QUEUE, applied};
use crate::support::{ACCOUNT, Seen, config, deployment, endpoint, next, provisioner, stack};

/// The record that is written before the first change.
pub(crate) fn record(deployment: &Deployment, provisioned: Provisioned) -> Record {
    Record {
        format: Format,
        id: deployment.id.clone(),
        target: deployment.target.clone(),
        purpose: if deployment.destroy {
            Purpose::Destroy
        } else {
            Purpose::Deploy
        },
        template: None,
        spec: None,
        inputs_digest: None,
        rendered_digest: None,
        plan_digest: None,
        status: DeploymentStatus::InProgress,
        message: None,
        account: deployment.place.account.clone(),
        region: deployment.place.region.clone(),
        provisioned: Some(provisioned),
        outputs: Outputs::new(),
        started: "2026-11-23T08:00:00Z".parse().unwrap(),
        completed: None,
        lease: None,
        actor: "test".to_owned(),
        approvals: Vec::new(),
        commit: "0".repeat(40),
        pull_request: None,
        run_url: None,
        unknown: std::collections::BTreeMap::new(),
    }
}

async fn cloudformation() -> aws_sdk_cloudformation::Client {
    aws_sdk_cloudformation::Client::new(&config(&endpoint(), ACCOUNT).await)
}

/// Executes a change set as a run does that dies right after.
async fn execute_and_die(provisioned: &Provisioned) {
    let Provisioned::Cloudformation { change_set_id, .. } = provisioned else {
        panic!("it is no stack")
    };
    let request = cloudformation().await.execute_change_set();
    request
        .set_change_set_name(change_set_id.clone())
        .send()
        .await
        .unwrap();
}

/// What the next run finds out, waiting where the deployment still runs.
async fn found(
    provisioner: &CloudFormationProvisioner,
    deployment: &Deployment,
    record: &Record,
) -> Option<DeploymentStatus> {
    match provisioner.inspect(deployment, record).await.unwrap() {
        Found::NotStarted => None,
        Found::Ended(outcome) => Some(outcome.status),
        Found::Running(provisioned) => {
            let seen = Seen::default();
            let outcome = provisioner
                .wait(deployment, &provisioned, &seen)
                .await
                .unwrap();
            Some(outcome.status)
        }
    }
}

#[tokio::test]
async fn what_was_prepared_only_never_began_and_is_thrown_away() {
    let provisioner = provisioner(ACCOUNT).await;
    let deployment = deployment(QUEUE);
    let prepared = provisioner.prepare(&deployment).await.unwrap();
    let record = record(&deployment, prepared.provisioned.clone());
    let next = next(&deployment, QUEUE);
    assert_eq!(found(&provisioner, &next, &record).await, None);
    let Provisioned::Cloudformation { change_set_id, .. } = prepared.provisioned else {
        panic!("it is no stack")
    };
    let request = cloudformation().await.describe_change_set();
    let left = request.set_change_set_name(change_set_id).send().await;
    assert!(left.is_err(), "the change set is gone");
    assert_eq!(
        applied(&provisioner, &next).await.status,
        DeploymentStatus::Succeeded
    );
}

#[tokio::test]
async fn a_creation_that_was_executed_is_closed_with_what_became_of_it() {
    let provisioner = provisioner(ACCOUNT).await;
    let deployment = deployment(QUEUE);
    let prepared = provisioner.prepare(&deployment).await.unwrap();
    execute_and_die(&prepared.provisioned).await;
    let record = record(&deployment, prepared.provisioned);
    let next = next(&deployment, QUEUE);
    let status = found(&provisioner, &next, &record).await;
    assert_eq!(status, Some(DeploymentStatus::Succeeded));
    // And once more, when it has surely ended.
    let status = found(&provisioner, &next, &record).await;
    assert_eq!(status, Some(DeploymentStatus::Succeeded));
}

#[tokio::test]
async fn a_creation_that_failed_unwatched_is_closed_as_failed() {
    let provisioner = provisioner(ACCOUNT).await;
    let deployment = deployment(BROKEN);
    let prepared = provisioner.prepare(&deployment).await.unwrap();
    execute_and_die(&prepared.provisioned).await;
    let record = record(&deployment, prepared.provisioned);
    let next = next(&deployment, QUEUE);
    let status = found(&provisioner, &next, &record).await;
    assert_eq!(status, Some(DeploymentStatus::Failed));
}

#[tokio::test]
async fn an_update_that_was_executed_is_told_from_one_that_was_not() {
    let provisioner = provisioner(ACCOUNT).await;
    let first = deployment(QUEUE);
    applied(&provisioner, &first).await;

    let second = next(&first, &QUEUE.replace("30", "60"));
    let prepared = provisioner.prepare(&second).await.unwrap();
    let record_of_second = record(&second, prepared.provisioned);
    assert_eq!(found(&provisioner, &second, &record_of_second).await, None);

    let third = next(&first, &QUEUE.replace("30", "90"));
    let prepared = provisioner.prepare(&third).await.unwrap();
    execute_and_die(&prepared.provisioned).await;
    let record_of_third = record(&third, prepared.provisioned);
    let status = found(&provisioner, &third, &record_of_third).await;
    assert_eq!(status, Some(DeploymentStatus::Succeeded));
}

#[tokio::test]
async fn a_run_that_died_while_cleaning_up_never_began() {
    let provisioner = provisioner(ACCOUNT).await;
    let first = deployment(BROKEN);
    applied(&provisioner, &first).await;
    let second = next(&first, QUEUE);
    let prepared = provisioner.prepare(&second).await.unwrap();
    let record = record(&second, prepared.provisioned);
    assert_eq!(found(&provisioner, &second, &record).await, None);
    let request = cloudformation().await.delete_stack();
    request
        .stack_name(&stack(&second).name)
        .send()
        .await
        .unwrap();
    assert_eq!(found(&provisioner, &second, &record).await, None);
    let third = next(&first, QUEUE);
    assert_eq!(
        applied(&provisioner, &third).await.status,
        DeploymentStatus::Succeeded
    );
}

#[tokio::test]
async fn a_creation_after_cleaning_up_is_found_by_the_deployments_id() {
    let provisioner = provisioner(ACCOUNT).await;
    let first = deployment(BROKEN);
    applied(&provisioner, &first).await;
    let second = next(&first, QUEUE);
    let prepared = provisioner.prepare(&second).await.unwrap();
    let record = record(&second, prepared.provisioned);
    applied(&provisioner, &second).await;
    let status = found(&provisioner, &second, &record).await;
    assert_eq!(status, Some(DeploymentStatus::Succeeded));
}

#[tokio::test]
async fn a_deletion_is_closed_with_what_became_of_it() {
    let provisioner = provisioner(ACCOUNT).await;
    let first = deployment(QUEUE);
    applied(&provisioner, &first).await;
    let destroy = Deployment {
        destroy: true,
        ..next(&first, QUEUE)
    };
    let prepared = provisioner.prepare(&destroy).await.unwrap();
    let record = record(&destroy, prepared.provisioned);
    assert_eq!(found(&provisioner, &destroy, &record).await, None);
    let request = cloudformation().await.delete_stack();
    request
        .stack_name(&stack(&destroy).name)
        .send()
        .await
        .unwrap();
    let status = found(&provisioner, &destroy, &record).await;
    assert_eq!(status, Some(DeploymentStatus::DeleteComplete));
}
