//! An infrastructure repository: what was proposed is merged, planned and applied there, and told back.

use nucleon_tests::{Finished, Nucleon, Published};
use serde_json::{Value, json};

use crate::documents::{approval, outcome, plan, target, targets};
use crate::proposals::Scene;

const ENVIRONMENT: &str = "environment/one";

/// A platform with what is merged of it, and where that goes.
struct Merged {
    scene: Scene,
    log: Vec<String>,
}

impl Merged {
    /// One environment is proposed and merged.
    fn new() -> Self {
        let scene = Scene::new();
        let merged = Self {
            scene,
            log: Vec::new(),
        };
        let account = merged.scene.platform.account().clone();
        let bucket = format!("tfstate-{}", account.id());
        account.aws(&["s3api", "create-bucket", "--bucket", &bucket]);
        let merged = merged.with(&[("nucleon.yaml", &settings(account.id()))]);
        let _ = merged.scene.apply(&[]).succeeds();
        merged.scene.merge();
        merged
    }

    /// Writes files of the infrastructure repository, and pushes them.
    fn with(mut self, files: &[(&str, &str)]) -> Self {
        self.scene.infra.git(["switch", "--quiet", "main"]);
        for (path, text) in files {
            self.scene.infra = self.scene.infra.write(path, text);
        }
        self.scene.infra = self.scene.infra.commit("change").push();
        self
    }

    fn run(&self, binary: &str) -> Nucleon {
        let platform = &self.scene.platform;
        platform
            .run_in(&self.scene.infra, binary)
            .args(["--format", "json"])
    }

    fn apply(&self, further: &[&str]) -> Finished {
        self.run("nucleon-apply").args(further).run()
    }

    /// Tells the platform how a deployment went, as the workflow does.
    fn tell(&mut self, applied: &Finished, id: &str) {
        let told = target(&applied.json(), id);
        let record = self.scene.platform.record(id).unwrap();
        if record["purpose"] == "deploy" {
            assert_eq!(told["deployment"], record["id"], "{told:#}");
        }
        let outputs = self.scene.infra.folder().join("../outputs.json");
        let listed = told["outputs"].as_array().cloned().unwrap_or_default();
        std::fs::write(&outputs, json!(listed).to_string()).unwrap();
        let status = told["status"]
            .as_str()
            .unwrap()
            .replace("DELETE_COMPLETE", "SUCCEEDED");
        let _ = self
            .run("nucleon-notify")
            .args(["deployment", id, "--status", &status])
            .args(["--deployment", record["id"].as_str().unwrap()])
            .args(["--outputs", &outputs.display().to_string()])
            .args(["--repository", &self.scene.platform.repository().remote()])
            .run()
            .succeeds();
        let record = self.scene.platform.record(id).unwrap();
        let line = format!("{id} {} {}", record["id"], record["status"]);
        self.log.push(line);
    }
}

