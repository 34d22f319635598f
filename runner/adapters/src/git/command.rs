//! The `git` program: how it is started, and what it says.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use nucleon_core::secret::Secret;
use nucleon_engine::ports::PortError;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::error::{could_not_start, refusal, timed_out};

/// Variables of the caller that would make git work on another repository than the one that is meant.
const FOREIGN: [&str; 14] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
    "LANGUAGE",
];

/// How long one run of git may take before it counts as unreachable.
const PATIENCE: Duration = Duration::from_mins(3);

/// The `git` program, started in one folder with one set of variables.
///
/// It speaks plain English whatever the locale, never asks at a terminal, and gets secrets by its environment only.
#[derive(Clone)]
pub(super) struct Program {
    directory: PathBuf,
    variables: BTreeMap<String, Secret>,
}

impl fmt::Debug for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Program")
            .field(&self.directory)
            .finish()
    }
}

impl Program {
    /// Git, started in a folder.
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            variables: BTreeMap::new(),
        }
    }

    /// The folder.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Adds a variable to its environment.
    #[must_use]
    pub(super) fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), Secret::new(value));
        self
    }

    /// Gives it a configuration of its own, by environment; later entries win over files and over earlier ones.
    #[must_use]
    pub(super) fn configured(mut self, entries: &[(String, Secret)]) -> Self {
        for (index, (key, value)) in entries.iter().enumerate() {
            self = self.with(format!("GIT_CONFIG_KEY_{index}"), key);
            self.variables
                .insert(format!("GIT_CONFIG_VALUE_{index}"), value.clone());
        }
        self.with("GIT_CONFIG_COUNT", entries.len().to_string())
    }

    /// The command, not yet started: for those who talk with it while it runs.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.current_dir(&self.directory).args(arguments);
        for name in FOREIGN {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
        for (name, value) in &self.variables {
            command.env(name, value.expose());
        }
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs it, whatever it answers.
    pub(super) async fn output(
        &self,
        action: &str,
        arguments: &[&str],
        input: &[u8],
    ) -> Result<Output, PortError> {
        let mut command = self.command(arguments);
        command.stdin(if input.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        });
        let mut child = command
            .spawn()
            .map_err(|source| could_not_start(action, source))?;
        let stdin = child.stdin.take();
        let feed = async {
            // A child that ends before it has read everything says why on stderr.
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(input).await;
            }
        };
        let both = async { tokio::join!(feed, child.wait_with_output()).1 };
        match tokio::time::timeout(PATIENCE, both).await {
            Ok(output) => output.map_err(|source| could_not_start(action, source)),
            Err(_) => Err(timed_out(action, PATIENCE)),
        }
    }

    /// Runs it with an input and gives what it printed; anything but success is an error in git's own words.
    pub(super) async fn feed(
        &self,
        action: &str,
        arguments: &[&str],
        input: &[u8],
    ) -> Result<String, PortError> {
        let output = self.output(action, arguments, input).await?;
        if !output.status.success() {
            return Err(refusal(action, &String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs it without an input.
    pub(super) async fn run(&self, action: &str, arguments: &[&str]) -> Result<String, PortError> {
        self.feed(action, arguments, &[]).await
    }
}
