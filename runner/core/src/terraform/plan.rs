//! What a saved plan would change: `show -json` in the language of plans.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::sensitive::{self, member, shown};
use crate::plan::{Action, Change, Operation, PropertyChange, Recreation};
use crate::secret::Secret;

/// What stands for a value that Terraform does not know before it applies.
const LATER: &str = "(known after apply)";

/// What a plan would do.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What happens to the target as a whole, where something lives or not.
    pub operation: Operation,
    /// What changes, its sensitive values masked.
    pub changes: Vec<Change>,
    /// How many values were masked.
    pub masked: u32,
    /// The values that were masked: they may stand elsewhere, where Terraform does not mark them.
    pub secrets: Vec<Secret>,
    /// What the reader should know beside the changes.
    pub notes: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    resource_changes: Vec<ResourceChange>,
    #[serde(default)]
    output_changes: BTreeMap<String, Delta>,
    #[serde(default)]
    resource_drift: Vec<ResourceChange>,
    #[serde(default)]
    prior_state: Option<Json>,
    #[serde(default)]
    deferred_changes: Vec<Json>,
    #[serde(default)]
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct ResourceChange {
    address: String,
    #[serde(default)]
    previous_address: Option<String>,
    #[serde(rename = "type", default)]
    resource_type: String,
    #[serde(default)]
    deposed: Option<String>,
    change: Delta,
    #[serde(default)]
    action_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    actions: Vec<String>,
    #[serde(default)]
    before: Json,
    #[serde(default)]
    after: Json,
    #[serde(default)]
    after_unknown: Json,
    #[serde(default)]
    before_sensitive: Json,
    #[serde(default)]
    after_sensitive: Json,
    #[serde(default)]
    replace_paths: Vec<Vec<Json>>,
    #[serde(default)]
    importing: Option<Json>,
}

#[derive(Deserialize)]
struct Check {
    address: CheckAddress,
    status: String,
    #[serde(default)]
    instances: Vec<CheckInstance>,
}

#[derive(Deserialize)]
struct CheckAddress {
    to_display: String,
}

#[derive(Deserialize)]
struct CheckInstance {
    #[serde(default)]
    problems: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    message: String,
}

/// Reads what `show -json` tells of a saved plan; `destroy` where the plan is to delete everything.
pub fn read_plan(document: &str, destroy: bool) -> Result<Planned, serde_json::Error> {
    let document: Document = serde_json::from_str(document)?;
    let mut reading = Reading::default();
    for resource in &document.resource_changes {
        reading.resource(resource);
    }
    // Of a destruction it goes without saying.
    for (name, delta) in document.output_changes.iter().filter(|_| !destroy) {
        reading.output(name, delta);
    }
    for resource in &document.resource_drift {
        reading.drift(resource);
    }
    if !document.deferred_changes.is_empty() {
        let count = document.deferred_changes.len();
        reading.notes.push(format!(
            "{count} changes are put off: Terraform knows what they need only after this plan is applied"
        ));
    }
    for check in document
        .checks
        .iter()
        .filter(|check| check.status == "fail")
    {
        let problems = check
            .instances
            .iter()
            .flat_map(|instance| &instance.problems);
        for problem in problems {
            let name = &check.address.to_display;
            reading
                .notes
                .push(format!("`{name}` fails: {}", problem.message));
        }
    }
    let lives = document.prior_state.as_ref().is_some_and(lives);
    let changes = reading.changes.iter();
    let changes = changes
        .filter(|change| change.action != Action::Read)
        .count();
    let operation = match (changes, destroy, lives) {
        (0, true, true) => Operation::Destroy,
        (0, _, _) => Operation::Nothing,
        (_, true, _) => Operation::Destroy,
        (_, false, true) => Operation::Update,
        (_, false, false) => Operation::Create,
    };
    let Reading {
        changes,
        masked,
        secrets,
        notes,
    } = reading;
    let secrets = secrets.into_iter().filter(|text| !text.is_empty());
    Ok(Planned {
        operation,
        changes,
        masked,
        secrets: secrets.map(Secret::new).collect(),
        notes,
    })
}

/// Whether a state holds any resource.
fn lives(state: &Json) -> bool {
    let root = &state["values"]["root_module"];
    let filled = |key: &str| root[key].as_array().is_some_and(|items| !items.is_empty());
    filled("resources") || filled("child_modules")
}

#[derive(Default)]
struct Reading {
    changes: Vec<Change>,
    masked: u32,
    secrets: Vec<String>,
    notes: Vec<String>,
}

