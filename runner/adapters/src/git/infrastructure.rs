//! An infrastructure repository: its folders as they are merged and as they are proposed, and branches made anew from its tip.

use std::collections::BTreeMap;
use std::sync::Arc;

use nucleon_core::files::{Content, Files, RelPath};
use nucleon_engine::ports::{Clock, Merged, PortError, ProposalPlace, ProposedChange};
use tokio::sync::{Mutex, OnceCell};

use super::Checkout;
use super::error::refused;
use super::import::NewCommit;
use super::push::{Answer, Swap};
use super::remote::{Depth, Pushed, Remote};
use super::tree::{Leaf, Trees};

const READ: &str = "read the infrastructure repository";
const PROPOSE: &str = "propose a folder";
const WITHDRAW: &str = "withdraw a proposal";

/// The tips of a repository, read once in the life of the process.
#[derive(Debug)]
struct Tips {
    base: String,
    commit: String,
    branches: BTreeMap<String, String>,
    leaves: BTreeMap<String, Leaf>,
}

/// One infrastructure repository.
pub(crate) struct Desk {
    remote: Remote,
    clock: Arc<dyn Clock>,
    tips: OnceCell<Tips>,
    trees: Mutex<Trees>,
    /// One import at a time: they share a ref.
    importing: Mutex<()>,
}

impl Desk {
    /// The repository at the host of the checkout's remote, reached with the checkout's credential.
    pub(crate) async fn open(
        checkout: &Checkout,
        repository: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, PortError> {
        let address = Remote::open(checkout)
            .await?
            .address_of(READ, repository)
            .await;
        let sibling = Checkout {
            remote: address,
            ..checkout.clone()
        };
        let remote = Remote::open(&sibling).await?;
        let trees = Mutex::new(Trees::new(remote.objects()?));
        Ok(Self {
            remote,
            clock,
            tips: OnceCell::new(),
            trees,
            importing: Mutex::default(),
        })
    }

    /// A folder at the tip of the base branch.
    pub(crate) async fn merged(&self, place: &ProposalPlace) -> Result<Merged, PortError> {
        let tips = self.tips(place).await?;
        Ok(Merged {
            base: tips.base.clone(),
            commit: tips.commit.clone(),
            files: self.folder(&tips.leaves, &place.path).await?,
        })
    }

    /// A folder at the tip of its own branch.
    pub(crate) async fn proposed(&self, place: &ProposalPlace) -> Result<Option<Files>, PortError> {
        let tips = self.tips(place).await?;
        let Some(tip) = tips.branches.get(&reference(&place.branch)) else {
            return Ok(None);
        };
        let leaves = self.trees.lock().await.leaves(tip).await?;
        self.folder(&leaves, &place.path).await.map(Some)
    }

    /// Makes a branch anew: one commit on the tip that was read, which nobody else can have changed meanwhile.
    pub(crate) async fn push(
        &self,
        place: &ProposalPlace,
        change: &ProposedChange,
    ) -> Result<(), PortError> {
        let before = &change.merged.files;
        let removed: Vec<RelPath> = before
            .iter()
            .filter(|(path, _)| change.files.get(path.as_str()).is_none())
            .filter_map(|(path, _)| within(&place.path, path))
            .collect();
        let commit = NewCommit {
            parent: Some(&change.merged.commit),
            message: &change.message,
            files: &written(place, change),
            keep: true,
            removed: &removed,
            seconds: self.clock.now().as_second(),
        };
        let made = {
            let _alone = self.importing.lock().await;
            self.remote.import(&[commit]).await?.remove(0)
        };
        let reference = reference(&place.branch);
        let tips = self.tips(place).await?;
        let swap = Swap {
            expected: tips.branches.get(&reference).cloned(),
            reference,
            commit: made,
        };
        let Pushed {
            answers,
            remote_says,
        } = self.remote.push(PROPOSE, &[swap]).await?;
        match answers.into_iter().next() {
            Some(Answer::Written) => Ok(()),
            Some(Answer::Stale) => Err(PortError::Stale {
                system: "git",
                action: PROPOSE.to_owned(),
                message: format!("somebody else moved branch `{}`", place.branch),
            }),
            Some(Answer::Busy(why) | Answer::Refused(why)) => {
                let message = match remote_says.as_str() {
                    "" => why,
                    says => format!("{why}; {says}"),
                };
                Err(refused(PROPOSE, message, None))
            }
            None => Err(refused(PROPOSE, "it did not answer", None)),
        }
    }

    /// Removes the branch, where there is one.
    pub(crate) async fn remove(&self, place: &ProposalPlace) -> Result<(), PortError> {
        let reference = reference(&place.branch);
        match self.tips(place).await?.branches.get(&reference) {
            Some(tip) => self.remote.remove(WITHDRAW, &reference, tip).await,
            None => Ok(()),
        }
    }

    async fn tips(&self, place: &ProposalPlace) -> Result<&Tips, PortError> {
        self.tips.get_or_try_init(|| self.fetch(place)).await
    }

    async fn fetch(&self, place: &ProposalPlace) -> Result<Tips, PortError> {
        let base = if let Some(base) = &place.base {
            base.clone()
        } else {
            let found = self.remote.default_branch(READ).await?;
            found.ok_or_else(|| empty(&place.repository))?
        };
        let refspecs = [
            format!("+{0}:{0}", reference(&base)),
            "+refs/heads/nucleon/*:refs/heads/nucleon/*".to_owned(),
        ];
        let branches = self.remote.fetch(READ, &refspecs, Depth::Tips).await?;
        let Some(commit) = branches.get(&reference(&base)).cloned() else {
            return Err(empty(&place.repository));
        };
        let leaves = self.trees.lock().await.leaves(&commit).await?;
        Ok(Tips {
            base,
            commit,
            branches,
            leaves,
        })
    }

    async fn folder(
        &self,
        leaves: &BTreeMap<String, Leaf>,
        path: &RelPath,
    ) -> Result<Files, PortError> {
        let prefix = format!("{path}/");
        let inside = leaves
            .iter()
            .filter_map(|(path, leaf)| Some((path.strip_prefix(&prefix)?, leaf)));
        self.trees.lock().await.read(inside).await
    }
}

/// The files that differ, with their paths from the repository's root.
fn written(place: &ProposalPlace, change: &ProposedChange) -> Files {
    let before = &change.merged.files;
    let mut written = Files::default();
    for (path, content) in change.files.iter() {
        let is_same = before.get(path.as_str()) == Some(content)
            && before.is_executable(path) == change.files.is_executable(path);
        // What is no file of ours stays as it is.
        if is_same || matches!(content, Content::Refused(_)) {
            continue;
        }
        if let Some(full) = within(&place.path, path) {
            written.insert(full.clone(), content.clone());
            if change.files.is_executable(path) {
                written.make_executable(full);
            }
        }
    }
    written
}

fn within(folder: &RelPath, path: &RelPath) -> Option<RelPath> {
    RelPath::new(&format!("{folder}/{path}")).ok()
}

fn reference(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

fn empty(repository: &str) -> PortError {
    let hint = "commit something there first, such as its workflow";
    refused(
        READ,
        format!("{repository} has no branch that could be proposed to"),
        Some(hint),
    )
}
