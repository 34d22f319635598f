//! `cargo xtask`: what developers and CI run.
//!
//! Every task does its own set-up first, so that on a fresh machine the first
//! command typed is enough.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a developer's task talks to a terminal"
)]

mod children;
mod setup;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// What went wrong in a task, in words for the person who ran it.
type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    about = "Developer tasks",
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what the other tasks need, below `target/nucleon`
    Setup,
    /// Run every test there is
    Test(test::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<()> {
    let workspace = Workspace::find();
    setup::run(&workspace)?;
    match task {
        Task::Setup => Ok(()),
        Task::Test(arguments) => test::run(&workspace, arguments),
    }
}
