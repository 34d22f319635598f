//! Folders as Proton committed them: its own, which must not change, and ours, which are new.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the folders stand in files outside of the crate, and a test may panic"
)]

mod tree;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nucleon_core::compose::{Composer, Product, Versioned, Versions};
use nucleon_core::context::{Context, Known};
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::files::{Content, Files, RelPath};
use nucleon_core::folder::{Folder, METADATA, Subject, VALUES, deleted};
use nucleon_core::repository::Repository;
use nucleon_core::source::Module;
use nucleon_core::tags::Tagged;
use nucleon_core::target::{Name, TargetId};
use nucleon_core::version::VersionRef;
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
    for entry in fs::read_dir(&folder).unwrap() {
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

const DEPLOYMENT: &str = "11111111-2222-3333-4444-555555555555";

fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/terraform")
        .join(name)
}

fn repository() -> Files {
    let mut files = Files::default();
    tree::add(&mut files, &own("repository"), "");
    files
}

fn outputs(target: &TargetId) -> Known {
    let outputs = match target {
        TargetId::Environment(_) => vec![("VpcId", "vpc-1"), ("Subnets", "[\"a\",\"b\"]")],
        TargetId::Component(_) => vec![("BucketName", "archive-3")],
        TargetId::Instance { .. } | TargetId::Pipeline { .. } => vec![("Url", "https://x")],
    };
    let text = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    Known::Yes(outputs.into_iter().map(text).collect())
}

/// The folder of every target of a repository, by the target's id.
fn folders(files: &Files, outputs: &(dyn Fn(&TargetId) -> Known + Sync)) -> Vec<Folder> {
    let (repository, faults) = Repository::parse(files);
    assert_eq!(faults, [], "{faults:#?}");
    let mut versions = Versions::default();
    for ((name, major), bundle) in repository.working_bundles() {
        let version = VersionRef {
            name: name.clone(),
            major: *major,
            minor: Some(0),
        };
        let versioned = Versioned {
            bundle: Arc::new(bundle.clone()),
            commit: "c0ffee".to_owned(),
        };
        versions.insert(version, versioned);
    }
    let composer = Composer::new(&repository, &versions, outputs);
    let folder = |target| {
        let (composition, faults): (_, Vec<Diagnostic>) = composer.compose(target);
        assert_eq!(faults, [], "{faults:#?}");
        match composition.unwrap().product {
            Product::Folder(folder) => *folder,
            Product::Template(_) => panic!("a template"),
        }
    };
    repository.targets().values().map(folder).collect()
}

fn folder_of(files: &Files, path: &str) -> Folder {
    let folders = folders(files, &outputs);
    folders
        .into_iter()
        .find(|folder| folder.path().as_str() == path)
        .unwrap()
}

fn bytes(content: &Content) -> &[u8] {
    match content {
        Content::Text(text) => text.as_bytes(),
        Content::Bytes(bytes) => bytes,
        Content::Refused(_) => panic!("refused"),
    }
}

#[test]
fn every_kind_of_target_has_its_folder() {
    let mut rendered = Files::default();
    for folder in folders(&repository(), &outputs) {
        for (path, content) in folder.files(DEPLOYMENT, &Files::default()).iter() {
            rendered.insert(path.below(folder.path()), content.clone());
        }
    }
    let expected = own("expected");
    if !expected.is_dir() {
        for (path, content) in rendered.iter() {
            let file = expected.join(path.as_str());
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes(content)).unwrap();
        }
        panic!("tests/terraform/expected was written: read it");
    }
    let mut wanted = Files::default();
    tree::add(&mut wanted, &expected, "");
    let paths =
        |files: &Files| -> Vec<String> { files.iter().map(|(path, _)| path.to_string()).collect() };
    assert_eq!(paths(&rendered), paths(&wanted));
    for (path, content) in rendered.iter() {
        assert_eq!(Some(content), wanted.get(path.as_str()), "{path}");
    }
}

#[test]
fn an_update_of_our_own_folder_changes_nothing() {
    for folder in folders(&repository(), &outputs) {
        let first = folder.files(DEPLOYMENT, &Files::default());
        assert_eq!(folder.files(DEPLOYMENT, &first), first, "{}", folder.path());
        assert_eq!(folder.left_over(&first), [], "{}", folder.path());
    }
}

