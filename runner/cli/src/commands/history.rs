//! `nucleon history`: the deployments of one target.

use std::process::ExitCode;

use clap::Args;
use nucleon_core::target::TargetId;
use nucleon_engine::status::history;

use crate::args::{Common, StateArgs};
use crate::commands::status::show;
use crate::error::{Failure, Kind};
use crate::main_of::block_on;
use crate::workspace;

/// Arguments of `nucleon history`.
#[derive(Debug, Args)]
pub struct History {
    /// The target, such as environment/dev
    target: TargetId,
    #[command(flatten)]
    state: StateArgs,
}

impl History {
    /// Does it.
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        let state = workspace::state(common, &self.state, None)?;
        let entries = block_on(history(&state, &self.target))??;
        if entries.is_empty() {
            return Err(
                Failure::new(Kind::Files, format!("{} was never deployed", self.target))
                    .hint("`nucleon status` lists every target that was"),
            );
        }
        show(&entries, common.format());
        Ok(ExitCode::SUCCESS)
    }
}
