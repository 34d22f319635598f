//! Targets that commands make: what would run, and what deletes them when their bundle has changed or gone.

use nucleon_core::deployment::Body;
use nucleon_core::files::{Content, Files, RelPath};
use nucleon_core::plan::{Operation, Plan};
use nucleon_core::record::{Provisioned, Record};
use nucleon_core::script::{Script, Variable};
use nucleon_core::target::Name;
use nucleon_engine::candidate::Candidate;
use nucleon_engine::deploy::candidates;
use nucleon_engine::farewell::{Farewell, Removal};
use nucleon_engine::fleet::{Fleet, Tips};
use nucleon_engine::load::load;
use nucleon_engine::plan::plan;
use nucleon_engine::ports::Tip;
use nucleon_engine::refusal::Refusal;
use nucleon_engine::testing::FakeTemplates;
use serde_json::json;

use crate::scene::{DEV, Scene, place, record, target};

const SCHEMA: &str = "\
schema:
  format: {openapi: \"3.0.0\"}
  environment_input_type: Input
  types:
    Input:
      type: object
      properties:
        size: {type: number, default: 1}
        key: {type: string, writeOnly: true}
";

const SETTINGS: &str = "
        provision: ['./up {{ environment.inputs.size }}', ./tell]
        deprovision: ['./down {{ environment.name }}']
";

fn bundle(settings: &str) -> Vec<(String, String)> {
    let manifest = format!(
        "infrastructure:\n  templates:\n    - rendering_engine: codebuild\n      settings:{settings}"
    );
    [
        ("schema/schema.yaml", SCHEMA.to_owned()),
        ("infrastructure/manifest.yaml", manifest),
        ("infrastructure/up", "#!/bin/sh\n".to_owned()),
    ]
    .map(|(path, text)| (path.to_owned(), text))
    .into()
}

fn files(texts: impl IntoIterator<Item = (String, String)>) -> Files {
    let file =
        |(path, text): (String, String)| (RelPath::new(&path).unwrap(), Content::Text(text.into()));
    texts.into_iter().map(file).collect()
}

/// A repository whose environment uses version 1.0 of a bundle; nothing where the bundle is not there any more.
async fn fleet(settings: Option<&str>) -> Fleet {
    let configuration = "\
nucleon: 1
proton: {account: \"111122223333\", region: us-east-1}
accounts: {dev: {id: \"111122223333\", region: us-east-1}}
environments: {dev: {account: dev, template: shell@1.0}}
";
    let spec = "proton: EnvironmentSpec\nspec: {key: hunter2}\n";
    let texts = [
        ("nucleon.yaml", configuration),
        ("environments/dev.yaml", spec),
    ];
    let texts = texts.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let loaded = load(&files(texts), &published(settings), "c0ffee").await;
    loaded.unwrap().fleet
}

fn published(settings: Option<&str>) -> FakeTemplates {
    let templates = FakeTemplates::default();
    match settings {
        Some(settings) => {
            let version = (Name::new("shell").unwrap(), 1, 0);
            templates.with(version, files(bundle(settings)))
        }
        None => templates,
    }
}

fn ids() -> String {
    "d-1".to_owned()
}

fn tips(record: Option<Record>) -> Tips {
    let tip = |record: Record| {
        let commit = "tip".to_owned();
        let tip = Tip {
            commit,
            record: Ok(record),
        };
        (target(DEV), tip)
    };
    record.map(tip).into_iter().collect()
}

fn candidate(fleet: &Fleet, record: Option<Record>) -> Result<Candidate, Refusal> {
    let (mut composed, mut refused) = candidates(fleet, &[target(DEV)], &tips(record), &ids);
    match composed.pop() {
        Some(candidate) => Ok(candidate),
        None => Err(refused.remove(0).result.unwrap_err()),
    }
}

fn script(candidate: &Candidate) -> &Script {
    match &candidate.deployment.body {
        Body::Script(script) => script,
        Body::Stack(_) | Body::Module(_) | Body::Proposal(_) => panic!("it is a stack"),
    }
}

fn planned(candidate: &Candidate) -> Plan {
    script(candidate).plan(&candidate.deployment, &[])
}

/// The record of a deployment of `candidate`.
fn deployed(candidate: &Candidate, status: &str) -> Record {
    let script = script(candidate);
    let provisioned = match status {
        "SUCCEEDED" => script.after.clone(),
        _ => script.before.clone(),
    };
    Record {
        rendered_digest: Some(candidate.deployment.rendered.clone()),
        template: candidate.template.clone(),
        provisioned: Some(provisioned),
        ..record(DEV, status)
    }
}

async fn farewell(
    (fleet, templates): (&Fleet, &FakeTemplates),
    record: Record,
    removal: Removal,
) -> Result<Candidate, Refusal> {
    let farewell = Farewell {
        fleet,
        templates,
        ids: &ids,
        removal,
    };
    let (mut found, mut refused) = farewell
        .candidates(&[target(DEV)], &tips(Some(record)))
        .await;
    match found.pop() {
        Some(candidate) => Ok(candidate),
        None => Err(refused.remove(0).result.unwrap_err()),
    }
}

#[tokio::test]
async fn a_new_folder_is_planned_and_the_same_one_is_no_change() {
    let fleet = fleet(Some(SETTINGS)).await;
    let new = candidate(&fleet, None).unwrap();
    let plan = planned(&new);
    let commands: Vec<_> = plan
        .changes
        .iter()
        .map(|one| one.resource_type.as_str())
        .collect();
    assert_eq!(
        (plan.operation, commands),
        (Operation::Create, vec!["./up 1", "./tell"])
    );

    for (status, operation) in [
        ("SUCCEEDED", Operation::Nothing),
        ("FAILED", Operation::Update),
        ("DELETE_COMPLETE", Operation::Create),
    ] {
        let next = candidate(&fleet, Some(deployed(&new, status))).unwrap();
        assert_eq!(planned(&next).operation, operation, "{status}");
    }
}

#[tokio::test]
async fn a_plan_with_unknown_outputs_needs_no_provisioner() {
    let mut candidate = candidate(&fleet(Some(SETTINGS)).await, None).unwrap();
    candidate.unknown = vec!["environment.outputs.Vpc".to_owned()];
    let scene = Scene::new();
    let plans = plan(&scene.provisioner, &[candidate]).await;
    let plan = plans.into_iter().next().unwrap().unwrap();
    assert!(plan.is_provisional() && plan.changes.len() == 2, "{plan:?}");
}

#[tokio::test]
async fn no_secret_is_written_into_a_record() {
    let candidate = candidate(&fleet(Some(SETTINGS)).await, None).unwrap();
    let Provisioned::Commands { inputs, .. } = &script(&candidate).after else {
        panic!("it is a stack");
    };
    let expected = json!({"environment": {"name": "dev", "inputs": {"size": 1, "key": "***"}}});
    assert_eq!(*inputs, expected);
}

#[tokio::test]
async fn a_target_is_deleted_by_the_last_bundle_that_worked() {
    let good = fleet(Some(SETTINGS)).await;
    let first = candidate(&good, None).unwrap();
    let succeeded = deployed(&first, "SUCCEEDED");

    let broken = fleet(Some(
        "\n        provision: [./broken]\n        deprovision: [./nonsense]\n",
    ))
    .await;
    let second = candidate(&broken, Some(succeeded)).unwrap();
    let failed = deployed(&second, "FAILED");

    let templates = published(Some(SETTINGS));
    let farewell = farewell((&broken, &templates), failed, Removal::Delete).await;
    let farewell = farewell.unwrap();
    let script = script(&farewell);
    assert_eq!(script.commands, ["./down dev"]);
    let inputs = script.files.text("proton-inputs.json").unwrap();
    assert!(inputs.contains("hunter2"), "{inputs}");
}

#[tokio::test]
async fn a_bundle_that_is_gone_refuses_the_deletion_until_the_target_is_forgotten() {
    let good = fleet(Some(SETTINGS)).await;
    let record = deployed(&candidate(&good, None).unwrap(), "SUCCEEDED");
    let (gone, none) = (fleet(None).await, FakeTemplates::default());

    let refused = farewell((&gone, &none), record.clone(), Removal::Delete).await;
    let refused = refused.unwrap_err();
    assert!(matches!(refused, Refusal::NoBundle { .. }), "{refused}");
    assert!(
        refused
            .hint()
            .unwrap()
            .contains("--destroy --force environment/dev")
    );

    let forgotten = farewell((&gone, &none), record, Removal::Forget)
        .await
        .unwrap();
    let plan = planned(&forgotten);
    assert_eq!(
        (plan.operation, plan.changes.len()),
        (Operation::Destroy, 0)
    );
    assert!(plan.notes[0].starts_with("forgotten: "), "{plan:?}");
}

#[tokio::test]
async fn what_a_stack_is_never_becomes_a_matter_of_commands() {
    let stack = Record {
        provisioned: Some(place()),
        ..record(DEV, "SUCCEEDED")
    };
    let refused = candidate(&fleet(Some(SETTINGS)).await, Some(stack)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "environment/dev was made by CloudFormation, and its template is for CodeBuild now"
    );
}

#[tokio::test]
async fn a_misnamed_input_in_a_command_is_reported_before_anything_runs() {
    let settings = "\n        provision: ['./up {{ environment.inputs.sise }}']\n";
    let refused = candidate(&fleet(Some(settings)).await, None).unwrap_err();
    let Refusal::Faulty { diagnostics, .. } = refused else {
        panic!("{refused}");
    };
    let at = diagnostics[0].location.as_ref().unwrap();
    assert_eq!(
        (&*at.file, at.line),
        ("shell/v1/infrastructure/manifest.yaml", 5)
    );
}

#[tokio::test]
async fn a_secret_in_a_command_is_not_shown() {
    let settings = "\n        provision: ['./up {{ environment.inputs.key }}']\n";
    let mut candidate = candidate(&fleet(Some(settings)).await, None).unwrap();
    candidate.unknown = vec!["environment.outputs.Vpc".to_owned()];
    let scene = Scene::new();
    let plans = plan(&scene.provisioner, &[candidate]).await;
    let plan = plans.into_iter().next().unwrap().unwrap();
    assert_eq!(
        (plan.changes[0].resource_type.as_str(), plan.masked),
        ("./up ***", 1)
    );
}

#[tokio::test]
async fn variables_have_the_targets_values_also_when_it_is_deleted() {
    let settings = "
        provision: [./up]
        deprovision: [./down]
        env: {variables: {SIZE: '{{ environment.inputs.size }}'}, secrets_manager: {TOKEN: '{{ environment.name }}:b'}}
";
    let expected = [
        ("SIZE".to_owned(), Variable::Value("1".to_owned())),
        ("TOKEN".to_owned(), Variable::Secret("dev:b".to_owned())),
    ];
    let fleet = fleet(Some(settings)).await;
    let deployed = candidate(&fleet, None).unwrap();
    assert_eq!(script(&deployed).variables, expected);
    let (record, templates) = (
        self::deployed(&deployed, "SUCCEEDED"),
        published(Some(settings)),
    );
    let farewell = farewell((&fleet, &templates), record, Removal::Delete).await;
    assert_eq!(script(&farewell.unwrap()).variables, expected);
}
