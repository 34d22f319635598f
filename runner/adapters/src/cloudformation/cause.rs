//! Why an operation failed: the first event that is a cause and not a consequence.

use aws_sdk_cloudformation::types::StackEvent;

/// What CloudFormation says of resources that failed only because another one did.
const CONSEQUENCES: [&str; 6] = [
    "Resource creation cancelled",
    "Resource creation Initiated",
    "Resource update cancelled",
    "Resource deletion cancelled",
    "The following resource(s) failed to",
    "The following hook(s) failed",
];

/// The first real cause in the events of one operation, oldest first: the resource, its type and CloudFormation's reason.
pub(crate) fn first_cause(events: &[StackEvent]) -> Option<String> {
    first_failure(events).map(told)
}

/// The event that tells the first real cause.
///
/// Where nothing but consequences and events without a reason are there, the first failure has to do.
pub(crate) fn first_failure(events: &[StackEvent]) -> Option<&StackEvent> {
    let mut failures = events.iter().filter(|event| is_failure(event));
    failures
        .clone()
        .find(|event| is_cause(event))
        .or_else(|| failures.next())
}

fn is_failure(event: &StackEvent) -> bool {
    event
        .resource_status()
        .is_some_and(|status| status.as_str().ends_with("_FAILED"))
}

fn is_cause(event: &StackEvent) -> bool {
    event.resource_status_reason().is_some_and(|reason| {
        !reason.is_empty() && !CONSEQUENCES.iter().any(|known| reason.contains(known))
    })
}

fn told(event: &StackEvent) -> String {
    let resource = event.logical_resource_id().unwrap_or("the stack");
    let kind = event.resource_type().unwrap_or("resource");
    let reason = event
        .resource_status_reason()
        .unwrap_or("CloudFormation gives no reason");
    format!("{resource} ({kind}): {reason}")
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::ResourceStatus;

    use super::*;

    fn event(resource: &str, status: &str, reason: Option<&str>) -> StackEvent {
        StackEvent::builder()
            .logical_resource_id(resource)
            .resource_type("AWS::SQS::Queue")
            .resource_status(ResourceStatus::from(status))
            .set_resource_status_reason(reason.map(str::to_owned))
            .build()
    }

    #[test]
    fn what_failed_only_because_another_did_is_no_cause() {
        let events = [
            event("Topic", "CREATE_IN_PROGRESS", None),
            event(
                "Topic",
                "CREATE_FAILED",
                Some("Resource creation cancelled"),
            ),
            event("Queue", "CREATE_FAILED", Some("Access denied")),
            event("Other", "CREATE_FAILED", Some("Also denied")),
            event(
                "shop",
                "ROLLBACK_IN_PROGRESS",
                Some(
                    "The following resource(s) failed to create: [Queue]. Rollback requested by user.",
                ),
            ),
        ];
        assert_eq!(
            first_cause(&events).as_deref(),
            Some("Queue (AWS::SQS::Queue): Access denied")
        );
    }

    #[test]
    fn a_failure_without_a_reason_is_better_than_nothing() {
        let events = [event("Queue", "UPDATE_FAILED", None)];
        assert_eq!(
            first_cause(&events).as_deref(),
            Some("Queue (AWS::SQS::Queue): CloudFormation gives no reason")
        );
    }

    #[test]
    fn what_went_well_has_no_cause() {
        assert_eq!(
            first_cause(&[event("Queue", "CREATE_COMPLETE", None)]),
            None
        );
    }
}
