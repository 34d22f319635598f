//! Records what others say about a deployment that they provision.
//!
//! What is surprising: a message may come late, twice, or after a newer deployment has begun. The ledger knows every
//! deployment's id, so the order of messages decides nothing: one about an older deployment is refused, and one that
//! tells nothing new writes nothing.

use std::time::Duration;

use jiff::Timestamp;
use nucleon_core::deployment::Place;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::outcome::{DeploymentStatus, Outputs};
use nucleon_core::record::{Format, Provisioned, Purpose, Record};
use nucleon_core::target::TargetId;

use crate::ports::{Append, Appended, Clock, PortError, State, Tip};
use crate::run::Run;

/// What Proton wrote as the id of a deployment that deletes.
pub const DELETED: &str = "<proton-resource-deleted>";
/// How often a message is written anew on what somebody else wrote meanwhile.
const ATTEMPTS: u32 = 8;

/// What is said about a deployment, in Proton's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is under way.
    InProgress,
    /// It ended; what was wanted is there.
    Succeeded,
    /// It ended; what was wanted is not there.
    Failed,
    /// It will not happen: its pull request was closed.
    Cancelled,
}

impl std::str::FromStr for Said {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_uppercase().as_str() {
            "IN_PROGRESS" => Ok(Self::InProgress),
            "SUCCEEDED" => Ok(Self::Succeeded),
            "FAILED" => Ok(Self::Failed),
            "CANCELLED" => Ok(Self::Cancelled),
            _ => Err("write IN_PROGRESS, SUCCEEDED, FAILED or CANCELLED".to_owned()),
        }
    }
}

impl Said {
    /// What it means for a record; a deletion has its own words.
    pub fn status(self, purpose: Purpose) -> DeploymentStatus {
        match (self, purpose) {
            (Self::InProgress, Purpose::Destroy) => DeploymentStatus::DeleteInProgress,
            (Self::Succeeded, Purpose::Destroy) => DeploymentStatus::DeleteComplete,
            (Self::Failed | Self::Cancelled, Purpose::Destroy) => DeploymentStatus::DeleteFailed,
            (Self::InProgress, Purpose::Deploy | Purpose::Import) => DeploymentStatus::InProgress,
            (Self::Succeeded, Purpose::Deploy | Purpose::Import) => DeploymentStatus::Succeeded,
            (Self::Failed, Purpose::Deploy | Purpose::Import) => DeploymentStatus::Failed,
            (Self::Cancelled, Purpose::Deploy | Purpose::Import) => DeploymentStatus::Cancelled,
        }
    }
}

/// One message about one deployment.
#[derive(Clone, Debug)]
pub struct Report {
    /// The target.
    pub target: TargetId,
    /// What is said.
    pub said: Said,
    /// Which deployment; nothing for the newest one.
    pub deployment: Option<String>,
    /// One sentence.
    pub message: Option<String>,
    /// What the target gives out; nothing where that was not said.
    pub outputs: Option<Outputs>,
    /// Where the target lives, for its first record.
    pub place: Option<Place>,
    /// An id that nothing else has, for a first record whose deployment has none.
    pub fresh: String,
}

/// What became of a message.
#[derive(Clone, Debug)]
pub enum Reported {
    /// It is recorded.
    Written {
        /// The record now.
        record: Box<Record>,
        /// Whether the target succeeded with other outputs than the last time it did.
        outputs_changed: bool,
    },
    /// It tells nothing that the record may take; nothing was written.
    Kept {
        /// The record as it was.
        record: Box<Record>,
        /// Why.
        why: String,
    },
}

/// Why a message is not recorded.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// A newer deployment is what the target shows.
    #[error(
        "deployment {deployment} of {target} is older than {newest}, which is recorded now: its message came too late"
    )]
    Late {
        /// The target.
        target: TargetId,
        /// What the message was about.
        deployment: String,
        /// The newest deployment.
        newest: String,
    },
    /// The ledger does not know the deployment.
    #[error("{target} has no deployment {deployment}; the newest one is {newest}")]
    Unknown {
        /// The target.
        target: TargetId,
        /// What the message was about.
        deployment: String,
        /// The newest deployment.
        newest: String,
    },
    /// Nucleon itself deploys the target.
    #[error(
        "{target} is deployed by Nucleon itself ({how}): what became of it is not for others to say"
    )]
    Ours {
        /// The target.
        target: TargetId,
        /// How that is known.
        how: String,
    },
    /// There is no record, and nobody says where the target lives.
    #[error("{0} has no record yet, and where it lives is not known")]
    NoPlace(TargetId),
    /// The record cannot be read.
    #[error("{}", .0.message)]
    Corrupt(Box<Diagnostic>),
    /// Others kept writing.
    #[error("others kept writing the record of {0}")]
    Busy(TargetId),
    /// The state could not be reached.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Denied {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Late { .. } => {
                Some("nothing: the newer deployment's own messages count".to_owned())
            }
            Self::Unknown { target, .. } => Some(format!(
                "give the id in .proton/deployment-metadata.json (nucleon history {target} lists all); \
                 a deployment that others begin is told IN_PROGRESS first"
            )),
            Self::Ours { .. } => None,
            Self::NoPlace(_) => Some("give --account and --region".to_owned()),
            Self::Corrupt(diagnostic) => diagnostic.help.clone(),
            Self::Busy(_) => Some("run it again".to_owned()),
            Self::Port(error) => error.hint(),
        }
    }
}

