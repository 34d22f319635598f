//! What to do about a record that says `IN_PROGRESS` although nobody works on it any more.

use nucleon_core::outcome::{DeploymentStatus, Outcome};
use nucleon_core::record::{Purpose, Record};

use crate::candidate::Candidate;
use crate::hidden::{self, Discreet};
use crate::journal::Journal;
use crate::ports::{Found, Progress, Provisioner, Tip};
use crate::refusal::Refusal;
use crate::run::Run;

/// Closes a dead run's record with what really happened, and gives the tip to go on from.
///
/// The provisioner is asked; nothing is guessed. A deployment that is still running there is taken over and waited for.
pub async fn recover(
    tools: &Tools<'_>,
    candidate: &Candidate,
    tip: Tip,
    record: Record,
) -> Result<Record, Refusal> {
    let found = tools
        .provisioner
        .inspect(&candidate.deployment, &record)
        .await
        .map_err(std::sync::Arc::new)?;
    let taken = Record {
        lease: Some(tools.run.lease_from(tools.now)),
        ..record.clone()
    };
    tools.journal.open(Some(tip.commit), taken).await?;
    let began = !matches!(found, Found::NotStarted);
    let progress = Discreet::of(candidate, tools.progress);
    let outcome = match found {
        Found::NotStarted => never_began(&record),
        Found::Ended(outcome) => outcome,
        Found::Running(provisioned) => tools
            .provisioner
            .wait(&candidate.deployment, &provisioned, &progress)
            .await
            .map_err(std::sync::Arc::new)?,
    };
    let outcome = hidden::outcome(outcome, candidate);
    let close = |record: Record, now| {
        let closed = record.close(outcome, now);
        // What never began was not attempted: the target stays pending.
        let rendered_digest = closed.rendered_digest.clone().filter(|_| began);
        Record {
            rendered_digest,
            ..closed
        }
    };
    tools.journal.close(candidate.target(), close).await
}

/// What recovering needs.
pub struct Tools<'a> {
    /// Knows what happened.
    pub provisioner: &'a dyn Provisioner,
    /// Writes it down.
    pub journal: &'a Journal<'a>,
    /// Who takes over.
    pub run: &'a Run,
    /// Shows a deployment that is still running.
    pub progress: &'a dyn Progress,
    /// Now.
    pub now: jiff::Timestamp,
}

fn never_began(record: &Record) -> Outcome {
    let status = match record.purpose {
        Purpose::Destroy => DeploymentStatus::DeleteFailed,
        Purpose::Deploy | Purpose::Import => DeploymentStatus::Cancelled,
    };
    Outcome {
        status,
        message: Some("the run ended before anything was changed".to_owned()),
        outputs: record.outputs.clone(),
        provisioned: record.provisioned.clone(),
    }
}
