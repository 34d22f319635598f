//! Stacks on the emulator, through the engine's port.

use crate::support::{ACCOUNT, Seen, config, deployment, endpoint, next, provisioner, stack, with};
use nucleon_adapters::cloudformation::CloudFormationProvisioner;
use nucleon_core::deployment::{Artifacts, Deployment, Roles};
use nucleon_core::outcome::{DeploymentStatus, Outcome};
use nucleon_core::plan::{Action, Operation, Plan, Recreation};
use nucleon_core::record::Provisioned;
use nucleon_engine::ports::{PortError, Provisioner as _};
use uuid::Uuid;

pub(crate) const QUEUE: &str = "
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 30
Outputs:
  Arn: {Value: !GetAtt Queue.Arn}
  Password: {Value: hunter2}
";

pub(crate) const BROKEN: &str = "
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Subnet:
    Type: AWS::EC2::Subnet
    DependsOn: Topic
    Properties: {VpcId: vpc-nope, CidrBlock: 10.0.0.0/24}
";

/// Prepares, approves and executes.
pub(crate) async fn applied(
    provisioner: &CloudFormationProvisioner,
    deployment: &Deployment,
) -> Outcome {
    let prepared = provisioner.prepare(deployment).await.unwrap();
    let approved = prepared.plan.approve_unreviewed();
    provisioner
        .execute(
            deployment,
            &approved,
            &prepared.provisioned,
            &Seen::default(),
        )
        .await
        .unwrap()
}

fn shown(plan: &Plan) -> String {
    let mut lines = vec![format!("{:?}", plan.operation)];
    for change in &plan.changes {
        lines.push(format!(
            "{:?} {} ({})",
            change.action, change.resource, change.resource_type
        ));
        for property in &change.properties {
            let [before, after] = [&property.before, &property.after]
                .map(|value| value.as_deref().unwrap_or("nothing"));
            let recreation = match property.recreation {
                Recreation::Never => "",
                Recreation::Conditionally => " (may replace)",
                Recreation::Always => " (replaces)",
            };
            lines.push(format!(
                "  {}: {before} -> {after}{recreation}",
                property.path
            ));
        }
    }
    lines.join("\n")
}

#[tokio::test]
async fn a_new_stack_is_planned_created_and_gives_its_outputs() {
    let provisioner = provisioner(ACCOUNT).await;
    let deployment = with(deployment(QUEUE), |stack| {
        stack.sensitive = vec!["Password".to_owned()];
    });
    let plan = provisioner.plan(&deployment).await.unwrap();
    insta::assert_snapshot!(shown(&plan), @r"
    Create
    Add Queue (AWS::SQS::Queue)
    ");

    let prepared = provisioner.prepare(&deployment).await.unwrap();
    assert_eq!(prepared.plan.digest(), plan.digest());
    let approved = prepared.plan.approve_unreviewed();
    let seen = Seen::default();
    let outcome = provisioner
        .execute(&deployment, &approved, &prepared.provisioned, &seen)
        .await
        .unwrap();

    assert_eq!(outcome.status, DeploymentStatus::Succeeded);
    let keys: Vec<_> = outcome.outputs.keys().collect();
    assert_eq!(keys, ["Arn"], "a sensitive output is not kept");
    assert!(outcome.outputs["Arn"].contains(ACCOUNT));
    let lines = seen.lines();
    assert!(
        lines.contains(&"Queue CREATE_COMPLETE".to_owned()),
        "{lines:?}"
    );
    assert_eq!(lines.last().unwrap(), "- CREATE_COMPLETE");
}

#[tokio::test]
async fn an_update_shows_the_properties_that_change() {
    let provisioner = provisioner(ACCOUNT).await;
    let first = deployment(QUEUE);
    applied(&provisioner, &first).await;
    let second = next(&first, &QUEUE.replace("30", "60"));
    let plan = provisioner.plan(&second).await.unwrap();
    insta::assert_snapshot!(shown(&plan), @r"
    Update
    Modify Queue (AWS::SQS::Queue)
      Properties.VisibilityTimeout: 30 -> 60
    ");
    assert_eq!(
        applied(&provisioner, &second).await.status,
        DeploymentStatus::Succeeded
    );
}

#[tokio::test]
async fn only_the_events_of_the_update_itself_are_shown_each_once() {
    let provisioner = provisioner(ACCOUNT).await;
    let first = deployment(QUEUE);
    applied(&provisioner, &first).await;
    let second = next(&first, &QUEUE.replace("30", "60"));
    let prepared = provisioner.prepare(&second).await.unwrap();
    let approved = prepared.plan.approve_unreviewed();
    let seen = Seen::default();
    let work = provisioner.execute(&second, &approved, &prepared.provisioned, &seen);
    work.await.unwrap();
    let lines = seen.lines();
    assert!(
        lines.iter().all(|line| line.contains("UPDATE_")),
        "{lines:?}"
    );
    let unique: std::collections::BTreeSet<_> = lines.iter().collect();
    assert_eq!(unique.len(), lines.len(), "{lines:?}");
}

#[tokio::test]
async fn a_replacement_and_a_removal_stand_on_top() {
    let provisioner = provisioner(ACCOUNT).await;
    let name = Uuid::new_v4().simple().to_string();
    let template = format!(
        "
Resources:
  Added: {{Type: AWS::SNS::Topic, Properties: {{TopicName: a-{name}}}}}
  Queue: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q-{name}}}}}
  Gone: {{Type: AWS::SNS::Topic}}
