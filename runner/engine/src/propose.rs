//! Pull requests as a provisioner: the folder is proposed, and whoever merges it deploys it.
//!
//! What is surprising: `execute` ends with a status that is not final. The record stays open without a lease, until the
//! infrastructure repository's own workflow tells how the deployment went.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use nucleon_core::deployment::{Body, Deployment};
use nucleon_core::files::{Content, Files};
use nucleon_core::folder::{METADATA, read_metadata};
use nucleon_core::outcome::{DeploymentStatus, Outcome};
use nucleon_core::plan::{ApprovedPlan, Operation, Plan};
use nucleon_core::proposal::{
    InputChange, Proposal, Shown, Step, Why, body, branch, changed_files, changed_inputs, message,
};
use nucleon_core::record::{Provisioned, Record};
use nucleon_core::secret::{MASK, Secrets};
use nucleon_core::target::TargetId;

use crate::difference::difference;
use crate::ports::{
    Event, Found, Infrastructure, Living, Merged, PortError, Prepared, Progress, ProposalPlace,
    ProposedChange, Provisioner,
};

/// Proposes folders to an infrastructure repository.
#[derive(Debug)]
pub struct ProposingProvisioner<I> {
    infrastructure: I,
    run_url: Option<String>,
    prepared: Mutex<BTreeMap<TargetId, Merged>>,
}

/// A target and what is proposed of it.
#[derive(Clone, Copy)]
struct Job<'a> {
    deployment: &'a Deployment,
    proposal: &'a Proposal,
}

impl<'a> Job<'a> {
    /// Which provisioner serves a deployment is decided by its body, so the other kinds never come here.
    fn of(deployment: &'a Deployment) -> Result<Self, PortError> {
        match &deployment.body {
            Body::Proposal(proposal) => Ok(Self {
                deployment,
                proposal,
            }),
            Body::Stack(_) | Body::Script(_) | Body::Module(_) => Err(PortError::Unexpected {
                system: "GitHub",
                action: "propose a folder".to_owned(),
                message: "the target has none".to_owned(),
            }),
        }
    }

    fn place(self) -> ProposalPlace {
        ProposalPlace {
            repository: self.proposal.repository.clone(),
            base: self.proposal.base.clone(),
            branch: branch(&self.deployment.target),
            path: self.proposal.path.clone(),
        }
    }

    /// The difference between what is merged and what is proposed, without secrets.
    fn difference(self, merged: &Merged) -> (String, u32) {
        let after = self.proposal.shown(&merged.files);
        let (mut all, mut masked) = (String::new(), 0);
        for path in changed_files(&merged.files, &after) {
            let text = |files: &Files| match files.get(path.as_str()) {
                Some(Content::Text(text)) => text.to_string(),
                Some(Content::Bytes(bytes)) => format!("({} bytes)\n", bytes.len()),
                Some(Content::Refused(_)) | None => String::new(),
            };
            let secrets = &self.proposal.secrets;
            let (shown, hidden) = difference(&text(&merged.files), &text(&after), secrets);
            let file = format!("{}/{path}", self.proposal.path);
            let _infallible = write!(all, "--- {file}\n{shown}");
            masked += hidden;
        }
        (all, masked)
    }

    fn plan(self, merged: &Merged) -> Result<Plan, PortError> {
        let step = self.proposal.step(&merged.files);
        let (operation, note) = match &step {
            Step::Stuck => return Err(self.stuck()),
            Step::Nothing => (Operation::Nothing, None),
            Step::Wait => (Operation::Nothing, Some(self.waits())),
            Step::Withdraw(_) => (self.operation(Operation::Update), Some(self.withdraws())),
            Step::Propose(why) => self.proposes(*why),
        };
        let (shown, masked) = match step {
            Step::Propose(_) => self.difference(merged),
            Step::Nothing | Step::Wait | Step::Withdraw(_) | Step::Stuck => (String::new(), 0),
        };
        Ok(Plan {
            target: self.deployment.target.clone(),
            operation,
            unknown: Vec::new(),
            changes: Vec::new(),
            rendered: self.deployment.rendered.clone(),
            difference: Some(shown).filter(|shown| !shown.is_empty()),
            masked,
            notes: note.into_iter().collect(),
        })
    }

    fn operation(self, otherwise: Operation) -> Operation {
        if self.deployment.destroy {
            Operation::Destroy
        } else {
            otherwise
        }
    }

