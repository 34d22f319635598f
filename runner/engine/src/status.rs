//! What the state tells people.

use nucleon_core::record::Record;
use nucleon_core::target::TargetId;
use serde::Serialize;

use crate::ports::{PortError, State};

/// One line of `nucleon status`, or one entry of `nucleon history`.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// The target.
    pub target: TargetId,
    /// The commit of the state that holds the record.
    pub tip: String,
    /// The record, where it can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// Why it cannot be read, after the code of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// How the targets stand; all of them when none is named.
pub async fn status(state: &dyn State, targets: &[TargetId]) -> Result<Vec<Entry>, PortError> {
    let tips = if targets.is_empty() {
        state.read_all().await?
    } else {
        state.read(targets).await?
    };
    Ok(tips
        .into_iter()
        .map(|(target, tip)| entry(target, tip))
        .collect())
}

/// A target's deployments, newest first: the last event of each.
pub async fn history(state: &dyn State, target: &TargetId) -> Result<Vec<Entry>, PortError> {
    let mut entries: Vec<Entry> = Vec::new();
    for tip in state.history(target).await? {
        let entry = entry(target.clone(), tip);
        let id = |entry: &Entry| entry.record.as_ref().map(|record| record.id.clone());
        if entry.record.is_none() || !entries.iter().any(|newer| id(newer) == id(&entry)) {
            entries.push(entry);
        }
    }
    Ok(entries)
}

fn entry(target: TargetId, tip: crate::ports::Tip) -> Entry {
    match tip.record {
        Ok(record) => Entry {
            target,
            tip: tip.commit,
            record: Some(record),
            fault: None,
        },
        Err(diagnostic) => Entry {
            target,
            tip: tip.commit,
            record: None,
            fault: Some(format!("[{}] {}", diagnostic.code, diagnostic.message)),
        },
    }
}
