//! Folders as Proton committed them: its own, which must not change, and ours, which are new.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the folders stand in files outside of the crate, and a test may panic"
)]

mod tree;

use std::path::{Path, PathBuf};

use nucleon_core::context::Context;
use nucleon_core::files::Files;
use nucleon_core::folder::{Folder, METADATA, Subject, VALUES, deleted};
use nucleon_core::source::Module;
use nucleon_core::tags::Tagged;
use nucleon_core::target::{Name, TargetId};
use serde_json::Value as Json;

/// The folder of Proton's own folders; see `conformance.rs`.
fn folder() -> Option<PathBuf> {
    if let Ok(folder) = std::env::var("NUCLEON_CONFORMANCE") {
        return Some(Path::new(&folder).join("terraform"));
    }
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/terraform");
    folder.is_dir().then_some(folder)
}

fn text(files: &Files, path: &str) -> String {
    files
        .text(path)
        .unwrap_or_else(|| panic!("no {path}"))
        .to_owned()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// The last part of an ARN.
fn resource(arn: &Json) -> &str {
    arn.as_str().unwrap().rsplit(':').next().unwrap()
}

/// Renders the folder of the target that a folder of Proton's names, with the values that stand in it.
fn again(existing: &Files, module: &Files) -> Folder {
    let mut context: Json = serde_json::from_str(&text(existing, VALUES)).unwrap();
    let members = context.as_object_mut().unwrap();
    members.shift_remove("//");
    members.shift_remove("proton_tags");
    let metadata: Json = serde_json::from_str(&text(existing, METADATA)).unwrap();
    let component = metadata.get("componentMetadata");
    let of = component.unwrap_or_else(|| &metadata["resourceMetadata"]);
    let target: TargetId = resource(&of["arn"]).parse().unwrap();
    let arn: Vec<&str> = of["arn"].as_str().unwrap().split(':').collect();
    let template = of
        .get("templateArn")
        .map(|arn| name(resource(arn).split('/').nth(1).unwrap()));
    let environment = match &target {
        TargetId::Environment(name) => Some(name.clone()),
        TargetId::Pipeline { .. } => None,
        TargetId::Instance { .. } | TargetId::Component(_) => Some(name(
            resource(&of["environmentArn"]).split('/').nth(1).unwrap(),
        )),
    };
    let number = |key: &str| {
        of.get(key)
            .map(|number| number.as_str().unwrap().parse().unwrap())
    };
    let subject = Subject {
        target: &target,
        tagged: Tagged {
            account: arn[4],
            region: arn[3],
            template: template.as_ref(),
            environment: environment.as_ref(),
            attached: None,
        },
        version: number("templateMajorVersion")
            .map(|major| (major, number("templateMinorVersion"))),
    };
    let module = Module {
        folder: "instance_infrastructure".into(),
        files: module.clone(),
    };
    Folder::of_module(
        &module,
        &Context::from_json(sorted(context)).unwrap(),
        subject,
    )
}

/// Outputs in the order in which we have them.
fn sorted(mut context: Json) -> Json {
    if let Some(Json::Object(outputs)) = context.pointer_mut("/environment/outputs") {
        outputs.sort_keys();
    }
    context
}

#[test]
fn an_update_of_a_folder_that_proton_wrote_changes_nothing() {
    let Some(folder) = folder() else {
        println!(
            "did not run: `NUCLEON_CONFORMANCE` is not set, and ../shared/conformance is not there"
        );
        return;
    };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        let mut existing = Files::default();
        tree::add(&mut existing, &entry.path(), "");
        let metadata: Json = serde_json::from_str(&text(&existing, METADATA)).unwrap();
        let deployment = metadata["deploymentId"].as_str().unwrap();
        let mut written = again(&existing, &Files::default()).files(deployment, &existing);
        if metadata["isResourceDeleted"] == true {
            written = deleted(&written);
        }
        let name = entry.file_name().into_string().unwrap();
        for (path, _) in existing.iter() {
            let path = path.as_str();
            assert_eq!(text(&written, path), text(&existing, path), "{name}/{path}");
        }
        assert_eq!(written, existing, "{name}");
        folders.push(name);
    }
    println!("{} folders, each byte for byte", folders.len());
    folders.sort();
    let all = [
        "component",
        "environment",
        "pipeline",
        "service_instance",
        "service_instance-deleted",
    ];
    assert_eq!(folders, all);
}
