//! A target that is composed and can be planned.

use std::collections::BTreeMap;

use jiff::Timestamp;
use nucleon_core::deployment::Deployment;
use nucleon_core::digest::InputsDigest;
use nucleon_core::outcome::{DeploymentStatus, Outcome};
use nucleon_core::plan::ApprovedPlan;
use nucleon_core::record::{Format, Provisioned, Purpose, Record, SpecUsed, TemplateUsed};
use nucleon_core::secret::Secret;
use nucleon_core::target::{Stage, TargetId};

use crate::run::Run;

/// One target with everything that a plan, an apply and a record of it need.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What the provisioner gets.
    pub deployment: Deployment,
    /// The target's stage.
    pub stage: Stage,
    /// The account's name in `nucleon.yaml`.
    pub account_name: String,
    /// The GitHub environment its job runs in.
    pub github_environment: String,
    /// The template version; nothing for components.
    pub template: Option<TemplateUsed>,
    /// Where its spec was read, where that is another repository.
    pub spec: Option<SpecUsed>,
    /// The digest of its inputs.
    pub inputs: InputsDigest,
    /// Values that are not known yet.
    pub unknown: Vec<String>,
    /// The types of its resources, by logical id, where the rendered template could be read.
    pub resources: BTreeMap<String, String>,
    /// Values that must not be shown.
    pub secrets: Vec<Secret>,
    /// Outputs that give a sensitive value away; they are never kept.
    pub sensitive_outputs: Vec<String>,
    /// Whether its environment demands an approval.
    pub needs_approval: bool,
}

impl Candidate {
    /// The target.
    pub fn target(&self) -> &TargetId {
        &self.deployment.target
    }

    /// The template version as people write it, `name@1.4`.
    pub fn template_label(&self) -> Option<String> {
        self.template.as_ref().map(ToString::to_string)
    }

    /// A record of this run that says nothing yet of what happens.
    fn record(&self, purpose: Purpose, run: &Run, now: Timestamp) -> Record {
        Record {
            format: Format,
            id: self.deployment.id.clone(),
            target: self.target().clone(),
            purpose,
            template: self.template.clone(),
            spec: self.spec.clone(),
            inputs_digest: None,
            rendered_digest: None,
            plan_digest: None,
            status: DeploymentStatus::InProgress,
            message: None,
            account: self.deployment.place.account.clone(),
            region: self.deployment.place.region.clone(),
            provisioned: None,
            outputs: BTreeMap::new(),
            started: now,
            completed: None,
            lease: None,
            actor: run.actor.clone(),
            approvals: Vec::new(),
            commit: run.commit.clone(),
            pull_request: run.pull_request,
            run_url: run.run_url.clone(),
            unknown: BTreeMap::new(),
        }
    }

    /// The first record of a target that lives already.
    ///
    /// It tells no digests: nothing of ours was ever attempted there, and the next deploying run looks at it.
    pub fn adopt(&self, outcome: Outcome, run: &Run, now: Timestamp) -> Record {
        let outcome = Outcome {
            message: Some("imported".to_owned()),
            ..outcome
        };
        self.record(Purpose::Import, run, now).close(outcome, now)
    }

    /// The record that is written before the first change.
    pub fn open(
        &self,
        approved: &ApprovedPlan,
        provisioned: Provisioned,
        run: &Run,
        now: Timestamp,
    ) -> Record {
        let (purpose, status) = if self.deployment.destroy {
            (Purpose::Destroy, DeploymentStatus::DeleteInProgress)
        } else {
            (Purpose::Deploy, DeploymentStatus::InProgress)
        };
        Record {
            inputs_digest: Some(self.inputs.clone()),
            rendered_digest: Some(self.deployment.rendered.clone()),
            plan_digest: Some(approved.plan().digest()),
            status,
            provisioned: Some(provisioned),
            lease: Some(run.lease_from(now)),
            ..self.record(purpose, run, now)
        }
    }
}
