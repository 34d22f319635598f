//! The properties in which two JSON values differ.

use nucleon_core::plan::{PropertyChange, Recreation};
use serde_json::{Map, Value};

/// Lists the leaves that differ, with their paths; lists of different length differ as a whole.
pub(crate) fn difference(
    before: Option<&Value>,
    after: Option<&Value>,
    recreation: Recreation,
) -> Vec<PropertyChange> {
    let mut changes = Vec::new();
    compare(
        &mut Vec::new(),
        before,
        after,
        &mut |path, before, after| {
            changes.push(PropertyChange {
                path: path.join("."),
                before: before.map(text),
                after: after.map(text),
                recreation,
            });
        },
    );
    changes
}

type Found<'a> = dyn FnMut(&[String], Option<&Value>, Option<&Value>) + 'a;

fn compare(
    path: &mut Vec<String>,
    before: Option<&Value>,
    after: Option<&Value>,
    found: &mut Found<'_>,
) {
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            for key in keys(before, after) {
                path.push(key.clone());
                compare(path, before.get(key), after.get(key), found);
                path.pop();
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                path.push(index.to_string());
                compare(path, Some(before), Some(after), found);
                path.pop();
            }
        }
        (before, after) if before != after => found(path, before, after),
        _ => {}
    }
}

fn keys<'a>(before: &'a Map<String, Value>, after: &'a Map<String, Value>) -> Vec<&'a String> {
    let added = after.keys().filter(|key| !before.contains_key(*key));
    before.keys().chain(added).collect()
}

/// A text as it is, anything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_leaves_that_differ_are_listed() {
        let before =
            json!({"Name": "a", "Old": true, "Tags": [{"Key": "k", "Value": "1"}], "List": [1]});
        let after =
            json!({"Name": "a", "New": 5, "Tags": [{"Key": "k", "Value": "2"}], "List": [1, 2]});
        let changes = difference(Some(&before), Some(&after), Recreation::Never);
        let lines: Vec<String> = changes
            .iter()
            .map(|change| format!("{} {:?} {:?}", change.path, change.before, change.after))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        Old Some("true") None
        Tags.0.Value Some("1") Some("2")
        List Some("[1]") Some("[1,2]")
        New None Some("5")
        "#);
    }
}
