//! What the checkout is at, and what it was at another revision, also where the clone does not reach that far back.

use std::collections::BTreeMap;

use nucleon_core::files::Files;
use nucleon_engine::ports::PortError;

use super::Checkout;
use super::error::refused;
use super::objects::Objects;
use super::remote::{Depth, Remote};
use super::tree::{Leaf, Trees};

const ACTION: &str = "read another revision";

/// A commit and the repository that has its files.
struct At {
    commit: String,
    trees: Trees,
    /// Where the files are, if not in the clone; thrown away with this.
    _remote: Option<Remote>,
}

impl Checkout {
    /// The commit that is checked out.
    pub async fn head(&self) -> Result<String, PortError> {
        match self.resolve("HEAD").await? {
            Some(commit) => Ok(commit),
            None => Err(refused(
                "find the commit that is checked out",
                "there is none yet",
                Some("commit the files first"),
            )),
        }
    }

    /// The first file in some folders that is not as the commit that is checked out has it.
    pub async fn uncommitted(&self, folders: &[&str]) -> Result<Option<String>, PortError> {
        if folders.is_empty() {
            return Ok(None);
        }
        let mut arguments = vec!["status", "--porcelain", "-z", "--untracked-files=all", "--"];
        arguments.extend(folders);
        let text = self
            .program
            .run("compare the files with the commit", &arguments)
            .await?;
        let first = text.split('\0').next().and_then(|line| line.get(3..));
        Ok(first.map(str::to_owned))
    }

    /// The files at a revision, with paths relative to the folder of the checkout; none at the revision `000…` that GitHub gives as
    /// the one before a branch's first.
    pub async fn tree_at(&self, revision: &str) -> Result<Files, PortError> {
        if is_zero(revision) {
            return Ok(Files::default());
        }
        let mut at = self.at(revision).await?;
        let leaves = self.leaves(&mut at).await?;
        at.trees
            .read(leaves.iter().map(|(path, leaf)| (path.as_str(), leaf)))
            .await
    }

    /// The commit of a revision that the clone knows.
    async fn resolve(&self, revision: &str) -> Result<Option<String>, PortError> {
        let mut here = Trees::new(Objects::open(&self.program)?);
        here.commit(revision).await
    }

    async fn leaves(&self, at: &mut At) -> Result<BTreeMap<String, Leaf>, PortError> {
        let leaves = at.trees.leaves(&at.commit).await?;
        let prefix = self
            .program
            .run("find the repository", &["rev-parse", "--show-prefix"])
            .await?;
        let prefix = prefix.trim_end();
        let inside =
            |(path, leaf): (String, Leaf)| Some((path.strip_prefix(prefix)?.to_owned(), leaf));
        Ok(leaves.into_iter().filter_map(inside).collect())
    }

    /// A revision in the clone, else at the remote.
    async fn at(&self, revision: &str) -> Result<At, PortError> {
        let mut trees = Trees::new(Objects::open(&self.program)?);
        if let Some(commit) = trees.commit(revision).await? {
            return Ok(At {
                commit,
                trees,
                _remote: None,
            });
        }
        let remote = Remote::open(self).await?;
        let name = self.remote_name(&remote, revision).await?;
        remote
            .fetch(ACTION, &[format!("+{name}:refs/base")], Depth::Tips)
            .await?;
        let mut trees = Trees::new(remote.objects()?);
        match trees.commit("refs/base").await? {
            Some(commit) => Ok(At {
                commit,
                trees,
                _remote: Some(remote),
            }),
            None => Err(unknown(revision)),
        }
    }

    /// What a revision is called at the remote: a commit's id, else a branch or a tag.
    async fn remote_name(&self, remote: &Remote, revision: &str) -> Result<String, PortError> {
        if is_id(revision) {
            return Ok(revision.to_owned());
        }
        let own = format!("{}/", self.remote);
        let name = revision.strip_prefix(&own).unwrap_or(revision);
        let candidates = [
            name.to_owned(),
            format!("refs/heads/{name}"),
            format!("refs/tags/{name}"),
        ];
        let refs = remote.list(ACTION, &[&format!("*{name}")]).await?;
        let found = candidates
            .into_iter()
            .find(|candidate| refs.contains_key(candidate));
        found.ok_or_else(|| unknown(revision))
    }
}

fn unknown(revision: &str) -> PortError {
    let message = format!("neither the clone nor the remote knows `{revision}`");
    refused(
        ACTION,
        message,
        Some("name a commit, a branch or a tag that is pushed"),
    )
}

fn is_zero(revision: &str) -> bool {
    is_id(revision) && revision.bytes().all(|byte| byte == b'0')
}

/// Whether a text is the full id of a commit.
pub(super) fn is_id(revision: &str) -> bool {
    matches!(revision.len(), 40 | 64) && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_revision_before_the_first_is_zero() {
        assert!(is_zero(&"0".repeat(40)));
        assert!(!is_zero("0") && !is_zero("HEAD"));
    }
}