/// Records a message; when somebody was faster, it is looked at again on what they wrote.
///
/// # Panics
///
/// If the state leaves an event without an answer.
pub async fn report(
    state: &dyn State,
    clock: &dyn Clock,
    run: &Run,
    report: &Report,
) -> Result<Reported, Denied> {
    for attempt in 0..ATTEMPTS {
        let ledger = state.history(&report.target).await?;
        let desk = Desk {
            report,
            run,
            now: clock.now(),
        };
        let (expected, record) = match desk.decide(&ledger)? {
            Decision::Keep(record, why) => return Ok(Reported::Kept { record, why }),
            Decision::Write(expected, record) => (expected, record),
        };
        let event = Append {
            expected,
            message: format!("{}: {} ({})", record.target, record.status, record.id),
            record: (*record).clone(),
        };
        let answers = state.append(&[event]).await;
        let answer = answers.into_iter().next();
        match answer.expect("each event has an answer")? {
            Appended::Written(_) => {
                let outputs_changed = has_new_outputs(&record, &ledger);
                return Ok(Reported::Written {
                    record,
                    outputs_changed,
                });
            }
            Appended::Lost => tokio::time::sleep(pause(attempt, &report.fresh)).await,
        }
    }
    Err(Denied::Busy(report.target.clone()))
}

/// Each process waits for another time, so that they do not meet again.
fn pause(attempt: u32, fresh: &str) -> Duration {
    let share = fresh.bytes().fold(0_u8, u8::wrapping_add);
    let share = u32::from(share) + 1;
    Duration::from_millis(100) * 2_u32.pow(attempt.min(5)) * share / 256
}

/// Whether a target succeeded with other outputs than the last time it did.
fn has_new_outputs(record: &Record, ledger: &[Tip]) -> bool {
    let succeeded = |record: &&Record| record.status == DeploymentStatus::Succeeded;
    let records = ledger.iter().filter_map(|tip| tip.record.as_ref().ok());
    let before = records.filter(|record| record.status != DeploymentStatus::InProgress);
    let before = before.take_while(|record| record.status != DeploymentStatus::DeleteComplete);
    let last = before.into_iter().find(succeeded);
    succeeded(&record) && last.is_none_or(|last| last.outputs != record.outputs)
}

enum Decision {
    Write(Option<String>, Box<Record>),
    Keep(Box<Record>, String),
}

/// Everything that decides what a message means.
struct Desk<'a> {
    report: &'a Report,
    run: &'a Run,
    now: Timestamp,
}

