//! `cargo xtask fuzz`: hostile files for everything that reads one.

mod seeds;

use std::fs;
use std::path::Path;

use crate::children::{quiet, show};
use crate::workspace::Workspace;
use crate::{Outcome, Result, say};

/// What makes and runs the fuzzers.
const CARGO_FUZZ: &str = "0.13.2";
/// Where the fuzz targets stand.
const FOLDER: &str = "tests/fuzz";
/// The fuzz targets, and how many bytes an input may have.
const TARGETS: [(&str, u32); 9] = [
    ("render", 4_096),
    ("yaml", 16_384),
    ("schema", 8_192),
    ("bundle", 16_384),
    ("repository", 16_384),
    ("spec", 8_192),
    ("pattern", 2_048),
    ("record", 8_192),
    ("terraform", 8_192),
];

/// Look for inputs that crash, take more than a second or more than 256 MB
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The fuzz targets; all without any
    targets: Vec<String>,
    /// How long each is fuzzed
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
}

/// Fuzzes target after target; what was found lies below `target/nucleon/fuzz` and fails the task.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    let known = |name: &String| TARGETS.iter().any(|(target, _)| target == name);
    if let Some(name) = arguments.targets.iter().find(|name| !known(name)) {
        return Err(format!("there is no fuzz target `{name}`").into());
    }
    install(workspace)?;
    let work = workspace.tools().join("fuzz");
    seeds::write(workspace, &work)?;
    let wanted = |name: &str| {
        arguments.targets.is_empty() || arguments.targets.iter().any(|target| target == name)
    };
    let mut found = Vec::new();
    for (target, longest) in TARGETS.iter().filter(|(target, _)| wanted(target)) {
        say(&format!("{target}: {} minutes", arguments.minutes));
        found.extend(fuzz(
            workspace,
            &work.join(target),
            target,
            *longest,
            arguments.minutes,
        )?);
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(format!(
        "mend these, and keep each as `{FOLDER}/seeds/TARGET/NAME`:\n{}",
        found.join("\n")
    )
    .into())
}

fn install(workspace: &Workspace) -> Outcome {
    let folder = workspace.tools().join("cargo-fuzz");
    if folder.join("bin/cargo-fuzz").exists() {
        return Ok(());
    }
    let mut install =
        workspace.cargo(&["install", "cargo-fuzz", "--locked", "--version", CARGO_FUZZ]);
    quiet(install.arg("--root").arg(folder)).map(drop)
}

/// Fuzzes one target, and returns the files of what it found.
fn fuzz(
    workspace: &Workspace,
    work: &Path,
    target: &str,
    longest: u32,
    minutes: u32,
) -> Result<Vec<String>> {
    let [corpus, seeds, artifacts] =
        ["corpus", "seeds", "artifacts"].map(|folder| work.join(folder));
    let kept = workspace.path(FOLDER).join("seeds").join(target);
    for folder in [&corpus, &seeds, &artifacts] {
        fs::create_dir_all(folder)?;
    }
    let mut fuzz = workspace.command(workspace.tools().join("cargo-fuzz/bin/cargo-fuzz"));
    // The coverage flags are unstable; a sanitizer would take the memory that is to be measured.
    fuzz.env("RUSTC_BOOTSTRAP", "1")
        .args([
            "run",
            "--fuzz-dir",
            FOLDER,
            "--sanitizer",
            "none",
            "--target-dir",
        ])
        .arg(workspace.tools().with_file_name("fuzz"))
        .arg(target)
        .args([&corpus, &seeds])
        .args(kept.exists().then_some(&kept))
        .args([
            "--",
            "-fork=1",
            "-ignore_timeouts=1",
            "-ignore_ooms=1",
            "-ignore_crashes=1",
        ])
        .args(["-timeout=1", "-rss_limit_mb=256"])
        .arg(format!("-max_len={longest}"))
        .arg(format!("-max_total_time={}", minutes * 60))
        .arg(format!("-artifact_prefix={}/", artifacts.display()));
    if !show(&mut fuzz)?.success {
        return Err(format!("`{target}` did not run to its end").into());
    }
    let found = fs::read_dir(artifacts)?.map(|file| Ok(file?.path().display().to_string()));
    found.collect()
}
