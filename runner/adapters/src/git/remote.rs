//! The remote, worked on from a repository of our own that lives as long as the process.
//!
//! What is surprising: the user's clone is only read. State commits never enter it, so its index, branches, hooks and list of shallow
//! commits stay as they are, it may be shallow, bare or detached, and twenty processes can share it without waiting for its locks.
//! What the clone knows about reaching the remote (address, credentials, proxies) is handed over in the environment, never in a file.

use std::collections::BTreeMap;

use nucleon_engine::ports::PortError;
use tempfile::TempDir;

use super::Checkout;
use super::backoff::Backoff;
use super::command::Program;
use super::connection::{OBJECT_FORMAT, connection, no_remote};
use super::error::{could_not_start, refusal, unexpected, words};
use super::import::{NewCommit, stream};
use super::objects::Objects;
use super::push::{Answer, Swap, answers};

/// How much of the history a fetch brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// The tips only.
    Tips,
    /// Everything.
    Whole,
}

/// The remote, and our own repository.
#[derive(Debug)]
pub(super) struct Remote {
    program: Program,
    name: String,
    folder: TempDir,
}

/// What a push said: each ref's answer, in the order of the refs, and what the remote printed.
#[derive(Debug)]
pub(super) struct Pushed {
    /// The answers.
    pub(super) answers: Vec<Answer>,
    /// The remote's own words.
    pub(super) remote_says: String,
}

impl Remote {
    /// Makes our own repository and connects it to the checkout's remote. Nothing is asked of the remote yet.
    pub(super) async fn open(checkout: &Checkout) -> Result<Self, PortError> {
        match Self::find(checkout).await? {
            Some(remote) => Ok(remote),
            None => Err(no_remote(checkout).await),
        }
    }

    /// The same, where the checkout may have no remote.
    pub(super) async fn find(checkout: &Checkout) -> Result<Option<Self>, PortError> {
        let Some(entries) = connection(checkout).await? else {
            return Ok(None);
        };
        let sha256 = entries
            .iter()
            .any(|(key, value)| key == OBJECT_FORMAT && value.expose() == "sha256");
        let folder = create(sha256)
            .map_err(|source| could_not_start("make a repository of its own", source))?;
        let kept: Vec<_> = entries
            .into_iter()
            .filter(|(key, _)| key != OBJECT_FORMAT)
            .collect();
        let program = Program::new(checkout.program.directory())
            .with("GIT_DIR", folder.path().to_string_lossy())
            .with("GIT_CONFIG_NOSYSTEM", "1")
            .with("GIT_CONFIG_GLOBAL", "/dev/null")
            .configured(&kept);
        Ok(Some(Self {
            program,
            name: checkout.remote.clone(),
            folder,
        }))
    }

    /// Fetches the tip of a branch of another repository at the same host, under a ref of our own.
    pub(super) async fn fetch_branch_of(
        &self,
        action: &str,
        repository: &str,
        branch: &str,
        reference: &str,
    ) -> Result<(), PortError> {
        let address = self.address_of(action, repository).await;
        let refspec = format!("+refs/heads/{branch}:{reference}");
        self.fetch_at(&address, action, &[refspec], Depth::Tips)
            .await?;
        Ok(())
    }

    /// The address of another repository at the same host.
    pub(super) async fn address_of(&self, action: &str, repository: &str) -> String {
        let key = format!("remote.{}.url", self.name);
        let url = self.program.run(action, &["config", "--get", &key]).await;
        let url = url.unwrap_or_else(|_| self.name.clone());
        sibling(url.trim_end(), repository)
    }

