//! The real templates of the conformance cases, one process each, beside Jinja2.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use nucleon_tests::variables;
use serde_json::Value;

use super::Bench;
use super::figure::{Limit, Row};
use super::measure::medians;
use crate::Result;

const RUNS: usize = 3;

/// The cases lie outside of the repository, with the reference renderer; without them there is no figure.
pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    let folder = env::var_os(variables::CONFORMANCE).map_or_else(
        || bench.workspace.path("../shared/conformance"),
        |folder| bench.workspace.path("").join(folder),
    );
    if !folder.join("oracle.py").exists() {
        crate::say("bench: jinja: did not run: there are no conformance cases");
        return Ok(Vec::new());
    }
    let files = files(&folder)?;
    let renderer = bench.binary("nucleon-render");
    let ours = all(&files, |template, context| {
        format!(
            "'{}' template {template} --context {context}",
            renderer.display()
        )
    });
    let python = bench.tools.python("python");
    let theirs = all(&files, |template, context| {
        format!("'{}' oracle.py {template} {context}", python.display())
    });
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-ec", script]).current_dir(&folder);
        command
    };
    let (ours, theirs) = medians(RUNS, || shell(&ours), || shell(&theirs))?;
    let name = format!(
        "{} templates of Proton's samples, one process each",
        files.len()
    );
    Ok(vec![
        Row::new(name, ours, Limit::TimesFaster(30.0)).against("Jinja2 in Python", theirs),
    ])
}

/// The template and the context of each case.
fn files(folder: &Path) -> Result<Vec<(String, String)>> {
    let cases: Value = serde_json::from_slice(&fs::read(folder.join("cases.json"))?)?;
    let file = |case: &Value, key: &str| case[key].as_str().unwrap_or_default().to_owned();
    let cases = cases.as_array().into_iter().flatten();
    Ok(cases
        .map(|case| (file(case, "template"), file(case, "context")))
        .collect())
}

fn all(files: &[(String, String)], one: impl Fn(&str, &str) -> String) -> String {
    let lines = files
        .iter()
        .map(|(template, context)| one(template, context) + " > /dev/null");
    lines.collect::<Vec<_>>().join("\n")
}