"
    );
    let first = deployment(&template);
    applied(&provisioner, &first).await;
    let template = template.replace("QueueName: q", "QueueName: r").replace(
        "  Gone: {Type: AWS::SNS::Topic}",
        "  New: {Type: AWS::SNS::Topic}",
    );
    let plan = provisioner.plan(&next(&first, &template)).await.unwrap();
    insta::assert_snapshot!(shown(&plan).replace(&name, "[NAME]"), @r"
    Update
    Replace Queue (AWS::SQS::Queue)
      Properties.QueueName: q-[NAME] -> r-[NAME] (replaces)
    Remove Gone (AWS::SNS::Topic)
    Add New (AWS::SNS::Topic)
    ");
}

#[tokio::test]
async fn what_is_already_there_needs_nothing() {
    let provisioner = provisioner(ACCOUNT).await;
    let first = deployment(QUEUE);
    applied(&provisioner, &first).await;
    let second = next(&first, QUEUE);
    let plan = provisioner.plan(&second).await.unwrap();
    assert_eq!(plan.operation, Operation::Nothing);
    let prepared = provisioner.prepare(&second).await.unwrap();
    assert_eq!(prepared.plan.digest(), plan.digest());
    let Provisioned::Cloudformation { change_set_id, .. } = prepared.provisioned else {
        panic!("it is no stack")
    };
    assert_eq!(change_set_id, None, "the empty change set is deleted");
}

