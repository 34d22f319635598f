//! Developer tasks, run as `cargo xtask <task>`.

mod docs;
mod release;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

/// Runs a developer task.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
enum Task {
    Docs(docs::Docs),
    Package(release::Package),
    Checksums(release::Checksums),
}

/// What a task ends with: a developer reads it, no code does.
type Outcome = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let outcome = match Task::parse() {
        Task::Docs(docs) => docs.run(),
        Task::Package(package) => package.run(),
        Task::Checksums(checksums) => checksums.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Returns the root of the repository.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("the crate lies two folders below the root")
        .to_owned()
}

#[expect(clippy::print_stderr, reason = "the one place where tasks speak")]
fn say(text: &str) {
    eprintln!("{text}");
}
