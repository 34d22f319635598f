//! `nucleon unlock`: frees a target whose run is gone, with the reason in the ledger.

use std::process::ExitCode;

use clap::Args;
use nucleon_core::target::TargetId;
use nucleon_engine::unlock::{NotUnlocked, Unlocked, unlock};

use crate::args::{Common, StateArgs};
use crate::error::{Failure, Kind};
use crate::main_of::block_on;
use crate::{output, run, workspace};

/// Arguments of `nucleon unlock`.
#[derive(Debug, Args)]
pub struct Unlock {
    /// The target, such as environment/dev
    target: TargetId,
    /// Why; it is kept in the target's history
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    #[command(flatten)]
    state: StateArgs,
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        Err("say why, for those who read the history".to_owned())
    } else {
        Ok(text)
    }
}

impl Unlock {
    /// Does it.
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        let state = workspace::state(common, &self.state, None)?;
        let clock = workspace::clock()?;
        let actor = run::actor();
        let by = (actor.as_str(), self.reason.as_str());
        match block_on(unlock(&self.target, by, &state, &*clock))?? {
            Unlocked::Done { owner, until } => output::say(&format!(
                "{} is free: {owner} had it until {until:.0}; the next run finds out what became of it",
                self.target
            )),
            Unlocked::NotLocked => output::say(&format!("{} is not locked", self.target)),
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl From<NotUnlocked> for Failure {
    fn from(error: NotUnlocked) -> Self {
        let message = error.to_string();
        match error {
            NotUnlocked::NeverDeployed(_) => {
                Self::new(Kind::Files, message).hint("`nucleon status` lists every target that was")
            }
            NotUnlocked::Corrupt(_) => Self::new(Kind::Files, message),
            NotUnlocked::Alive(_) => Self::new(Kind::Stale, message)
                .hint("cancel its run; if it really is gone, run this again"),
            NotUnlocked::Port(error) => error.into(),
        }
    }
}
