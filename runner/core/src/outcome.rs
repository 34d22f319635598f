//! How a deployment ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::Provisioned;

/// The status of a deployment, in Proton's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeploymentStatus {
    /// Under way.
    InProgress,
    /// Ended; what was wanted is there.
    Succeeded,
    /// Ended; what was wanted is not there.
    Failed,
    /// A deletion is under way.
    DeleteInProgress,
    /// A deletion ended; something is left.
    DeleteFailed,
    /// A deletion ended; nothing is left.
    DeleteComplete,
    /// A cancellation is under way.
    Cancelling,
    /// Cancelled; what was there before is there again.
    Cancelled,
}

impl DeploymentStatus {
    /// Whether nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        match self {
            Self::InProgress | Self::DeleteInProgress | Self::Cancelling => false,
            Self::Succeeded
            | Self::Failed
            | Self::DeleteFailed
            | Self::DeleteComplete
            | Self::Cancelled => true,
        }
    }

    /// Whether it ended well.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::DeleteComplete)
    }

    /// Proton's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
            Self::DeleteFailed => "DELETE_FAILED",
            Self::DeleteComplete => "DELETE_COMPLETE",
            Self::Cancelling => "CANCELLING",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl std::fmt::Display for DeploymentStatus {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a target gave out, by key; values are text, as Proton's were.
pub type Outputs = BTreeMap<String, String>;

/// How a deployment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The final status.
    pub status: DeploymentStatus,
    /// One sentence; on failure the first real cause.
    pub message: Option<String>,
    /// What the target gives out now; sensitive outputs are not among them.
    pub outputs: Outputs,
    /// Where it lives.
    pub provisioned: Option<Provisioned>,
}
