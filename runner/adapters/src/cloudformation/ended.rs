//! How an operation ended, in Proton's words.

use aws_sdk_cloudformation::types::{Stack, StackEvent, StackStatus};
use nucleon_core::outcome::{DeploymentStatus, Outcome, Outputs};
use nucleon_core::record::Provisioned;

use super::cause::first_cause;
use super::mask::outputs;
use super::wait::is_of_stack;

/// Proton's message for a cancelled deployment.
const CANCELLED: &str = "User initiated cancellation.";

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// To create or update.
    Deployed,
    /// To delete.
    Deleted,
}

/// An operation that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What was asked for.
    pub(crate) wanted: Wanted,
    /// The stack's id.
    pub(crate) stack_id: String,
    /// The stack as it is now; nothing where it is gone.
    pub(crate) stack: Option<Stack>,
    /// The operation's events, oldest first.
    pub(crate) events: Vec<StackEvent>,
    /// Why it failed where the events alone do not tell: the cause inside a nested stack.
    pub(crate) inner_cause: Option<String>,
}

impl Ended {
    /// The outcome; outputs whose names are sensitive are left out.
    pub(crate) fn outcome(&self, sensitive: &[String], provisioned: Provisioned) -> Outcome {
        let status = self.status();
        let message = match status {
            DeploymentStatus::Cancelled => Some(CANCELLED.to_owned()),
            DeploymentStatus::Failed | DeploymentStatus::DeleteFailed => Some(self.cause()),
            _ => None,
        };
        Outcome {
            status,
            message,
            outputs: self.outputs(sensitive),
            provisioned: Some(provisioned),
        }
    }

    fn status(&self) -> DeploymentStatus {
        let end = match &self.stack {
            Some(stack) => stack.stack_status().unwrap_or(&StackStatus::DeleteComplete),
            None => &StackStatus::DeleteComplete,
        };
        match (self.wanted, end) {
            (Wanted::Deleted, StackStatus::DeleteComplete) => DeploymentStatus::DeleteComplete,
            (Wanted::Deleted, _) => DeploymentStatus::DeleteFailed,
            (
                Wanted::Deployed,
                StackStatus::CreateComplete
                | StackStatus::UpdateComplete
                | StackStatus::ImportComplete,
            ) => DeploymentStatus::Succeeded,
            // Only a cancelled creation is deleted while it is being deployed.
            (Wanted::Deployed, StackStatus::DeleteComplete) => DeploymentStatus::Cancelled,
            (Wanted::Deployed, StackStatus::UpdateRollbackComplete) if self.was_cancelled() => {
                DeploymentStatus::Cancelled
            }
            (Wanted::Deployed, _) => DeploymentStatus::Failed,
        }
    }

    /// `CancelUpdateStack` gives this reason for going back; a failure gives the resources that failed.
    fn was_cancelled(&self) -> bool {
        self.events
            .iter()
            .filter(|event| is_of_stack(event, &self.stack_id))
            .find(|event| {
                event
                    .resource_status()
                    .is_some_and(|status| status.as_str() == "UPDATE_ROLLBACK_IN_PROGRESS")
            })
            .and_then(StackEvent::resource_status_reason)
            .is_some_and(|reason| reason.contains("User Initiated"))
    }

    fn cause(&self) -> String {
        let status = self.stack.as_ref().and_then(Stack::stack_status);
        let status = status.map_or("gone", StackStatus::as_str);
        let reason = self.stack.as_ref().and_then(Stack::stack_status_reason);
        self.inner_cause
            .clone()
            .or_else(|| first_cause(&self.events))
            .or_else(|| reason.map(str::to_owned))
            .unwrap_or_else(|| format!("the stack is {status}; CloudFormation gives no reason"))
    }

    fn outputs(&self, sensitive: &[String]) -> Outputs {
        let stack = self.stack.as_ref();
        stack.map_or_else(Outputs::new, |stack| outputs(stack.outputs(), sensitive))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::ResourceStatus;

    use super::*;

    fn ended(wanted: Wanted, status: Option<&str>, events: Vec<StackEvent>) -> Outcome {
        let stack = |status| {
            Stack::builder()
                .stack_status(StackStatus::from(status))
                .build()
        };
        let ended = Ended {
            wanted,
            stack_id: "stack".to_owned(),
            stack: status.map(stack),
            events,
            inner_cause: None,
        };
        ended.outcome(
            &[],
            Provisioned::Cloudformation {
                stack_name: "shop".to_owned(),
                stack_id: None,
                change_set_id: None,
            },
        )
    }

    fn going_back(reason: &str) -> StackEvent {
        StackEvent::builder()
            .physical_resource_id("stack")
            .resource_status(ResourceStatus::from("UPDATE_ROLLBACK_IN_PROGRESS"))
            .resource_status_reason(reason)
            .build()
    }

    #[test]
    fn an_update_that_was_cancelled_says_so_in_protons_words() {
        let events = vec![going_back("User Initiated")];
        let outcome = ended(Wanted::Deployed, Some("UPDATE_ROLLBACK_COMPLETE"), events);
        assert_eq!(outcome.status, DeploymentStatus::Cancelled);
        assert_eq!(
            outcome.message.as_deref(),
            Some("User initiated cancellation.")
        );
    }

    #[test]
    fn an_update_that_went_back_by_itself_failed() {
        let events = vec![going_back(
            "The following resource(s) failed to update: [Queue].",
        )];
        let outcome = ended(Wanted::Deployed, Some("UPDATE_ROLLBACK_COMPLETE"), events);
        assert_eq!(outcome.status, DeploymentStatus::Failed);
    }

    #[test]
    fn a_creation_that_was_deleted_meanwhile_was_cancelled() {
        let outcome = ended(Wanted::Deployed, None, Vec::new());
        assert_eq!(outcome.status, DeploymentStatus::Cancelled);
    }

    #[test]
    fn a_deletion_ends_with_the_stack_gone_or_has_failed() {
        let gone = ended(Wanted::Deleted, None, Vec::new());
        assert_eq!(gone.status, DeploymentStatus::DeleteComplete);
        let left = ended(Wanted::Deleted, Some("DELETE_FAILED"), Vec::new());
        assert_eq!(left.status, DeploymentStatus::DeleteFailed);
        assert_eq!(
            left.message.as_deref(),
            Some("the stack is DELETE_FAILED; CloudFormation gives no reason")
        );
    }
}
