//! What a change set has come to.

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::ChangeSetStatus;

/// CloudFormation has no code for "nothing to do", only these words.
const NO_CHANGES: [&str; 3] = [
    "didn't contain changes",
    "No updates are to be performed",
    "does not contain any changes",
];

/// What a change set has come to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is still being made.
    NotYet,
    /// It can be executed.
    Ready,
    /// The stack is already what would be deployed.
    Nothing,
    /// It could not be made, for this reason.
    Refused(String),
}

/// Says what a change set has come to.
pub(crate) fn verdict(change_set: &DescribeChangeSetOutput) -> Verdict {
    let reason = change_set.status_reason().unwrap_or_default();
    match change_set.status() {
        Some(ChangeSetStatus::CreateComplete) => Verdict::Ready,
        Some(ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress) => Verdict::NotYet,
        Some(ChangeSetStatus::Failed) if NO_CHANGES.iter().any(|words| reason.contains(words)) => {
            Verdict::Nothing
        }
        Some(ChangeSetStatus::Failed) => Verdict::Refused(reason.to_owned()),
        other => {
            let status = other.map_or("without a status", ChangeSetStatus::as_str);
            Verdict::Refused(format!("the change set is {status}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: ChangeSetStatus, reason: &str) -> Verdict {
        let change_set = DescribeChangeSetOutput::builder()
            .status(status)
            .status_reason(reason)
            .build();
        verdict(&change_set)
    }

    #[test]
    fn both_ways_to_say_nothing_are_understood() {
        let submitted = "The submitted information didn't contain changes. Submit different information to create a change set.";
        assert_eq!(of(ChangeSetStatus::Failed, submitted), Verdict::Nothing);
        let updates = "No updates are to be performed.";
        assert_eq!(of(ChangeSetStatus::Failed, updates), Verdict::Nothing);
    }

    #[test]
    fn any_other_failure_keeps_its_reason() {
        let reason = "Template error: instance of Fn::GetAtt references undefined resource Queue";
        assert_eq!(
            of(ChangeSetStatus::Failed, reason),
            Verdict::Refused(reason.to_owned())
        );
    }

    #[test]
    fn a_change_set_that_is_being_made_is_waited_for() {
        assert_eq!(of(ChangeSetStatus::CreatePending, ""), Verdict::NotYet);
        assert_eq!(of(ChangeSetStatus::CreateInProgress, ""), Verdict::NotYet);
        assert_eq!(of(ChangeSetStatus::CreateComplete, ""), Verdict::Ready);
    }
}