impl Reading {
    fn resource(&mut self, resource: &ResourceChange) {
        self.collect(&resource.change);
        if let Some(previous) = &resource.previous_address {
            self.notes
                .push(format!("`{previous}` is now `{}`", resource.address));
        }
        let Some(action) = action(&resource.change) else {
            return;
        };
        let properties = match action {
            // What is new or gone the module tells; the values before and after are not there, or not known.
            Action::Remove | Action::Read | Action::Import | Action::Add => Vec::new(),
            Action::Replace | Action::Modify => self.properties(&resource.change),
        };
        if let Some(reason) = resource.action_reason.as_deref().and_then(reason) {
            self.notes.push(format!("`{}` {reason}", resource.address));
        }
        if resource
            .change
            .actions
            .iter()
            .any(|action| action == "forget")
        {
            let address = &resource.address;
            self.notes.push(format!(
                "`{address}` stays in the account: Terraform forgets it"
            ));
        }
        let name = match &resource.deposed {
            Some(_) => format!("{} (deposed)", resource.address),
            None => resource.address.clone(),
        };
        let id = resource.change.before.get("id").and_then(Json::as_str);
        let sensitive = member(Some(&resource.change.before_sensitive), "id");
        self.changes.push(Change {
            action,
            resource: name,
            resource_type: resource.resource_type.clone(),
            physical_id: id
                .filter(|_| !sensitive::is_marked(sensitive))
                .map(str::to_owned),
            properties,
        });
    }

    fn output(&mut self, name: &str, delta: &Delta) {
        self.collect(delta);
        let action = match action(delta) {
            None | Some(Action::Import | Action::Read) => return,
            Some(Action::Add) => Action::Add,
            // An output that goes is no resource that goes.
            Some(Action::Modify | Action::Remove | Action::Replace) => Action::Modify,
        };
        let mut properties = self.properties(delta);
        for property in &mut properties {
            let inner = std::mem::take(&mut property.path);
            property.path = if inner.is_empty() {
                "value".to_owned()
            } else {
                format!("value.{inner}")
            };
        }
        self.changes.push(Change {
            action,
            resource: format!("output.{name}"),
            resource_type: "output".to_owned(),
            physical_id: None,
            properties,
        });
    }

    /// What somebody changed past Terraform; a plan that undoes it tells so by its changes.
    fn drift(&mut self, resource: &ResourceChange) {
        self.collect(&resource.change);
        if action(&resource.change).is_some() {
            let address = &resource.address;
            self.notes
                .push(format!("`{address}` was changed outside of Terraform"));
        }
    }

    fn collect(&mut self, delta: &Delta) {
        sensitive::collect(
            &delta.before,
            Some(&delta.before_sensitive),
            &mut self.secrets,
        );
        sensitive::collect(
            &delta.after,
            Some(&delta.after_sensitive),
            &mut self.secrets,
        );
    }

    fn properties(&mut self, delta: &Delta) -> Vec<PropertyChange> {
        let replaced: Vec<String> = delta
            .replace_paths
            .iter()
            .map(|path| dotted(path))
            .collect();
        let mut walk = Walk {
            found: Vec::new(),
            masked: 0,
            replaced: &replaced,
        };
        walk.compare(
            String::new(),
            Side {
                value: Some(&delta.before),
                sensitive: Some(&delta.before_sensitive),
            },
            Side {
                value: Some(&delta.after),
                sensitive: Some(&delta.after_sensitive),
            },
            Some(&delta.after_unknown),
        );
        self.masked += walk.masked;
        walk.found
    }
}

fn action(delta: &Delta) -> Option<Action> {
    let actions: Vec<&str> = delta.actions.iter().map(String::as_str).collect();
    match actions[..] {
        ["no-op"] if delta.importing.is_some() => Some(Action::Import),
        ["no-op"] | [] => None,
        ["create"] => Some(Action::Add),
        ["read"] => Some(Action::Read),
        ["update"] => Some(Action::Modify),
        ["delete" | "forget"] => Some(Action::Remove),
        // Anything else is of two parts, one of which does away with what is there.
        _ => Some(Action::Replace),
    }
}

/// Terraform's reason for an action, as the end of a sentence; those that the changes tell themselves are left out.
fn reason(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "replace_because_tainted" => "is replaced because its last change failed half-way",
        "replace_by_request" => "is replaced because somebody asked for it",
        "replace_by_triggers" => "is replaced because of its `replace_triggered_by`",
        "delete_because_no_resource_config" => "is no longer in the module",
        "delete_because_no_module" => "is of a module that is no longer called",
        "delete_because_wrong_repetition" => "no longer fits its `count` or `for_each`",
        "delete_because_count_index" => "is beyond its `count`",
        "delete_because_each_key" => "is no longer in its `for_each`",
        "delete_because_no_move_target" => "has nowhere to be moved to",
        _ => return None,
    })
}

