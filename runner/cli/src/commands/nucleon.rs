//! `nucleon`: the commands for people, and the siblings as sub-commands.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

use crate::args::Common;
use crate::commands::history::History;
use crate::commands::import::Import;
use crate::commands::init::Init;
use crate::commands::outdated::Outdated;
use crate::commands::publish::Publish;
use crate::commands::status::Status;
use crate::commands::unlock::Unlock;
use crate::commands::validate::Validate;
use crate::error::Failure;
use crate::main_of::Command;
use crate::{output, sibling};

/// Publishes infrastructure templates and deploys them, with all state in the repository
#[derive(Debug, Parser)]
#[command(
    name = "nucleon",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
pub struct Nucleon {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Check every spec, template and nucleon.yaml; no network, no credentials
    Validate(Validate),
    /// Show how the targets stand
    Status(Status),
    /// Show the deployments of a target, newest first
    History(History),
    /// Free a target whose run is gone, before its lease has run out
    Unlock(Unlock),
    /// Write the files that a platform repository starts with
    Init(Init),
    /// Take over a stack that lives already
    Import(Import),
    /// Publish templates: the next minor version of each major whose content changed
    Publish(Publish),
    /// Show which targets use a template version that is not the newest
    Outdated(Outdated),
    /// Render targets (nucleon-render)
    #[command(disable_help_flag = true)]
    Render(Rest),
    /// Say what would change (nucleon-plan)
    #[command(disable_help_flag = true)]
    Plan(Rest),
    /// Deploy or delete targets (nucleon-apply)
    #[command(disable_help_flag = true)]
    Apply(Rest),
    /// Tell people what happened (nucleon-notify)
    #[command(disable_help_flag = true)]
    Notify(Rest),
    /// Write a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Arguments that go to the sibling as they are.
#[derive(Debug, clap::Args)]
struct Rest {
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENTS"
    )]
    arguments: Vec<OsString>,
}

impl Command for Nucleon {
    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> Result<ExitCode, Failure> {
        let common = &self.common;
        match self.action {
            Action::Validate(validate) => validate.run(common),
            Action::Status(status) => status.run(common),
            Action::History(history) => history.run(common),
            Action::Unlock(unlock) => unlock.run(common),
            Action::Init(init) => init.run(common),
            Action::Import(import) => import.run(common),
            Action::Publish(publish) => publish.run(common),
            Action::Outdated(outdated) => outdated.run(common),
            Action::Render(rest) => sibling::run("render", with_common(common, rest)),
            Action::Plan(rest) => sibling::run("plan", with_common(common, rest)),
            Action::Apply(rest) => sibling::run("apply", with_common(common, rest)),
            Action::Notify(rest) => sibling::run("notify", with_common(common, rest)),
            Action::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Self::command(), "nucleon", &mut script);
                output::data(&String::from_utf8_lossy(&script));
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

/// `nucleon -C dir render` means `nucleon-render -C dir`.
fn with_common(common: &Common, rest: Rest) -> Vec<OsString> {
    let mut arguments = vec![OsString::from("-C"), common.root.clone().into_os_string()];
    arguments.extend(["--format".into(), common.format().to_string().into()]);
    if common.verbose {
        arguments.push("-v".into());
    }
    arguments.extend(rest.arguments);
    arguments
}
