//! A target's folder as a change of an infrastructure repository: what is proposed there, and what its pull request says.
//!
//! What is surprising: a folder that is merged already may be proposed again with nothing but another deployment's id,
//! because that is what makes the infrastructure repository's workflow run and tell the outputs.

mod body;

use std::collections::BTreeMap;

pub use body::{Shown, body};

use crate::files::{Files, RelPath};
use crate::folder::{self, Folder, METADATA, metadata_of};
use crate::outcome::{DeploymentStatus, Outputs};
use crate::record::Provisioned;
use crate::secret::Secret;
use crate::target::TargetId;

/// A target whose folder is proposed to an infrastructure repository.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The repository, `owner/name`.
    pub repository: String,
    /// The branch that it is merged into; nothing for the repository's own default.
    pub base: Option<String>,
    /// The target's folder there.
    pub path: RelPath,
    /// What the folder is to be.
    pub form: Form,
    /// The template version, as people write it.
    pub template: Option<String>,
    /// What the state knows of the target's last deployment.
    pub last: Option<Last>,
    /// Values that must not be shown.
    pub secrets: Vec<Secret>,
    /// What the target gives out until it is deployed anew.
    pub outputs: Outputs,
}

/// What a folder is to be.
#[derive(Clone, Debug)]
pub enum Form {
    /// What the target renders to.
    Written(Box<Folder>),
    /// What was there, no longer managed.
    Deleted,
}

/// A target's last deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub status: DeploymentStatus,
    /// Whether it waits for its pull request.
    pub is_open: bool,
    /// The pull request's page.
    pub url: Option<String>,
    /// The id of the last deployment that succeeded.
    pub applied: Option<String>,
}

/// What is to be done about a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is what it is to be.
    Nothing,
    /// It is merged, and its deployment has not ended.
    Wait,
    /// A change of it is proposed.
    Propose(Why),
    /// What was proposed is not wanted any more; the status is what stands then.
    Withdraw(DeploymentStatus),
    /// Its deletion is merged already, and failed.
    Stuck,
}

/// Why a change is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is no such folder.
    New,
    /// It holds something else.
    Changed,
    /// It holds what is wanted, but nothing of ours was deployed from it.
    Unknown,
    /// It holds what is wanted, but its deployment did not succeed.
    Unsuccessful,
    /// The target is to be deleted.
    Deleted,
}

impl Proposal {
    /// What the folder is to hold: everything that is there, with what is proposed.
    pub fn rewritten(&self, deployment: &str, existing: &Files) -> Files {
        let folder = match &self.form {
            Form::Written(folder) => folder,
            Form::Deleted => return folder::deleted(existing),
        };
        let left_over = folder.left_over(existing);
        let mut files = existing.filtered(|path, _| !left_over.contains(path));
        files.extend(&folder.files(deployment, existing));
        files
    }

    /// The folder as it would be shown: with the id of the deployment that is there, so that only real changes are seen.
    pub fn shown(&self, existing: &Files) -> Files {
        let deployment = metadata_of(existing).map(|metadata| metadata.deployment);
        let deployment = deployment.or_else(|| match &self.form {
            Form::Written(folder) => Some(folder.deployment_id()),
            Form::Deleted => None,
        });
        self.rewritten(&deployment.unwrap_or_default(), existing)
    }

    /// What is to be done, where the folder holds these files.
    pub fn step(&self, existing: &Files) -> Step {
        let there = metadata_of(existing);
        let merged = there.as_ref().map(|metadata| metadata.deployment.as_str());
        let open = self.last.as_ref().filter(|last| last.is_open);
        let status = self.last.as_ref().map(|last| last.status);
        match &self.form {
            Form::Deleted => match there {
                None if open.is_some() => Step::Withdraw(DeploymentStatus::DeleteComplete),
                None => Step::Nothing,
                Some(metadata) if !metadata.deleted => Step::Propose(Why::Deleted),
                Some(_) => match status {
                    Some(DeploymentStatus::DeleteInProgress) => Step::Wait,
                    Some(DeploymentStatus::DeleteComplete) | None => Step::Nothing,
                    Some(_) => Step::Stuck,
                },
            },
            Form::Written(_) => {
                if there.as_ref().is_none_or(|metadata| metadata.deleted) {
                    return Step::Propose(Why::New);
                }
                if self.shown(existing) != *existing {
                    return Step::Propose(Why::Changed);
                }
                self.settled(open, merged)
            }
        }
    }

