//! The JSON that our binaries write, taken apart.

use nucleon_tests::Finished;
use serde_json::Value;

/// Returns what a document says of one target.
#[track_caller]
pub(crate) fn target(document: &Value, id: &str) -> Value {
    let targets = document["targets"].as_array().cloned().unwrap_or_default();
    let found = targets.into_iter().find(|entry| entry["target"] == id);
    found.unwrap_or_else(|| panic!("{id} is not in {document:#}"))
}

/// Returns the ids of a document's targets, in its order.
pub(crate) fn targets(document: &Value) -> Vec<String> {
    let targets = document["targets"].as_array().cloned().unwrap_or_default();
    let id = |entry: &Value| entry["target"].as_str().unwrap_or_default().to_owned();
    targets.iter().map(id).collect()
}

/// Returns one target's plan.
#[track_caller]
pub(crate) fn plan(finished: &Finished, id: &str) -> Value {
    target(&finished.json(), id)["planned"]["plan"].clone()
}

/// Returns what approves one target's plan, `TARGET=DIGEST`.
#[track_caller]
pub(crate) fn approval(finished: &Finished, id: &str) -> String {
    let target = target(&finished.json(), id);
    let approval = target["planned"]["approval"].as_str();
    format!(
        "{id}={}",
        approval.unwrap_or_else(|| panic!("no approval in {target:#}"))
    )
}

/// Returns how one target fared: its status and what is said of it.
#[track_caller]
pub(crate) fn outcome(finished: &Finished, id: &str) -> (String, String) {
    let target = target(&finished.json(), id);
    let text = |key: &str| target[key].as_str().unwrap_or("none").to_owned();
    (text("status"), text("message"))
}
