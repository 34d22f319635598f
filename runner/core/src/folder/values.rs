//! `proton.auto.tfvars.json`: the values of the variables, which is what any other template sees, with tags and ARN.

use serde_json::{Map, Value as Json};

use crate::files::Files;
use crate::folder::VALUES;

/// What the file holds.
pub(super) fn values(context: &Json, tags: Option<&[(String, String)]>, arn: &str) -> Json {
    let mut members = context.as_object().cloned().unwrap_or_default();
    if let Some(tags) = tags.filter(|tags| !tags.is_empty()) {
        let tags = tags
            .iter()
            .map(|(key, value)| (key.clone(), Json::from(value.as_str())));
        let tags = tags.collect::<Map<_, _>>();
        members.insert("proton_tags".to_owned(), Json::Object(tags));
    }
    // Terraform passes over this key: it is a comment.
    members.insert("//".to_owned(), arn.into());
    Json::Object(members)
}

/// What the file in a folder holds; nothing where there is none that can be read.
pub(super) fn read(existing: &Files) -> Option<Json> {
    serde_json::from_str(existing.text(VALUES)?).ok()
}

/// Values in the order in which a folder has them already; what is new comes last.
///
/// Proton wrote outputs in the order of its hash tables.
pub(super) fn in_order_of(new: Json, old: Option<&Json>) -> Json {
    match (new, old) {
        (Json::Object(mut new), Some(Json::Object(old))) => {
            let mut ordered = Map::with_capacity(new.len());
            for (key, old) in old {
                if let Some(value) = new.shift_remove(key) {
                    ordered.insert(key.clone(), in_order_of(value, Some(old)));
                }
            }
            ordered.extend(new);
            Json::Object(ordered)
        }
        (Json::Array(new), Some(Json::Array(old))) => {
            let same = |item: &Json| old.iter().find(|old| old.get("name") == item.get("name"));
            let items = new.into_iter().map(|item| {
                let same = same(&item);
                in_order_of(item, same)
            });
            items.collect()
        }
        (new, _) => new,
    }
}

/// Whether every input is one value: Proton's early variables took nothing else.
pub(super) fn are_scalar(context: &Json) -> bool {
    let own = ["environment", "service_instance", "pipeline"];
    let own = own.into_iter().filter_map(|owner| context.get(owner));
    let listed = context.get("service_instances").and_then(Json::as_array);
    let inputs = own
        .chain(listed.into_iter().flatten())
        .filter_map(|owner| owner.get("inputs")?.as_object());
    let mut values = inputs.flat_map(Map::values);
    !values.any(|value| value.is_object() || value.is_array())
}