    /// The folder is merged as it is wanted.
    fn settled(&self, open: Option<&Last>, merged: Option<&str>) -> Step {
        let Some(last) = &self.last else {
            return Step::Propose(Why::Unknown);
        };
        let is_applied = merged.is_some() && merged == last.applied.as_deref();
        match open {
            Some(open) if merged == Some(&open.id) => Step::Wait,
            Some(_) if is_applied => Step::Withdraw(DeploymentStatus::Succeeded),
            Some(_) => Step::Withdraw(DeploymentStatus::Cancelled),
            None if is_applied || last.status == DeploymentStatus::Succeeded => Step::Nothing,
            None => Step::Propose(Why::Unsuccessful),
        }
    }

    /// Where the target lives once it is proposed.
    pub fn provisioned(&self, pull_request: Option<(u64, String)>) -> Provisioned {
        let (number, url) = pull_request.unzip();
        Provisioned::PullRequest {
            repository: self.repository.clone(),
            path: self.path.to_string(),
            number,
            url,
            applied: self.last.as_ref().and_then(|last| last.applied.clone()),
        }
    }
}

/// The message of the commit that proposes a target's folder, word for word Proton's.
pub fn message(target: &TargetId) -> String {
    format!("Update requested for Proton - {target}")
}

/// What the names of the branches begin with on which folders are proposed.
pub const BRANCHES: &str = "nucleon/";

/// The branch on which a target's folder is proposed: one a target, made anew each time.
pub fn branch(target: &TargetId) -> String {
    format!("{BRANCHES}{target}")
}

/// One value of a folder's variables that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputChange {
    /// Where it stands, `environment.inputs.size`.
    pub path: String,
    /// What it was, as JSON; nothing where there was none.
    pub before: Option<String>,
    /// What it will be.
    pub after: Option<String>,
}

/// The inputs and outputs of others that differ between two forms of a folder.
pub fn changed_inputs(before: &Files, after: &Files) -> Vec<InputChange> {
    let (before, after) = (leaves(before), leaves(after));
    let paths: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let change = |path: &String| InputChange {
        path: path.clone(),
        before: before.get(path).cloned(),
        after: after.get(path).cloned(),
    };
    let changes = paths.into_iter().map(change);
    changes
        .filter(|change| change.before != change.after)
        .collect()
}

/// The values of a folder's variables by path; tags and comments are not among them.
fn leaves(files: &Files) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    let text = files.text(folder::VALUES);
    let values: Option<serde_json::Value> = text.and_then(|text| serde_json::from_str(text).ok());
    if let Some(serde_json::Value::Object(members)) = values {
        for (key, value) in &members {
            if key != "proton_tags" && key != "//" {
                collect(key.clone(), value, &mut leaves);
            }
        }
    }
    leaves
}

fn collect(path: String, value: &serde_json::Value, leaves: &mut BTreeMap<String, String>) {
    match value {
        serde_json::Value::Object(members) if !members.is_empty() => {
            for (key, value) in members {
                collect(format!("{path}.{key}"), value, leaves);
            }
        }
        value => {
            leaves.insert(path, value.to_string());
        }
    }
}

/// The files that differ between two forms of a folder, by path, each with what it was and what it will be.
pub fn changed_files(before: &Files, after: &Files) -> Vec<RelPath> {
    let mut paths: Vec<&RelPath> = before
        .iter()
        .chain(after.iter())
        .map(|(path, _)| path)
        .collect();
    paths.sort();
    paths.dedup();
    let differs = |path: &&RelPath| {
        before.get(path.as_str()) != after.get(path.as_str())
            || before.is_executable(path) != after.is_executable(path)
    };
    let mut changed: Vec<RelPath> = paths.into_iter().filter(differs).cloned().collect();
    // What says the most comes first.
    let rank = |path: &RelPath| match path.as_str() {
        folder::VALUES => 0,
        METADATA => 2,
        _ => 1,
    };
    changed.sort_by_key(|path| (rank(path), path.clone()));
    changed
}

#[cfg(test)]
mod tests;
