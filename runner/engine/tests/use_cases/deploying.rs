//! A repository's targets, stage by stage: what one stage gives out, the next one uses.

use nucleon_core::files::{Content, Files, RelPath};
use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::plan::{Action, Operation};
use nucleon_core::record::Record;
use nucleon_core::target::TargetId;
use nucleon_engine::candidate::Candidate;
use nucleon_engine::deploy::{Deployed, candidates, deploy, destroy};
use nucleon_engine::farewell::{Farewell, Removal};
use nucleon_engine::fleet::Fleet;
use nucleon_engine::load::load;
use nucleon_engine::ports::State as _;
use nucleon_engine::refusal::Refusal;
use nucleon_engine::testing::{Answer, FakeTemplates};

use crate::scene::{
    DEV, Scene, end, executed, outcome, plan_of, prepared, record, target, template,
};

const WEB: &str = "service/web/service-instance/dev";

const CONFIGURATION: &str = r#"
nucleon: 1
proton: {account: "111122223333", region: us-east-1}
accounts:
  dev:
    id: "111122223333"
    region: us-east-1
    roles: {plan: "arn:aws:iam::111122223333:role/plan", apply: "arn:aws:iam::111122223333:role/apply"}
environments:
  dev: {account: dev, template: vpc@1}
services:
  web: {template: site@1}
unpinned: [dev]
"#;

const MANIFEST: &str = "infrastructure:\n  templates:\n    - {file: cloudformation.yaml, rendering_engine: jinja, template_language: cloudformation}\n";

fn schema(kind: &str) -> String {
    format!(
        "schema:\n  format: {{openapi: \"3.0.0\"}}\n  {kind}_input_type: Input\n  types:\n    Input: {{type: object, properties: {{size: {{type: number, default: 1}}}}}}\n"
    )
}

/// A repository with an environment that declares outputs, and an instance that reads one.
async fn fleet(outputs: &[&str], read: &str) -> Fleet {
    let declare = |name: &&str| format!("{name}: {{Value: !Ref Vpc}}");
    let declared: Vec<String> = outputs.iter().map(declare).collect();
    let declared = declared.join(", ");
    let vpc = format!("Resources:\n  Vpc: {{Type: AWS::EC2::VPC}}\nOutputs: {{{declared}}}\n");
    let site = format!(
        "Resources:\n  Site:\n    Type: AWS::SNS::Topic\n    Properties: {{DisplayName: \"{{{{ {read} }}}}\"}}\n"
    );
    let files = [
        ("nucleon.yaml", CONFIGURATION.to_owned()),
        (
            "environments/dev.yaml",
            "proton: EnvironmentSpec\nspec: {size: 1}\n".to_owned(),
        ),
        (
            "services/web.yaml",
            "proton: ServiceSpec\ninstances:\n  - {name: dev, environment: dev, spec: {size: 1}}\n"
                .to_owned(),
        ),
        ("templates/vpc/v1/schema/schema.yaml", schema("environment")),
        (
            "templates/vpc/v1/infrastructure/manifest.yaml",
            MANIFEST.to_owned(),
        ),
        ("templates/vpc/v1/infrastructure/cloudformation.yaml", vpc),
        ("templates/site/v1/schema/schema.yaml", schema("service")),
        (
            "templates/site/v1/instance_infrastructure/manifest.yaml",
            MANIFEST.to_owned(),
        ),
        (
            "templates/site/v1/instance_infrastructure/cloudformation.yaml",
            site,
        ),
        (
            "templates/site/v1/.template-registration.yaml",
            "compatible_environments:\n  - vpc:1\n".to_owned(),
        ),
    ];
    loaded(files).await
}

