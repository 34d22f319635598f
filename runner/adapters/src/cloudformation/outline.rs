//! The plan where no change set can be made: read from the templates.

use std::sync::Arc;

use nucleon_core::plan::{Action, Change, Operation, Plan, Recreation};
use nucleon_core::yaml::{self, Node};
use nucleon_engine::ports::PortError;
use serde_json::{Map, Value};

use super::changes::Changes;
use super::difference::difference;
use super::site::{Road, Site};

impl Site<'_> {
    /// What the road leads to, told from the templates; the same wherever it is asked, so that its digest can be approved.
    pub(crate) async fn outlined(&self, road: &Road) -> Result<Plan, PortError> {
        let wanted = self.resources_of(&self.stack.template)?;
        match road {
            Road::Unstick { stack_id } => {
                let living = self.stacks.template(stack_id).await?;
                let living = self.resources_of(&living)?;
                let changes = Changes {
                    changes: compared(&living, &wanted),
                    notes: vec![
                        "the rollback of the last update failed (UPDATE_ROLLBACK_FAILED): it is finished first, so these changes are read from the templates".to_owned(),
                        "a replacement or removal that is not shown here stops the deployment".to_owned(),
                    ],
                };
                Ok(self.plan(Operation::Update, changes))
            }
            Road::Create | Road::Update | Road::Rebuild { .. } => {
                let changes = Changes {
                    changes: compared(&Map::new(), &wanted),
                    notes: vec![
                        "the last creation failed: what is left of it is deleted first".to_owned(),
                    ],
                };
                Ok(self.plan(Operation::Create, changes))
            }
        }
    }

    fn resources_of(&self, template: &str) -> Result<Map<String, Value>, PortError> {
        resources(&self.stack.name, template)
            .ok_or_else(|| self.refused("its template cannot be read", "look at the template"))
    }
}

/// The resources of a template in YAML or JSON.
pub(super) fn resources(name: &str, template: &str) -> Option<Map<String, Value>> {
    let document = yaml::parse(&Arc::from(name), template).ok()?;
    match document.get("Resources").map(json) {
        Some(Value::Object(resources)) => Some(resources),
        _ => None,
    }
}

/// A value as JSON with its tags kept: `!Ref Queue` is not the text `Queue`.
fn json(node: &Node) -> Value {
    let value = if let Some(entries) = node.as_mapping() {
        let entry = |(key, value): &(Node, Node)| (key.text().to_owned(), json(value));
        Value::Object(entries.iter().map(entry).collect())
    } else if let Some(items) = node.as_sequence() {
        Value::Array(items.iter().map(json).collect())
    } else {
        node.to_json()
    };
    match &node.tag {
        Some(tag) => Value::Object(Map::from_iter([(tag.to_string(), value)])),
        None => value,
    }
}

fn compared(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Change> {
    let removed = before.iter().filter(|(name, _)| !after.contains_key(*name));
    let kept = after.iter();
    removed
        .map(|(name, resource)| change(Action::Remove, name, resource))
        .chain(kept.filter_map(|(name, resource)| match before.get(name) {
            None => Some(change(Action::Add, name, resource)),
            Some(old) if old == resource => None,
            Some(old) => Some(changed(name, old, resource)),
        }))
        .collect()
}

fn changed(name: &str, old: &Value, new: &Value) -> Change {
    if old.get("Type") != new.get("Type") {
        return change(Action::Replace, name, new);
    }
    Change {
        // Which properties call for a replacement only CloudFormation knows.
        properties: difference(Some(old), Some(new), Recreation::Conditionally),
        ..change(Action::Modify, name, new)
    }
}

fn change(action: Action, name: &str, resource: &Value) -> Change {
    let kind = resource.get("Type").and_then(Value::as_str);
    Change {
        action,
        resource: name.to_owned(),
        resource_type: kind.unwrap_or_default().to_owned(),
        physical_id: None,
        properties: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1, Tag: !Ref Topic}}
  Topic: {Type: AWS::SNS::Topic}
  Same: {Type: AWS::SNS::Topic}
";
    const AFTER: &str = "
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 2, Tag: Topic}}
  Same: {Type: AWS::SNS::Topic}
  New: {Type: AWS::S3::Bucket}
";

    #[test]
    fn templates_tell_what_changes() {
        let before = resources("before", BEFORE).unwrap();
        let after = resources("after", AFTER).unwrap();
        let lines: Vec<String> = compared(&before, &after)
            .iter()
            .map(|change| {
                let paths: Vec<&str> = change
                    .properties
                    .iter()
                    .map(|property| property.path.as_str())
                    .collect();
                format!(
                    "{:?} {} {}",
                    change.action,
                    change.resource,
                    paths.join(" ")
                )
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        Remove Topic 
        Modify Queue Properties.DelaySeconds Properties.Tag
        Add New
        ");
    }
}
