//! Finds out what became of a deployment whose run died.

use aws_sdk_cloudformation::types::{ExecutionStatus, Stack};
use nucleon_core::outcome::{DeploymentStatus, Outcome, Outputs};
use nucleon_core::record::{Provisioned, Purpose, Record};
use nucleon_engine::ports::{Found, PortError};

use super::ended::Wanted;
use super::names::is_of_deployment;
use super::provisioner::not_a_stack;
use super::site::Site;
use super::standing::{Standing, standing};

/// What is known of the change set of a dead run.
#[derive(Debug, PartialEq, Eq)]
enum Trace {
    /// There is none, or it was not executed: its id, where it is there to be thrown away.
    NotExecuted(Option<String>),
    /// It was executed.
    Executed(String),
}

impl Site<'_> {
    /// Finds out what became of the deployment that a record tells.
    pub(crate) async fn inspect(&self, record: &Record) -> Result<Found, PortError> {
        let (stack_name, stack_id, change_set_id) = match record.provisioned.clone() {
            Some(Provisioned::Cloudformation {
                stack_name,
                stack_id,
                change_set_id,
            }) => (stack_name, stack_id, change_set_id),
            Some(
                Provisioned::Commands { .. }
                | Provisioned::Terraform { .. }
                | Provisioned::PullRequest { .. },
            ) => {
                return Err(not_a_stack());
            }
            None => (self.stack.name.clone(), None, None),
        };
        let stack = self
            .stacks
            .stack(stack_id.as_deref().unwrap_or(&stack_name))
            .await?;
        match record.purpose {
            Purpose::Destroy => self.inspect_deletion(stack, stack_id).await,
            Purpose::Import => Ok(Found::NotStarted),
            Purpose::Deploy => {
                // A stack that was cleaned up and made anew has another id than the one in the record.
                let stack = match standing(stack.as_ref()) {
                    Standing::Missing => self.stacks.stack(&stack_name).await?,
                    _ => stack,
                };
                self.inspect_change(record, stack, change_set_id).await
            }
        }
    }

    async fn inspect_deletion(
        &self,
        stack: Option<Stack>,
        stack_id: Option<String>,
    ) -> Result<Found, PortError> {
        let id = stack
            .as_ref()
            .and_then(|stack| stack.stack_id.clone())
            .or(stack_id);
        let provisioned = self.provisioned(id.clone(), None);
        match standing(stack.as_ref()) {
            Standing::Missing => Ok(Found::Ended(Outcome {
                status: DeploymentStatus::DeleteComplete,
                message: None,
                outputs: Outputs::new(),
                provisioned: Some(provisioned),
            })),
            Standing::Busy => Ok(Found::Running(provisioned)),
            Standing::Halved => {
                let id = id.unwrap_or_default();
                let ended = self.looked_back(&id, stack, Wanted::Deleted).await?;
                Ok(Found::Ended(self.outcome_of(&ended)))
            }
            Standing::Empty
            | Standing::Living
            | Standing::Failed
            | Standing::Stuck
            | Standing::Unknown => Ok(Found::NotStarted),
        }
    }

    async fn inspect_change(
        &self,
        record: &Record,
        stack: Option<Stack>,
        change_set_id: Option<String>,
    ) -> Result<Found, PortError> {
        let standing = standing(stack.as_ref());
        let Some(stack) = stack.filter(|_| standing != Standing::Missing) else {
            return Ok(Found::NotStarted);
        };
        match self.trace(record, &stack, change_set_id).await? {
            Trace::NotExecuted(left) => {
                if let Some(id) = left {
                    self.stacks
                        .delete_change_set(stack.stack_id().unwrap_or_default(), &id)
                        .await?;
                }
                Ok(Found::NotStarted)
            }
            Trace::Executed(id) => {
                let stack_id = stack.stack_id.clone().unwrap_or_default();
                let provisioned = self.provisioned(Some(stack_id.clone()), Some(id));
                if standing == Standing::Busy {
                    return Ok(Found::Running(provisioned));
                }
                let ended = self
                    .looked_back(&stack_id, Some(stack), Wanted::Deployed)
                    .await?;
                let sensitive = &self.stack.sensitive;
                Ok(Found::Ended(ended.outcome(sensitive, provisioned)))
            }
        }
    }

    /// Asks, in this order: the change set, which says whether it was executed; the stack, which says by which one it
    /// was changed last; the tokens of its events.
    async fn trace(
        &self,
        record: &Record,
        stack: &Stack,
        known: Option<String>,
    ) -> Result<Trace, PortError> {
        let name = stack.stack_id().unwrap_or_default();
        let id = match known {
            Some(id) => Some(id),
            None => self.change_set_of(record, name).await?,
        };
        if let Some(id) = &id
            && let Some(change_set) = self.stacks.change_set(name, id, None).await?
        {
            return Ok(traced(id.clone(), change_set.execution_status.as_ref()));
        }
        if standing(Some(stack)) == Standing::Empty {
            return Ok(Trace::NotExecuted(None));
        }
        let last = stack.change_set_id().unwrap_or_default();
        if id.as_deref() == Some(last) || is_of_deployment(last, &record.id) {
            return Ok(Trace::Executed(last.to_owned()));
        }
        let events = self.stacks.events(name, None, None).await?;
        let by_token = events
            .iter()
            .any(|event| event.client_request_token() == Some(record.id.as_str()));
        if by_token {
            return Ok(Trace::Executed(id.unwrap_or_else(|| last.to_owned())));
        }
        Ok(Trace::NotExecuted(None))
    }

    async fn change_set_of(
        &self,
        record: &Record,
        stack: &str,
    ) -> Result<Option<String>, PortError> {
        let listed = self.stacks.change_sets(stack).await?;
        Ok(listed
            .into_iter()
            .find(|id| is_of_deployment(id, &record.id)))
    }
}

fn traced(id: String, execution: Option<&ExecutionStatus>) -> Trace {
    match execution {
        Some(
            ExecutionStatus::ExecuteInProgress
            | ExecutionStatus::ExecuteComplete
            | ExecutionStatus::ExecuteFailed,
        ) => Trace::Executed(id),
        _ => Trace::NotExecuted(Some(id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_executed_counts() {
        let executed = || Trace::Executed("id".to_owned());
        let left = || Trace::NotExecuted(Some("id".to_owned()));
        let of = |status: ExecutionStatus| traced("id".to_owned(), Some(&status));
        assert_eq!(of(ExecutionStatus::ExecuteInProgress), executed());
        assert_eq!(of(ExecutionStatus::ExecuteFailed), executed());
        assert_eq!(of(ExecutionStatus::ExecuteComplete), executed());
        assert_eq!(of(ExecutionStatus::Available), left());
        assert_eq!(of(ExecutionStatus::Obsolete), left());
    }
}
