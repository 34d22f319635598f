//! CloudFormation as the engine's provisioner.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_cloudformation::primitives::DateTime;
use aws_sdk_cloudformation::types::{ChangeSetType, Stack, StackStatus};
use nucleon_core::deployment::{Body, Deployment};
use nucleon_core::outcome::{DeploymentStatus, Outcome};
use nucleon_core::plan::{ApprovedPlan, Operation as Whole, Plan};
use nucleon_core::record::{Provisioned, Record};
use nucleon_engine::ports::{Found, Living, PortError, Prepared, Progress, Provisioner};
use tokio::sync::Mutex;

use super::client::Stacks;
use super::ended::Wanted;
use super::execute::Executable;
use super::mask::outputs;
use super::names;
use super::neighbours::Neighbours;
use super::site::{ChangeSet, Road, Site};
use super::standing::{Standing, standing};
use super::watch::Operation;
use crate::aws::{Access, Sessions};

/// Plans and changes CloudFormation stacks.
#[derive(Debug)]
pub struct CloudFormationProvisioner {
    sessions: Arc<Sessions>,
    run: String,
    neighbours: Neighbours,
    /// When each change set was prepared, by CloudFormation's clock: saves asking again.
    prepared: Mutex<BTreeMap<String, DateTime>>,
}

impl CloudFormationProvisioner {
    /// Works with these sessions; `run` names the change sets, `<run id>-<attempt>`.
    pub fn new(sessions: Arc<Sessions>, run: impl Into<String>) -> Self {
        Self {
            sessions,
            run: run.into(),
            neighbours: Neighbours::default(),
            prepared: Mutex::default(),
        }
    }

    async fn site<'a>(
        &'a self,
        deployment: &'a Deployment,
        access: Access,
    ) -> Result<Site<'a>, PortError> {
        let Body::Stack(stack) = &deployment.body else {
            return Err(not_a_stack());
        };
        let session = self
            .sessions
            .session(access, &deployment.place, &deployment.roles)
            .await?;
        Ok(Site {
            stacks: Stacks::new(session),
            deployment,
            stack,
            run: &self.run,
            neighbours: &self.neighbours,
        })
    }
}

#[async_trait]
impl Provisioner for CloudFormationProvisioner {
    async fn plan(&self, deployment: &Deployment) -> Result<Plan, PortError> {
        let site = self.site(deployment, Access::Plan).await?;
        if deployment.destroy {
            return Ok(site.destruction().await?.plan);
        }
        let road = site.road().await?;
        let kind = match &road {
            Road::Create => ChangeSetType::Create,
            Road::Update => ChangeSetType::Update,
            Road::Rebuild { .. } | Road::Unstick { .. } => return site.outlined(&road).await,
        };
        let name = names::of_plan(&self.run);
        let change_set = site.change_set(kind, &name, None).await?;
        let plan = site.plan_of(&road, &change_set);
        if change_set.changes.is_some() {
            site.stacks
                .delete_change_set(&change_set.stack_id, &change_set.id)
                .await?;
        }
        Ok(plan)
    }

    async fn prepare(&self, deployment: &Deployment) -> Result<Prepared, PortError> {
        let site = self.site(deployment, Access::Apply).await?;
        if deployment.destroy {
            return site.destruction().await;
        }
        let road = site.road().await?;
        let kind = match &road {
            Road::Create => ChangeSetType::Create,
            Road::Update => ChangeSetType::Update,
            Road::Rebuild { stack_id } | Road::Unstick { stack_id } => {
                return Ok(Prepared {
                    plan: site.outlined(&road).await?,
                    provisioned: site.provisioned(Some(stack_id.clone()), None),
                });
            }
        };
        let name = names::of_deployment(&self.run, &deployment.id);
        let change_set = site.change_set(kind, &name, site.role()?).await?;
        let plan = site.plan_of(&road, &change_set);
        let ChangeSet {
            id,
            stack_id,
            created,
            changes,
        } = change_set;
        if let (Road::Update, Some(created)) = (&road, created) {
            self.prepared.lock().await.insert(id.clone(), created);
        }
        let provisioned = site.provisioned(Some(stack_id), changes.map(|_| id));
        Ok(Prepared { plan, provisioned })
    }

