//! What a deployment would change, in one language for every provisioner.

use serde::{Deserialize, Serialize};

use crate::digest::{PlanDigest, RenderedDigest};
use crate::target::TargetId;

/// What happens to one resource; the order is that of danger, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Created anew and the old one deleted.
    Replace,
    /// Deleted.
    Remove,
    /// Changed in place.
    Modify,
    /// Created.
    Add,
    /// Taken over as it is.
    Import,
    /// Only read.
    Read,
}

/// Whether changing a property makes a new resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recreation {
    /// It does not.
    Never,
    /// It may, depending on what is known only later.
    Conditionally,
    /// It does.
    Always,
}

/// One property's change; values of sensitive properties are already masked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PropertyChange {
    /// The path, `Properties.Tags.0.Value`.
    pub path: String,
    /// The value before, as JSON or text; nothing where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The value after; nothing where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Whether the change makes a new resource.
    pub recreation: Recreation,
}

/// One resource's change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Change {
    /// What happens.
    pub action: Action,
    /// The logical id, or Terraform's address.
    pub resource: String,
    /// The type, `AWS::SQS::Queue`.
    pub resource_type: String,
    /// The physical id, where the resource exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<String>,
    /// The properties that change, sorted by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<PropertyChange>,
}

/// What a plan does to the target as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Nothing exists yet.
    Create,
    /// Something exists and changes.
    Update,
    /// Everything is deleted.
    Destroy,
    /// What exists is already what would be deployed.
    Nothing,
}

/// A plan for one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The target.
    pub target: TargetId,
    /// What happens to it as a whole.
    pub operation: Operation,
    /// Values that are not known yet; a plan with any is provisional: it shows the rendered difference and no change set was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// What changes, danger first.
    pub changes: Vec<Change>,
    /// The digest of what was rendered for it.
    pub rendered: RenderedDigest,
    /// The difference between what was last deployed and what is rendered now, where that is all there is to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// How many values were masked.
    #[serde(default)]
    pub masked: u32,
    /// What the reader should know beside the changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A plan that is exactly the one that was approved.
///
/// Only [`Plan::approve`] and [`Plan::approve_unreviewed`] make one, so nothing can be applied that was not planned first.
#[derive(Clone, Debug)]
pub struct ApprovedPlan(Plan);

/// A plan that is not the one that was approved.
#[derive(Clone, Debug)]
pub struct StalePlan {
    /// What would happen now.
    pub plan: Plan,
    /// What was approved.
    pub approved: Approved,
}

/// What a reviewer approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approved {
    /// A plan with everything known: written `sha256:…`.
    Exactly(PlanDigest),
    /// A provisional plan, which showed neither replacement nor removal: written `provisional`.
    Provisionally,
}

impl Plan {
    /// Puts the changes in order: danger first, then by resource.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        for change in &mut self.changes {
            change.properties.sort();
        }
        self.changes.sort();
        self.unknown.sort();
        self.unknown.dedup();
        self
    }

    /// Whether it is provisional.
    pub fn is_provisional(&self) -> bool {
        !self.unknown.is_empty()
    }

    /// Whether applying it would change anything.
    pub fn is_empty(&self) -> bool {
        self.operation == Operation::Nothing
    }

    /// Whether it replaces or removes a resource.
    pub fn is_dangerous(&self) -> bool {
        self.operation == Operation::Destroy
            || self
                .changes
                .iter()
                .any(|change| matches!(change.action, Action::Replace | Action::Remove))
    }

    /// The digest of what would change: the same for the same change, whatever the order or the time.
    pub fn digest(&self) -> PlanDigest {
        let canonical = self.clone().sorted();
        let parts = serde_json::json!({
            "target": canonical.target,
            "operation": canonical.operation,
            "unknown": canonical.unknown,
            "changes": canonical.changes,
            "rendered": canonical.rendered,
        });
        PlanDigest::of(&[parts.to_string().as_bytes()])
    }

    /// What a reviewer of this plan approves.
    pub fn approval(&self) -> Approved {
        if self.is_provisional() {
            Approved::Provisionally
        } else {
            Approved::Exactly(self.digest())
        }
    }

    /// Approves the plan if it is what was approved, or gives it back.
    ///
    /// A provisional approval covers anything but a replacement or a removal, because the provisional plan showed none.
    pub fn approve(self, approved: &Approved) -> Result<ApprovedPlan, Box<StalePlan>> {
        let covered = match approved {
            Approved::Exactly(digest) => self.digest() == *digest,
            Approved::Provisionally => !self.is_dangerous(),
        };
        if covered {
            Ok(ApprovedPlan(self))
        } else {
            Err(Box::new(StalePlan {
                plan: self,
                approved: approved.clone(),
            }))
        }
    }

    /// Approves the plan where nobody was asked: the person at the command line is the reviewer.
    pub fn approve_unreviewed(self) -> ApprovedPlan {
        ApprovedPlan(self)
    }
}

impl ApprovedPlan {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.0
    }
}

impl std::fmt::Display for Approved {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exactly(digest) => write!(formatter, "{digest}"),
            Self::Provisionally => formatter.write_str("provisional"),
        }
    }
}

impl std::str::FromStr for Approved {
    type Err = crate::digest::BadDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "provisional" {
            Ok(Self::Provisionally)
        } else {
            Ok(Self::Exactly(text.parse()?))
        }
    }
}
