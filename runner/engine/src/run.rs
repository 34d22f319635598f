//! Who is at work, and from what.

use jiff::{SignedDuration, Timestamp};
use nucleon_core::record::Lease;

/// One run of a process: a workflow run's job, or a person at a terminal.
#[derive(Clone, Debug)]
pub struct Run {
    /// Who holds the leases: the run and its attempt, or user and machine.
    pub owner: String,
    /// Who asked for it.
    pub actor: String,
    /// The commit of the platform repository.
    pub commit: String,
    /// The pull request that brought the commit.
    pub pull_request: Option<u64>,
    /// The run's page.
    pub run_url: Option<String>,
    /// How long a lease lasts; it is renewed three times in that span.
    pub lease: SignedDuration,
}

impl Run {
    /// A lease that begins now.
    pub fn lease_from(&self, now: Timestamp) -> Lease {
        Lease {
            owner: self.owner.clone(),
            expires: now + self.lease,
        }
    }
}
