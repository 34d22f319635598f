//! Why a target was not deployed although it was asked for.

use std::sync::Arc;

use jiff::Timestamp;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::manifest::Engine;
use nucleon_core::plan::StalePlan;
use nucleon_core::target::TargetId;

use crate::ports::PortError;

/// A target that was not begun, or whose end is not known.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refusal {
    /// Somebody else works on it.
    #[error("{target} is locked by {owner}{} since {since}, until {until} at the latest", url.as_ref().map(|url| format!(" ({url})")).unwrap_or_default())]
    Locked {
        /// The target.
        target: TargetId,
        /// Who.
        owner: String,
        /// Their run's page.
        url: Option<String>,
        /// Since when.
        since: Timestamp,
        /// When the lease runs out unless it is renewed.
        until: Timestamp,
    },
    /// Somebody else was faster in the moment between reading and writing.
    #[error("somebody was faster with {target}")]
    Faster {
        /// The target.
        target: TargetId,
    },
    /// What would happen now is not what was approved.
    #[error("the plan of {} is not the one that was approved", .0.plan.target)]
    Stale(Box<StalePlan>),
    /// The approved digests do not name this target.
    #[error("nobody approved a plan of {target}")]
    Unapproved {
        /// The target.
        target: TargetId,
    },
    /// The environment demands an approval, and the run has none that counts.
    #[error("{target} needs an approval of GitHub environment `{environment}`: {reason}")]
    NoReview {
        /// The target.
        target: TargetId,
        /// The environment.
        environment: String,
        /// What is missing.
        reason: String,
    },
    /// The plan is not what the pull request showed, and such a change needs an approval.
    #[error(
        "the plan of {target} is not what its pull request showed, and GitHub environment `{environment}` has not approved it: {reason}"
    )]
    Changed {
        /// The target.
        target: TargetId,
        /// The environment.
        environment: String,
        /// What is missing.
        reason: String,
    },
    /// The run was told to stop before it came to this target.
    #[error("the run was stopped before {target} was begun")]
    Stopped {
        /// The target.
        target: TargetId,
    },
    /// Something that it needs is not deployed.
    #[error("{target} needs {dependency}, which {why}")]
    Dependency {
        /// The target.
        target: TargetId,
        /// What it needs.
        dependency: TargetId,
        /// How that stands: `is not deployed`, `failed`.
        why: String,
    },
    /// It is to be deleted, and others live in it.
    #[error("{target} stays, because of what lives in it: {}", listed(tenants))]
    InUse {
        /// The target.
        target: TargetId,
        /// What lives in it.
        tenants: Vec<TargetId>,
    },
    /// It reads an output that is not there until something else is deployed anew.
    #[error("{target} reads `{name}`, which is not known yet")]
    Unknown {
        /// The target.
        target: TargetId,
        /// The output, as templates name it.
        name: String,
    },
    /// Its record cannot be read.
    #[error("{}", .0.message)]
    Corrupt(Box<Diagnostic>),
    /// The user's files are wrong.
    #[error("{target} has faults in its files")]
    Faulty {
        /// The target.
        target: TargetId,
        /// The faults.
        diagnostics: Vec<Diagnostic>,
    },
    /// This version of Nucleon renders it, and has nothing that would deploy what comes out.
    #[error("this version of Nucleon renders {target} and does not deploy it: {why}")]
    OnlyRendered {
        /// The target.
        target: TargetId,
        /// What it is: `its template is for Terraform`.
        why: String,
    },
    /// It is provisioned by pull request, and nothing says in which repository.
    #[error("{target} is provisioned by pull request, and nucleon.yaml names no repository for it")]
    NoInfrastructure {
        /// The target.
        target: TargetId,
    },
    /// It was provisioned in another way, and its state is there.
    #[error("{target} was provisioned {was}, and is to be provisioned {is} now")]
    OtherWay {
        /// The target.
        target: TargetId,
        /// How it was provisioned.
        was: &'static str,
        /// How it is to be.
        is: &'static str,
    },
    /// Something else has made what is there.
    #[error("{target} was made by {}, and its template is for {} now", was.as_str(), is.as_str())]
    OtherEngine {
        /// The target.
        target: TargetId,
        /// What made it.
        was: Engine,
        /// What would make it now.
        is: Engine,
    },
    /// The commands that would delete it are not to be had.
    #[error("the commands that delete {target} are not to be had: {why}")]
    NoBundle {
        /// The target.
        target: TargetId,
        /// What is missing.
        why: String,
    },
    /// An outside system said no before anything was changed, or was lost while it was changing.
    #[error(transparent)]
    Port(#[from] Arc<PortError>),
}

impl From<PortError> for Refusal {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Faulty {
                target,
                diagnostics,
            } => Self::Faulty {
                target,
                diagnostics,
            },
            error => Self::Port(Arc::new(error)),
        }
    }
}

impl Refusal {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Locked { target, .. } => Some(format!(
                "wait for that run to end; a dead one is taken over when its lease has run out, or at once after `nucleon unlock {target} --reason …`"
            )),
            Self::Faster { .. } | Self::Stale(_) => Some("plan again".to_owned()),
            Self::Unapproved { target } => Some(format!(
                "plan {target} and pass its digest: --approved {target}=DIGEST"
            )),
            Self::Changed { environment, .. } => Some(format!(
                "look at what this run planned, and approve it in environment `{environment}`; or open a pull request that shows it"
            )),
            Self::NoReview { environment, .. } => Some(format!(
                "add a required reviewer to environment `{environment}`, and approve the run there"
            )),
            Self::Dependency { dependency, .. } => Some(format!("deploy {dependency} first")),
            Self::InUse { target, tenants } => Some(format!(
                "delete them first, or all at once: nucleon-apply --destroy {} {target}; `--force` deletes it all the same",
                tenants
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(" ")
            )),
            Self::Unknown { .. } => {
                Some("deploy what gives it out first; its template has changed".to_owned())
            }
            Self::Corrupt(diagnostic) => diagnostic.help.clone(),
            Self::Stopped { .. } => Some("run it again".to_owned()),
            Self::Faulty { .. } => None,
            Self::OnlyRendered { target, .. } => Some(format!(
                "write what it renders to with `nucleon-render {target} --out DIR`, and apply it as before"
            )),
            Self::NoInfrastructure { .. } => {
                Some("write `provisioning: {repository: owner/name}` in nucleon.yaml".to_owned())
            }
            Self::OtherWay { target, .. } => Some(format!(
                "write its `provisioning` as it was; or let Nucleon forget it, with the state staying where it is: nucleon-apply --destroy --force {target}"
            )),
            Self::OtherEngine { target, .. } => Some(format!(
                "delete what is there first, with the template that made it: nucleon-apply --destroy {target}"
            )),
            Self::NoBundle { target, .. } => Some(format!(
                "delete by hand what its commands made, then forget it: nucleon-apply --destroy --force {target}"
            )),
            Self::Port(error) => error.hint(),
        }
    }
}

/// Targets in a sentence.
fn listed(targets: &[TargetId]) -> String {
    let all: Vec<String> = targets.iter().map(ToString::to_string).collect();
    all.join(", ")
}
