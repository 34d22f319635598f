//! Executes what was approved, and finds out what became of it where that is not certain.

use nucleon_core::deployment::Body;
use nucleon_core::plan::ApprovedPlan;
use nucleon_core::record::Record;

use crate::apply::{Applied, Apply};
use crate::candidate::Candidate;
use crate::hidden::{self, Discreet};
use crate::journal::Journal;
use crate::ports::{Found, PortError, chain};
use crate::recover::{never_began, unattempted};
use crate::refusal::Refusal;

impl Apply<'_> {
    /// Executes an approved plan whose record is open, and closes that.
    pub(crate) async fn execute(
        &self,
        journal: &Journal<'_>,
        candidate: &Candidate,
        approved: &ApprovedPlan,
        record: Record,
    ) -> Result<Applied, Refusal> {
        let deployment = &candidate.deployment;
        let Some(provisioned) = &record.provisioned else {
            unreachable!("a candidate opens its record with the place that was prepared")
        };
        if let Err(refusal) = self.may_go_on(candidate) {
            // Writing the record took its time.
            never_begun(journal, candidate, &record, &refusal.to_string()).await?;
            return self.discard(candidate, provisioned, refusal).await;
        }
        let mut cancelled = self.cancelled.clone();
        let progress = Discreet::of(candidate, self.progress);
        let mut work = self
            .provisioner
            .execute(deployment, approved, provisioned, &progress);
        let outcome = tokio::select! {
            // What was not begun could not be told to stop.
            biased;
            outcome = &mut work => outcome,
            Ok(_) = cancelled.wait_for(|cancelled| *cancelled) => {
                // The cancellation may be refused because the deployment has just ended; the wait tells which.
                let _refused = self.provisioner.cancel(deployment, provisioned).await;
                work.await
            }
        };
        match outcome.map_err(|error| hidden::error(error, candidate)) {
            Ok(outcome) => {
                let outcome = hidden::outcome(outcome, candidate);
                let close = |record: Record, now| record.close(outcome, now);
                let (_, record) = journal.close(candidate.target(), close).await?;
                Ok(Applied::Ended(record))
            }
            Err(error @ PortError::Stale { .. }) => {
                self.stale(journal, candidate, &record, error).await
            }
            // What was not pushed, or not opened, is not under way.
            Err(error @ PortError::Refused { .. })
                if matches!(deployment.body, Body::Proposal(_)) =>
            {
                self.stale(journal, candidate, &record, error).await
            }
            Err(error) => {
                lost_sight(journal, candidate, &error).await;
                Err(error.into())
            }
        }
    }

    /// Closes what was refused as stale as never begun, if the provisioner agrees: a request that was repeated because its
    /// answer got lost is refused as well, although the first one was carried out.
    async fn stale(
        &self,
        journal: &Journal<'_>,
        candidate: &Candidate,
        record: &Record,
        error: PortError,
    ) -> Result<Applied, Refusal> {
        let found = self
            .provisioner
            .inspect(&candidate.deployment, record)
            .await;
        if !matches!(found, Ok(Found::NotStarted)) {
            lost_sight(journal, candidate, &error).await;
            return Err(error.into());
        }
        never_begun(journal, candidate, record, &error.to_string()).await?;
        self.may_go_on(candidate)?;
        Err(error.into())
    }
}

/// Closes the record of what was not begun: the target stays pending.
async fn never_begun(
    journal: &Journal<'_>,
    candidate: &Candidate,
    record: &Record,
    why: &str,
) -> Result<(), Refusal> {
    let outcome = never_began(record, why);
    let close = |record, now| unattempted(record, outcome, now);
    journal.close(candidate.target(), close).await?;
    Ok(())
}

/// Leaves a record open, because the end of its deployment is not known, but lets go of the target, so that the next run
/// finds it out at once.
pub(crate) async fn let_go(
    journal: &Journal<'_>,
    candidate: &Candidate,
    why: &str,
) -> Result<(), Refusal> {
    let message = Some(why.to_owned());
    let let_go = |record: Record, _| Record {
        lease: None,
        message,
        ..record
    };
    journal.close(candidate.target(), let_go).await?;
    Ok(())
}

/// Lets go of a deployment whose end is not known because of an error.
pub(crate) async fn lost_sight(journal: &Journal<'_>, candidate: &Candidate, error: &PortError) {
    let why = format!("lost sight of the deployment: {}", chain(error));
    // Where this cannot be written the lease runs out by itself; why sight was lost matters more.
    let _kept = let_go(journal, candidate, &why).await;
}