impl Desk<'_> {
    fn decide(&self, ledger: &[Tip]) -> Result<Decision, Denied> {
        let Some(tip) = ledger.first() else {
            return Ok(Decision::Write(None, Box::new(self.first()?)));
        };
        let record = tip.record.clone();
        let record = record.map_err(|fault| Denied::Corrupt(Box::new(fault)))?;
        is_for_others(&record)?;
        if let Some(id) = self.other_than(&record) {
            return self.about_another(id, tip, record, ledger);
        }
        if let Some(why) = self.cannot_follow(&record) {
            return Ok(Decision::Keep(Box::new(record), why));
        }
        let told = self.told(record.clone());
        if tells_the_same(&told, &record) {
            let why = format!("deployment {} is recorded so already", record.id);
            return Ok(Decision::Keep(Box::new(record), why));
        }
        Ok(Decision::Write(Some(tip.commit.clone()), Box::new(told)))
    }

    /// The deployment that is meant, where it is not the newest one.
    fn other_than(&self, newest: &Record) -> Option<&str> {
        let id = self.report.deployment.as_deref()?;
        let deletes = id == DELETED && newest.purpose == Purpose::Destroy;
        (id != newest.id && !deletes).then_some(id)
    }

    fn about_another(
        &self,
        id: &str,
        tip: &Tip,
        newest: Record,
        ledger: &[Tip],
    ) -> Result<Decision, Denied> {
        let mut older = ledger.iter().filter_map(|tip| tip.record.as_ref().ok());
        if let Some(older) = older.find(|record| record.id == id) {
            if older.status.is_final() && tells_the_same(&self.told(older.clone()), older) {
                let why = format!("deployment {id} was recorded so, and a newer one since");
                return Ok(Decision::Keep(Box::new(newest), why));
            }
            return Err(Denied::Late {
                target: newest.target,
                deployment: id.to_owned(),
                newest: newest.id,
            });
        }
        let begins = self.report.said == Said::InProgress && newest.status.is_final();
        if begins && id != DELETED {
            let next = self.next(id, newest);
            return Ok(Decision::Write(Some(tip.commit.clone()), Box::new(next)));
        }
        Err(Denied::Unknown {
            target: newest.target,
            deployment: id.to_owned(),
            newest: newest.id,
        })
    }

    /// Why a status cannot follow the one that is recorded.
    fn cannot_follow(&self, record: &Record) -> Option<String> {
        if !record.status.is_final() {
            return None;
        }
        let (id, status) = (&record.id, record.status);
        match self.report.said {
            Said::InProgress => Some(format!(
                "deployment {id} has ended already ({status}): it is not under way again"
            )),
            Said::Cancelled if status != DeploymentStatus::Cancelled => Some(format!(
                "deployment {id} has ended already ({status}): it cannot be cancelled any more"
            )),
            Said::Cancelled | Said::Succeeded | Said::Failed => None,
        }
    }

    /// The record after the message.
    fn told(&self, record: Record) -> Record {
        let status = self.report.said.status(record.purpose);
        let kept = record.message.clone();
        let kept = kept.filter(|_| status == record.status && !status.is_final());
        let mut told = Record {
            status,
            message: self.report.message.clone().or(kept),
            lease: None,
            completed: status.is_final().then_some(self.now),
            run_url: self.run.run_url.clone().or(record.run_url),
            ..record
        };
        if let Some(outputs) = &self.report.outputs {
            told.outputs.clone_from(outputs);
        }
        if status == DeploymentStatus::DeleteComplete {
            told.outputs.clear();
        }
        told
    }

    /// A target's first record.
    fn first(&self) -> Result<Record, Denied> {
        let Report {
            target,
            deployment,
            fresh,
            ..
        } = self.report;
        let place = self.report.place.clone();
        let place = place.ok_or_else(|| Denied::NoPlace(target.clone()))?;
        let deletes = deployment.as_deref() == Some(DELETED);
        let id = deployment.clone().filter(|_| !deletes);
        Ok(self.told(Record {
            format: Format,
            id: id.unwrap_or_else(|| fresh.clone()),
            target: target.clone(),
            purpose: if deletes {
                Purpose::Destroy
            } else {
                Purpose::Deploy
            },
            template: None,
            spec: None,
            inputs_digest: None,
            rendered_digest: None,
            plan_digest: None,
            status: DeploymentStatus::InProgress,
            message: None,
            account: place.account,
            region: place.region,
            provisioned: None,
            outputs: Outputs::new(),
            started: self.now,
            completed: None,
            lease: None,
            actor: self.run.actor.clone(),
            approvals: Vec::new(),
            commit: self.run.commit.clone(),
            pull_request: None,
            run_url: None,
            unknown: std::collections::BTreeMap::new(),
        }))
    }

    /// A deployment that others began after the newest one had ended.
    fn next(&self, id: &str, newest: Record) -> Record {
        self.told(Record {
            id: id.to_owned(),
            purpose: Purpose::Deploy,
            plan_digest: None,
            started: self.now,
            actor: self.run.actor.clone(),
            approvals: Vec::new(),
            ..newest
        })
    }
}

/// Whether the newest deployment is provisioned by others.
fn is_for_others(record: &Record) -> Result<(), Denied> {
    let ours = |how: String| Denied::Ours {
        target: record.target.clone(),
        how,
    };
    if let Some(lease) = record.lease.as_ref().filter(|_| !record.status.is_final()) {
        return Err(ours(format!("{} works on it", lease.owner)));
    }
    match &record.provisioned {
        Some(Provisioned::Cloudformation { stack_name, .. }) => {
            Err(ours(format!("as stack {stack_name}")))
        }
        Some(
            Provisioned::Terraform { .. }
            | Provisioned::Commands { .. }
            | Provisioned::PullRequest { .. },
        )
        | None => Ok(()),
    }
}

/// Whether two records of one deployment tell the same; when and by whom it was told does not count.
fn tells_the_same(told: &Record, before: &Record) -> bool {
    told.status == before.status && told.message == before.message && told.outputs == before.outputs
}

#[cfg(test)]
mod tests;
