//! Waits for an operation on a stack and tells its events as they come.

use aws_sdk_cloudformation::primitives::DateTime;
use aws_sdk_cloudformation::types::{ResourceStatus, Stack, StackEvent};
use nucleon_engine::ports::{Event, PortError, Progress};

use super::cause::{first_cause, first_failure};
use super::ended::{Ended, Wanted};
use super::site::Site;
use super::wait::{Pace, is_end, is_of_stack, may_have_ended, of_last_operation};

/// How deep stacks are nested at most before the search for a cause gives up.
const DEEPEST: usize = 5;

/// An operation to wait for.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// The stack it works on.
    pub(crate) stack_id: String,
    /// Its events are later than this; nothing where all of the stack's events are its own.
    pub(crate) since: Option<DateTime>,
    /// What was asked for.
    pub(crate) wanted: Wanted,
}

impl Site<'_> {
    /// Waits until an operation has ended.
    pub(crate) async fn watch(
        &self,
        operation: &Operation,
        progress: &dyn Progress,
    ) -> Result<Ended, PortError> {
        let mut events: Vec<StackEvent> = Vec::new();
        let mut pace = Pace::new();
        let mut quiet = 0;
        let stack = loop {
            pace.pause().await;
            let known = events.last().and_then(StackEvent::event_id);
            let fresh = self
                .stacks
                .events(&operation.stack_id, operation.since, known)
                .await?;
            quiet = if fresh.is_empty() { quiet + 1 } else { 0 };
            for event in fresh.iter().filter(|event| tells(event)) {
                progress.event(&self.told(event, &operation.stack_id));
            }
            events.extend(fresh);
            if !may_have_ended(&events, &operation.stack_id, quiet) {
                continue;
            }
            let stack = self.stacks.stack(&operation.stack_id).await?;
            if stack
                .as_ref()
                .and_then(Stack::stack_status)
                .is_none_or(is_end)
            {
                break stack;
            }
        };
        let inner_cause = self.inner_cause(&events, &operation.stack_id).await?;
        Ok(Ended {
            wanted: operation.wanted,
            stack_id: operation.stack_id.clone(),
            stack,
            events,
            inner_cause,
        })
    }

    /// How the last operation on a stack ended, where nobody watched it.
    pub(crate) async fn looked_back(
        &self,
        stack_id: &str,
        stack: Option<Stack>,
        wanted: Wanted,
    ) -> Result<Ended, PortError> {
        let all = self.stacks.events(stack_id, None, None).await?;
        let events = of_last_operation(&all, stack_id).to_vec();
        let inner_cause = self.inner_cause(&events, stack_id).await?;
        Ok(Ended {
            wanted,
            stack_id: stack_id.to_owned(),
            stack,
            events,
            inner_cause,
        })
    }

    /// Just before the last operation on a stack began.
    pub(crate) async fn begun(&self, stack_id: &str) -> Result<Option<DateTime>, PortError> {
        let all = self.stacks.events(stack_id, None, None).await?;
        let first = of_last_operation(&all, stack_id).first();
        let at = first.and_then(StackEvent::timestamp);
        let millis = at.and_then(|at| at.to_millis().ok());
        Ok(millis.map(|millis| DateTime::from_millis(millis - 1)))
    }

    /// A stack that is a resource of another one tells the cause in its own events.
    async fn inner_cause(
        &self,
        events: &[StackEvent],
        stack_id: &str,
    ) -> Result<Option<String>, PortError> {
        let mut cause = None;
        let mut nested = nested_failure(events, stack_id);
        for _ in 0..DEEPEST {
            let Some(id) = nested else { break };
            let all = self.stacks.events(&id, None, None).await?;
            let events = of_last_operation(&all, &id);
            cause = first_cause(events).or(cause);
            nested = nested_failure(events, &id);
        }
        Ok(cause)
    }

    fn told(&self, event: &StackEvent, stack_id: &str) -> Event {
        let resource = event.logical_resource_id();
        Event {
            target: self.deployment.target.clone(),
            resource: resource
                .filter(|_| !is_of_stack(event, stack_id))
                .map(str::to_owned),
            status: event
                .resource_status()
                .map(|status| status.as_str().to_owned())
                .unwrap_or_default(),
            reason: event.resource_status_reason().map(str::to_owned),
        }
    }
}

/// Change sets that were prepared say nothing about what is being done.
fn tells(event: &StackEvent) -> bool {
    event.resource_status().map(ResourceStatus::as_str) != Some("REVIEW_IN_PROGRESS")
}

fn nested_failure(events: &[StackEvent], stack_id: &str) -> Option<String> {
    first_failure(events)
        .filter(|event| event.resource_type() == Some("AWS::CloudFormation::Stack"))
        .filter(|event| !is_of_stack(event, stack_id))
        .and_then(StackEvent::physical_resource_id)
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
}
