//! What is said of each target, before it is known what the state takes of it.

use nucleon_core::outcome::{DeploymentStatus, Outputs};
use nucleon_core::outcome_file::{OutcomeFile, TargetOutcome};
use nucleon_core::reported::{ReportedOutputs, long_message};
use nucleon_core::target::TargetId;
use nucleon_engine::report::Said;

use crate::error::{Failure, Kind};

/// What is said of one target.
#[derive(Debug)]
pub(super) struct Tale {
    pub(super) target: TargetId,
    pub(super) said: Said,
    pub(super) message: Option<String>,
    pub(super) outputs: Option<Outputs>,
    /// What the reader should know; a sentence each.
    pub(super) notes: Vec<String>,
    /// Whether a newer deployment may have begun meanwhile.
    pub(super) may_be_late: bool,
}

/// What outcomes tell, and the status of those targets that they tell nothing about.
pub(super) fn all(
    named: impl Iterator<Item = TargetId>,
    files: &[OutcomeFile],
    status: Option<Said>,
) -> Result<Vec<Tale>, Failure> {
    let outcomes = files.iter().flat_map(|file| &file.targets);
    let mut tales: Vec<Tale> = outcomes.map(Tale::of).collect();
    let named: Vec<TargetId> = named.collect();
    if named.is_empty() && files.is_empty() {
        let hint = "name it, as in environment/dev, or give --outcome";
        return Err(Failure::new(Kind::CommandLine, "no target is named").hint(hint));
    }
    for target in named {
        if tales.iter().any(|tale| tale.target == target) {
            continue;
        }
        let Some(said) = status else {
            let message = format!("nothing says how the deployment of {target} goes");
            let hint = "add --status IN_PROGRESS, SUCCEEDED, FAILED or CANCELLED";
            return Err(Failure::new(Kind::CommandLine, message).hint(hint));
        };
        tales.push(Tale {
            target,
            said,
            message: None,
            outputs: None,
            notes: Vec::new(),
            may_be_late: !files.is_empty() || said == Said::InProgress,
        });
    }
    Ok(tales)
}

impl Tale {
    fn of(outcome: &TargetOutcome) -> Self {
        let said = match outcome.status {
            Some(DeploymentStatus::Succeeded | DeploymentStatus::DeleteComplete) => Said::Succeeded,
            Some(
                DeploymentStatus::InProgress
                | DeploymentStatus::DeleteInProgress
                | DeploymentStatus::Cancelling,
            ) => Said::InProgress,
            Some(DeploymentStatus::Cancelled) => Said::Cancelled,
            // What was not begun will not be, unless somebody starts it again.
            Some(DeploymentStatus::Failed | DeploymentStatus::DeleteFailed) | None => Said::Failed,
        };
        let mut told = Self {
            target: outcome.target.clone(),
            said,
            message: None,
            outputs: (said == Said::Succeeded).then(|| outcome.outputs.clone()),
            notes: Vec::new(),
            may_be_late: true,
        };
        told.add(Some(&outcome.message), None);
        told
    }

    /// Adds what was not known yet.
    pub(super) fn add(&mut self, message: Option<&str>, outputs: Option<ReportedOutputs>) {
        let hidden = outputs.clone().unwrap_or_default();
        if let Some(message) = message.filter(|_| self.message.is_none()) {
            self.notes.extend(long_message(message));
            self.message = Some(hidden.discreet(message));
        }
        if let Some(read) = outputs {
            self.notes.extend(read.notes);
            self.outputs = Some(read.outputs);
        }
    }
}
