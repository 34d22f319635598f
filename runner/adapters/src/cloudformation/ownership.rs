//! Whose a stack is, by its `proton:*` tags.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Stack;
use nucleon_core::target::TargetId;

use super::standing::{Standing, standing};

/// The kinds of target that a stack may be of, the most particular first: an instance bears its environment's tag too.
const KINDS: [&str; 4] = [
    "proton:component",
    "proton:service-instance",
    "proton:service",
    "proton:environment",
];

/// The living stack that bears a target's tags, if there is one beside the target's own.
pub(crate) fn stack_of<'a>(
    stacks: &'a [Stack],
    target: &TargetId,
    tags: &BTreeMap<String, String>,
) -> Option<&'a Stack> {
    let key = kind(target);
    let arn = tags.get(key)?;
    stacks
        .iter()
        .filter(|stack| !matches!(standing(Some(stack)), Standing::Missing | Standing::Empty))
        .find(|stack| bears(stack, key, arn))
}

fn kind(target: &TargetId) -> &'static str {
    match target {
        TargetId::Component(_) => "proton:component",
        TargetId::Instance { .. } => "proton:service-instance",
        TargetId::Pipeline { .. } => "proton:service",
        TargetId::Environment(_) => "proton:environment",
    }
}

/// The first of the kinds that a stack bears says what it is.
fn bears(stack: &Stack, key: &str, arn: &str) -> bool {
    KINDS
        .iter()
        .find_map(|kind| {
            let tag = stack.tags().iter().find(|tag| tag.key() == Some(*kind))?;
            Some((*kind, tag.value().unwrap_or_default()))
        })
        .is_some_and(|(kind, value)| kind == key && value == arn)
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::{StackStatus, Tag};

    use super::*;

    fn stack(name: &str, status: StackStatus, tags: &[(&str, &str)]) -> Stack {
        let tag = |(key, value): &(&str, &str)| Tag::builder().key(*key).value(*value).build();
        Stack::builder()
            .stack_name(name)
            .stack_status(status)
            .set_tags(Some(tags.iter().map(tag).collect()))
            .build()
    }

    fn of(stacks: &[Stack], target: &str, tags: &[(&str, &str)]) -> Option<String> {
        let tags = tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let found = stack_of(stacks, &target.parse().unwrap(), &tags);
        found.and_then(Stack::stack_name).map(str::to_owned)
    }

    const ENVIRONMENT: (&str, &str) = ("proton:environment", "arn:env/dev");
    const INSTANCE: (&str, &str) = ("proton:service-instance", "arn:instance");

    #[test]
    fn an_instance_is_not_taken_for_its_environment() {
        let stacks = [
            stack("web", StackStatus::CreateComplete, &[ENVIRONMENT, INSTANCE]),
            stack("dev", StackStatus::CreateComplete, &[ENVIRONMENT]),
        ];
        let found = of(&stacks, "environment/dev", &[ENVIRONMENT]);
        assert_eq!(found.as_deref(), Some("dev"));
        let tags = [ENVIRONMENT, INSTANCE];
        let found = of(&stacks, "service/web/service-instance/dev", &tags);
        assert_eq!(found.as_deref(), Some("web"));
    }

    #[test]
    fn what_is_gone_or_was_never_made_is_nobodys() {
        let stacks = [
            stack("gone", StackStatus::DeleteComplete, &[ENVIRONMENT]),
            stack("empty", StackStatus::ReviewInProgress, &[ENVIRONMENT]),
        ];
        assert_eq!(of(&stacks, "environment/dev", &[ENVIRONMENT]), None);
    }
}
