//! Which values Terraform says that nobody may see: a shadow beside each value, true where it is sensitive.

use serde_json::Value as Json;

/// What stands for a value that nobody may see.
pub(super) const MASK: &str = "***";

/// Whether the shadow marks this very value, or nothing below it matters any more.
pub(super) fn is_marked(shadow: Option<&Json>) -> bool {
    matches!(shadow, Some(Json::Bool(true)))
}

/// The shadow of a member.
pub(super) fn member<'a>(shadow: Option<&'a Json>, key: &str) -> Option<&'a Json> {
    shadow.and_then(|shadow| match shadow {
        Json::Object(members) => members.get(key),
        Json::Array(items) => items.get(key.parse::<usize>().ok()?),
        // What holds for the whole holds for its parts.
        Json::Bool(_) => Some(shadow),
        Json::Null | Json::Number(_) | Json::String(_) => None,
    })
}

/// Collects the texts of all marked values: they may stand elsewhere, too, where nothing marks them.
pub(super) fn collect(value: &Json, shadow: Option<&Json>, into: &mut Vec<String>) {
    match value {
        Json::String(text) if is_marked(shadow) => into.push(text.clone()),
        Json::Number(number) if is_marked(shadow) => into.push(number.to_string()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        Json::Object(members) => {
            for (key, value) in members {
                collect(value, member(shadow, key), into);
            }
        }
        Json::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect(value, member(shadow, &index.to_string()), into);
            }
        }
    }
}

/// The value as it may be shown, and how many parts of it were hidden.
pub(super) fn shown(value: &Json, shadow: Option<&Json>) -> (Json, u32) {
    let mut masked = 0;
    let json = masking(value, shadow, &mut masked);
    (json, masked)
}

fn masking(value: &Json, shadow: Option<&Json>, masked: &mut u32) -> Json {
    if is_marked(shadow) && !value.is_null() {
        *masked += 1;
        return MASK.into();
    }
    match value {
        Json::Object(members) => {
            let member = |(key, value): (&String, &Json)| {
                (key.clone(), masking(value, member(shadow, key), masked))
            };
            Json::Object(members.iter().map(member).collect())
        }
        Json::Array(items) => {
            let item = |(index, value): (usize, &Json)| {
                masking(value, member(shadow, &index.to_string()), masked)
            };
            Json::Array(items.iter().enumerate().map(item).collect())
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => value.clone(),
    }
}