async fn loaded(files: impl IntoIterator<Item = (&'static str, String)>) -> Fleet {
    let file =
        |(path, text): (&str, String)| (RelPath::new(path).unwrap(), Content::Text(text.into()));
    let files: Files = files.into_iter().map(file).collect();
    let loaded = load(&files, &FakeTemplates::default(), "c0ffee").await;
    let loaded = loaded.unwrap();
    assert_eq!(loaded.diagnostics, []);
    loaded.fleet
}

fn ids() -> String {
    "d-1".to_owned()
}

fn told(deployed: &[Deployed]) -> Vec<String> {
    let line = |one: &Deployed| format!("{} {}", one.target, end(&one.result));
    deployed.iter().map(line).collect()
}

async fn deployed(scene: &Scene, fleet: &Fleet, targets: &[&str]) -> Vec<String> {
    let targets: Vec<TargetId> = targets.iter().map(|id| target(id)).collect();
    told(&deploy(&scene.engine(), fleet, &targets, &ids).await)
}

async fn destroyed(scene: &Scene, fleet: &Fleet, targets: &[&str]) -> Vec<String> {
    let farewell = Farewell {
        fleet,
        templates: &FakeTemplates::default(),
        ids: &ids,
        removal: Removal::Delete,
    };
    let targets: Vec<TargetId> = targets.iter().map(|id| target(id)).collect();
    told(&destroy(&scene.engine(), &farewell, &targets).await.unwrap())
}

/// The instance, as it would be planned with the records that are there.
async fn web(scene: &Scene, fleet: &Fleet) -> Result<Candidate, Refusal> {
    let targets = [target(WEB)];
    let tips = scene.state.read(&fleet.with_dependencies(&targets)).await;
    let (mut composed, mut refused) = candidates(fleet, &targets, &tips.unwrap(), &ids);
    match composed.pop() {
        Some(candidate) => Ok(candidate),
        None => Err(refused.remove(0).result.unwrap_err()),
    }
}

/// The environment's record, deployed from what it renders to now.
fn current(fleet: &Fleet) -> Record {
    let composed = candidates(fleet, &[target(DEV)], &[].into(), &ids).0;
    Record {
        rendered_digest: Some(composed[0].deployment.rendered.clone()),
        ..record(DEV, "SUCCEEDED")
    }
}

fn update(id: &str) -> Answer {
    prepared(plan_of(id, Operation::Update, &[Action::Modify]))
}

#[tokio::test]
async fn an_environment_comes_before_what_lives_in_it() {
    let fleet = fleet(&["VpcId"], "environment.outputs.VpcId").await;
    let scene = Scene::new()
        .expect_of(DEV, [update(DEV), executed()])
        .expect_of(WEB, [update(WEB), executed()]);
    let told = deployed(&scene, &fleet, &[WEB, DEV]).await;
    assert_eq!(
        told,
        [
            format!("{DEV} = SUCCEEDED: -"),
            format!("{WEB} = SUCCEEDED: -")
        ]
    );
    let web = web(&scene, &fleet).await.unwrap();
    let body = template(&web);
    assert!(body.contains("DisplayName: \"vpc-1\""), "{body}");
}

#[tokio::test]
async fn what_depends_on_a_failure_is_refused() {
    let fleet = fleet(&["VpcId"], "environment.outputs.VpcId").await;
    let failed = outcome(DeploymentStatus::Failed, Some("no"));
    let scene = Scene::new().expect_of(DEV, [update(DEV), Answer::Execute(Ok(failed))]);
    let told = deployed(&scene, &fleet, &[DEV, WEB]).await;
    assert_eq!(
        told,
        [
            format!("{DEV} = FAILED: no"),
            format!("{WEB} = refused: {WEB} needs {DEV}, which is FAILED")
        ]
    );
}

#[tokio::test]
async fn what_needs_something_that_cannot_be_used_is_refused() {
    let fleet = fleet(&["VpcId"], "environment.outputs.VpcId").await;
    let mut corrupt = Scene::new();
    corrupt.state = corrupt.state.with_corrupt(&target(DEV));
    let cases = [
        (Scene::new(), "is not deployed"),
        (
            Scene::new().with(record(DEV, "IN_PROGRESS")),
            "is IN_PROGRESS",
        ),
        (
            Scene::new().with(record(DEV, "DELETE_COMPLETE")),
            "is DELETE_COMPLETE",
        ),
        (corrupt, "has a record that cannot be read"),
    ];
    for (scene, why) in cases {
        let told = deployed(&scene, &fleet, &[WEB]).await;
        assert_eq!(
            told,
            [format!("{WEB} = refused: {WEB} needs {DEV}, which {why}")]
        );
    }
}

#[tokio::test]
async fn what_cannot_be_rendered_is_refused_with_its_faults() {
    let fleet = fleet(&["VpcId"], "environment.outputs.VpcIdd").await;
    let scene = Scene::new().with(current(&fleet));
    let refusal = web(&scene, &fleet).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Faulty { .. }), "{refusal}");
}

