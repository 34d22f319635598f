//! `nucleon-notify`: tells people what would happen, and what happened.

mod deployment;
mod pr;
mod status;
mod webhook;

use std::fmt::Display;
use std::path::{Component, Path};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use nucleon_core::comment::SUMMARY_LIMIT;
use nucleon_core::markdown::Limit;
use nucleon_core::report;
use nucleon_engine::ports::PortError;
use serde::de::DeserializeOwned;

use crate::args::{Common, Format};
use crate::error::{Failure, Kind};
use crate::main_of::Command;
use crate::{env, output};

/// Tells people, on GitHub, what would happen and what happened
///
/// Without a token, or on a pull request from a fork, nothing is sent; the job's summary has it all the same.
#[derive(Debug, Parser)]
#[command(name = "nucleon-notify", version)]
pub struct Notify {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show plans on their pull request: one comment, written anew in place, and a check run
    Pr(pr::Pr),
    /// Tell how a run went: a check run for each stage, and the branch that shows the state to people
    Status(status::Status),
    /// Record how a deployment goes that others provision, and what it gives out
    Deployment(deployment::Deployment),
    /// Tell webhooks and Slack what was planned and how it went
    Webhook(webhook::Webhook),
}

impl Command for Notify {
    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> Result<ExitCode, Failure> {
        match self.what {
            What::Pr(pr) => pr.run(&self.common),
            What::Status(status) => status.run(&self.common),
            What::Deployment(deployment) => deployment.run(&self.common),
            What::Webhook(webhook) => webhook.run(&self.common),
        }
    }
}

/// The platform's folder inside the repository; empty where it is the repository itself.
///
/// Several folders of one repository have a comment and check runs each.
pub(crate) fn key(root: &Path) -> String {
    if root.is_absolute() {
        return String::new();
    }
    let parts = root.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        Component::ParentDir => Some(".."),
        Component::CurDir | Component::Prefix(_) | Component::RootDir => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// How much of the step's summary is left: GitHub drops a summary that is too long.
fn summary_limit() -> Limit {
    let path = env::get(env::GITHUB_STEP_SUMMARY);
    let there = path.and_then(|path| std::fs::metadata(path).ok());
    let taken = there.map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX));
    Limit::Bytes(SUMMARY_LIMIT.room().saturating_sub(taken))
}

/// Reads a document that another of the binaries wrote; `what` it holds, and how it is written.
fn read<T: DeserializeOwned>(path: &Path, what: &str, written_by: &str) -> Result<T, Failure> {
    let unreadable = |error: &dyn Display| {
        let path = path.display();
        let message = format!("could not read the {what} in `{path}`: {error}");
        Failure::new(Kind::CommandLine, message).hint(format!(
            "name the file that `{written_by} --out FILE` wrote"
        ))
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    serde_json::from_str(&text).map_err(|error| unreadable(&error))
}

/// Says what the reader should know though nothing went wrong.
fn notice(text: &str, format: Format) {
    output::say(&format!("note: {text}"));
    if format == Format::Github {
        output::data(&report::notice(text));
    }
}

/// Prints a document; in a workflow run no line of it is taken for a command.
fn print(document: &str, format: Format) {
    if format == Format::Github {
        let end = uuid::Uuid::new_v4();
        output::data(&format!("::stop-commands::{end}\n{document}\n::{end}::\n"));
    } else {
        output::data(document);
    }
}

/// Shows all failures but the last one, which ends the command.
fn finish(failures: Vec<PortError>, format: Format) -> Result<ExitCode, Failure> {
    let mut failures: Vec<Failure> = failures.into_iter().map(Failure::from).collect();
    let Some(last) = failures.pop() else {
        return Ok(ExitCode::SUCCESS);
    };
    for failure in &failures {
        output::failure(failure, format);
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_the_repository_is_its_key() {
        let keys = [
            "",
            ".",
            "./infra/",
            "infra/../platform",
            "/home/dana/platform",
        ];
        let told = keys.map(|root| key(Path::new(root)));
        assert_eq!(told, ["", "", "infra", "infra/../platform", ""]);
    }
}
