//! The steps of `cargo xtask test`.

use std::collections::BTreeSet;
use std::process::Command;

use super::{Parts, conformance, sizes};
use crate::Result;
use crate::children::show;
use crate::workspace::Workspace;

/// One runner of tests.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: &'static str,
    /// Whether the steps after it only fail for the same reason when it fails.
    pub(super) others_need_it: bool,
    /// Runs it; what is given back are its own closing lines.
    pub(super) run: fn(&Workspace, &mut Parts) -> Result<Vec<String>>,
}

/// All steps, in order.
pub(super) const STEPS: &[Step] = &[
    Step {
        name: "format",
        others_need_it: false,
        run: |workspace, _| format(workspace),
    },
    Step {
        name: "lints",
        others_need_it: false,
        run: |workspace, _| lints(workspace),
    },
    Step {
        name: "build",
        others_need_it: true,
        run: |workspace, _| build(workspace),
    },
    Step {
        name: "tests",
        others_need_it: false,
        run: tests,
    },
    Step {
        name: "demo",
        others_need_it: false,
        run: |workspace, _| demo(workspace),
    },
    Step {
        name: "doc-tests",
        others_need_it: false,
        run: |workspace, _| doc_tests(workspace),
    },
    Step {
        name: "dependencies",
        others_need_it: false,
        run: |workspace, _| dependencies(workspace),
    },
    Step {
        name: "generated",
        others_need_it: false,
        run: |workspace, _| generated(workspace),
    },
    Step {
        name: "wasm",
        others_need_it: false,
        run: |workspace, _| wasm(workspace),
    },
    Step {
        name: "conformance",
        others_need_it: false,
        run: |workspace, _| conformance::run(workspace),
    },
    Step {
        name: "sizes",
        others_need_it: false,
        run: |workspace, _| sizes::run(workspace),
    },
];

fn format(workspace: &Workspace) -> Result<Vec<String>> {
    closing(&mut workspace.cargo(&["fmt", "--all", "--check"]), |_| {
        false
    })
}

fn lints(workspace: &Workspace) -> Result<Vec<String>> {
    let mut clippy = workspace.cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]);
    closing(&mut clippy, is_finished)
}

/// Builds the programs that the tests run, which cargo does not do for tests of other crates.
fn build(workspace: &Workspace) -> Result<Vec<String>> {
    closing(
        &mut workspace.cargo(&["build", "--workspace", "--bins"]),
        is_finished,
    )
}

fn tests(workspace: &Workspace, parts: &mut Parts) -> Result<Vec<String>> {
    let mut nextest = workspace.command(workspace.tools().join("tools/bin/cargo-nextest"));
    nextest
        .args(["nextest", "run", "--workspace", "--no-tests", "pass"])
        .envs(parts.variables());
    closing(&mut nextest, |line| {
        ["Summary [", "FAIL [", "TIMEOUT ["]
            .iter()
            .any(|start| line.trim_start().starts_with(start))
    })
}

/// The other command of the README has to go on working, too.
fn demo(workspace: &Workspace) -> Result<Vec<String>> {
    let mut demo = workspace.command(workspace.binaries("debug").join("nucleon-xtask"));
    closing(demo.arg("demo"), |line| line.starts_with("Everything is"))
}

fn doc_tests(workspace: &Workspace) -> Result<Vec<String>> {
    closing(
        &mut workspace.cargo(&["test", "--doc", "--workspace"]),
        |line| line.starts_with("test result:"),
    )
}

fn dependencies(workspace: &Workspace) -> Result<Vec<String>> {
    let mut deny = workspace.command(workspace.tools().join("tools/bin/cargo-deny"));
    deny.args(["--all-features", "check", "bans", "licenses", "sources"]);
    closing(&mut deny, |line| line.starts_with("bans "))
}

/// What is generated in READMEs and workflows must be what would be generated now.
fn generated(workspace: &Workspace) -> Result<Vec<String>> {
    let mut docs = workspace.command(workspace.binaries("debug").join("nucleon-xtask"));
    closing(docs.args(["docs", "--check"]), |_| false)
}

fn wasm(workspace: &Workspace) -> Result<Vec<String>> {
    let target = "wasm32-unknown-unknown";
    closing(
        &mut workspace.cargo(&[
            "build",
            "--package",
            "nucleon-wasm-validator",
            "--target",
            target,
        ]),
        is_finished,
    )
}

/// Runs a runner and picks its closing lines; when it fails they are the error.
pub(super) fn closing(command: &mut Command, is_closing: fn(&str) -> bool) -> Result<Vec<String>> {
    let shown = show(command)?;
    let mut lines: Vec<_> = shown
        .lines
        .into_iter()
        .filter(|line| is_closing(line))
        .collect();
    // Some runners say the same again at the end.
    let mut seen = BTreeSet::new();
    lines.retain(|line| seen.insert(line.clone()));
    if shown.success {
        Ok(lines)
    } else {
        Err(failure(&lines).into())
    }
}

fn failure(closing: &[String]) -> String {
    if closing.is_empty() {
        "see above".to_owned()
    } else {
        closing.join("\n")
    }
}

fn is_finished(line: &str) -> bool {
    line.trim_start().starts_with("Finished ")
}
