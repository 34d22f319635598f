//! A user's repository with a remote, both temporary.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

use crate::{Finished, Nucleon, hermetic};

/// A clone on branch `main` whose `origin` is a bare repository beside it.
///
/// Edits take and give back the repository, so that a test can say in one
/// expression how its files differ from an example.
#[derive(Clone, Debug)]
#[must_use]
pub struct Repository {
    parent: Arc<TempDir>,
    folder: PathBuf,
    bare: String,
}

impl Repository {
    /// Makes a repository without commits.
    pub fn empty() -> Self {
        let parent = tempfile::Builder::new()
            .prefix("nucleon-")
            .tempdir()
            .expect("a temporary folder can be made");
        Self::beside(&Arc::new(parent), "remote", "work")
    }

    /// Makes another repository without commits, at the same host and with the same owner.
    pub fn sibling(&self, name: &str) -> Self {
        Self::beside(&self.parent, name, &format!("work-{name}"))
    }

    /// The owner of the remotes at their host, which is a folder.
    pub fn owner(&self) -> String {
        let name = self.parent.path().file_name();
        let name = name.expect("a temporary folder has a name");
        name.to_string_lossy().into_owned()
    }

    fn beside(parent: &Arc<TempDir>, name: &str, work: &str) -> Self {
        let bare = format!("{name}.git");
        init(parent.path(), &["--bare", &bare]);
        // As hosts are configured: any commit may be fetched by its id.
        let remote = parent.path().join(&bare);
        git(&remote, ["config", "uploadpack.allowAnySHA1InWant", "true"]);
        init(parent.path(), &[work]);
        let repository = Self {
            folder: parent.path().join(work),
            parent: Arc::clone(parent),
            bare,
        };
        repository.git(["remote", "add", "origin", &repository.remote()]);
        repository
    }

    /// Makes a repository that holds a copy of `folder`, committed and pushed.
    pub fn from_folder(folder: impl AsRef<Path>) -> Self {
        Self::empty()
            .copy_from(folder.as_ref(), "")
            .commit("add the example")
            .push()
    }

    /// Clones the remote once more, with the whole history.
    pub fn another_clone(&self) -> Self {
        self.clone_with(&[])
    }

    /// Clones the newest commit alone, as `actions/checkout` does.
    pub fn shallow_clone(&self) -> Self {
        self.clone_with(&["--depth", "1", "--no-tags"])
    }

    /// Returns the folder with the files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the remote's address.
    pub fn remote(&self) -> String {
        format!("file://{}", self.parent.path().join(&self.bare).display())
    }

    /// Writes a file, making its folders.
    pub fn write(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let file = self.folder.join(path);
        fs::create_dir_all(file.parent().expect("a file lies in a folder"))
            .expect("folders can be made");
        fs::write(&file, text).unwrap_or_else(|error| panic!("cannot write {path}: {error}"));
        self
    }

