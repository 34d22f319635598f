//! `cargo xtask`: what developers and CI run.
//!
//! Every task does its own set-up first, so that on a fresh machine the first
//! command typed is enough.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's task talks to a terminal"
)]

mod bench;
mod children;
mod demo;
mod docs;
mod fuzz;
mod release;
mod setup;
mod test;
mod workspace;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use crate::workspace::Workspace;

/// What went wrong in a task: a developer reads it, no code does.
type Failure = Box<dyn Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;
type Outcome = Result<()>;

/// Runs a developer task.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
enum Task {
    /// Install what the tests need, below `target/nucleon`
    Setup,
    /// Show what Nucleon does, from a faulty spec to stacks in two accounts
    Demo(demo::Arguments),
    /// Run every test there is
    Test(test::Arguments),
    /// Measure what the project promises, each beside its peer
    Bench(bench::Arguments),
    Fuzz(fuzz::Arguments),
    Docs(docs::Docs),
    Package(release::Package),
    Checksums(release::Checksums),
}

impl Task {
    fn run(&self) -> Outcome {
        match self {
            Self::Setup => prepared().map(drop),
            Self::Demo(arguments) => demo::run(&prepared()?, arguments),
            Self::Test(arguments) => test::run(&prepared()?, arguments),
            Self::Bench(arguments) => bench::run(prepared()?, arguments),
            Self::Fuzz(arguments) => fuzz::run(&Workspace::find(), arguments),
            Self::Docs(docs) => docs.run(),
            Self::Package(package) => package.run(),
            Self::Checksums(checksums) => checksums.run(),
        }
    }
}

fn main() -> ExitCode {
    match Task::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Returns the workspace with everything installed that tasks need.
fn prepared() -> Result<Workspace> {
    let workspace = Workspace::find();
    setup::run(&workspace)?;
    Ok(workspace)
}

/// Returns the root of the repository.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("the crate lies two folders below the root")
        .to_owned()
}

/// Tells the developer something; data goes to stdout.
fn say(text: &str) {
    eprintln!("{text}");
}