    fn proposes(self, why: Why) -> (Operation, Option<String>) {
        let repository = &self.proposal.repository;
        let by = format!("a pull request in {repository} proposes it; merging that deploys it");
        match why {
            Why::New => (Operation::Create, Some(by)),
            Why::Changed => (Operation::Update, Some(by)),
            Why::Deleted => (Operation::Destroy, Some(by)),
            Why::Unknown => (
                Operation::Update,
                Some("what is merged is what is wanted, and its outputs are not known: only the deployment's id changes".to_owned()),
            ),
            Why::Unsuccessful => (
                Operation::Update,
                Some("what is merged is what is wanted, and was not deployed well: only the deployment's id changes".to_owned()),
            ),
        }
    }

    fn url(self) -> &'a str {
        let last = self.proposal.last.as_ref();
        last.and_then(|last| last.url.as_deref())
            .unwrap_or("its pull request")
    }

    fn waits(self) -> String {
        format!("merged, and its deployment has not ended: {}", self.url())
    }

    fn withdraws(self) -> String {
        format!("withdraws {}: it is not wanted any more", self.url())
    }

    fn stuck(self) -> PortError {
        PortError::Refused {
            system: "GitHub",
            action: format!("propose the deletion of {}", self.deployment.target),
            message: format!(
                "its deletion is merged already in {}, and did not succeed there",
                self.proposal.repository
            ),
            hint: Some(format!(
                "run that repository's workflow again, then tell how it went: nucleon-notify deployment {} --status SUCCEEDED",
                self.deployment.target
            )),
        }
    }

    /// What the pull request says.
    fn body(self, merged: &Merged, run_url: Option<&str>) -> String {
        let after = self.proposal.shown(&merged.files);
        let (shown, _) = self.difference(merged);
        let secrets = Secrets::of(&self.proposal.secrets);
        let inputs: Vec<InputChange> = changed_inputs(&merged.files, &after)
            .into_iter()
            .map(|change| masked(change, &secrets))
            .collect();
        let note = match self.proposal.step(&merged.files) {
            Step::Propose(why @ (Why::Unknown | Why::Unsuccessful)) => self.proposes(why).1,
            _ => None,
        };
        let place = &self.deployment.place;
        body(Shown {
            target: &self.deployment.target,
            destroy: self.deployment.destroy,
            template: self.proposal.template.as_deref(),
            place: (&place.account, &place.region),
            deployment: &self.deployment.id,
            run_url,
            inputs: &inputs,
            difference: &shown,
            notes: note.as_slice(),
        })
    }

    /// The outcome of what is open, or merged and under way.
    fn open(self, pull_request: Option<(u64, String)>) -> Outcome {
        let url = pull_request.as_ref().map(|(_, url)| url.clone());
        Outcome {
            status: if self.deployment.destroy {
                DeploymentStatus::DeleteInProgress
            } else {
                DeploymentStatus::InProgress
            },
            message: Some(format!("proposed: {}", url.unwrap_or_default())),
            outputs: self.proposal.outputs.clone(),
            provisioned: Some(self.proposal.provisioned(pull_request)),
        }
    }

    /// Whether a folder is from the deployment that a record tells.
    fn is_from(self, files: &Files, record: &Record) -> bool {
        let text = files.text(METADATA);
        let metadata = text.and_then(|text| read_metadata(text).ok());
        metadata.is_some_and(|metadata| {
            if self.deployment.destroy {
                metadata.deleted
            } else {
                metadata.deployment == record.id
            }
        })
    }
}

/// A change whose values are hidden where one of them is a secret.
fn masked(mut change: InputChange, secrets: &Secrets) -> InputChange {
    let mut values: Vec<&mut String> = [&mut change.before, &mut change.after]
        .into_iter()
        .flatten()
        .collect();
    if values.iter().any(|value| secrets.are_in(value)) {
        for value in &mut values {
            MASK.clone_into(value);
        }
    }
    change
}

impl<I: Infrastructure> ProposingProvisioner<I> {
    /// Proposes there; pull requests name the run.
    pub fn new(infrastructure: I, run_url: Option<String>) -> Self {
        Self {
            infrastructure,
            run_url,
            prepared: Mutex::default(),
        }
    }