    /// Lets a file be run.
    #[cfg(unix)]
    pub fn make_executable(self, path: &str) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.folder.join(path), mode)
            .unwrap_or_else(|error| panic!("cannot make {path} a program: {error}"));
        self
    }

    /// Copies what a folder holds into a folder here.
    pub fn copy_from(self, folder: &Path, path: &str) -> Self {
        copy(folder, &self.folder.join(path));
        self
    }

    /// Removes a file.
    pub fn remove(self, path: &str) -> Self {
        fs::remove_file(self.folder.join(path))
            .unwrap_or_else(|error| panic!("cannot remove {path}: {error}"));
        self
    }

    /// Returns a file's text.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.join(path))
            .unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
    }

    /// Replaces a text that occurs exactly once in a file.
    #[track_caller]
    pub fn replace(self, path: &str, old: &str, new: &str) -> Self {
        let text = self.read(path);
        assert_eq!(
            text.matches(old).count(),
            1,
            "`{old}` should occur once in {path}:\n{text}"
        );
        self.write(path, text.replace(old, new))
    }

    /// Removes the only line of a file that contains `part`.
    #[track_caller]
    pub fn remove_line(self, path: &str, part: &str) -> Self {
        let text = self.read(path);
        let (removed, kept): (Vec<_>, Vec<_>) = text
            .split_inclusive('\n')
            .partition(|line| line.contains(part));
        assert_eq!(
            removed.len(),
            1,
            "`{part}` should be in one line of {path}:\n{text}"
        );
        self.write(path, kept.concat())
    }

    /// Commits everything.
    pub fn commit(self, message: &str) -> Self {
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--allow-empty", "-m", message]);
        self
    }

    /// Tags the newest commit.
    pub fn tag(self, name: &str) -> Self {
        self.git(["tag", name]);
        self
    }

    /// Starts a branch and changes to it.
    pub fn branch(self, name: &str) -> Self {
        self.git(["switch", "--quiet", "--create", name]);
        self
    }

    /// Pushes the branch and all tags.
    pub fn push(self) -> Self {
        self.git([
            "push",
            "--quiet",
            "--tags",
            "--set-upstream",
            "origin",
            "HEAD",
        ]);
        self
    }

    /// Returns the id of the newest commit.
    pub fn head(&self) -> String {
        self.git(["rev-parse", "HEAD"])
    }

    /// Returns the remote's refs below `prefix`, as name and commit.
    pub fn remote_refs(&self, prefix: &str) -> Vec<(String, String)> {
        let listing = self.git(["ls-remote", "origin", &format!("{prefix}*")]);
        let pair = |line: &str| {
            line.split_once('\t')
                .map(|(commit, name)| (name.to_owned(), commit.to_owned()))
        };
        listing.lines().filter_map(pair).collect()
    }

    /// Returns a target's newest record at the remote, read with git alone; nothing where there is none.
    pub fn record(&self, target: &str) -> Option<Value> {
        self.records(target).into_iter().next()
    }

    /// Returns every event of a target at the remote, newest first, read with git alone.
    pub fn records(&self, target: &str) -> Vec<Value> {
        let name = format!("refs/nucleon/targets/{target}");
        let refs = self.remote_refs(&name);
        let Some((_, tip)) = refs.iter().find(|(known, _)| *known == name) else {
            return Vec::new();
        };
        let remote = self.parent.path().join(&self.bare);
        let commits = git(&remote, ["rev-list", tip.as_str()]);
        let record = |commit: &str| {
            let text = git(&remote, ["show", &format!("{commit}:record.json")]);
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
        };
        commits.lines().map(record).collect()
    }

    /// Runs git here and returns what it printed; the test fails if git does.
    #[track_caller]
    pub fn git<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> String {
        git(&self.folder, arguments)
    }

    /// Prepares a run of one of our binaries here.
    pub fn run(&self, binary: &str) -> Nucleon {
        Nucleon::new(binary, &self.folder)
    }

    /// Runs `nucleon` here.
    pub fn nucleon<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Finished {
        self.run("nucleon").args(arguments).run()
    }

    fn clone_with(&self, options: &[&str]) -> Self {
        let folder = self.parent.path().join(crate::unique("clone"));
        let mut arguments = vec!["clone".to_owned(), "--quiet".to_owned()];
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        arguments.extend([self.remote(), folder.display().to_string()]);
        git(self.parent.path(), arguments);
        Self {
            parent: Arc::clone(&self.parent),
            folder,
            bare: self.bare.clone(),
        }
    }
}

fn init(parent: &Path, arguments: &[&str]) {
    git(
        parent,
        [&["init", "--quiet", "--initial-branch", "main"], arguments].concat(),
    );
}

#[track_caller]
fn git<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> String {
    let mut command = Command::new("git");
    hermetic(&mut command).current_dir(folder).args(arguments);
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "Dana")
            .env(format!("GIT_{role}_EMAIL"), "dana@example.com");
        command.env(format!("GIT_{role}_DATE"), crate::FIXED_NOW);
    }
    let output = command.output().expect("git is installed");
    assert!(
        output.status.success(),
        "{command:?} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout)
        .trim_end()
        .to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("folders can be made");
    let entries = fs::read_dir(from)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", from.display()));
    for entry in entries {
        let entry = entry.expect("a folder can be listed");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("an entry has a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shallow_clone_has_one_commit_and_can_push_back() {
        let repository = Repository::empty()
            .write("a.txt", "1\n2\n")
            .commit("one")
            .write("b.txt", "")
            .commit("two")
            .push();

        let clone = repository.shallow_clone();
        assert_eq!(clone.git(["rev-list", "--count", "HEAD"]), "1");
        let clone = clone.remove_line("a.txt", "1").commit("three").push();

        repository.git(["pull", "--quiet"]);
        assert_eq!(repository.head(), clone.head());
        assert_eq!(repository.read("a.txt"), "2\n");
    }

    #[test]
    fn a_copy_of_a_folder_is_committed_and_pushed() {
        let repository = Repository::from_folder(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
            .tag("v1")
            .push();

        let refs = repository.remote_refs("refs/");
        let names: Vec<_> = refs.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["refs/heads/main", "refs/tags/v1"]);
        assert!(
            repository
                .another_clone()
                .read("lib.rs")
                .contains("Repository")
        );
    }
}
