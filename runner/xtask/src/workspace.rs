//! Where things lie, and how cargo is called there.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// The platform of released programs on this machine.
pub(crate) const RELEASED: &str = if cfg!(target_arch = "aarch64") {
    "aarch64-unknown-linux-musl"
} else {
    "x86_64-unknown-linux-musl"
};

/// The repository this task was built from.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Self {
        let root = crate::root();
        let target = env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |path| root.join(path));
        Self { root, target }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Returns the folder for everything that tasks download or write.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("nucleon")
    }

    /// Returns the folder of built programs of a profile, `debug` or `release`.
    pub(crate) fn binaries(&self, profile: &str) -> PathBuf {
        self.target.join(profile)
    }

    /// Returns the folder of programs as they are released.
    pub(crate) fn released(&self) -> PathBuf {
        self.target.join(RELEASED).join("release")
    }

    /// Prepares a build of programs as they are released: static, stripped, without tables for unwinding.
    pub(crate) fn release(&self, arguments: &[&str]) -> Command {
        let mut command = self.cargo(&["build", "--release", "--target", RELEASED]);
        command.args(arguments);
        command
    }

    /// Prepares a call of cargo in the repository.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments);
        command
    }

    /// Prepares a call of a program in the repository.
    ///
    /// What `cargo run` told us about ourselves is taken away: build scripts
    /// that look at it would run again on every change between the two ways of calling.
    pub(crate) fn command(&self, program: impl Into<PathBuf>) -> Command {
        let mut command = Command::new(program.into());
        command.current_dir(&self.root);
        let about_us =
            |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(about_us)) {
            command.env_remove(name);
        }
        command
    }
}