#[tokio::test]
async fn a_failed_creation_tells_its_first_cause_and_is_cleaned_up_by_the_next_run() {
    let provisioner = provisioner(ACCOUNT).await;
    let first = deployment(BROKEN);
    let outcome = applied(&provisioner, &first).await;
    assert_eq!(outcome.status, DeploymentStatus::Failed);
    let message = outcome.message.unwrap();
    assert!(
        message.starts_with("Subnet (AWS::EC2::Subnet): "),
        "{message}"
    );
    assert!(message.contains("InvalidVpcID.NotFound"), "{message}");

    let second = next(&first, QUEUE);
    let plan = provisioner.plan(&second).await.unwrap();
    insta::assert_snapshot!(shown(&plan), @r"
    Create
    Add Queue (AWS::SQS::Queue)
    ");
    let prepared = provisioner.prepare(&second).await.unwrap();
    assert_eq!(prepared.plan.digest(), plan.digest());
    let outcome = applied(&provisioner, &second).await;
    assert_eq!(
        outcome.status,
        DeploymentStatus::Succeeded,
        "{:?}",
        outcome.message
    );
    assert_ne!(stack_id(&outcome), stack_id_of(&prepared.provisioned));
}

#[tokio::test]
async fn a_failed_update_tells_its_first_cause_and_the_stack_lives_on() {
    let provisioner = provisioner(ACCOUNT).await;
    let first = deployment(QUEUE);
    let created = applied(&provisioner, &first).await;
    let broken = format!(
        "{}{}",
        BROKEN,
        QUEUE.trim_start().trim_start_matches("Resources:\n")
    );
    let outcome = applied(&provisioner, &next(&first, &broken)).await;
    assert_eq!(outcome.status, DeploymentStatus::Failed);
    let message = outcome.message.unwrap();
    assert!(
        message.starts_with("Subnet (AWS::EC2::Subnet): "),
        "{message}"
    );

    let plan = provisioner
        .plan(&next(&first, &QUEUE.replace("30", "90")))
        .await
        .unwrap();
    assert_eq!(
        plan.operation,
        Operation::Update,
        "it is not taken for a failed creation"
    );
    let outcome = applied(&provisioner, &next(&first, &QUEUE.replace("30", "90"))).await;
    assert_eq!(outcome.status, DeploymentStatus::Succeeded);
    assert_eq!(stack_id(&outcome), stack_id(&created));
}

fn stack_id(outcome: &Outcome) -> String {
    stack_id_of(outcome.provisioned.as_ref().unwrap())
}

fn stack_id_of(provisioned: &Provisioned) -> String {
    let Provisioned::Cloudformation { stack_id, .. } = provisioned else {
        panic!("it is no stack")
    };
    stack_id.clone().unwrap()
}

#[tokio::test]
async fn no_second_stack_is_made_beside_one_with_the_targets_tags() {
    let first = deployment(QUEUE);
    applied(&provisioner(ACCOUNT).await, &first).await;
    let second = with(deployment(QUEUE), |second| {
        second.name = format!("{}-again", stack(&first).name);
        second.tags.clone_from(&stack(&first).tags);
    });
    let second = Deployment {
        target: first.target.clone(),
        ..second
    };
    let error = provisioner(ACCOUNT).await.plan(&second).await.unwrap_err();
    assert!(
        matches!(&error, PortError::ForeignStack { stack: found, .. } if *found == stack(&first).name),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("nucleon import"));
}

#[tokio::test]
async fn a_living_stack_that_no_record_knows_is_left_alone() {
    let first = deployment(QUEUE);
    applied(&provisioner(ACCOUNT).await, &first).await;
    let unknown = Deployment {
        adopted: false,
        ..next(&first, BROKEN)
    };
    let provisioner = provisioner(ACCOUNT).await;
    for destroy in [false, true] {
        let deployment = Deployment {
            destroy,
            ..unknown.clone()
        };
        let error = provisioner.prepare(&deployment).await.unwrap_err();
        assert!(matches!(error, PortError::ForeignStack { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_stack_is_destroyed_with_all_it_has() {
    let provisioner = provisioner(ACCOUNT).await;
    let first = deployment(QUEUE);
    applied(&provisioner, &first).await;
    let destroy = Deployment {
        destroy: true,
        ..next(&first, QUEUE)
    };
    let plan = provisioner.plan(&destroy).await.unwrap();
    assert_eq!(plan.operation, Operation::Destroy);
    assert_eq!(plan.changes[0].action, Action::Remove);
    let outcome = applied(&provisioner, &destroy).await;
    assert_eq!(outcome.status, DeploymentStatus::DeleteComplete);
    let plan = provisioner.plan(&destroy).await.unwrap();
    assert_eq!(plan.operation, Operation::Nothing);
}

#[tokio::test]
async fn what_was_prepared_and_discarded_leaves_an_empty_stack_for_the_next() {
    let provisioner = provisioner(ACCOUNT).await;
    let deployment = deployment(QUEUE);
    let prepared = provisioner.prepare(&deployment).await.unwrap();
    provisioner
        .discard(&deployment, &prepared.provisioned)
        .await
        .unwrap();
    assert!(provisioner.describe(&deployment).await.unwrap().is_none());
    let outcome = applied(&provisioner, &deployment).await;
    assert_eq!(outcome.status, DeploymentStatus::Succeeded);
}

#[tokio::test]
async fn whoever_comes_too_late_leaves_what_another_one_prepared() {
    let provisioner = provisioner(ACCOUNT).await;
    let first = deployment(QUEUE);
    let second = Deployment {
        id: Uuid::new_v4().to_string(),
        ..first.clone()
    };
    let prepared = provisioner.prepare(&first).await.unwrap();
    let late = provisioner.prepare(&second).await.unwrap();
    provisioner
        .discard(&second, &late.provisioned)
        .await
        .unwrap();
    let approved = prepared.plan.approve_unreviewed();
    let outcome = provisioner
        .execute(&first, &approved, &prepared.provisioned, &Seen::default())
        .await
        .unwrap();
    assert_eq!(outcome.status, DeploymentStatus::Succeeded);
}

#[tokio::test]
async fn a_living_stack_is_described_as_it_was_given() {
    let provisioner = provisioner(ACCOUNT).await;
    let deployment = deployment(QUEUE);
    applied(&provisioner, &deployment).await;
    let living = provisioner.describe(&deployment).await.unwrap().unwrap();
    assert_eq!(living.template_body, QUEUE);
    assert_eq!(living.outcome.outputs["Password"], "hunter2");
}

#[tokio::test]
async fn a_stack_that_was_made_without_nucleon_is_adopted_with_an_empty_plan() {
    let bucket = "Resources: {Bucket: {Type: AWS::S3::Bucket, Properties: {VersioningConfiguration: {Status: Suspended}}}}";
    let adopted = next(&deployment(bucket), bucket);
    let client = aws_sdk_cloudformation::Client::new(&config(&endpoint(), ACCOUNT).await);
    let request = client.create_stack().stack_name(&stack(&adopted).name);
    request.template_body(bucket).send().await.unwrap();
    let provisioner = provisioner(ACCOUNT).await;
    let plan = provisioner.plan(&adopted).await.unwrap();
    assert_eq!(plan.operation, Operation::Nothing);
    let changed = next(&adopted, &bucket.replace("Suspended", "Enabled"));
    let plan = provisioner.plan(&changed).await.unwrap();
    insta::assert_snapshot!(shown(&plan), @r"
    Update
    Modify Bucket (AWS::S3::Bucket)
      Properties.VersioningConfiguration.Status: Suspended -> Enabled
    ");
}

/// A bucket and the key it is encrypted with.
async fn artifacts() -> Artifacts {
    let bucket = format!("nucleon-{}", Uuid::new_v4());
    let alias = format!("alias/{bucket}");
    let template = format!(
        "
Resources:
  Bucket: {{Type: AWS::S3::Bucket, Properties: {{BucketName: {bucket}}}}}
  Key: {{Type: AWS::KMS::Key, Properties: {{KeyPolicy: {{}}}}}}
  Alias: {{Type: AWS::KMS::Alias, Properties: {{AliasName: {alias}, TargetKeyId: !Ref Key}}}}
"
    );
    let outcome = applied(&provisioner(ACCOUNT).await, &deployment(&template)).await;
    assert_eq!(outcome.status, DeploymentStatus::Succeeded);
    Artifacts {
        bucket,
        kms_key: Some(alias),
    }
}

fn large() -> String {
    format!("{QUEUE}Metadata: {{Filler: {}}}\n", "x".repeat(52_000))
}

#[tokio::test]
async fn a_large_template_needs_a_bucket() {
    let error = provisioner(ACCOUNT).await;
    let error = error.plan(&deployment(&large())).await.unwrap_err();
    assert!(error.to_string().contains("more than the 51200"), "{error}");
    assert!(error.hint().unwrap().contains("artifacts"));
}

#[tokio::test]
async fn a_large_template_goes_through_the_bucket_encrypted() {
    let artifacts = artifacts().await;
    let provisioner = provisioner(ACCOUNT).await;
    let deployment = with(deployment(&large()), |stack| {
        stack.artifacts = Some(artifacts.clone());
    });
    provisioner.plan(&deployment).await.unwrap();
    let outcome = applied(&provisioner, &deployment).await;
    assert_eq!(outcome.status, DeploymentStatus::Succeeded);

    let s3 = aws_sdk_s3::config::Builder::from(&config(&endpoint(), ACCOUNT).await);
    let s3 = aws_sdk_s3::Client::from_conf(s3.force_path_style(true).build());
    let digest = deployment.rendered.as_str().trim_start_matches("sha256:");
    for folder in ["apply", "plan"] {
        let request = s3.head_object().bucket(&artifacts.bucket);
        let request = request.key(format!("templates/{folder}/{digest}"));
        let head = request.send().await.unwrap();
        assert_eq!(head.server_side_encryption().unwrap().as_str(), "aws:kms");
    }
}

#[tokio::test]
async fn a_component_is_not_given_another_role_than_its_own() {
    let name = Uuid::new_v4().simple().to_string();
    let component = Deployment {
        target: format!("component/{name}").parse().unwrap(),
        roles: Roles {
            execution: Some(format!("arn:aws:iam::{ACCOUNT}:role/execution")),
            ..Roles::default()
        },
        ..deployment(QUEUE)
    };
    let error = provisioner(ACCOUNT)
        .await
        .prepare(&component)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("confines components"), "{error}");
}

#[tokio::test]
async fn a_template_that_cloudformation_refuses_is_refused_with_its_words() {
    let deployment = deployment(
        "Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Nope}}}",
    );
    let error = provisioner(ACCOUNT)
        .await
        .plan(&deployment)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("Nope"), "{error}");
}

#[tokio::test]
async fn twenty_stacks_at_once() {
    let provisioner = provisioner(ACCOUNT).await;
    let deployments: Vec<Deployment> = (0..20).map(|_| deployment(QUEUE)).collect();
    let outcomes = futures_util::future::join_all(
        deployments
            .iter()
            .map(|deployment| applied(&provisioner, deployment)),
    )
    .await;
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.status == DeploymentStatus::Succeeded)
    );
}
