//! What Proton templates must become, byte for byte.
//!
//! The cases are not part of the repository. They lie where
//! `NUCLEON_CONFORMANCE` points, or in `../shared/conformance`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nucleon_tests::variables;
use serde_json::Value;

use crate::workspace::Workspace;
use crate::{Failure, Result};

pub(super) fn run(workspace: &Workspace) -> Result<Vec<String>> {
    let Some(folder) = folder(workspace)? else {
        return Ok(vec![format!(
            "did not run: {} is not set",
            variables::CONFORMANCE
        )]);
    };
    let renderer = Renderer {
        program: workspace.binaries("debug").join("nucleon-render"),
    };
    let real = renderer.real_templates(&folder)?;
    let small = renderer.small_templates(&folder)?;
    Ok(vec![real, small])
}

fn folder(workspace: &Workspace) -> Result<Option<PathBuf>> {
    if let Some(folder) = env::var_os(variables::CONFORMANCE) {
        let folder = workspace.path("").join(folder);
        let is_there = folder.join("cases.json").exists();
        return if is_there {
            Ok(Some(folder))
        } else {
            Err(format!("{} holds no cases.json", folder.display()).into())
        };
    }
    Ok(Some(workspace.path("../shared/conformance"))
        .filter(|folder| folder.join("cases.json").exists()))
}

#[derive(Debug)]
struct Renderer {
    program: PathBuf,
}

impl Renderer {
    /// Renders the real bundles: every case must come out as Proton wrote it.
    fn real_templates(&self, folder: &Path) -> Result<String> {
        let cases = list(&folder.join("cases.json"))?;
        let mut wrong = Vec::new();
        for case in &cases {
            let file = |key: &str| folder.join(text(&case[key]));
            let rendered = self.render(&file("template"), &file("context"))?;
            if rendered.as_deref() != Some(&*fs::read(file("expected"))?) {
                wrong.push(text(&case["name"]));
            }
        }
        let score = format!(
            "{} of {} cases render byte for byte",
            cases.len() - wrong.len(),
            cases.len()
        );
        if wrong.is_empty() {
            Ok(score)
        } else {
            Err(format!("{score}; these do not:\n{}", wrong.join("\n")).into())
        }
    }

    /// Renders the small templates; how many come out as with Jinja2 is a score, not a demand.
    fn small_templates(&self, folder: &Path) -> Result<String> {
        let cases = list(&folder.join("jinja.json"))?;
        let scratch = tempfile::tempdir()?;
        let (template, context) = (
            scratch.path().join("template"),
            scratch.path().join("context.json"),
        );
        let mut wrong = Vec::new();
        for case in &cases {
            fs::write(&template, text(&case["template"]))?;
            fs::write(&context, case["context"].to_string())?;
            let rendered = self.render(&template, &context)?;
            if rendered.as_deref() != case["output"].as_str().map(str::as_bytes) {
                wrong.push(text(&case["name"]));
            }
        }
        let differing = if wrong.is_empty() {
            String::new()
        } else {
            format!("; not {}", wrong.join(" "))
        };
        Ok(format!(
            "{} of {} small templates are as with Jinja2{differing}",
            cases.len() - wrong.len(),
            cases.len()
        ))
    }

    /// Renders one template; `None` when that is refused.
    fn render(&self, template: &Path, context: &Path) -> Result<Option<Vec<u8>>> {
        let mut command = Command::new(&self.program);
        command
            .arg("template")
            .arg(template)
            .arg("--context")
            .arg(context);
        let output = command
            .output()
            .map_err(|error| format!("cannot start nucleon-render: {error}"))?;
        match output.status.code() {
            Some(0) => Ok(Some(output.stdout)),
            Some(1) => Ok(None),
            _ => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
        }
    }
}

fn list(path: &Path) -> Result<Vec<Value>> {
    let list: Value = serde_json::from_slice(&fs::read(path)?)?;
    list.as_array()
        .cloned()
        .ok_or_else(|| Failure::from(format!("{} holds no list", path.display())))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