    /// The branch that the remote calls its default; nothing where it has none.
    pub(super) async fn default_branch(&self, action: &str) -> Result<Option<String>, PortError> {
        let arguments = ["ls-remote", "--quiet", "--symref", &self.name, "HEAD"];
        let text = self.program.run(action, &arguments).await?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("ref: refs/heads/"));
        Ok(line.and_then(|line| Some(line.split_once('\t')?.0.to_owned())))
    }

    /// Fetches refs and gives what the remote has now, by ref. Patterns (`+refs/a/*:refs/a/*`) may match nothing; whole names may not.
    pub(super) async fn fetch(
        &self,
        action: &str,
        refspecs: &[String],
        depth: Depth,
    ) -> Result<BTreeMap<String, String>, PortError> {
        self.fetch_at(&self.name, action, refspecs, depth).await
    }

    async fn fetch_at(
        &self,
        address: &str,
        action: &str,
        refspecs: &[String],
        depth: Depth,
    ) -> Result<BTreeMap<String, String>, PortError> {
        let mut backoff = Backoff::reading();
        loop {
            let error = match self.fetch_once(address, action, refspecs, depth).await {
                Err(error @ PortError::Unreachable { .. }) => error,
                answer => return answer,
            };
            if !backoff.wait().await {
                return Err(error);
            }
        }
    }

    async fn fetch_once(
        &self,
        address: &str,
        action: &str,
        refspecs: &[String],
        depth: Depth,
    ) -> Result<BTreeMap<String, String>, PortError> {
        let extent: &[&str] = match depth {
            Depth::Tips => &["--depth=1"],
            // Git's own word for "everything": --unshallow fails where nothing is shallow.
            Depth::Whole => &["--depth=2147483647"],
        };
        let head = ["fetch", "--quiet", "--no-tags", "--prune"];
        let arguments = [&head, extent, &["--stdin", address]].concat();
        let input = refspecs.join("\n") + "\n";
        let output = self
            .program
            .output(action, &arguments, input.as_bytes())
            .await?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        let heads =
            std::fs::read_to_string(self.folder.path().join("FETCH_HEAD")).unwrap_or_default();
        // With a depth and nothing to fetch, git answers 1 and says nothing; a trace that somebody asked for may stand there.
        let silent = !stderr.contains("error:") && !stderr.contains("fatal:");
        let nothing = output.status.code() == Some(1) && silent && heads.is_empty();
        if output.status.success() || nothing {
            Ok(fetched(&heads))
        } else {
            Err(refusal(action, &stderr))
        }
    }

    /// The remote's refs that match git's patterns, without their objects.
    pub(super) async fn list(
        &self,
        action: &str,
        patterns: &[&str],
    ) -> Result<BTreeMap<String, String>, PortError> {
        let mut arguments = vec!["ls-remote", "--quiet", &self.name];
        arguments.extend(patterns);
        let text = self.program.run(action, &arguments).await?;
        let line = |line: &str| {
            let (id, reference) = line.split_once('\t')?;
            Some((reference.to_owned(), id.to_owned()))
        };
        Ok(text.lines().filter_map(line).collect())
    }

    /// Makes commits, none of them on a branch, and gives their ids.
    pub(super) async fn import(&self, commits: &[NewCommit<'_>]) -> Result<Vec<String>, PortError> {
        let action = "write commits";
        let input = stream(commits);
        let text = self
            .program
            .feed(action, &["fast-import", "--quiet", "--force"], &input)
            .await?;
        let ids: Vec<String> = text.lines().map(str::to_owned).collect();
        if ids.len() == commits.len() {
            Ok(ids)
        } else {
            Err(unexpected(action, text))
        }
    }

    /// Removes a branch that still is where it was read.
    pub(super) async fn remove(
        &self,
        action: &str,
        reference: &str,
        expected: &str,
    ) -> Result<(), PortError> {
        let lease = format!("--force-with-lease={reference}:{expected}");
        let gone = format!(":{reference}");
        let arguments = ["push", "--quiet", "--no-verify", &lease, &self.name, &gone];
        self.program.run(action, &arguments).await?;
        Ok(())
    }

    /// Moves refs at the remote, each compared and swapped on its own, all in one push.
    pub(super) async fn push(&self, action: &str, swaps: &[Swap]) -> Result<Pushed, PortError> {
        let mut arguments = vec!["push", "--porcelain", "--no-verify"];
        let pairs: Vec<[String; 2]> = swaps.iter().map(Swap::arguments).collect();
        arguments.extend(pairs.iter().map(|[lease, _]| lease.as_str()));
        arguments.push(&self.name);
        arguments.extend(pairs.iter().map(|[_, pair]| pair.as_str()));
        let output = self.program.output(action, &arguments, &[]).await?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        let mut answered = answers(&String::from_utf8_lossy(&output.stdout));
        let answers: Option<Vec<Answer>> = swaps
            .iter()
            .map(|swap| answered.remove(&swap.reference))
            .collect();
        match answers {
            Some(answers) => Ok(Pushed {
                answers,
                remote_says: remote_words(&stderr),
            }),
            None => Err(refusal(action, &stderr)),
        }
    }

    /// Reads objects of our own repository.
    pub(super) fn objects(&self) -> Result<Objects, PortError> {
        Objects::open(&self.program)
    }

    /// Whether one commit comes before another, or is it; both must be here with their history.
    pub(super) async fn is_ancestor(&self, earlier: &str, later: &str) -> Result<bool, PortError> {
        let arguments = ["merge-base", "--is-ancestor", earlier, later];
        let output = self
            .program
            .output("compare commits", &arguments, &[])
            .await?;
        Ok(output.status.success())
    }

    /// Whether two commits hold the same files.
    pub(super) async fn same_tree(&self, one: &str, other: &str) -> Result<bool, PortError> {
        let arguments = ["diff-tree", "--quiet", one, other];
        let output = self
            .program
            .output("compare commits", &arguments, &[])
            .await?;
        Ok(output.status.success())
    }

    /// The commits of a ref's history that are here, newest first.
    pub(super) async fn commits(&self, tip: &str) -> Result<Vec<String>, PortError> {
        let text = self
            .program
            .run("list commits", &["rev-list", "--first-parent", tip])
            .await?;
        Ok(text.lines().map(str::to_owned).collect())
    }
}

