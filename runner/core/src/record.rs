//! What was deployed from what: the one thing that the state keeps, a record per event.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::{BundleDigest, InputsDigest, PlanDigest, RenderedDigest};
use crate::outcome::{DeploymentStatus, Outcome, Outputs};
use crate::target::{Name, TargetId};

/// The template version that was deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateUsed {
    /// The template.
    pub name: Name,
    /// The major version.
    pub major: u32,
    /// The minor version; nothing for the newest content of a major version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minor: Option<u32>,
    /// The commit whose tree held the files.
    pub commit: String,
    /// The digest of the files.
    pub digest: BundleDigest,
}

impl fmt::Display for TemplateUsed {
    /// As people write it: `name@1.4`, or `name@1`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.name, self.major)?;
        match self.minor {
            Some(minor) => write!(formatter, ".{minor}"),
            None => Ok(()),
        }
    }
}

/// Where a spec was read that lies in another repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecUsed {
    /// The repository, `owner/name`.
    pub repository: String,
    /// The commit.
    pub commit: String,
}

/// Where a target lives in its provisioner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "provisioner",
    rename_all = "kebab-case",
    try_from = "provisioned::Flat"
)]
pub enum Provisioned {
    /// A CloudFormation stack.
    Cloudformation {
        /// The stack's name.
        stack_name: String,
        /// The stack's ARN.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stack_id: Option<String>,
        /// The change set that was executed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        change_set_id: Option<String>,
    },
    /// What Terraform keeps in a state of its own.
    Terraform {
        /// The bundle that it was applied from last; components have none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bundle: Option<TemplateUsed>,
        /// What its variables were given, but for secrets, which are `***`.
        inputs: serde_json::Value,
        /// Its folder.
        path: String,
        /// Where its state is: what `init` was told about the backend.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        backend: BTreeMap<String, String>,
        /// The machine that ran Terraform, as it names itself in the state's lock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        who: Option<String>,
    },
    /// A folder that was proposed to an infrastructure repository, which provisions it.
    PullRequest {
        /// The repository, `owner/name`.
        repository: String,
        /// The target's folder there.
        path: String,
        /// The pull request; nothing until it is open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        number: Option<u64>,
        /// The pull request's page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// The id of the last deployment that succeeded before this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        applied: Option<String>,
    },
    /// Whatever a bundle's commands made; only the bundle knows what that is.
    Commands {
        /// The bundle whose commands delete it: the last one whose commands succeeded, else the first that was tried.
        bundle: TemplateUsed,
        /// Whether its commands succeeded.
        succeeded: bool,
        /// What they found in their file of inputs, but for secrets, which are `***`.
        inputs: serde_json::Value,
    },
}

/// Who works on a target, and until when nobody else may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who: the run and its attempt, or a person's machine.
    pub owner: String,
    /// Until when.
    pub expires: Timestamp,
}

/// An approval that was observed before applying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: String,
    /// GitHub's word: `approved` or `rejected`.
    pub state: String,
    /// What the reviewer wrote.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// The plan that was approved.
    pub plan_digest: PlanDigest,
    /// When it was observed.
    pub observed_at: Timestamp,
}

/// What a record's deployment was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To make the target what its spec says.
    Deploy,
    /// To delete the target.
    Destroy,
    /// To take over what lives already.
    Import,
}

/// One deployment of one target. `format` is 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The format of this record.
    pub format: Format,
    /// The deployment's id (a UUID); also CloudFormation's client request token.
    pub id: String,
    /// The target.
    pub target: TargetId,
    /// What for.
    pub purpose: Purpose,
    /// The template version; nothing for components, which carry their own file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateUsed>,
    /// Where its spec was read; nothing for the specs of the platform repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<SpecUsed>,
    /// The digest of the inputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs_digest: Option<InputsDigest>,
    /// The digest of what was rendered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rendered_digest: Option<RenderedDigest>,
    /// The digest of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_digest: Option<PlanDigest>,
    /// The status.
    pub status: DeploymentStatus,
    /// One sentence about the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The account's id.
    pub account: String,
    /// The region.
    pub region: String,
    /// Where it lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioned: Option<Provisioned>,
    /// What it gives out.
    #[serde(default, with = "outputs")]
    pub outputs: Outputs,
    /// When the deployment began.
    pub started: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Timestamp>,
    /// Who works on it now; nothing once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// Who asked for it.
    pub actor: String,
    /// The approvals that were observed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// The commit of the platform repository it was deployed from.
    pub commit: String,
    /// The pull request that brought the commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<u64>,
    /// The run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_url: Option<String>,
    /// Keys that a newer Nucleon wrote; kept so that nothing is lost.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, serde_json::Value>,
}

