//! Executes what was prepared, after clearing the road where the last attempt has left something in it.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::primitives::DateTime;
use aws_sdk_cloudformation::types::{ChangeSetType, Stack, StackStatus};
use nucleon_core::outcome::{DeploymentStatus, Outcome, Outputs};
use nucleon_core::plan::{Action, ApprovedPlan, Plan};
use nucleon_engine::ports::{PortError, Progress};

use super::ended::{Ended, Wanted};
use super::names;
use super::site::{Road, Site};
use super::watch::Operation;

/// A change set to execute.
#[derive(Debug)]
pub(crate) struct Executable {
    pub(crate) id: String,
    pub(crate) stack_id: String,
    /// Events of its execution are later; nothing where all of the stack's events are.
    pub(crate) since: Option<DateTime>,
}

/// What clearing the road has come to.
enum Cleared {
    /// The way is free, and this is to be executed.
    Go(Executable),
    /// It ended here.
    Ended(Box<Outcome>),
}

impl Site<'_> {
    /// Executes a change set and waits until that has ended.
    pub(crate) async fn execute(
        &self,
        executable: Executable,
        progress: &dyn Progress,
    ) -> Result<Outcome, PortError> {
        self.stacks
            .execute(&executable.stack_id, &executable.id, &self.deployment.id)
            .await?;
        let operation = Operation {
            stack_id: executable.stack_id.clone(),
            since: executable.since,
            wanted: Wanted::Deployed,
        };
        let ended = self.watch(&operation, progress).await?;
        let provisioned = self.provisioned(Some(executable.stack_id), Some(executable.id));
        Ok(ended.outcome(&self.stack.sensitive, provisioned))
    }

    /// Clears the road first: what a failed creation left is deleted, a rollback that failed is finished.
    pub(crate) async fn clear_and_execute(
        &self,
        approved: &ApprovedPlan,
        progress: &dyn Progress,
    ) -> Result<Outcome, PortError> {
        let road = self.road().await?;
        let stopped = match &road {
            Road::Rebuild { stack_id } => self.cleaned_up(stack_id, progress).await?,
            Road::Unstick { stack_id } => self.unstuck(stack_id).await?,
            Road::Create | Road::Update => None,
        };
        if let Some(outcome) = stopped {
            return Ok(outcome);
        }
        match self.changed_as_approved(&road, approved).await? {
            Cleared::Go(executable) => self.execute(executable, progress).await,
            Cleared::Ended(outcome) => Ok(*outcome),
        }
    }

    async fn cleaned_up(
        &self,
        stack_id: &str,
        progress: &dyn Progress,
    ) -> Result<Option<Outcome>, PortError> {
        let token = format!("{}-clean", self.deployment.id);
        let ended = self.deleted(stack_id, &token, progress).await?;
        let outcome = self.outcome_of(&ended);
        if outcome.status == DeploymentStatus::DeleteComplete {
            return Ok(None);
        }
        let cause = outcome.message.unwrap_or_default();
        Ok(Some(self.failed(
            stack_id,
            format!("what the failed creation has left could not be deleted: {cause}"),
        )))
    }

    async fn unstuck(&self, stack_id: &str) -> Result<Option<Outcome>, PortError> {
        self.stacks
            .continue_rollback(stack_id, self.role()?)
            .await?;
        let stack = self.settled().await?;
        let is_stuck = stack.as_ref().and_then(Stack::stack_status)
            == Some(&StackStatus::UpdateRollbackFailed);
        if !is_stuck {
            return Ok(None);
        }
        let ended = self.looked_back(stack_id, stack, Wanted::Deployed).await?;
        let cause = self.outcome_of(&ended).message.unwrap_or_default();
        Ok(Some(self.failed(
            stack_id,
            format!("the rollback of the last update could not be finished: {cause}"),
        )))
    }

    /// Makes the change set that could not be made while planning, and holds it against what was approved.
    async fn changed_as_approved(
        &self,
        road: &Road,
        approved: &ApprovedPlan,
    ) -> Result<Cleared, PortError> {
        let creates = matches!(road, Road::Create | Road::Rebuild { .. });
        let kind = if creates {
            ChangeSetType::Create
        } else {
            ChangeSetType::Update
        };
        let name = names::of_deployment(self.run, &self.deployment.id);
        let change_set = self.change_set(kind, &name, self.role()?).await?;
        if change_set.changes.is_none() {
            let stack = self.settled().await?;
            return Ok(Cleared::Ended(Box::new(self.already_there(stack))));
        }
        let real = self.plan_of(road, &change_set);
        if let Some(resource) = beyond(approved.plan(), &real) {
            self.stacks
                .delete_change_set(&change_set.stack_id, &change_set.id)
                .await?;
            let message = format!(
                "`{resource}` would be replaced or removed, which the approved plan did not show; plan again"
            );
            return Ok(Cleared::Ended(Box::new(
                self.failed(&change_set.stack_id, message),
            )));
        }
        Ok(Cleared::Go(Executable {
            since: change_set.created.filter(|_| !creates),
            id: change_set.id,
            stack_id: change_set.stack_id,
        }))
    }

    fn already_there(&self, stack: Option<Stack>) -> Outcome {
        let stack_id = stack.as_ref().and_then(|stack| stack.stack_id.clone());
        let outputs = stack.map_or_else(Outputs::new, |stack| {
            super::mask::outputs(stack.outputs(), &self.stack.sensitive)
        });
        Outcome {
            status: DeploymentStatus::Succeeded,
            message: Some("nothing had to change".to_owned()),
            outputs,
            provisioned: Some(self.provisioned(stack_id, None)),
        }
    }

    fn failed(&self, stack_id: &str, message: String) -> Outcome {
        Outcome {
            status: DeploymentStatus::Failed,
            message: Some(message),
            outputs: Outputs::new(),
            provisioned: Some(self.provisioned(Some(stack_id.to_owned()), None)),
        }
    }

    pub(crate) fn outcome_of(&self, ended: &Ended) -> Outcome {
        let provisioned = self.provisioned(Some(ended.stack_id.clone()), None);
        ended.outcome(&self.stack.sensitive, provisioned)
    }
}

/// A resource that a plan replaces or removes although the approved one does not.
fn beyond(approved: &Plan, real: &Plan) -> Option<String> {
    let dangerous = |plan: &Plan| -> BTreeSet<String> {
        plan.changes
            .iter()
            .filter(|change| matches!(change.action, Action::Replace | Action::Remove))
            .map(|change| change.resource.clone())
            .collect()
    };
    let shown = dangerous(approved);
    dangerous(real)
        .into_iter()
        .find(|name| !shown.contains(name))
}