#[test]
fn a_folder_of_a_deleted_target_becomes_managed_again_by_an_update() {
    let folder = folder_of(&repository(), "lab/orders-blue");
    let first = folder.files(DEPLOYMENT, &Files::default());
    let gone = deleted(&first);
    assert!(
        text(&gone, "main.tf").starts_with("/*\nThis file is no longer managed by AWS Proton.")
    );
    assert_eq!(text(&gone, VALUES), text(&first, VALUES));
    assert_eq!(deleted(&gone), gone);
    assert_eq!(folder.files(DEPLOYMENT, &gone), first);
}

#[test]
fn an_update_keeps_the_form_without_tags_and_with_texts_as_inputs() {
    let folder = folder_of(&repository(), "lab/orders-green");
    let new = folder.files(DEPLOYMENT, &Files::default());
    let mut old = new.clone();
    let variables = text(&new, "proton.service_instance.variables.tf");
    let (variables, _) = variables.split_once("\nvariable \"proton_tags\"").unwrap();
    // That form ended without a newline.
    let variables = variables.trim_end().replace("= any", "= map(string)");
    let mut values: Json = serde_json::from_str(&text(&new, VALUES)).unwrap();
    values.as_object_mut().unwrap().shift_remove("proton_tags");
    for (path, content) in [
        ("proton.service_instance.variables.tf", variables.clone()),
        (VALUES, values.to_string()),
    ] {
        old.insert(RelPath::new(path).unwrap(), Content::Text(content.into()));
    }
    let updated = folder.files(DEPLOYMENT, &old);
    assert_eq!(
        text(&updated, "proton.service_instance.variables.tf"),
        variables
    );
    assert!(!text(&updated, VALUES).contains("proton_tags"));
}

#[test]
fn lists_are_inputs_even_where_a_folder_took_only_texts() {
    let folder = folder_of(&repository(), "lab");
    let mut old = folder.files(DEPLOYMENT, &Files::default());
    let name = "proton.environment.variables.tf";
    let texts = text(&old, name).replace("= any", "= map(string)");
    old.insert(RelPath::new(name).unwrap(), Content::Text(texts.into()));
    assert!(text(&folder.files(DEPLOYMENT, &old), name).contains("inputs = any"));
}

#[test]
fn a_source_that_left_the_template_is_left_over_and_what_people_added_is_not() {
    let folder = folder_of(&repository(), "lab/orders-blue");
    let mut existing = folder.files(DEPLOYMENT, &Files::default());
    let managed = text(&existing, "main.tf");
    for (path, content) in [
        ("queue.tf", managed.as_str()),
        ("backend.tf", "terraform {}\n"),
    ] {
        existing.insert(RelPath::new(path).unwrap(), Content::Text(content.into()));
    }
    assert_eq!(
        folder.left_over(&existing),
        [RelPath::new("queue.tf").unwrap()]
    );
}

#[test]
fn the_digest_is_that_of_the_content_and_not_of_a_deployment() {
    let digest = |files: &Files| folder_of(files, "lab").digest();
    let files = repository();
    let mut changed = files.clone();
    let path = "templates/network/v1/infrastructure/handler.bin";
    changed.insert(
        RelPath::new(path).unwrap(),
        Content::Bytes(b"\xff"[..].into()),
    );
    assert_eq!(digest(&files), digest(&files));
    assert_ne!(digest(&files), digest(&changed));
    let id = folder_of(&files, "lab").deployment_id();
    assert_eq!(
        id.split('-').map(str::len).collect::<Vec<_>>(),
        [8, 4, 4, 4, 12]
    );
}

#[test]
fn outputs_that_nobody_knows_yet_are_named_and_stand_empty() {
    let folders = folders(&repository(), &|_| Known::NotYet);
    let of = |path: &str| {
        folders
            .iter()
            .find(|folder| folder.path().as_str() == path)
            .unwrap()
    };
    assert_eq!(of("lab").unknown(), [""; 0]);
    assert_eq!(of("lab/orders-green").unknown(), ["environment.outputs"]);
    let blue = [
        "environment.outputs",
        "service_instance.components.default.outputs",
    ];
    assert_eq!(of("lab/orders-blue").unknown(), blue);
    let values = text(&of("lab/orders-green").files("", &Files::default()), VALUES);
    assert!(values.contains("\"outputs\" : { }"), "{values}");
}
