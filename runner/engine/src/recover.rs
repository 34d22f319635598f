//! What to do about a record that says `IN_PROGRESS` although nobody works on it any more.

use jiff::Timestamp;
use nucleon_core::outcome::{DeploymentStatus, Outcome};
use nucleon_core::record::{Provisioned, Purpose, Record};
use tokio::sync::watch;

use crate::candidate::Candidate;
use crate::execute::{let_go, lost_sight};
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
) -> Result<(String, Record), Refusal> {
    let found = tools
        .provisioner
        .inspect(&candidate.deployment, &record)
        .await?;
    let taken = Record {
        lease: Some(tools.run.lease_from(tools.now)),
        ..record.clone()
    };
    tools.journal.open(Some(tip.commit), taken).await?;
    let outcome = match found {
        Found::NotStarted => {
            let outcome = never_began(&record, "the run ended before anything was changed");
            let close = |record, now| unattempted(record, outcome, now);
            return tools.journal.close(candidate.target(), close).await;
        }
        Found::Ended(outcome) => outcome,
        Found::Running(provisioned) => tools.wait(candidate, &provisioned).await?,
    };
    let outcome = hidden::outcome(outcome, candidate);
    let close = |record: Record, now| record.close(outcome, now);
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
    pub now: Timestamp,
    /// Turns true when the run is to stop.
    pub cancelled: watch::Receiver<bool>,
}

impl Tools<'_> {
    /// Waits until a deployment of another run has ended. Whoever stops waiting lets go of it, and does not cancel it.
    async fn wait(
        &self,
        candidate: &Candidate,
        provisioned: &Provisioned,
    ) -> Result<Outcome, Refusal> {
        let progress = Discreet::of(candidate, self.progress);
        let mut cancelled = self.cancelled.clone();
        let ended = tokio::select! {
            ended = self.provisioner.wait(&candidate.deployment, provisioned, &progress) => ended,
            Ok(_) = cancelled.wait_for(|cancelled| *cancelled) => {
                let_go(self.journal, candidate, "the run that waited for it was stopped").await?;
                return Err(Refusal::Stopped { target: candidate.target().clone() });
            }
        };
        match ended {
            Ok(outcome) => Ok(outcome),
            Err(error) => {
                lost_sight(self.journal, candidate, &error).await;
                Err(error.into())
            }
        }
    }
}

/// Closes the record of what was not attempted: the target stays pending.
pub(crate) fn unattempted(record: Record, outcome: Outcome, now: Timestamp) -> Record {
    Record {
        rendered_digest: None,
        ..record.close(outcome, now)
    }
}

/// How a deployment ended that never began.
pub(crate) fn never_began(record: &Record, message: &str) -> Outcome {
    let status = match record.purpose {
        Purpose::Destroy => DeploymentStatus::DeleteFailed,
        Purpose::Deploy | Purpose::Import => DeploymentStatus::Cancelled,
    };
    Outcome {
        status,
        message: Some(message.to_owned()),
        outputs: record.outputs.clone(),
        provisioned: record.provisioned.clone(),
    }
}
