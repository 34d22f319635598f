//! Our own actions and workflows, as users refer to them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A copy of our actions and workflows that act and actionlint understand.
///
/// It differs from what users run in the substitutions of
/// `tests/act/substitutions.sed`, each of which has its reason there.
#[derive(Debug)]
#[must_use]
pub struct Published {
    folder: TempDir,
}

impl Published {
    /// What users' workflows refer to.
    pub const REFERENCE: &str = "nucleon-dev/nucleon@v1";

    /// Makes the copy.
    pub fn copy() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let published = Self { folder };
        let root = Self::root();
        copy_tree(&root.join("actions"), &published.folder().join("actions"));
        let workflows = published.folder().join(".github/workflows");
        fs::create_dir_all(&workflows).expect("folders can be made");
        for path in files(&root.join(".github/workflows")) {
            let name = path.file_name().expect("a file has a name");
            fs::write(workflows.join(name), substituted(&path)).expect("a copy can be written");
        }
        published
    }

    /// Returns the root of the repository, whose files users run.
    pub fn root() -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
        root.expect("the crate lies in the repository").to_owned()
    }

    /// Returns the folder of the copy.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the copies of the workflow files, sorted.
    pub fn workflows(&self) -> Vec<PathBuf> {
        files(&self.folder().join(".github/workflows"))
    }
}

/// Returns the entries of a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry can be read").path())
        .collect();
    files.sort();
    files
}

fn substituted(path: &Path) -> Vec<u8> {
    let script = Published::root().join("tests/act/substitutions.sed");
    let output = Command::new("sed")
        .arg("-E")
        .arg("-f")
        .arg(script)
        .arg(path)
        .output();
    let output = output.expect("sed can be started");
    let fault = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the substitutions failed: {fault}");
    output.stdout
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("folders can be made");
    for path in files(from) {
        let copy = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy_tree(&path, &copy);
        } else {
            fs::copy(&path, &copy).expect("a file can be copied");
        }
    }
}