/// The number of a format that leaves the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Format;

impl TryFrom<u32> for Format {
    type Error = String;
    fn try_from(number: u32) -> Result<Self, String> {
        if number == 1 {
            Ok(Self)
        } else {
            Err(format!(
                "format {number} is newer than this Nucleon; use a newer one"
            ))
        }
    }
}

impl From<Format> for u32 {
    fn from(_: Format) -> Self {
        1
    }
}

impl Record {
    /// Reads a record.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The record's text: stable keys, one a line, a newline at the end.
    ///
    /// # Panics
    ///
    /// Never: all keys of a record are text.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a record has text keys only");
        text.push('\n');
        text
    }

    /// Whether somebody works on the target now.
    pub fn is_locked(&self, now: Timestamp) -> bool {
        !self.status.is_final() && self.lease.as_ref().is_some_and(|lease| lease.expires > now)
    }

    /// Whether it waits for its pull request, and nobody works on it: whoever provisions it will tell how it went.
    pub fn is_proposed(&self) -> bool {
        let has_pull_request = matches!(
            &self.provisioned,
            Some(Provisioned::PullRequest {
                number: Some(_),
                ..
            })
        );
        has_pull_request && !self.status.is_final() && self.lease.is_none()
    }

    /// Closes the record with what happened; what was proposed stays open without a lease.
    #[must_use]
    pub fn close(mut self, outcome: Outcome, at: Timestamp) -> Self {
        self.status = outcome.status;
        self.message = outcome.message;
        self.outputs = outcome.outputs;
        self.provisioned = outcome.provisioned.or(self.provisioned);
        self.completed = outcome.status.is_final().then_some(at);
        self.lease = None;
        self
    }
}

/// A target's place is read as one object with the keys of every provisioner: reading each by itself, as serde does by tag,
/// costs ten kilobytes of every binary.
mod provisioned {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::{Provisioned, TemplateUsed};

    #[derive(Deserialize)]
    pub(super) struct Flat {
        provisioner: String,
        stack_name: Option<String>,
        stack_id: Option<String>,
        change_set_id: Option<String>,
        bundle: Option<TemplateUsed>,
        succeeded: Option<bool>,
        inputs: Option<serde_json::Value>,
        path: Option<String>,
        #[serde(default)]
        backend: BTreeMap<String, String>,
        who: Option<String>,
        repository: Option<String>,
        number: Option<u64>,
        url: Option<String>,
        applied: Option<String>,
    }

    fn required<T>(value: Option<T>, key: &str) -> Result<T, String> {
        value.ok_or_else(|| format!("missing field `{key}`"))
    }

    impl TryFrom<Flat> for Provisioned {
        type Error = String;

        fn try_from(flat: Flat) -> Result<Self, String> {
            match flat.provisioner.as_str() {
                "cloudformation" => Ok(Self::Cloudformation {
                    stack_name: required(flat.stack_name, "stack_name")?,
                    stack_id: flat.stack_id,
                    change_set_id: flat.change_set_id,
                }),
                "terraform" => Ok(Self::Terraform {
                    bundle: flat.bundle,
                    inputs: required(flat.inputs, "inputs")?,
                    path: required(flat.path, "path")?,
                    backend: flat.backend,
                    who: flat.who,
                }),
                "pull-request" => Ok(Self::PullRequest {
                    repository: required(flat.repository, "repository")?,
                    path: required(flat.path, "path")?,
                    number: flat.number,
                    url: flat.url,
                    applied: flat.applied,
                }),
                "commands" => Ok(Self::Commands {
                    bundle: required(flat.bundle, "bundle")?,
                    succeeded: required(flat.succeeded, "succeeded")?,
                    inputs: required(flat.inputs, "inputs")?,
                }),
                other => Err(format!("there is no provisioner `{other}`")),
            }
        }
    }
}

/// Outputs are read as Proton's `[{"key", "valueString"}]` or as a map, and written as the first.
pub mod outputs {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::outcome::Outputs;

    #[derive(Serialize, Deserialize)]
    struct Output {
        key: String,
        #[serde(rename = "valueString")]
        value: String,
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        List(Vec<Output>),
        Map(Outputs),
    }

    /// Writes Proton's list.
    pub fn serialize<S: Serializer>(outputs: &Outputs, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(outputs.iter().map(|(key, value)| Output {
            key: key.clone(),
            value: value.clone(),
        }))
    }

    /// Reads Proton's list or a map.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Outputs, D::Error> {
        Ok(match Either::deserialize(deserializer)? {
            Either::List(list) => list
                .into_iter()
                .map(|output| (output.key, output.value))
                .collect(),
            Either::Map(map) => map,
        })
    }
}
