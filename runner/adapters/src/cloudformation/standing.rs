//! How a stack stands before it is changed, and what that calls for.

use aws_sdk_cloudformation::types::{Stack, StackEvent, StackStatus};

/// How a stack stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// There is none.
    Missing,
    /// A change set was made for it and nothing was ever created.
    Empty,
    /// It was created and can be changed.
    Living,
    /// Its creation failed: it can only be deleted.
    Failed,
    /// An update failed, and so did going back: that must be finished first.
    Stuck,
    /// An operation is under way.
    Busy,
    /// Its deletion failed: it must be deleted for good first.
    Halved,
    /// We do not know what to do with it.
    Unknown,
}

/// Says how a stack stands.
pub(crate) fn standing(stack: Option<&Stack>) -> Standing {
    let Some(status) = stack.and_then(Stack::stack_status) else {
        return Standing::Missing;
    };
    match status {
        StackStatus::DeleteComplete => Standing::Missing,
        StackStatus::ReviewInProgress => Standing::Empty,
        StackStatus::CreateComplete
        | StackStatus::UpdateComplete
        | StackStatus::UpdateFailed
        | StackStatus::UpdateRollbackComplete
        | StackStatus::ImportComplete
        | StackStatus::ImportRollbackComplete => Standing::Living,
        StackStatus::CreateFailed | StackStatus::RollbackComplete | StackStatus::RollbackFailed => {
            Standing::Failed
        }
        StackStatus::UpdateRollbackFailed => Standing::Stuck,
        StackStatus::DeleteFailed => Standing::Halved,
        other if is_in_progress(other) => Standing::Busy,
        _ => Standing::Unknown,
    }
}

/// Whether an operation is under way.
pub(crate) fn is_in_progress(status: &StackStatus) -> bool {
    *status != StackStatus::ReviewInProgress && status.as_str().ends_with("_IN_PROGRESS")
}

/// Whether the events of a stack show that it was created once: such a stack is never deleted as a failed creation.
pub(crate) fn has_lived(events: &[StackEvent], stack_id: &str) -> bool {
    events
        .iter()
        .filter(|event| event.physical_resource_id() == Some(stack_id))
        .filter_map(|event| event.resource_status())
        .any(|status| {
            matches!(
                status.as_str(),
                "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "IMPORT_COMPLETE"
            )
        })
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::ResourceStatus;

    use super::*;

    fn of(status: &str) -> Standing {
        let stack = Stack::builder().stack_status(StackStatus::from(status));
        standing(Some(&stack.build()))
    }

    #[test]
    fn every_status_calls_for_something() {
        assert_eq!(standing(None), Standing::Missing);
        assert_eq!(of("REVIEW_IN_PROGRESS"), Standing::Empty);
        assert_eq!(of("UPDATE_ROLLBACK_COMPLETE"), Standing::Living);
        assert_eq!(of("ROLLBACK_COMPLETE"), Standing::Failed);
        assert_eq!(of("ROLLBACK_FAILED"), Standing::Failed);
        assert_eq!(of("CREATE_FAILED"), Standing::Failed);
        assert_eq!(of("UPDATE_ROLLBACK_FAILED"), Standing::Stuck);
        assert_eq!(of("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), Standing::Busy);
        assert_eq!(of("DELETE_IN_PROGRESS"), Standing::Busy);
        assert_eq!(of("DELETE_FAILED"), Standing::Halved);
        assert_eq!(of("DELETE_COMPLETE"), Standing::Missing);
        assert_eq!(of("SOMETHING_NEW"), Standing::Unknown);
    }

    #[test]
    fn a_stack_that_was_created_once_has_lived() {
        let event = |resource: &str, status: &str| {
            StackEvent::builder()
                .physical_resource_id(resource)
                .resource_status(ResourceStatus::from(status))
                .build()
        };
        let of_a_resource = event("queue", "CREATE_COMPLETE");
        let failed = event("stack", "CREATE_FAILED");
        let created = event("stack", "CREATE_COMPLETE");
        assert!(!has_lived(
            &[of_a_resource.clone(), failed.clone()],
            "stack"
        ));
        assert!(has_lived(&[of_a_resource, created, failed], "stack"));
    }
}
