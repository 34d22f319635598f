//! `templates-examples/`: what people copy renders to what is shown beside it, and linters find nothing in it.
//!
//! `spec/spec.yaml` of an example renders to its `expected/`; further specs show variants and are linted only. A
//! component has `spec/context.json` in place of a spec. Where `expected/` is missing it is written, and the test fails
//! so that somebody reads it.

mod deployed;
mod shown;
mod tree;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use nucleon_tests::{Tools, hermetic};
use serde_json::json;

use shown::{Shown, folder};
use tree::Tree;

#[test]
fn every_example_renders_to_what_is_shown() {
    let mut wrong = Vec::new();
    for example in Shown::all() {
        let rendered = example.rendered("spec");
        let expected = example.folder().join("expected");
        if !expected.exists() {
            rendered.write(&expected);
            wrong.push(format!(
                "{} was missing and is written; read it",
                expected.display()
            ));
        }
        let differences = Tree::read(&expected).differences(&rendered);
        wrong.extend(
            differences
                .into_iter()
                .map(|difference| format!("{}: {difference}", example.name())),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn cfn_lint_finds_nothing_in_what_examples_render_to() {
    let out = tempfile::tempdir().unwrap();
    for example in Shown::all() {
        for spec in example.specs() {
            let below = out.path().join(example.name()).join(&spec);
            example.rendered(&spec).with_nested().write(&below);
        }
        let below = out.path().join(example.name()).join("with-component");
        example.with_component().write(&below);
    }
    let templates: Vec<PathBuf> = tree::files(out.path())
        .into_iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "yaml"))
        .collect();

    // One process for all: most of its time is for reading the specification.
    let mut linter = Command::new(Tools::find().python("cfn-lint"));
    let linted = hermetic(&mut linter).args(&templates).output().unwrap();

    let said = String::from_utf8_lossy(&linted.stdout) + String::from_utf8_lossy(&linted.stderr);
    assert!(linted.status.success() && said.is_empty(), "{said}");
    assert!(templates.len() > 20, "{templates:?}");
}

#[test]
fn terraform_in_examples_is_formatted() {
    // Terraform makes a folder in its user's home, and asks the network for a newer self.
    let home = tempfile::tempdir().unwrap();
    let mut terraform = Command::new("terraform");
    let formatted = hermetic(&mut terraform)
        .env("HOME", home.path())
        .env("CHECKPOINT_DISABLE", "1")
        .args(["fmt", "-check", "-recursive", "-diff"])
        .arg(folder())
        .output()
        .expect("terraform is installed");

    let said = String::from_utf8_lossy(&formatted.stdout);
    assert!(formatted.status.success(), "{said}");
}

#[test]
fn every_readme_tells_of_every_input_and_every_output() {
    let mut missing = Vec::new();
    for example in Shown::all() {
        let readme = example.text("README.md");
        assert!(readme.starts_with(&format!("# {}\n", example.name())));
        let told = example.inputs().into_iter().chain(example.outputs());
        let untold = told.filter(|word| !readme.contains(&format!("`{word}`")));
        missing.extend(untold.map(|word| format!("{}: {word}", example.name())));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn services_are_shown_with_the_outputs_that_their_environments_have() {
    let mut missing = Vec::new();
    for example in Shown::all() {
        let shown = example.environment_outputs();
        for environment in example.environments() {
            let known = Shown::named(&environment).outputs();
            let unknown = shown.keys().filter(|output| !known.contains(output));
            let complaint = |output| format!("{}: {environment} has no {output}", example.name());
            missing.extend(unknown.map(complaint));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn every_input_of_an_example_makes_a_good_field_of_a_form() {
    let mut poor = Vec::new();
    for example in Shown::all() {
        for (input, schema) in example.properties() {
            let text = |key: &str| schema[key].as_str().unwrap_or_default().to_owned();
            let (title, description) = (text("title"), text("description"));
            let sentence =
                description.starts_with(char::is_uppercase) && !description.ends_with('.');
            if title.is_empty() || title.len() > 40 || !sentence {
                poor.push(format!(
                    "{}: {input}: {title}: {description}",
                    example.name()
                ));
            }
        }
    }
    assert!(poor.is_empty(), "{}", poor.join("\n"));
}

#[test]
fn shared_artifacts_admit_every_account_of_the_instances_once_in_both_regions() {
    let instance = |account: &str| json!({"environment": {"account_id": account}});
    let accounts = ["444455556666", "111122223333", "444455556666"];
    let context = json!({
        "service": {"name": "shop"},
        "pipeline": {"inputs": {"second_region": "eu-west-1", "build_retention_days": 90, "image_count": 100}},
        "service_instances": accounts.map(instance),
    });
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, context.to_string()).unwrap();

    let example = Shown::named("shared-artifacts-svc");
    let template = "v1/pipeline_infrastructure/cloudformation.yaml";
    let rendered = example.template(template, &file.path().to_string_lossy());

    let text = rendered.texts().next().unwrap();
    for account in ["111122223333", "444455556666"] {
        let admitted = text.matches(&format!("iam::{account}:root")).count();
        assert_eq!(
            admitted, 6,
            "key, bucket and repository in two regions:\n{text}"
        );
    }
}