    async fn execute(
        &self,
        deployment: &Deployment,
        approved: &ApprovedPlan,
        provisioned: &Provisioned,
        progress: &dyn Progress,
    ) -> Result<Outcome, PortError> {
        let site = self.site(deployment, Access::Apply).await?;
        let Provisioned::Cloudformation {
            stack_id,
            change_set_id,
            ..
        } = provisioned.clone()
        else {
            return Err(not_a_stack());
        };
        if deployment.destroy {
            return site.destroy(stack_id.as_deref(), progress).await;
        }
        let (Some(id), Some(stack_id)) = (change_set_id, stack_id) else {
            return site.clear_and_execute(approved, progress).await;
        };
        let known = self.prepared.lock().await.remove(&id);
        let since = match (approved.plan().operation, known) {
            (Whole::Create, _) => None,
            (_, Some(created)) => Some(created),
            (Whole::Update | Whole::Destroy | Whole::Nothing, None) => {
                site.created(&stack_id, &id).await?
            }
        };
        let executable = Executable {
            id,
            stack_id,
            since,
        };
        site.execute(executable, progress).await
    }

    async fn discard(
        &self,
        deployment: &Deployment,
        provisioned: &Provisioned,
    ) -> Result<(), PortError> {
        let site = self.site(deployment, Access::Apply).await?;
        let Provisioned::Cloudformation {
            stack_id,
            change_set_id,
            ..
        } = provisioned
        else {
            return Err(not_a_stack());
        };
        let (Some(stack_id), Some(id)) = (stack_id, change_set_id) else {
            return Ok(());
        };
        // A stack with nothing in it stays, for whoever comes next: who comes may be creating it at this moment,
        // and nothing is deleted without the lock.
        site.stacks.delete_change_set(stack_id, id).await
    }

    async fn inspect(&self, deployment: &Deployment, record: &Record) -> Result<Found, PortError> {
        let site = self.site(deployment, Access::Apply).await?;
        site.inspect(record).await
    }

    async fn wait(
        &self,
        deployment: &Deployment,
        provisioned: &Provisioned,
        progress: &dyn Progress,
    ) -> Result<Outcome, PortError> {
        let site = self.site(deployment, Access::Apply).await?;
        let Provisioned::Cloudformation {
            stack_name,
            stack_id,
            change_set_id,
        } = provisioned
        else {
            return Err(not_a_stack());
        };
        let stack = site
            .stacks
            .stack(stack_id.as_deref().unwrap_or(stack_name))
            .await?;
        let stack_id = stack
            .and_then(|stack| stack.stack_id)
            .unwrap_or_else(|| stack_name.clone());
        let operation = Operation {
            stack_id: stack_id.clone(),
            since: site.begun(&stack_id).await?,
            // Deletions are not made with change sets.
            wanted: match change_set_id {
                Some(_) => Wanted::Deployed,
                None => Wanted::Deleted,
            },
        };
        let ended = site.watch(&operation, progress).await?;
        Ok(ended.outcome(&site.stack.sensitive, provisioned.clone()))
    }

    async fn cancel(
        &self,
        deployment: &Deployment,
        provisioned: &Provisioned,
    ) -> Result<(), PortError> {
        let site = self.site(deployment, Access::Apply).await?;
        let Provisioned::Cloudformation {
            stack_name,
            stack_id,
            ..
        } = provisioned
        else {
            return Err(not_a_stack());
        };
        let id = stack_id.as_deref().unwrap_or(stack_name);
        let stack = site.stacks.stack(id).await?;
        match stack.as_ref().and_then(Stack::stack_status) {
            Some(StackStatus::UpdateInProgress) => site.stacks.cancel_update(id).await,
            // There is nothing to go back to.
            Some(StackStatus::CreateInProgress) => {
                let token = format!("{}-cancel", deployment.id);
                site.stacks.delete(id, site.role()?, &token).await
            }
            _ => Ok(()),
        }
    }

    async fn describe(&self, deployment: &Deployment) -> Result<Option<Living>, PortError> {
        let site = self.site(deployment, Access::Plan).await?;
        let stack = site.stacks.stack(&site.stack.name).await?;
        let status = match standing(stack.as_ref()) {
            Standing::Missing | Standing::Empty => return Ok(None),
            Standing::Living => DeploymentStatus::Succeeded,
            Standing::Busy => DeploymentStatus::InProgress,
            Standing::Failed | Standing::Stuck | Standing::Halved | Standing::Unknown => {
                DeploymentStatus::Failed
            }
        };
        let Some(stack) = stack else { return Ok(None) };
        Ok(Some(Living {
            template_body: site.stacks.template(&site.stack.name).await?,
            outcome: Outcome {
                status,
                message: stack.stack_status_reason.clone(),
                outputs: outputs(stack.outputs(), &site.stack.sensitive),
                provisioned: Some(site.provisioned(stack.stack_id.clone(), None)),
            },
        }))
    }
}

/// Which provisioner serves a deployment is decided by its body, so this is asked of none.
pub(crate) fn not_a_stack() -> PortError {
    PortError::Unexpected {
        system: "CloudFormation",
        action: "change a stack".to_owned(),
        message: "the target is not a stack".to_owned(),
    }
}
