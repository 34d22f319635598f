//! `outcome.json`: what an apply run hands to whoever tells of it. Golden file: `tests/golden/outcome.json`.

use serde::{Deserialize, Serialize};

use crate::outcome::{DeploymentStatus, Outputs};
use crate::record::Format;
use crate::target::{Stage, TargetId};

/// The outcomes of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutcomeFile {
    /// The format of this file.
    pub format: Format,
    /// Every target that was asked for.
    pub targets: Vec<TargetOutcome>,
}

/// How one target fared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetOutcome {
    /// The target.
    pub target: TargetId,
    /// Its stage.
    pub stage: Stage,
    /// The account's id.
    pub account: String,
    /// The region.
    pub region: String,
    /// The final status; nothing where nothing was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<DeploymentStatus>,
    /// One sentence: what happened, or why nothing was begun.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The deployment's id, where one was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// What the target gives out, where a deployment of it ended well.
    #[serde(
        default,
        skip_serializing_if = "Outputs::is_empty",
        with = "crate::record::outputs"
    )]
    pub outputs: Outputs,
}
