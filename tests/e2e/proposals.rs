//! Targets that are provisioned by pull request: what is pushed, what GitHub is asked for, and what the record says.

mod refusals;
mod scene;

use serde_json::{Value, json};

use crate::documents::{approval, outcome, plan};

pub(crate) use scene::Scene;

const ENVIRONMENT: &str = "environment/one";
const BRANCH: &str = "nucleon/environment/one";

#[test]
fn a_folder_is_proposed_and_the_record_waits_for_it() {
    let scene = Scene::new();
    let planned = scene.run("nucleon-plan").run().succeeds();
    let shown = plan(&planned, ENVIRONMENT);
    assert_eq!(shown["operation"], "create");
    assert!(
        !planned.stdout().contains("hunter22"),
        "{}",
        planned.stdout()
    );
    let approved = approval(&planned, ENVIRONMENT);

    let applied = scene.apply(&["--approved", &approved]).succeeds();

    let (status, message) = outcome(&applied, ENVIRONMENT);
    assert_eq!(status, "IN_PROGRESS");
    assert!(
        message.starts_with("proposed: https://github.com/"),
        "{message}"
    );
    let record = scene.record();
    assert_eq!(record["status"], "IN_PROGRESS");
    assert_eq!(record["lease"], Value::Null);
    assert_eq!(record["completed"], Value::Null);
    assert_eq!(record["provisioned"]["provisioner"], "pull-request");
    let metadata = scene.proposed("one/.proton/deployment-metadata.json");
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    assert_eq!(metadata["deploymentId"], record["id"]);
    assert!(
        scene
            .proposed("one/main.tf")
            .starts_with("/*\nThis file is managed by AWS Proton.")
    );
    let subject = scene
        .infra
        .git(["log", "-1", "--format=%s", &format!("origin/{BRANCH}")]);
    assert_eq!(subject, "Update requested for Proton - environment/one");
    let behind = scene
        .infra
        .git(["rev-list", "--count", &format!("main..origin/{BRANCH}")]);
    assert_eq!(behind, "1");

    assert_eq!(
        scene.requests(),
        [
            "GET /repos/acme/infra/pulls?head=acme:nucleon%2Fenvironment%2Fone&state=all&sort=created&direction=desc&per_page=1",
            "POST /repos/acme/infra/pulls",
        ]
    );
    let asked = &scene.github.requests()[1].body;
    assert_eq!(
        asked["title"],
        "Update requested for Proton - environment/one"
    );
    assert_eq!(
        (&asked["head"], &asked["base"]),
        (&json!(BRANCH), &json!("main"))
    );
    let body = asked["body"].as_str().unwrap();
    assert!(body.contains("drawer-env&#64;1.0"), "{body}");
    assert!(body.contains("environment.inputs.text"), "{body}");
    assert!(body.contains("Rendered difference"), "{body}");
    assert!(!body.contains("hunter22"), "{body}");
    let shown = format!("{}{}{}", applied.stdout(), applied.stderr(), record);
    assert!(
        !shown.contains("hunter22") && !shown.contains("github_pat_secret"),
        "{shown}"
    );
}

#[test]
fn what_is_proposed_already_is_left_alone_and_a_changed_spec_rewrites_it_in_place() {
    let scene = Scene::new();
    let _ = scene.apply(&[]).succeeds();
    let first = scene.record();
    let scene = scene.with_pull("open");

    let pending = scene.apply(&["--pending"]).succeeds();
    assert_eq!(pending.json()["targets"], json!([]));
    let again = scene.apply(&[]).succeeds();
    assert_eq!(outcome(&again, ENVIRONMENT).0, "IN_PROGRESS");
    assert_eq!(scene.record(), first);

    let scene = scene.spec("text: hello");
    let _ = scene.apply(&["--pending"]).succeeds();

    let second = scene.record();
    assert_ne!(second["id"], first["id"]);
    assert_eq!(second["provisioned"]["number"], 7);
    assert!(
        scene
            .proposed("one/proton.auto.tfvars.json")
            .contains("hello")
    );
    let behind = scene
        .infra
        .git(["rev-list", "--count", &format!("main..origin/{BRANCH}")]);
    assert_eq!(behind, "1");
    let last = scene.requests().pop().unwrap();
    assert_eq!(last, "PATCH /repos/acme/infra/pulls/7");
}

#[test]
fn a_pull_request_that_was_closed_unmerged_is_opened_anew() {
    let scene = Scene::new();
    let _ = scene.apply(&[]).succeeds();
    let first = scene.record();
    let scene = scene.with_pull("closed");

    let _ = scene.apply(&[]).succeeds();

    assert_ne!(scene.record()["id"], first["id"]);
    let last = scene.requests().pop().unwrap();
    assert_eq!(last, "POST /repos/acme/infra/pulls");
}