#[tokio::test]
async fn an_output_that_a_changed_template_will_add_is_unknown_until_it_is_there() {
    let fleet = fleet(&["VpcId", "Subnet"], "environment.outputs.Subnet").await;
    let scene = Scene::new().with(record(DEV, "SUCCEEDED"));
    let planned = web(&scene, &fleet).await.unwrap();
    assert_eq!(planned.unknown, ["environment.outputs.Subnet"]);
    // The plan of a pull request may show it, but nothing is applied with it.
    let told = deployed(&scene, &fleet, &[WEB]).await;
    let refused = "reads `environment.outputs.Subnet`, which is not known yet";
    assert_eq!(told, [format!("{WEB} = refused: {WEB} {refused}")]);
}

#[tokio::test]
async fn what_is_known_stays_known_while_its_template_changes() {
    let fleet = fleet(&["VpcId", "Subnet"], "environment.outputs.VpcId").await;
    let scene = Scene::new().with(record(DEV, "SUCCEEDED"));
    let planned = web(&scene, &fleet).await.unwrap();
    assert_eq!(planned.unknown, [""; 0]);
    assert!(template(&planned).contains("vpc-0"));
}

#[tokio::test]
async fn an_output_that_did_not_come_when_its_template_was_deployed_is_none() {
    let fleet = fleet(&["VpcId", "Subnet"], "environment.outputs.Subnet").await;
    let scene = Scene::new().with(current(&fleet));
    let refusal = web(&scene, &fleet).await.unwrap_err();
    assert!(matches!(refusal, Refusal::Faulty { .. }), "{refusal}");
}

#[tokio::test]
async fn what_an_earlier_stage_did_is_told_although_the_state_cannot_be_read_any_more() {
    let fleet = fleet(&["VpcId"], "environment.outputs.VpcId").await;
    let scene = Scene::new().expect_of(DEV, [update(DEV), executed()]);
    scene.state.hide(&target(WEB));
    let told = deployed(&scene, &fleet, &[DEV, WEB]).await;
    let refused = format!("{WEB} = refused: could not reach the state to read {WEB}");
    assert_eq!(told, [format!("{DEV} = SUCCEEDED: -"), refused]);
}

fn destruction(id: &str) -> [Answer; 2] {
    let gone = outcome(DeploymentStatus::DeleteComplete, None);
    let plan = plan_of(id, Operation::Destroy, &[Action::Remove]);
    [prepared(plan), Answer::Execute(Ok(gone))]
}

#[tokio::test]
async fn what_lives_in_an_environment_is_deleted_before_it() {
    let fleet = fleet(&["VpcId"], "environment.outputs.VpcId").await;
    let scene = Scene::new()
        .with(record(DEV, "SUCCEEDED"))
        .with(record(WEB, "SUCCEEDED"))
        .expect_of(DEV, destruction(DEV))
        .expect_of(WEB, destruction(WEB));
    let told = destroyed(&scene, &fleet, &[DEV, WEB]).await;
    assert_eq!(
        told,
        [
            format!("{WEB} = DELETE_COMPLETE: -"),
            format!("{DEV} = DELETE_COMPLETE: -")
        ]
    );
}

#[tokio::test]
async fn an_environment_in_which_something_lives_is_not_deleted() {
    let fleet = fleet(&["VpcId"], "environment.outputs.VpcId").await;
    let scene = Scene::new()
        .with(record(DEV, "SUCCEEDED"))
        .with(record(WEB, "FAILED"));
    let told = destroyed(&scene, &fleet, &[DEV]).await;
    let stays = format!("{DEV} = refused: {DEV} stays, because of what lives in it: {WEB}");
    assert_eq!(told, [stays]);
}

