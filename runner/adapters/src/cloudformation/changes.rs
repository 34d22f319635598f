//! What a change set says, in the plan's language.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{
    ChangeAction, PolicyAction, Replacement, RequiresRecreation, ResourceAttribute, ResourceChange,
    ResourceTargetDefinition,
};
use nucleon_core::plan::{Action, Change, PropertyChange, Recreation};

use super::difference::difference;

/// The changes of a change set, and what the reader should know beside them.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) changes: Vec<Change>,
    pub(crate) notes: Vec<String>,
}

/// Reads the changes of a change set.
pub(crate) fn changes<'a>(of: impl Iterator<Item = &'a ResourceChange>) -> Changes {
    let mut read = Changes::default();
    for change in of {
        read.notes.extend(note(change));
        read.changes.push(self::change(change));
    }
    read
}

fn change(change: &ResourceChange) -> Change {
    let action = action(change);
    let properties = match action {
        // What is new or gone is told by the rendered template; the same plan must come out where no change set can be made.
        Action::Add | Action::Remove | Action::Import | Action::Read => Vec::new(),
        Action::Replace | Action::Modify => properties(change, action),
    };
    Change {
        action,
        resource: text(change.logical_resource_id()),
        resource_type: text(change.resource_type()),
        physical_id: change.physical_resource_id().map(str::to_owned),
        properties,
    }
}

fn action(change: &ResourceChange) -> Action {
    match change.action() {
        Some(ChangeAction::Add) => Action::Add,
        Some(ChangeAction::Remove) => Action::Remove,
        Some(ChangeAction::Import) => Action::Import,
        _ if change.replacement() == Some(&Replacement::True) => Action::Replace,
        // `Dynamic` is decided while executing, `Modify` now; both change what is there.
        _ => Action::Modify,
    }
}

fn properties(change: &ResourceChange, action: Action) -> Vec<PropertyChange> {
    let details = change
        .details()
        .iter()
        .filter_map(|detail| detail.target())
        .map(property);
    let properties = merged(details);
    if properties.is_empty() {
        by_context(change, action)
    } else {
        properties
    }
}

fn property(target: &ResourceTargetDefinition) -> PropertyChange {
    PropertyChange {
        path: path(target),
        before: target.before_value().map(str::to_owned),
        after: target.after_value().map(str::to_owned),
        recreation: match target.requires_recreation() {
            Some(RequiresRecreation::Always) => Recreation::Always,
            Some(RequiresRecreation::Conditionally) => Recreation::Conditionally,
            _ => Recreation::Never,
        },
    }
}

/// CloudFormation's `/Properties/Tags/0/Value` as `Properties.Tags.0.Value`.
fn path(target: &ResourceTargetDefinition) -> String {
    if let Some(pointer) = target.path() {
        let segments = pointer.trim_start_matches('/').split('/');
        let decoded: Vec<String> = segments
            .map(|segment| segment.replace("~1", "/").replace("~0", "~"))
            .collect();
        return decoded.join(".");
    }
    let attribute = target
        .attribute()
        .map_or("Properties", ResourceAttribute::as_str);
    match target.name() {
        Some(name) => format!("{attribute}.{name}"),
        None => attribute.to_owned(),
    }
}

/// One entry a path: CloudFormation tells a property once for every reason that it changes.
fn merged(properties: impl Iterator<Item = PropertyChange>) -> Vec<PropertyChange> {
    let mut by_path: BTreeMap<String, PropertyChange> = BTreeMap::new();
    for property in properties {
        match by_path.get_mut(&property.path) {
            Some(known) => {
                known.recreation = known.recreation.max(property.recreation);
                known.before = known.before.take().or(property.before);
                known.after = known.after.take().or(property.after);
            }
            None => {
                by_path.insert(property.path.clone(), property);
            }
        }
    }
    let inner: Vec<String> = by_path.keys().cloned().collect();
    let told_by_inner = |property: &PropertyChange| {
        let prefix = format!("{}.", property.path);
        property.before.is_none()
            && property.after.is_none()
            && inner.iter().any(|path| path.starts_with(&prefix))
    };
    by_path
        .into_values()
        .filter(|property| !told_by_inner(property))
        .collect()
}

