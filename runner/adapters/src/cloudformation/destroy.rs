//! Deletes stacks.

use aws_sdk_cloudformation::types::{ResourceStatus, StackEvent, StackResourceSummary};
use nucleon_core::outcome::Outcome;
use nucleon_core::plan::{Action, Change, Operation as Whole, Plan};
use nucleon_engine::ports::{PortError, Prepared, Progress};

use serde_json::Value;

use super::changes::Changes;
use super::ended::{Ended, Wanted};
use super::outline::resources;
use super::site::Site;
use super::standing::{Standing, standing};
use super::watch::Operation;

impl Site<'_> {
    /// Says what deleting the stack would remove.
    pub(crate) async fn destruction(&self) -> Result<Prepared, PortError> {
        let stack = self.settled().await?;
        let stack_id = stack.as_ref().and_then(|stack| stack.stack_id.clone());
        let plan = match (standing(stack.as_ref()), &stack_id) {
            (Standing::Missing, _) | (_, None) => self.plan(Whole::Nothing, Changes::default()),
            (Standing::Empty, _) => self.plan(Whole::Destroy, Changes::default()),
            (_, Some(id)) if self.deployment.adopted => self.removal(id).await?,
            _ => {
                return Err(self.foreign(&self.stack.name));
            }
        };
        Ok(Prepared {
            plan,
            provisioned: self.provisioned(stack_id, None),
        })
    }

    async fn removal(&self, stack_id: &str) -> Result<Plan, PortError> {
        let resources = self.stacks.resources(stack_id).await?;
        let template = self.stacks.template(stack_id).await?;
        let kept = kept(&self.stack.name, &template);
        let changes = resources.into_iter().filter(is_there).map(removed);
        let changes = Changes {
            changes: changes.collect(),
            notes: kept.iter().map(|name| note(name)).collect(),
        };
        Ok(self.plan(Whole::Destroy, changes))
    }

    /// Deletes the stack and waits until that has ended.
    pub(crate) async fn destroy(
        &self,
        stack_id: Option<&str>,
        progress: &dyn Progress,
    ) -> Result<Outcome, PortError> {
        let stack = stack_id.unwrap_or(&self.stack.name);
        let ended = self.deleted(stack, &self.deployment.id, progress).await?;
        Ok(self.outcome_of(&ended))
    }

    /// Deletes a stack by its id.
    pub(crate) async fn deleted(
        &self,
        stack_id: &str,
        token: &str,
        progress: &dyn Progress,
    ) -> Result<Ended, PortError> {
        let earlier = self.stacks.events(stack_id, None, None).await?;
        self.stacks.delete(stack_id, self.role()?, token).await?;
        let operation = Operation {
            stack_id: stack_id.to_owned(),
            since: earlier.last().and_then(StackEvent::timestamp).copied(),
            wanted: Wanted::Deleted,
        };
        self.watch(&operation, progress).await
    }
}

/// The resources that a deletion leaves in the account, by the template's word; a template that cannot be read tells of none.
fn kept(name: &str, template: &str) -> Vec<String> {
    let resources = resources(name, template).unwrap_or_default();
    let is_kept = |resource: &Value| {
        let policy = resource.get("DeletionPolicy").and_then(Value::as_str);
        matches!(policy, Some("Retain" | "RetainExceptOnCreate"))
    };
    resources
        .iter()
        .filter(|(_, resource)| is_kept(resource))
        .map(|(name, _)| name.clone())
        .collect()
}

fn note(resource: &str) -> String {
    format!("`{resource}` stays in the account, outside the stack (DeletionPolicy: Retain)")
}

fn is_there(resource: &StackResourceSummary) -> bool {
    resource.resource_status() != Some(&ResourceStatus::DeleteComplete)
}

fn removed(resource: StackResourceSummary) -> Change {
    Change {
        action: Action::Remove,
        resource: resource.logical_resource_id.unwrap_or_default(),
        resource_type: resource.resource_type.unwrap_or_default(),
        physical_id: resource.physical_resource_id,
        properties: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_after_a_deletion_is_told() {
        let template = "
Resources:
  Kept: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}
  Gone: {Type: AWS::S3::Bucket, DeletionPolicy: Delete}
";
        assert_eq!(kept("shop", template), ["Kept"]);
    }
}