/// The address of another repository at the same host: the last two names of the address are owner and name.
pub(super) fn sibling(url: &str, repository: &str) -> String {
    let url = url.trim_end_matches('/');
    let (url, ending) = match url.strip_suffix(".git") {
        Some(url) => (url, ".git"),
        None => (url, ""),
    };
    let owner = url.rsplit_once('/').map_or("", |(owner, _)| owner);
    let host = owner.rfind(['/', ':']).map_or("", |end| &owner[..=end]);
    format!("{host}{repository}{ending}")
}

/// A bare repository with nothing in it, without starting git for it.
fn create(sha256: bool) -> std::io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("nucleon-").tempdir()?;
    let path = folder.path();
    std::fs::create_dir(path.join("objects"))?;
    std::fs::create_dir(path.join("refs"))?;
    std::fs::write(path.join("HEAD"), "ref: refs/heads/none\n")?;
    let (version, extension) = if sha256 {
        (1, "[extensions]\n\tobjectFormat = sha256\n")
    } else {
        (0, "")
    };
    let config = format!(
        "[core]\n\trepositoryFormatVersion = {version}\n\tbare = true\n{SETTINGS}{extension}"
    );
    std::fs::write(path.join("config"), config)?;
    Ok(folder)
}

/// The repository is thrown away: nothing needs to reach the disk, be packed well, or be tidied up.
const SETTINGS: &str = "\tfsync = none\n\tlogAllRefUpdates = false\n\thooksPath = /dev/null\n\
    [fastImport]\n\tunpackLimit = 0\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[pack]\n\tthreads = 1\n\twindow = 0\n[protocol]\n\tversion = 2\n";

/// Reads `FETCH_HEAD`: `ID TAB [not-for-merge] TAB [branch|tag] 'NAME' of ADDRESS`.
fn fetched(heads: &str) -> BTreeMap<String, String> {
    let line = |line: &str| {
        let mut parts = line.splitn(3, '\t');
        let (id, _, note) = (parts.next()?, parts.next()?, parts.next()?);
        let (kind, rest) = note.split_once('\'')?;
        let (name, _) = rest.split_once('\'')?;
        let folder = match kind {
            "" => "",
            "branch " => "refs/heads/",
            "tag " => "refs/tags/",
            "remote-tracking branch " => "refs/remotes/",
            _ => return None,
        };
        Some((format!("{folder}{name}"), id.to_owned()))
    };
    heads.lines().filter_map(line).collect()
}

fn remote_words(stderr: &str) -> String {
    let lines: Vec<&str> = stderr
        .lines()
        .filter(|line| line.starts_with("remote:"))
        .collect();
    words(&lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_repository_is_at_the_same_host() {
        for (url, expected) in [
            (
                "https://github.com/acme/platform",
                "https://github.com/corp/shop",
            ),
            (
                "https://github.com/acme/platform.git",
                "https://github.com/corp/shop.git",
            ),
            (
                "https://git.acme.com/scm/acme/platform/",
                "https://git.acme.com/scm/corp/shop",
            ),
            (
                "git@github.com:acme/platform.git",
                "git@github.com:corp/shop.git",
            ),
            ("file:///srv/acme/platform.git", "file:///srv/corp/shop.git"),
        ] {
            assert_eq!(sibling(url, "corp/shop"), expected);
        }
    }

    #[test]
    fn what_was_fetched_is_known_by_its_ref() {
        let heads = "c1\t\t'refs/nucleon/targets/environment/dev' of /srv/platform\n\
                     c2\tnot-for-merge\tbranch 'nucleon-state' of https://github.com/acme/platform\n\
                     c3\tnot-for-merge\ttag 'vpc/v1.0' of https://github.com/acme/platform\n";
        let names: Vec<_> = fetched(heads).into_keys().collect();
        assert_eq!(
            names,
            [
                "refs/heads/nucleon-state",
                "refs/nucleon/targets/environment/dev",
                "refs/tags/vpc/v1.0"
            ]
        );
    }
}
