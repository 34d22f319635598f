//! Random templates, rendered by us and by Jinja2 itself.
//!
//! `jinja2/generate.py` makes the cases. A template must come out the same, or fail in both; where we refuse what
//! Jinja2 takes, the diagnostic must say that it is not supported, or too much.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the cases come from another program, and a case that cannot be read is a failure"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use nucleon_core::codes::Code;
use nucleon_core::context::Context;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::render::Renderer;
use nucleon_core::template::TemplateSource;
use serde_json::Value as Json;

/// The seed and the number of cases; other ones are given as `NUCLEON_JINJA2_CASES=SEED:COUNT`.
const CASES: (&str, &str) = ("1", "2000");

/// Python with the pinned Jinja2, as `cargo xtask setup` installs it. Where everything is to be tested it must be there.
fn python() -> Option<PathBuf> {
    let tools = std::env::var_os("NUCLEON_TEST_TOOLS").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).join("../nucleon"),
        PathBuf::from,
    );
    let python = tools.join("tools/bin/python");
    if python.exists() {
        return Some(python);
    }
    for variable in ["CI", "NUCLEON_CONFORMANCE"] {
        let is_set = std::env::var_os(variable).is_some();
        assert!(
            !is_set,
            "`{}` is missing, and `{variable}` is set: run `cargo xtask setup`",
            python.display()
        );
    }
    None
}

fn cases(python: &Path) -> Vec<Json> {
    let wanted = std::env::var("NUCLEON_JINJA2_CASES").unwrap_or_default();
    let (seed, count) = wanted.split_once(':').unwrap_or(CASES);
    let generator = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/jinja2/generate.py");
    let output = Command::new(python)
        .args(["-W", "ignore"])
        .arg(generator)
        .args([seed, count])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = String::from_utf8(output.stdout).unwrap();
    let cases = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    cases.collect()
}

/// How a case came out.
enum Verdict {
    Same,
    Refused(String),
    Differs(String),
}

fn verdict(renderer: &Renderer, case: &Json) -> Verdict {
    let template = TemplateSource {
        file: "template.yaml".into(),
        text: case["template"].as_str().unwrap().into(),
    };
    let context = Context::from_json(case["context"].clone()).unwrap();
    let rendered = renderer.render(&template, &context);
    let wanted = case.get("output").map(|output| output.as_str().unwrap());
    match (rendered, wanted) {
        (Ok(rendered), Some(wanted)) if rendered.text() == wanted => Verdict::Same,
        (Ok(rendered), Some(wanted)) => {
            Verdict::Differs(format!("is {:?}, not {wanted:?}", rendered.text()))
        }
        (Ok(rendered), None) => {
            Verdict::Differs(format!("is {:?}, not {}", rendered.text(), case["error"]))
        }
        (Err(_), None) => Verdict::Same,
        (Err(diagnostics), Some(wanted)) => refused(&diagnostics[0], wanted),
    }
}

fn refused(diagnostic: &Diagnostic, wanted: &str) -> Verdict {
    if matches!(diagnostic.code, Code::RenderUnsupported | Code::RenderFuel) {
        Verdict::Refused(diagnostic.message.clone())
    } else {
        Verdict::Differs(format!("fails: {}; not {wanted:?}", diagnostic.message))
    }
}

#[test]
fn random_templates_come_out_as_in_jinja2() {
    let Some(python) = python() else {
        println!("did not run: there is no Jinja2; `cargo xtask setup` installs it");
        return;
    };
    let renderer = Renderer::new();
    let cases = cases(&python);
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let mut differ = Vec::new();
    for case in &cases {
        match verdict(&renderer, case) {
            Verdict::Same => {}
            Verdict::Refused(message) => *refused.entry(message).or_default() += 1,
            Verdict::Differs(how) => differ.push(format!("{} {how}", case["template"])),
        }
    }
    let total = cases.len();
    let refusals: usize = refused.values().sum();
    println!("{total} cases, {refusals} refused, {} differ", differ.len());
    for (message, count) in &refused {
        println!("refused {count}: {message}");
    }
    assert!(differ.is_empty(), "differ:\n{}", differ.join("\n"));
}
