//! What to do next while CloudFormation works, told from what it has said so far.

use std::time::Duration;

use aws_sdk_cloudformation::types::{StackEvent, StackStatus};

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(5);
/// Every so many looks without news the stack itself is asked.
const PATIENCE: u32 = 8;

/// How long to pause before looking again: short at first, because small stacks are quick.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace(Duration);

impl Pace {
    /// The pace of a new operation.
    pub(crate) fn new() -> Self {
        Self(FIRST)
    }

    /// Pauses, longer each time.
    pub(crate) async fn pause(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 3 / 2).min(LONGEST);
    }
}

/// Whether the events of an operation, oldest first, call for a look at the stack: it may have ended.
///
/// `quiet` is how many looks in a row have brought no event.
pub(crate) fn may_have_ended(events: &[StackEvent], stack_id: &str, quiet: u32) -> bool {
    let last = events
        .iter()
        .rev()
        .find(|event| is_of_stack(event, stack_id));
    let status = last.and_then(|event| event.resource_status());
    let ended = match status.map(aws_sdk_cloudformation::types::ResourceStatus::as_str) {
        // Going back usually follows at once.
        Some("CREATE_FAILED" | "UPDATE_FAILED") => quiet > 0,
        Some(status) => !status.ends_with("_IN_PROGRESS"),
        None => false,
    };
    ended || (quiet > 0 && quiet.is_multiple_of(PATIENCE))
}

/// Whether a status is one that an operation ends with.
pub(crate) fn is_end(status: &StackStatus) -> bool {
    !status.as_str().ends_with("_IN_PROGRESS")
}

/// The events of the last operation, oldest first.
pub(crate) fn of_last_operation<'a>(events: &'a [StackEvent], stack_id: &str) -> &'a [StackEvent] {
    let begins = |event: &StackEvent| {
        let status = event.resource_status().map_or("", |status| status.as_str());
        is_of_stack(event, stack_id)
            && matches!(
                status,
                "CREATE_IN_PROGRESS"
                    | "UPDATE_IN_PROGRESS"
                    | "DELETE_IN_PROGRESS"
                    | "IMPORT_IN_PROGRESS"
            )
    };
    let start = events.iter().rposition(begins).unwrap_or_default();
    &events[start..]
}

/// Whether an event tells of the stack as a whole.
pub(crate) fn is_of_stack(event: &StackEvent, stack_id: &str) -> bool {
    event.physical_resource_id() == Some(stack_id)
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::ResourceStatus;

    use super::*;

    fn event(resource: &str, status: &str) -> StackEvent {
        StackEvent::builder()
            .physical_resource_id(resource)
            .resource_status(ResourceStatus::from(status))
            .build()
    }

    #[test]
    fn a_resource_that_is_ready_does_not_end_the_operation() {
        let events = [
            event("stack", "CREATE_IN_PROGRESS"),
            event("queue", "CREATE_COMPLETE"),
        ];
        assert!(!may_have_ended(&events, "stack", 0));
    }

    #[test]
    fn the_stacks_own_last_word_ends_it() {
        let mut events = vec![event("stack", "UPDATE_IN_PROGRESS")];
        events.push(event("stack", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"));
        assert!(!may_have_ended(&events, "stack", 0));
        events.push(event("stack", "UPDATE_COMPLETE"));
        assert!(may_have_ended(&events, "stack", 0));
    }

    #[test]
    fn a_failed_creation_usually_goes_back_first() {
        let events = [event("stack", "CREATE_FAILED")];
        assert!(!may_have_ended(&events, "stack", 0));
        assert!(may_have_ended(&events, "stack", 1));
    }

    #[test]
    fn silence_is_not_trusted_for_ever() {
        assert!(!may_have_ended(&[], "stack", 7));
        assert!(may_have_ended(&[], "stack", 8));
    }

    #[test]
    fn earlier_operations_are_left_out() {
        let events = [
            event("stack", "CREATE_IN_PROGRESS"),
            event("queue", "CREATE_FAILED"),
            event("stack", "CREATE_COMPLETE"),
            event("stack", "UPDATE_IN_PROGRESS"),
            event("topic", "UPDATE_IN_PROGRESS"),
        ];
        assert_eq!(of_last_operation(&events, "stack").len(), 2);
    }
}