fn dotted(path: &[Json]) -> String {
    let step = |step: &Json| {
        step.as_str()
            .map_or_else(|| step.to_string(), str::to_owned)
    };
    path.iter().map(step).collect::<Vec<_>>().join(".")
}

#[derive(Clone, Copy)]
struct Side<'a> {
    value: Option<&'a Json>,
    sensitive: Option<&'a Json>,
}

impl Side<'_> {
    fn member(self, key: &str) -> Self {
        let value = match self.value {
            Some(Json::Object(members)) => members.get(key),
            Some(Json::Array(items)) => {
                key.parse::<usize>().ok().and_then(|index| items.get(index))
            }
            _ => None,
        };
        Self {
            value,
            sensitive: member(self.sensitive, key),
        }
    }

    fn is_marked(self) -> bool {
        sensitive::is_marked(self.sensitive)
    }

    fn keys(self) -> Vec<String> {
        match self.value {
            Some(Json::Object(members)) => members.keys().cloned().collect(),
            Some(Json::Array(items)) => (0..items.len()).map(|index| index.to_string()).collect(),
            _ => Vec::new(),
        }
    }

    fn is_container(self) -> bool {
        matches!(self.value, Some(Json::Object(_) | Json::Array(_)))
    }

    fn is_nothing(self) -> bool {
        self.value.is_none_or(Json::is_null)
    }
}

/// Looks for the values that differ, from the top down.
struct Walk<'a> {
    found: Vec<PropertyChange>,
    masked: u32,
    replaced: &'a [String],
}

impl Walk<'_> {
    fn compare(&mut self, path: String, before: Side<'_>, after: Side<'_>, unknown: Option<&Json>) {
        let later = matches!(unknown, Some(Json::Bool(true)));
        let hidden = before.is_marked() || after.is_marked();
        if !later
            && before.value == after.value
            && before.is_marked() == after.is_marked()
            && !has_true(unknown)
        {
            return;
        }
        if !later && !hidden && (before.is_container() || after.is_container()) {
            let mut keys = before.keys();
            keys.extend(after.keys());
            keys.extend(keys_of(unknown));
            keys.sort();
            keys.dedup();
            // A text that becomes a list is one change.
            let alike = [before, after]
                .into_iter()
                .all(|side| side.is_container() || side.is_nothing());
            if alike && !keys.is_empty() {
                for key in keys {
                    let below = if path.is_empty() {
                        key.clone()
                    } else {
                        format!("{path}.{key}")
                    };
                    self.compare(
                        below,
                        before.member(&key),
                        after.member(&key),
                        member(unknown, &key),
                    );
                }
                return;
            }
        }
        if !later && before.is_nothing() && after.is_nothing() {
            return;
        }
        let before = self.text(before, hidden);
        let after = if later {
            Some(LATER.to_owned())
        } else {
            self.text(after, hidden)
        };
        let of_path = |replaced: &String| {
            *replaced == path
                || path
                    .strip_prefix(replaced.as_str())
                    .is_some_and(|rest| rest.starts_with('.'))
                || replaced
                    .strip_prefix(path.as_str())
                    .is_some_and(|rest| rest.starts_with('.'))
        };
        let recreation = if self.replaced.iter().any(of_path) {
            Recreation::Always
        } else {
            Recreation::Never
        };
        self.found.push(PropertyChange {
            path,
            before,
            after,
            recreation,
        });
    }

    fn text(&mut self, side: Side<'_>, hidden: bool) -> Option<String> {
        let value = side.value.filter(|value| !value.is_null())?;
        if hidden {
            self.masked += 1;
            return Some(sensitive::MASK.to_owned());
        }
        let (value, masked) = shown(value, side.sensitive);
        self.masked += masked;
        Some(match value {
            Json::String(text) => text,
            other => other.to_string(),
        })
    }
}

fn keys_of(unknown: Option<&Json>) -> Vec<String> {
    let side = Side {
        value: unknown,
        sensitive: None,
    };
    side.keys()
}

/// Whether anything below is known only later.
fn has_true(unknown: Option<&Json>) -> bool {
    match unknown {
        Some(Json::Bool(flag)) => *flag,
        Some(Json::Object(members)) => members.values().any(|value| has_true(Some(value))),
        Some(Json::Array(items)) => items.iter().any(|value| has_true(Some(value))),
        Some(Json::Null | Json::Number(_) | Json::String(_)) | None => false,
    }
}

#[cfg(test)]
mod tests;
