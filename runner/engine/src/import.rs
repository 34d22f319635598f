//! Takes over a stack that lives already: its first record, and a plan that should be empty.

use nucleon_core::deployment::Body;
use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::plan::Plan;
use nucleon_core::record::Record;

use crate::candidate::Candidate;
use crate::hidden;
use crate::journal::Journal;
use crate::ports::{Clock, PortError, Provisioner, State, Tip};
use crate::refusal::Refusal;
use crate::run::Run;

/// What an import did, and what deploying would do next.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The first record.
    pub record: Record,
    /// What deploying would change.
    pub plan: Plan,
}

/// Makes the first record of a living stack; `candidate` names the stack.
///
/// The stack itself is only read. The plan is made first, so that a template that cannot be planned is adopted by nobody.
pub async fn import(
    tools: Tools<'_>,
    candidate: &Candidate,
    tip: Option<&Tip>,
) -> Result<Imported, Refusal> {
    let deployment = &candidate.deployment;
    let target = candidate.target();
    let refused = |message: String, hint: String| PortError::Refused {
        system: "Nucleon",
        action: format!("import {target}"),
        message,
        hint: Some(hint),
    };
    let (what, found_by) = match &deployment.body {
        Body::Stack(stack) => (
            format!("stack `{}`", stack.name),
            "name the stack as `aws cloudformation list-stacks` shows it there",
        ),
        Body::Module(module) => {
            let key = module
                .backend
                .get("key")
                .map_or_else(|| module.path.to_string(), Clone::clone);
            (
                format!("state `{key}` with anything in it"),
                "give the key of its state: --state-key KEY",
            )
        }
        Body::Script(_) => {
            let message = "its template is for commands, whose work nobody can look at".to_owned();
            let hint = format!(
                "deploy it: nucleon-apply {target}; its commands find what they made before"
            );
            return Err(refused(message, hint).into());
        }
        Body::Proposal(_) => {
            let message = "it is provisioned by pull request, and its state is not ours".to_owned();
            let hint = format!(
                "propose its folder: nucleon-apply {target}; where it is merged already, only the deployment's id changes"
            );
            return Err(refused(message, hint).into());
        }
    };
    let record = tip.map(|tip| tip.record.clone()).transpose();
    let record = record.map_err(|fault| Refusal::Corrupt(Box::new(fault)))?;
    let is_living = |record: &Record| {
        record.provisioned.is_some() && record.status != DeploymentStatus::DeleteComplete
    };
    if let Some(record) = record.filter(is_living) {
        let hint = format!("see `nucleon history {target}`");
        return Err(refused(
            format!("it has a record already ({}, {})", record.status, record.id),
            hint,
        )
        .into());
    }
    let Some(living) = tools.provisioner.describe(deployment).await? else {
        let place = format!(
            "account {} and region {}",
            deployment.place.account, deployment.place.region
        );
        return Err(refused(
            format!("there is no {what} in {place}"),
            found_by.to_owned(),
        )
        .into());
    };
    if !living.outcome.status.is_final() {
        let hint = "run it again when that has ended".to_owned();
        let message = format!("{what} is just being changed");
        return Err(refused(message, hint).into());
    }
    let plan = tools.provisioner.plan(deployment).await?;
    let plan = hidden::plan(plan, candidate).sorted();
    let outcome = hidden::outcome(living.outcome, candidate);
    let record = candidate.adopt(outcome, tools.run, tools.clock.now());
    let journal = Journal::new(tools.state, tools.clock, tools.run);
    let record = journal
        .note(tip.map(|tip| tip.commit.clone()), record)
        .await?;
    Ok(Imported { record, plan })
}

/// What importing needs.
pub struct Tools<'a> {
    /// Reads the stack and plans.
    pub provisioner: &'a dyn Provisioner,
    /// Keeps the record.
    pub state: &'a dyn State,
    /// Tells the time.
    pub clock: &'a dyn Clock,
    /// Who imports.
    pub run: &'a Run,
}
