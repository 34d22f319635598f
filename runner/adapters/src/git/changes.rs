//! What the checkout is at, and what it was at another revision, also where the clone does not reach that far back.
//!
//! Trees are compared, not the commits between them: a squashed or rebased branch changes what it changes.

use std::collections::{BTreeMap, BTreeSet};

use nucleon_core::files::{Files, RelPath};
use nucleon_engine::ports::PortError;

use super::Checkout;
use super::error::refused;
use super::objects::Objects;
use super::remote::{Depth, Remote};
use super::tree::{Leaf, Trees};

const ACTION: &str = "find what changed";

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

    /// The files that differ between the checkout and where it left a revision; a file that was renamed counts under both names.
    pub async fn changed_since(&self, revision: &str) -> Result<BTreeSet<RelPath>, PortError> {
        let mut now = self.at("HEAD").await?;
        let now = self.leaves(&mut now).await?;
        let base = self.merge_base(revision).await?;
        let before = if is_zero(&base) {
            BTreeMap::new()
        } else {
            let mut at = self.at(&base).await?;
            self.leaves(&mut at).await?
        };
        let paths: BTreeSet<&String> = now.keys().chain(before.keys()).collect();
        let changed = paths
            .into_iter()
            .filter(|path| now.get(*path) != before.get(*path));
        Ok(changed.filter_map(|path| RelPath::new(path).ok()).collect())
    }

    /// The newest commit that the checkout and a revision have in common: what a pull request is compared with. It is the revision
    /// itself where their histories cannot be followed to where they meet.
    pub async fn merge_base(&self, revision: &str) -> Result<String, PortError> {
        if is_zero(revision) {
            return Ok(revision.to_owned());
        }
        let head = self.head().await?;
        if let Some(base) = self.resolve(revision).await? {
            let arguments = ["merge-base", &base, &head];
            let output = self.program.output(ACTION, &arguments, &[]).await?;
            let common = String::from_utf8_lossy(&output.stdout)
                .trim_end()
                .to_owned();
            if output.status.success() && !common.is_empty() {
                return Ok(common);
            }
        }
        // GitHub checks out the merge of a pull request with its base: a shallow clone knows the base by name.
        let base = self.at(revision).await?.commit;
        let mut here = Trees::new(Objects::open(&self.program)?);
        if here.parents(&head).await?.contains(&base) {
            return Ok(base);
        }
        Ok(self.remote_merge_base(&base, &head).await?.unwrap_or(base))
    }

    /// The owner and name of the repository at the remote, as `acme/platform`; nothing where its address does not end like that.
    pub async fn repository(&self) -> Result<Option<String>, PortError> {
        let key = format!("remote.{}.url", self.remote);
        let output = self
            .program
            .output("read its configuration", &["config", "--get", &key], &[])
            .await?;
        let address = String::from_utf8_lossy(&output.stdout);
        Ok(owner_and_name(address.trim_end()))
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

    /// Fetches histories without their files and looks where they meet.
    async fn remote_merge_base(&self, base: &str, head: &str) -> Result<Option<String>, PortError> {
        let remote = Remote::open(self).await?;
        let refspecs = [format!("+{base}:refs/base"), format!("+{head}:refs/head")];
        match remote.fetch(ACTION, &refspecs, Depth::Commits).await {
            Ok(_) => remote.merge_base("refs/base", "refs/head").await,
            // The checkout may be at a commit that nobody has pushed.
            Err(PortError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
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

fn is_id(revision: &str) -> bool {
    matches!(revision.len(), 40 | 64) && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `acme/platform` from `https://github.com/acme/platform.git`, `git@github.com:acme/platform.git` and the like.
fn owner_and_name(address: &str) -> Option<String> {
    let path = address.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let mut parts = path.rsplit(['/', ':']);
    let (name, owner) = (parts.next()?, parts.next()?);
    let host = parts
        .next()
        .is_some_and(|host| !host.is_empty() || address.contains("://"));
    (host && !name.is_empty() && !owner.is_empty()).then(|| format!("{owner}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_read_from_any_form_of_address() {
        for address in [
            "https://github.com/acme/platform",
            "https://github.com/acme/platform.git/",
            "https://mona@ghe.acme.example/acme/platform.git",
            "git@github.com:acme/platform.git",
            "ssh://git@github.com:22/acme/platform.git",
        ] {
            assert_eq!(
                owner_and_name(address).as_deref(),
                Some("acme/platform"),
                "{address}"
            );
        }
        assert_eq!(owner_and_name(""), None);
        assert_eq!(owner_and_name("platform"), None);
    }

    #[test]
    fn the_revision_before_the_first_is_zero() {
        assert!(is_zero(&"0".repeat(40)));
        assert!(!is_zero("0") && !is_zero("HEAD"));
    }
}