    fn prepared(&self) -> MutexGuard<'_, BTreeMap<TargetId, Merged>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn propose(&self, job: Job<'_>, merged: Merged) -> Result<Outcome, PortError> {
        let target = &job.deployment.target;
        let change = ProposedChange {
            files: job.proposal.rewritten(&job.deployment.id, &merged.files),
            message: message(target),
            body: job.body(&merged, self.run_url.as_deref()),
            merged,
        };
        let opened = self.infrastructure.propose(&job.place(), &change).await?;
        Ok(job.open(Some((opened.number, opened.url))))
    }

    async fn withdraw(&self, job: Job<'_>, status: DeploymentStatus) -> Result<Outcome, PortError> {
        self.infrastructure.withdraw(&job.place()).await?;
        Ok(Outcome {
            status,
            message: Some(format!("withdrawn: {}", job.url())),
            outputs: job.proposal.outputs.clone(),
            provisioned: Some(job.proposal.provisioned(None)),
        })
    }
}

#[async_trait]
impl<I: Infrastructure> Provisioner for ProposingProvisioner<I> {
    async fn plan(&self, deployment: &Deployment) -> Result<Plan, PortError> {
        let job = Job::of(deployment)?;
        job.plan(&self.infrastructure.merged(&job.place()).await?)
    }

    async fn prepare(&self, deployment: &Deployment) -> Result<Prepared, PortError> {
        let job = Job::of(deployment)?;
        let place = job.place();
        let merged = self.infrastructure.merged(&place).await?;
        let plan = job.plan(&merged)?;
        if !plan.is_empty() {
            self.infrastructure.may_propose(&place).await?;
        }
        self.prepared().insert(deployment.target.clone(), merged);
        Ok(Prepared {
            plan,
            provisioned: job.proposal.provisioned(None),
        })
    }

    async fn execute(
        &self,
        deployment: &Deployment,
        _approved: &ApprovedPlan,
        _provisioned: &Provisioned,
        progress: &dyn Progress,
    ) -> Result<Outcome, PortError> {
        let job = Job::of(deployment)?;
        let Some(merged) = self.prepared().remove(&deployment.target) else {
            return Err(PortError::Unexpected {
                system: "GitHub",
                action: format!("propose {}", deployment.target),
                message: "what it is to change was not read".to_owned(),
            });
        };
        let outcome = match job.proposal.step(&merged.files) {
            Step::Propose(_) => self.propose(job, merged).await?,
            Step::Withdraw(status) => self.withdraw(job, status).await?,
            Step::Stuck => return Err(job.stuck()),
            Step::Nothing | Step::Wait => job.open(None),
        };
        progress.event(&Event {
            target: deployment.target.clone(),
            resource: None,
            status: outcome.status.to_string(),
            reason: outcome.message.clone(),
        });
        Ok(outcome)
    }

    async fn discard(
        &self,
        deployment: &Deployment,
        _provisioned: &Provisioned,
    ) -> Result<(), PortError> {
        self.prepared().remove(&deployment.target);
        Ok(())
    }

    async fn inspect(&self, deployment: &Deployment, record: &Record) -> Result<Found, PortError> {
        let job = Job::of(deployment)?;
        let place = job.place();
        let merged = self.infrastructure.merged(&place).await?;
        let is_merged = job.is_from(&merged.files, record);
        let is_pushed = match self.infrastructure.proposed(&place).await? {
            Some(files) => job.is_from(&files, record),
            None => false,
        };
        if !is_merged && !is_pushed {
            return Ok(Found::NotStarted);
        }
        let found = self.infrastructure.pull_request(&place).await?;
        Ok(match found {
            // What cannot be merged is proposed anew on what is there now.
            Some(found) if is_merged || (found.is_open && !found.conflicts) => {
                Found::Ended(job.open(Some((found.number, found.url))))
            }
            Some(_) | None => Found::NotStarted,
        })
    }

    async fn describe(&self, deployment: &Deployment) -> Result<Option<Living>, PortError> {
        let job = Job::of(deployment)?;
        Ok(job.proposal.last.as_ref().map(|_| Living {
            template_body: String::new(),
            outcome: Outcome {
                status: DeploymentStatus::Succeeded,
                message: None,
                outputs: job.proposal.outputs.clone(),
                provisioned: Some(job.proposal.provisioned(None)),
            },
        }))
    }
}
