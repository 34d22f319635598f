//! Bare remotes and clones of them, made with the real git.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A bare repository, and a folder for clones of it.
pub(crate) struct Remote {
    root: TempDir,
}

/// Runs git as nobody in particular and gives what it printed.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let identity = [
        "-c",
        "init.defaultBranch=main",
        "-c",
        "user.name=Mona",
        "-c",
        "user.email=mona@example.com",
    ];
    let output = Command::new("git")
        .current_dir(folder)
        .args(identity)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {stderr}");
    String::from_utf8(output.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

fn commit_and_push(folder: &Path, tag: Option<&str>) -> String {
    git(folder, &["add", "--all"]);
    git(
        folder,
        &["commit", "--quiet", "--allow-empty", "--message", "change"],
    );
    git(folder, &["push", "--quiet", "origin", "HEAD:main"]);
    if let Some(tag) = tag {
        git(folder, &["tag", tag]);
        git(folder, &["push", "--quiet", "origin", tag]);
    }
    git(folder, &["rev-parse", "HEAD"])
}

/// Everything in a folder, by path: for proving that nothing was touched.
pub(crate) fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.clone(), std::fs::read(path).unwrap());
            }
        }
    }
    files
}

/// Writes a shell script that can be run.
pub(crate) fn program(folder: &Path, name: &str, script: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    path
}

/// Gives a repository a hook.
pub(crate) fn hook(git_folder: &Path, name: &str, script: &str) {
    program(&git_folder.join("hooks"), name, script);
}

impl Remote {
    /// A remote with two commits on `main`.
    pub(crate) fn new() -> Self {
        let remote = Self::empty();
        let first = remote.clone_whole();
        for text in ["one", "two"] {
            std::fs::write(first.join("README.md"), text).unwrap();
            git(&first, &["add", "."]);
            git(&first, &["commit", "--quiet", "--message", text]);
        }
        git(&first, &["push", "--quiet", "origin", "HEAD:main"]);
        remote
    }

    /// A remote without a commit.
    pub(crate) fn empty() -> Self {
        let root = tempfile::tempdir().unwrap();
        git(root.path(), &["init", "--quiet", "--bare", "remote.git"]);
        Self { root }
    }

    /// The folder that everything lies in.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// The bare repository's folder.
    pub(crate) fn path(&self) -> PathBuf {
        self.root.path().join("remote.git")
    }

    /// Its address; a path alone would make git link files instead of fetching.
    pub(crate) fn address(&self) -> String {
        format!("file://{}", self.path().display())
    }

    /// A clone with the whole history.
    pub(crate) fn clone_whole(&self) -> PathBuf {
        self.clone_with(&[])
    }

    /// A clone as CI runners make it.
    pub(crate) fn clone_shallow(&self) -> PathBuf {
        self.clone_with(&["--depth=1"])
    }

    /// A clone as CI runners make it, of another branch.
    pub(crate) fn clone_shallow_of(&self, branch: &str) -> PathBuf {
        self.clone_with(&["--depth=1", "--branch", branch])
    }

    /// A clone without files.
    pub(crate) fn clone_bare(&self) -> PathBuf {
        self.clone_with(&["--bare"])
    }

    fn clone_with(&self, options: &[&str]) -> PathBuf {
        let folder = tempfile::Builder::new()
            .prefix("clone-")
            .tempdir_in(self.root.path())
            .unwrap()
            .keep();
        let address = self.address();
        let arguments = [&["clone", "--quiet"], options, &[address.as_str(), "."]].concat();
        git(&folder, &arguments);
        folder
    }

    /// The remote's refs.
    pub(crate) fn refs(&self) -> BTreeMap<String, String> {
        let text = git(
            &self.path(),
            &["for-each-ref", "--format=%(refname) %(objectname)"],
        );
        let pair = |line: &str| {
            line.split_once(' ')
                .map(|(name, id)| (name.to_owned(), id.to_owned()))
        };
        text.lines().filter_map(pair).collect()
    }

    /// A file at the remote.
    pub(crate) fn show(&self, expression: &str) -> String {
        git(&self.path(), &["show", expression])
    }

    /// The paths of a commit at the remote.
    pub(crate) fn list(&self, commit: &str) -> Vec<String> {
        let text = git(&self.path(), &["ls-tree", "-r", "--name-only", commit]);
        text.lines().map(str::to_owned).collect()
    }

    /// Commits files to `main`, and tags the commit.
    pub(crate) fn commit(&self, files: &[(&str, &str)], tag: Option<&str>) -> String {
        let folder = self.clone_whole();
        for (path, text) in files {
            std::fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
            std::fs::write(folder.join(path), text).unwrap();
        }
        commit_and_push(&folder, tag)
    }

    /// Commits a symbolic link to `main`, and tags the commit.
    pub(crate) fn link(&self, path: &str, to: &str, tag: &str) {
        let folder = self.clone_whole();
        std::os::unix::fs::symlink(to, folder.join(path)).unwrap();
        commit_and_push(&folder, Some(tag));
    }

    /// Writes a commit that holds a record of this text to a ref of the remote, without Nucleon; gives the commit.
    pub(crate) fn commit_to(&self, reference: &str, text: &str) -> String {
        let folder = self.clone_whole();
        git(&folder, &["checkout", "--quiet", "--orphan", "other"]);
        git(
            &folder,
            &["rm", "--quiet", "-r", "--force", "--ignore-unmatch", "."],
        );
        std::fs::write(folder.join("record.json"), text).unwrap();
        git(&folder, &["add", "."]);
        git(&folder, &["commit", "--quiet", "--message", "by hand"]);
        git(
            &folder,
            &["push", "--quiet", "origin", &format!("HEAD:{reference}")],
        );
        git(&folder, &["rev-parse", "HEAD"])
    }
}
