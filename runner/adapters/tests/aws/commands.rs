//! Commands, run for real in an account of the emulator.

use std::path::PathBuf;

use nucleon_adapters::aws::Hub;
use nucleon_adapters::commands::CommandsProvisioner;
use nucleon_core::deployment::{Body, Deployment};
use nucleon_core::files::{Content, Files, RelPath};
use nucleon_core::outcome::{DeploymentStatus, Outcome};
use nucleon_core::record::{Provisioned, TemplateUsed};
use nucleon_core::script::{Script, Variable};
use nucleon_engine::ports::{PortError, Provisioner as _};
use nucleon_tests::Emulator;

use crate::support::{ACCOUNT, OTHER, Seen, deployment, endpoint, sessions};

async fn provisioner(account: &str) -> CommandsProvisioner {
    let sessions = sessions(&endpoint(), account, Hub::default()).await;
    CommandsProvisioner::new(sessions, PathBuf::from("/bin/true"))
}

pub(crate) fn running(commands: &[&str]) -> Deployment {
    let bundle: TemplateUsed = serde_json::from_value(serde_json::json!({
        "name": "shell", "major": 1, "minor": 0, "commit": "c0ffee",
        "digest": format!("sha256:{}", "0".repeat(64)),
    }))
    .unwrap();
    let provisioned = |succeeded| Provisioned::Commands {
        bundle: bundle.clone(),
        succeeded,
        inputs: serde_json::Value::Null,
    };
    let mut files = Files::default();
    let script = Content::Text("#!/bin/sh\necho ran with $1\n".into());
    files.insert(RelPath::new("scripts/run").unwrap(), script);
    let deployment = deployment("");
    Deployment {
        body: Body::Script(Box::new(Script {
            files,
            commands: commands.iter().map(|&command| command.to_owned()).collect(),
            variables: vec![("COLOUR".to_owned(), Variable::Value("green".to_owned()))],
            arn: format!("arn:aws:proton:us-east-1:{ACCOUNT}:{}", deployment.target),
            last: None,
            outputs: [("Kept".to_owned(), "as before".to_owned())].into(),
            before: provisioned(false),
            after: provisioned(true),
            notes: Vec::new(),
        })),
        ..deployment
    }
}

async fn applied(deployment: &Deployment) -> (Outcome, Vec<String>) {
    let (outcome, seen) = applied_by(&provisioner(ACCOUNT).await, deployment).await;
    (outcome, seen.lines())
}

pub(crate) async fn applied_by(
    provisioner: &CommandsProvisioner,
    deployment: &Deployment,
) -> (Outcome, Seen) {
    let seen = Seen::default();
    let prepared = provisioner.prepare(deployment).await.unwrap();
    let approved = prepared.plan.approve_unreviewed();
    let outcome = provisioner
        .execute(deployment, &approved, &prepared.provisioned, &seen)
        .await
        .unwrap();
    (outcome, seen)
}

/// The deployment with variables.
fn given(mut deployment: Deployment, variables: &[(&str, Variable)]) -> Deployment {
    if let Body::Script(script) = &mut deployment.body {
        let variables = variables.iter();
        let owned = variables.map(|(name, value)| ((*name).to_owned(), value.clone()));
        script.variables = owned.collect();
    }
    deployment
}

#[tokio::test]
async fn commands_share_a_shell_and_give_out_what_they_write() {
    let deployment = running(&[
        "export PLACE=$AWS_REGION; printf 'no line break'",
        "cd scripts; ./run 'it''s' > /dev/null && cd ..",
        "echo \"[{\\\"key\\\": \\\"Where\\\", \\\"valueString\\\": \\\"$COLOUR $PLACE $AWS_ACCESS_KEY_ID\\\"}]\" > proton-outputs.json",
    ]);

    let (outcome, lines) = applied(&deployment).await;

    assert_eq!(outcome.status, DeploymentStatus::Succeeded);
    let outputs: Vec<_> = outcome.outputs.into_iter().collect();
    let value = format!("green us-east-1 {ACCOUNT}");
    assert_eq!(outputs, [("Where".to_owned(), value)]);
    assert!(matches!(
        outcome.provisioned,
        Some(Provisioned::Commands {
            succeeded: true,
            ..
        })
    ));
    assert_eq!(
        lines,
        [
            "command 1 of 3 RUNNING",
            "command 1 of 3 OUTPUT",
            "command 2 of 3 RUNNING",
            "command 3 of 3 RUNNING"
        ]
    );
}