/// Where details are missing, the resource before and after is compared.
fn by_context(change: &ResourceChange, action: Action) -> Vec<PropertyChange> {
    let json = |text: Option<&str>| text.and_then(|text| serde_json::from_str(text).ok());
    let before = json(change.before_context());
    let after = json(change.after_context());
    let mut properties = difference(before.as_ref(), after.as_ref(), Recreation::Never);
    if action == Action::Replace {
        // Which of several properties calls for the replacement is not told.
        let recreation = match properties.len() {
            1 => Recreation::Always,
            _ => Recreation::Conditionally,
        };
        for property in &mut properties {
            property.recreation = recreation;
        }
    }
    properties
}

fn note(change: &ResourceChange) -> Option<String> {
    let resource = text(change.logical_resource_id());
    if change.replacement() == Some(&Replacement::Conditional) {
        return Some(format!(
            "`{resource}` may be replaced: it depends on a value that is known only while the change is made"
        ));
    }
    match change.policy_action() {
        Some(PolicyAction::Retain | PolicyAction::ReplaceAndRetain) => Some(format!(
            "what `{resource}` is now stays in the account, outside the stack"
        )),
        Some(PolicyAction::Snapshot | PolicyAction::ReplaceAndSnapshot) => {
            Some(format!("a snapshot is made of what `{resource}` is now"))
        }
        _ => None,
    }
}

fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudformation::types::ResourceChangeDetail;

    use super::*;

    fn modify() -> aws_sdk_cloudformation::types::builders::ResourceChangeBuilder {
        ResourceChange::builder()
            .action(ChangeAction::Modify)
            .logical_resource_id("Queue")
            .resource_type("AWS::SQS::Queue")
    }

    fn detail(
        path: Option<&str>,
        values: Option<(&str, &str)>,
        recreation: RequiresRecreation,
    ) -> ResourceChangeDetail {
        let target = ResourceTargetDefinition::builder()
            .attribute(ResourceAttribute::Properties)
            .name("Tags")
            .set_path(path.map(str::to_owned))
            .set_before_value(values.map(|(before, _)| before.to_owned()))
            .set_after_value(values.map(|(_, after)| after.to_owned()))
            .requires_recreation(recreation)
            .build();
        ResourceChangeDetail::builder().target(target).build()
    }

    fn shown(change: &ResourceChange) -> String {
        let read = changes([change].into_iter());
        let change = &read.changes[0];
        let mut lines = vec![format!("{:?} {}", change.action, change.resource)];
        lines.extend(change.properties.iter().map(|property| {
            format!(
                "{}: {:?} -> {:?}, recreation {:?}",
                property.path, property.before, property.after, property.recreation
            )
        }));
        lines.extend(read.notes);
        lines.join("\n")
    }

    #[test]
    fn a_property_that_changes_for_two_reasons_is_told_once() {
        let change = modify()
            .replacement(Replacement::Conditional)
            .details(detail(None, None, RequiresRecreation::Never))
            .details(detail(
                Some("/Properties/Tags/0/Value"),
                None,
                RequiresRecreation::Conditionally,
            ))
            .details(detail(
                Some("/Properties/Tags/0/Value"),
                Some(("a", "b")),
                RequiresRecreation::Never,
            ))
            .build();
        insta::assert_snapshot!(shown(&change), @r#"
        Modify Queue
        Properties.Tags.0.Value: Some("a") -> Some("b"), recreation Conditionally
        `Queue` may be replaced: it depends on a value that is known only while the change is made
        "#);
    }

    #[test]
    fn without_details_the_contexts_are_compared() {
        let change = modify()
            .replacement(Replacement::True)
            .before_context(r#"{"Properties":{"QueueName":"a","DelaySeconds":"1"}}"#)
            .after_context(r#"{"Properties":{"QueueName":"b","DelaySeconds":"1"}}"#)
            .build();
        insta::assert_snapshot!(shown(&change), @r#"
        Replace Queue
        Properties.QueueName: Some("a") -> Some("b"), recreation Always
        "#);
    }

    #[test]
    fn a_bucket_that_stays_is_told() {
        let change = ResourceChange::builder()
            .action(ChangeAction::Remove)
            .logical_resource_id("Bucket")
            .policy_action(PolicyAction::Retain)
            .build();
        insta::assert_snapshot!(shown(&change), @r"
        Remove Bucket
        what `Bucket` is now stays in the account, outside the stack
        ");
    }
}