#[test]
fn what_is_merged_and_deployed_stays_and_what_is_withdrawn_is_closed() {
    let scene = Scene::new();
    let _ = scene.apply(&[]).succeeds();
    scene.merge();
    scene
        .infra
        .git(["push", "--quiet", "origin", &format!(":{BRANCH}")]);
    let waiting = scene.with_pull("closed");
    let _ = waiting.apply(&[]).succeeds();
    assert_eq!(waiting.record()["status"], "IN_PROGRESS");
    waiting.ended("SUCCEEDED");
    let unchanged = waiting.apply(&[]).succeeds();
    assert_eq!(
        outcome(&unchanged, ENVIRONMENT),
        ("SUCCEEDED".to_owned(), "nothing changes".to_owned())
    );

    let scene = waiting.spec("text: another");
    let _ = scene.apply(&[]).succeeds();
    assert_eq!(scene.record()["status"], "IN_PROGRESS");
    assert_eq!(scene.branches(), [format!("refs/heads/{BRANCH}")]);
    let scene = scene.with_pull("open").spec("text: hi, secret: hunter22");
    let planned = scene.run("nucleon-plan").run().succeeds();
    let note = plan(&planned, ENVIRONMENT)["notes"][0].clone();
    assert!(
        note.as_str().unwrap().starts_with("withdraws https://"),
        "{note}"
    );
    let withdrawn = scene.apply(&[]).succeeds();

    assert_eq!(outcome(&withdrawn, ENVIRONMENT).0, "SUCCEEDED");
    assert_eq!(scene.branches(), [] as [&str; 0]);
    let last = scene.github.requests().pop().unwrap();
    assert_eq!(last.body, json!({"state": "closed"}));
}

#[test]
fn a_removal_proposes_the_deletion_form() {
    let scene = Scene::new();
    let _ = scene.apply(&[]).succeeds();
    scene.merge();
    scene.ended("SUCCEEDED");
    let before = scene.infra.read("one/main.tf");

    let planned = scene
        .run("nucleon-plan")
        .args(["--destroy", ENVIRONMENT])
        .run()
        .succeeds();
    assert_eq!(plan(&planned, ENVIRONMENT)["operation"], "destroy");
    let approved = approval(&planned, ENVIRONMENT);
    let removed = scene
        .apply(&["--destroy", ENVIRONMENT, "--approved", &approved])
        .succeeds();

    assert_eq!(outcome(&removed, ENVIRONMENT).0, "DELETE_IN_PROGRESS");
    let after = scene.proposed("one/main.tf");
    assert!(
        after.starts_with("/*\nThis file is no longer managed by AWS Proton."),
        "{after}"
    );
    assert_eq!(
        after.split_once("*/").unwrap().1.trim(),
        before.split_once("*/").unwrap().1.trim()
    );
    let metadata = scene.proposed("one/.proton/deployment-metadata.json");
    assert!(
        metadata.contains("\"isResourceDeleted\" : true"),
        "{metadata}"
    );
    let body = scene.github.requests().pop().unwrap().body["body"].clone();
    assert!(
        body.as_str().unwrap().contains("is to be destroyed"),
        "{body}"
    );

    let pending = scene.apply(&["--pending"]).succeeds();
    assert_eq!(pending.json()["targets"], json!([]));
}

#[test]
fn what_was_never_merged_is_withdrawn_by_its_removal() {
    let scene = Scene::new();
    let _ = scene.apply(&[]).succeeds();
    let scene = scene.with_pull("open");

    let removed = scene.apply(&["--destroy", ENVIRONMENT]).succeeds();

    assert_eq!(outcome(&removed, ENVIRONMENT).0, "DELETE_COMPLETE");
    assert_eq!(scene.branches(), [] as [&str; 0]);
}

#[test]
fn a_deployment_that_failed_is_proposed_again_with_another_id_alone() {
    let scene = Scene::new();
    let _ = scene.apply(&[]).succeeds();
    scene.merge();
    scene.ended("FAILED");
    let id = scene.record()["id"].clone();

    let _ = scene.apply(&[]).succeeds();

    assert_ne!(scene.record()["id"], id);
    let _proposed = scene.proposed("README.md");
    let changed = scene
        .infra
        .git(["diff", "--name-only", "main", &format!("origin/{BRANCH}")]);
    assert_eq!(changed, "one/.proton/deployment-metadata.json");
}

#[test]
fn a_dependant_waits_until_what_it_needs_is_provisioned() {
    let scene = Scene::new();
    let scene = Scene {
        platform: scene.platform.write(
            "services/notes.yaml",
            "proton: ServiceSpec\nname: notes\ntemplate: drawer-svc@1\ninstances:\n  - {name: one, environment: one, spec: {team: web}}\n",
        ),
        ..scene
    };
    let settings = scene.platform.repository().read("nucleon.yaml");
    let scene = Scene {
        platform: scene
            .platform
            .write("nucleon.yaml", &format!("{settings}unpinned: [one]\n")),
        ..scene
    };
    let _ = scene.apply(&[ENVIRONMENT]).succeeds();

    let pending = scene.apply(&["--pending"]).succeeds();
    assert_eq!(pending.json()["targets"], json!([]));
    assert!(
        pending
            .stderr()
            .contains("waits for the pull request of environment/one"),
        "{}",
        pending.stderr()
    );
    let refused = scene
        .apply(&["service/notes/service-instance/one"])
        .fails_with(3);
    let (_, message) = outcome(&refused, "service/notes/service-instance/one");
    assert!(message.contains("which is IN_PROGRESS"), "{message}");
}