#[tokio::test]
async fn an_environment_stays_when_what_lives_in_it_could_not_be_deleted() {
    let fleet = fleet(&["VpcId"], "environment.outputs.VpcId").await;
    let [planned, _] = destruction(WEB);
    let failed = outcome(DeploymentStatus::DeleteFailed, None);
    let scene = Scene::new()
        .with(record(DEV, "SUCCEEDED"))
        .with(record(WEB, "SUCCEEDED"))
        .expect_of(WEB, [planned, Answer::Execute(Ok(failed))]);
    let told = destroyed(&scene, &fleet, &[DEV, WEB]).await;
    let stays = format!("{DEV} = refused: {DEV} stays, because of what lives in it: {WEB}");
    assert_eq!(told, [format!("{WEB} = DELETE_FAILED: -"), stays]);
}

#[tokio::test]
async fn an_environment_of_what_is_gone_or_was_never_there_is_deleted() {
    let fleet = fleet(&["VpcId"], "environment.outputs.VpcId").await;
    for scene in [
        Scene::new(),
        Scene::new().with(record(WEB, "DELETE_COMPLETE")),
    ] {
        let scene = scene
            .with(record(DEV, "SUCCEEDED"))
            .expect_of(DEV, destruction(DEV));
        let told = destroyed(&scene, &fleet, &[DEV]).await;
        assert_eq!(told, [format!("{DEV} = DELETE_COMPLETE: -")]);
    }
}

#[tokio::test]
async fn what_was_never_deployed_is_gone_already() {
    let fleet = fleet(&["VpcId"], "environment.outputs.VpcId").await;
    let told = destroyed(&Scene::new(), &fleet, &[DEV]).await;
    assert_eq!(told, [format!("{DEV} = unchanged, no record")]);
}

#[tokio::test]
async fn what_has_a_record_that_cannot_be_read_is_not_passed_over() {
    let fleet = fleet(&["VpcId"], "environment.outputs.VpcId").await;
    let mut scene = Scene::new();
    scene.state = scene.state.with_corrupt(&target(DEV));
    let told = destroyed(&scene, &fleet, &[DEV]).await;
    assert_eq!(
        told,
        [format!(
            "{DEV} = refused: the record of {DEV} cannot be read"
        )]
    );
}

#[tokio::test]
async fn what_lives_in_a_customer_managed_environment_reads_its_outputs_from_its_spec() {
    let shared = "\
schema:
  format: {openapi: \"3.0.0\"}
  environment_input_type: Network
  types:
    Network: {type: object, properties: {VpcId: {type: string}}, required: [VpcId]}
";
    let site = "Resources:\n  Site:\n    Type: AWS::SNS::Topic\n    Properties: {DisplayName: \"{{ environment.outputs.VpcId }}{{ service_instance.inputs.size }}\"}\n";
    let fleet = loaded([
        ("nucleon.yaml", CONFIGURATION.to_owned()),
        (
            "environments/dev.yaml",
            "proton: EnvironmentSpec\nspec: {VpcId: vpc-7}\n".to_owned(),
        ),
        (
            "services/web.yaml",
            "proton: ServiceSpec\ninstances: [{name: dev, environment: dev}]\n".to_owned(),
        ),
        ("templates/vpc/v1/schema/schema.yaml", shared.to_owned()),
        ("templates/site/v1/schema/schema.yaml", schema("service")),
        (
            "templates/site/v1/instance_infrastructure/manifest.yaml",
            MANIFEST.to_owned(),
        ),
        (
            "templates/site/v1/instance_infrastructure/cloudformation.yaml",
            site.to_owned(),
        ),
        (
            "templates/site/v1/.template-registration.yaml",
            "compatible_environments:\n  - vpc:1\n".to_owned(),
        ),
    ])
    .await;
    let scene = Scene::new();
    let candidate = web(&scene, &fleet).await.unwrap();
    let body = template(&candidate);
    assert!(body.contains("DisplayName: \"vpc-71\""), "{body}");
    let scene = scene.expect_of(WEB, [update(WEB), executed()]);
    let told = deployed(&scene, &fleet, &[WEB]).await;
    assert_eq!(told, [format!("{WEB} = SUCCEEDED: -")]);
}