#[tokio::test]
async fn the_first_command_that_fails_ends_it_and_tells_why() {
    let deployment = running(&[
        "echo before",
        "echo one; echo two >&2; (exit 3)",
        "echo never",
    ]);

    let (outcome, lines) = applied(&deployment).await;

    assert_eq!(outcome.status, DeploymentStatus::Failed);
    assert_eq!(
        outcome.message.as_deref(),
        Some("command 2 of 3 ended with exit code 3: echo one; echo two >&2; (exit 3)\none\ntwo")
    );
    assert_eq!(outcome.outputs["Kept"], "as before");
    assert!(
        !lines.iter().any(|line| line.starts_with("command 3")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_deletion_runs_its_commands_and_leaves_no_outputs() {
    let mut deployment = running(&["./scripts/run down"]);
    deployment.destroy = true;
    deployment.adopted = true;

    let (outcome, lines) = applied(&deployment).await;

    assert_eq!(outcome.status, DeploymentStatus::DeleteComplete);
    assert_eq!((outcome.outputs.len(), lines.len()), (0, 2));
}

#[tokio::test]
async fn what_a_command_leaves_running_is_not_waited_for() {
    let (outcome, _) = applied(&running(&["sleep 60 &"])).await;
    assert_eq!(outcome.status, DeploymentStatus::Succeeded);
}

#[tokio::test]
async fn nothing_is_prepared_with_credentials_of_another_account() {
    let error = provisioner(OTHER).await.prepare(&running(&["true"])).await;
    let error = error.map(|_| ()).unwrap_err();
    assert!(matches!(error, PortError::WrongAccount { .. }), "{error}");
}

#[tokio::test]
async fn what_the_account_keeps_reaches_commands_and_nobody_else() {
    let account = Emulator::connect().account(ACCOUNT);
    let name = format!("/nucleon/{}", uuid::Uuid::new_v4().simple());
    let put = |name: &str, value: &str, kind: &str| {
        account.aws(&[
            "ssm",
            "put-parameter",
            "--name",
            name,
            "--value",
            value,
            "--type",
            kind,
        ]);
    };
    put(&name, "hunter-secure", "SecureString");
    put(&format!("{name}/plain"), "blue", "String");
    let text = r#"{"user": "ann", "password": "hunter-managed"}"#;
    account.aws(&[
        "secretsmanager",
        "create-secret",
        "--name",
        &name,
        "--secret-string",
        text,
    ]);
    let deployment = running(&[
        "echo \"$A $B $C\"; [ \"$A $B $C\" = 'hunter-secure blue hunter-managed' ]",
        "echo '{\"Plain\": \"in blue\", \"Secure\": \"x-hunter-secure\", \"Managed\": \"hunter-managed\"}' > proton-outputs.json",
    ]);
    let deployment = given(
        deployment,
        &[
            ("A", Variable::Parameter(name.clone())),
            ("B", Variable::Parameter(format!("{name}/plain"))),
            ("C", Variable::Secret(format!("{name}:password"))),
        ],
    );

    let (outcome, seen) = applied_by(&provisioner(ACCOUNT).await, &deployment).await;

    assert_eq!(outcome.status, DeploymentStatus::Succeeded, "{outcome:?}");
    assert!(
        seen.reasons().contains(&"*** *** ***".to_owned()),
        "{:?}",
        seen.reasons()
    );
    let outputs: Vec<_> = outcome.outputs.into_iter().collect();
    assert_eq!(outputs, [("Plain".to_owned(), "in blue".to_owned())]);
}

#[tokio::test]
async fn without_what_they_need_no_command_is_run() {
    for (variable, expected) in [
        (
            Variable::Parameter("/nucleon/nowhere".to_owned()),
            "Systems Manager refused to read parameter `/nucleon/nowhere`",
        ),
        (
            Variable::Secret("nucleon/nowhere:key".to_owned()),
            "Secrets Manager refused to read secret `nucleon/nowhere`",
        ),
    ] {
        let deployment = given(running(&["true"]), &[("A", variable)]);
        let (outcome, lines) = applied(&deployment).await;
        let message = outcome.message.unwrap();
        assert_eq!(outcome.status, DeploymentStatus::Failed);
        assert!(message.starts_with(expected), "{message}");
        assert_eq!(lines, [] as [&str; 0]);
    }
}