/// The `nucleon.yaml` of an infrastructure repository.
fn settings(account: &str) -> String {
    let file = Published::root().join("tests/modules/nucleon.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    text.replace("111122223333", account)
}

#[test]
fn what_is_merged_is_planned_and_applied_and_its_dependants_go_on() {
    let mut merged = Merged::new();
    let proposed = merged.scene.record();

    let rendered = merged
        .run("nucleon-render")
        .args(["--pending"])
        .run()
        .succeeds();
    let matrix = rendered.json()["matrix"].clone();
    assert_eq!(
        matrix,
        json!([{"name": ENVIRONMENT, "environment": "one", "targets": ENVIRONMENT}])
    );
    let planned = merged
        .run("nucleon-plan")
        .args(["--changed-since", "HEAD^"])
        .run()
        .succeeds();
    assert_eq!(plan(&planned, ENVIRONMENT)["operation"], "create");
    let approved = approval(&planned, ENVIRONMENT);
    let applied = merged
        .apply(&["--approved", &approved, ENVIRONMENT])
        .succeeds();

    assert_eq!(outcome(&applied, ENVIRONMENT).0, "SUCCEEDED");
    let record = merged.scene.infra.record(ENVIRONMENT).unwrap();
    assert_eq!(record["id"], proposed["id"]);
    assert_eq!(
        record["provisioned"]["backend"]["key"],
        "one/terraform.tfstate"
    );
    let again = merged
        .run("nucleon-render")
        .args(["--pending"])
        .run()
        .succeeds();
    assert_eq!(again.json()["matrix"], json!([]));
    let shown = format!(
        "{}{}{}{record}",
        planned.stdout(),
        applied.stdout(),
        applied.stderr()
    );
    assert!(!shown.contains("hunter22"), "{shown}");

    merged.tell(&applied, ENVIRONMENT);
    let record = merged.scene.record();
    assert_eq!(record["status"], "SUCCEEDED");
    let outputs = record["outputs"].to_string();
    assert!(
        outputs.contains("one-drawer-hi") && !outputs.contains("key-of-the-drawer"),
        "{outputs}"
    );
    // A service that reads the environment's outputs is proposed now, merged and applied.
    let spec = "proton: ServiceSpec\nname: clips\ntemplate: drawer-svc@1.0\ninstances:\n  - {name: one, environment: one, spec: {team: web}}\n";
    let clips = "service/clips/service-instance/one";
    let platform = merged.scene.platform.clone();
    merged.scene.platform = platform.write("services/clips.yaml", spec);
    let _ = merged.scene.apply(&["--pending"]).succeeds();
    merged.scene.merge_of(clips);
    assert!(
        merged
            .scene
            .infra
            .read("one/clips-one/proton.auto.tfvars.json")
            .contains("one-drawer-hi")
    );
    let applied = merged.apply(&["--pending"]).succeeds();
    assert_eq!(targets(&applied.json()), [clips]);
    merged.tell(&applied, clips);
    let record = merged.scene.platform.record(clips).unwrap();
    assert!(
        record["outputs"]
            .to_string()
            .contains("one-drawer-hi of web"),
        "{record}"
    );
    println!("{:#?}", merged.log);
}

#[test]
fn five_environments_of_one_commit_are_planned_and_applied_together() {
    let names = ["two", "three", "four", "five", "six"];
    let mut scene = Scene::new();
    for name in names {
        scene = scene.environment(name, "text: hi");
    }
    let merged = Merged {
        scene,
        log: Vec::new(),
    };
    let account = merged.scene.platform.account().clone();
    let bucket = format!("tfstate-{}", account.id());
    account.aws(&["s3api", "create-bucket", "--bucket", &bucket]);
    let mut merged = merged.with(&[("nucleon.yaml", &settings(account.id()))]);
    let _ = merged.scene.apply(&[]).succeeds();
    let infra = &merged.scene.infra;
    infra.git(["fetch", "--quiet", "origin"]);
    for name in names {
        infra.git([
            "checkout",
            "--quiet",
            &format!("origin/nucleon/environment/{name}"),
            "--",
            name,
        ]);
    }
    merged.scene.infra = merged.scene.infra.commit("five at once").push();

    let planned = merged
        .run("nucleon-plan")
        .args(["--changed-since", "HEAD^"])
        .run()
        .succeeds();
    assert_eq!(targets(&planned.json()).len(), 5);
    let mut arguments: Vec<String> = vec!["--changed-since".into(), "HEAD^".into()];
    for name in names {
        arguments.push("--approved".into());
        arguments.push(approval(&planned, &format!("environment/{name}")));
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let applied = merged.apply(&arguments).succeeds();

    for name in names {
        let id = format!("environment/{name}");
        assert_eq!(outcome(&applied, &id).0, "SUCCEEDED");
        merged.tell(&applied, &id);
        assert_eq!(
            merged.scene.platform.record(&id).unwrap()["status"],
            "SUCCEEDED"
        );
    }
}

#[test]
fn a_folder_that_is_marked_as_deleted_is_destroyed_once() {
    let mut merged = Merged::new();
    let applied = merged.apply(&[]).succeeds();
    merged.tell(&applied, ENVIRONMENT);
    let _ = merged.scene.apply(&["--destroy", ENVIRONMENT]).succeeds();
    merged.scene.merge();

    let planned = merged
        .run("nucleon-plan")
        .args(["--pending"])
        .run()
        .succeeds();
    assert_eq!(plan(&planned, ENVIRONMENT)["operation"], "destroy");
    let approved = approval(&planned, ENVIRONMENT);
    let applied = merged
        .apply(&["--pending", "--approved", &approved])
        .succeeds();

    assert_eq!(outcome(&applied, ENVIRONMENT).0, "DELETE_COMPLETE");
    merged.tell(&applied, ENVIRONMENT);
    assert_eq!(merged.scene.record()["status"], "DELETE_COMPLETE");
    let again = merged
        .run("nucleon-render")
        .args(["--pending"])
        .run()
        .succeeds();
    assert_eq!(again.json()["matrix"], json!([]));
}

#[test]
fn the_configuration_of_the_aws_workflow_says_where_folders_go() {
    let merged = Merged::new();
    let account = merged.scene.platform.account().id().to_owned();
    let text = settings(&account);
    let (before, rest) = text.split_once("accounts:").unwrap();
    let (_, after) = rest.split_once("terraform:").unwrap();
    let without_accounts = format!("{before}terraform:{after}");
    let entries = json!({"*": {
        "role": format!("arn:aws:iam::{account}:role/nucleon-apply"),
        "region": "us-east-1",
        "state_bucket": format!("tfstate-{account}"),
    }});
    let merged = merged.with(&[
        ("nucleon.yaml", &without_accounts),
        ("env_config.json", &entries.to_string()),
    ]);

    let applied = merged.apply(&[]).succeeds();

    assert_eq!(outcome(&applied, ENVIRONMENT).0, "SUCCEEDED");
    let record = merged.scene.infra.record(ENVIRONMENT).unwrap();
    assert_eq!(
        record["provisioned"]["backend"]["key"],
        "one/terraform.tfstate"
    );
    assert_eq!(record["account"], json!(account));
}

#[test]
fn a_file_that_somebody_edited_is_told_with_its_place() {
    let merged = Merged::new();
    let path = "one/.proton/deployment-metadata.json";
    let good = merged.scene.infra.read(path);
    let settings = merged.scene.infra.read("nucleon.yaml");
    let refused = |merged: &Merged| {
        let refused = merged.run("nucleon-plan").run().fails_with(1);
        let file: Value = refused.json();
        let all = file["diagnostics"].as_array().cloned().unwrap_or_default();
        let told: Vec<String> = all
            .iter()
            .map(|one| {
                format!(
                    "{}:{} {} {}",
                    one["file"], one["line"], one["code"], one["message"]
                )
            })
            .collect();
        format!("{}\n{}", told.join("\n"), refused.stderr())
    };
    let merged = merged.with(&[(
        path,
        &good.replace("\"isResourceDeleted\"", "isResourceDeleted"),
    )]);
    let why = refused(&merged);
    assert!(
        why.contains("folder/metadata") && why.contains(path),
        "{why}"
    );
    let merged = merged.with(&[(path, &good.replace("environment/one", "environment/two"))]);
    let why = refused(&merged);
    assert!(
        why.contains("belongs into the folder `two`") && why.contains(path),
        "{why}"
    );
    let merged = merged.with(&[(path, &good.replace("arn:aws:proton", "arn:aws:s3"))]);
    let why = refused(&merged);
    assert!(why.contains("is not the ARN of a Proton resource"), "{why}");

    let entries = "{\n  \"*\": {\"role\": \"REPLACE_ME\", \"region\": \"us-east-1\", \"state_bucket\": \"b\"}\n}\n";
    let (before, rest) = settings.split_once("accounts:").unwrap();
    let (_, after) = rest.split_once("terraform:").unwrap();
    let merged = merged.with(&[
        (path, &good),
        ("nucleon.yaml", &format!("{before}terraform:{after}")),
        ("env_config.json", entries),
    ]);
    let why = refused(&merged);
    assert!(
        why.contains("folder/place") && why.contains("env_config.json"),
        "{why}"
    );
    assert!(why.contains("REPLACE_ME` was never replaced"), "{why}");
}

#[test]
fn what_terraform_refuses_is_told_on_its_line_in_the_folder() {
    let merged = Merged::new();
    let main = merged.scene.infra.read("one/main.tf");
    let broken = main.replace("  input = {", "  imput = {");
    let line = broken
        .lines()
        .position(|line| line.contains("imput"))
        .unwrap()
        + 1;
    let merged = merged.with(&[("one/main.tf", &broken)]);

    let refused = merged
        .scene
        .platform
        .run_in(&merged.scene.infra, "nucleon-plan")
        .run()
        .fails_with(1);

    let place = format!("one/main.tf:{line}:");
    assert!(
        refused.stderr().contains(&place),
        "{} {place}",
        refused.stderr()
    );
}
