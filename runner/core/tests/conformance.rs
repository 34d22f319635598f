//! What Proton's own templates must become, and how near our Jinja comes to Jinja2.
//!
//! `data/jinja.json` and `data/jinja-more.json` hold small templates and what Jinja2 3.1.6 makes of them.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the cases stand in files outside of the crate, and a case that cannot be read is a failure"
)]

use std::fs;
use std::path::{Path, PathBuf};

use nucleon_core::context::Context;
use nucleon_core::facts::TemplateFacts;
use nucleon_core::render::{Renderer, render};
use nucleon_core::template::TemplateSource;
use serde_json::Value as Json;

/// The folder of the conformance cases: where `NUCLEON_CONFORMANCE` says, which must then exist,
/// else beside the repository.
fn folder() -> Option<PathBuf> {
    if let Ok(folder) = std::env::var("NUCLEON_CONFORMANCE") {
        return Some(folder.into());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    folder.is_dir().then_some(folder)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

fn template(file: &str, text: &str) -> TemplateSource {
    TemplateSource {
        file: file.into(),
        text: text.into(),
    }
}

#[test]
fn every_template_of_protons_samples_renders_byte_for_byte() {
    let Some(folder) = folder() else {
        println!(
            "did not run: `NUCLEON_CONFORMANCE` is not set, and ../shared/conformance is not there"
        );
        return;
    };
    let cases = json(&read(&folder.join("cases.json")));
    let cases = cases.as_array().unwrap();
    let renderer = Renderer::new();
    let differ = cases.iter().filter(|case| {
        let path = |key: &str| folder.join(case[key].as_str().unwrap());
        let file = case["template"].as_str().unwrap();
        let context = Context::from_json(json(&read(&path("context")))).unwrap();
        let rendered = renderer.render(&template(file, &read(&path("template"))), &context);
        rendered.unwrap().text() != read(&path("expected"))
    });
    let differ: Vec<_> = differ.map(|case| &case["name"]).collect();
    println!("{} cases", cases.len());
    assert!(differ.is_empty(), "differ: {differ:?}");
    assert_eq!(cases.len(), 57);
}

#[test]
fn small_templates_come_out_as_in_jinja2() {
    let first = json(include_str!("data/jinja.json"));
    let more = json(include_str!("data/jinja-more.json"));
    let (first, more) = (first.as_array().unwrap(), more.as_array().unwrap());
    // All of them have one context.
    let context = &first[0]["context"];
    let differences = |cases: &[Json]| -> Vec<_> {
        let differences = cases.iter().filter_map(|case| difference(case, context));
        differences.collect()
    };
    let mut failing = differences(first);
    let total = first.len();
    println!(
        "jinja.json: {} of {total} as in Jinja2",
        total - failing.len()
    );
    let failing_more = differences(more);
    let total = more.len();
    println!(
        "jinja-more.json: {} of {total} as in Jinja2",
        total - failing_more.len()
    );
    failing.extend(failing_more);
    for (name, difference) in &failing {
        println!("{name}: {difference}");
    }
    assert!(failing.is_empty());
}

/// How a case differs from what Jinja2 makes of it; that a case fails is all that counts of an error.
fn difference(case: &Json, context: &Json) -> Option<(String, String)> {
    let text = case["template"].as_str().unwrap();
    let context = Context::from_json(context.clone()).unwrap();
    let rendered = render(&template("template.yaml", text), &context);
    let wanted = case.get("output").map(|output| output.as_str().unwrap());
    let difference = match (&rendered, wanted) {
        (Ok(rendered), Some(wanted)) if rendered.text() == wanted => return None,
        (Err(_), None) => return None,
        (Ok(rendered), wanted) => format!("{text:?} is {:?}, not {wanted:?}", rendered.text()),
        (Err(diagnostics), Some(_)) => format!("{text:?} fails: {}", diagnostics[0].message),
    };
    Some((case["name"].as_str().unwrap().to_owned(), difference))
}

#[test]
fn what_protons_samples_render_to_are_cloudformation_templates() {
    let Some(folder) = folder() else {
        println!(
            "did not run: `NUCLEON_CONFORMANCE` is not set, and ../shared/conformance is not there"
        );
        return;
    };
    let renderer = Renderer::new();
    let cases = json(&read(&folder.join("cases.json")));
    let faults = cases.as_array().unwrap().iter().filter_map(|case| {
        let path = |key: &str| folder.join(case[key].as_str().unwrap());
        let file = case["template"].as_str().unwrap();
        let context = Context::from_json(json(&read(&path("context")))).unwrap();
        let rendered = renderer.render(&template(file, &read(&path("template"))), &context);
        TemplateFacts::of(&rendered.unwrap()).err()
    });
    let faults: Vec<_> = faults.flatten().collect();
    assert!(faults.is_empty(), "{faults:#?}");
}
