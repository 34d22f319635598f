//! The binaries under test, run as nobody's machine in particular.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::variables;

/// The time it is for every process under test, unless a test says otherwise.
pub const FIXED_NOW: &str = "2026-10-08T09:00:00Z";

/// Finds a binary under test.
pub fn binary(name: &str) -> PathBuf {
    let path = binaries().join(name);
    assert!(
        path.exists(),
        "`{}` is missing: run `cargo build --workspace --bins`",
        path.display()
    );
    path
}

/// Leaves a command nothing of this machine but the search path.
pub fn hermetic(command: &mut Command) -> &mut Command {
    command.env_clear();
    if let Some(path) = env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
        .env("LANG", "C.UTF-8")
        .env("TZ", "UTC")
        .env("HOME", "/nonexistent")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
}

/// A run of one of our binaries that is being prepared.
#[derive(Debug)]
#[must_use]
pub struct Nucleon {
    command: Command,
    folder: PathBuf,
    home: TempDir,
    input: Vec<u8>,
}

impl Nucleon {
    /// Prepares a run of `binary` in `folder`.
    pub fn new(name: &str, folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        let home = tempfile::tempdir().expect("a temporary folder can be made");
        let mut command = Command::new(binary(name));
        hermetic(&mut command)
            .current_dir(&folder)
            .env("HOME", home.path())
            .env("NUCLEON_NOW", FIXED_NOW);
        Self {
            command,
            folder,
            home,
            input: Vec::new(),
        }
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Adds an argument, such as a path.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets several variables, such as those of an [`Account`](crate::Account).
    pub fn envs<K: AsRef<OsStr>, V: AsRef<OsStr>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.command.envs(variables);
        self
    }

    /// Lets the process see the real time.
    pub fn with_real_time(mut self) -> Self {
        self.command.env_remove("NUCLEON_NOW");
        self
    }

    /// Gives the process something to read.
    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.input = text.into();
        self
    }

    /// Runs it to its end.
    pub fn run(self) -> Finished {
        self.start().wait()
    }

    /// Starts it and leaves it running, to be waited for or killed.
    pub fn start(mut self) -> Running {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = self
            .command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {:?}: {error}", self.command));
        let mut stdin = child.stdin.take().expect("stdin is piped");
        // A process that reads nothing may have closed its end already.
        let _ = stdin.write_all(&self.input);
        drop(stdin);
        Running {
            child,
            folder: self.folder,
            _home: self.home,
        }
    }
}

/// A process that runs.
#[derive(Debug)]
#[must_use]
pub struct Running {
    child: Child,
    folder: PathBuf,
    _home: TempDir,
}

impl Running {
    /// Waits for its end.
    pub fn wait(self) -> Finished {
        let output = self
            .child
            .wait_with_output()
            .expect("a child can be waited for");
        Finished::new(&output, &self.folder)
    }

    /// Kills it with SIGKILL, as a runner that disappears would.
    pub fn kill(mut self) -> Finished {
        self.child.kill().expect("a child can be killed");
        self.wait()
    }

    /// Asks it to end with SIGTERM, as a cancelled job does.
    pub fn terminate(self) -> Finished {
        self.signal(Signal::TERM);
        self.wait()
    }

    /// Asks it to end with SIGINT, as Ctrl+C does.
    pub fn interrupt(self) -> Finished {
        self.signal(Signal::INT);
        self.wait()
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("process ids are small");
        let pid = Pid::from_raw(id).expect("process ids are positive");
        kill_process(pid, signal).expect("a child can be signalled");
    }
}

/// What a process printed and how it ended, with places and ports made the same on every machine.
#[derive(Clone, Debug)]
#[must_use]
pub struct Finished {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Finished {
    fn new(output: &Output, folder: &Path) -> Self {
        let text = |bytes: &[u8]| normalised(&String::from_utf8_lossy(bytes), folder);
        Self {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Demands that it ended well.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        self.fails_with(0)
    }

    /// Demands that it ended with `code`.
    #[track_caller]
    pub fn fails_with(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "unexpected exit code; it printed:\n{self}"
        );
        self
    }

    /// Returns the exit code; `None` when a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.code
    }

    /// Returns the data it wrote.
    pub fn stdout(&self) -> &str {
        &self.stdout
    }

    /// Returns what it said to people.
    pub fn stderr(&self) -> &str {
        &self.stderr
    }

    /// Reads the data it wrote as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("not JSON: {error}; it printed:\n{self}"))
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.stdout)?;
        formatter.write_str(&self.stderr)
    }
}

fn binaries() -> PathBuf {
    if let Some(folder) = env::var_os(variables::BINARIES) {
        return folder.into();
    }
    let test = env::current_exe().expect("a running program knows its file");
    let folder = test.parent().expect("a program lies in a folder");
    // Tests lie in `target/<profile>/deps`, programs in `target/<profile>`.
    let built = if folder.ends_with("deps") {
        folder.parent()
    } else {
        Some(folder)
    };
    built.expect("a test lies in the target folder").to_owned()
}

fn normalised(text: &str, folder: &Path) -> String {
    let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let text = text
        .replace(&*real.to_string_lossy(), "[ROOT]")
        .replace(&*folder.to_string_lossy(), "[ROOT]");
    let mut parts = text.split("127.0.0.1:");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        result.push_str(if rest.len() == part.len() {
            "127.0.0.1:"
        } else {
            "127.0.0.1:[PORT]"
        });
        result.push_str(rest);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_ports_read_the_same_everywhere() {
        let text = "/tmp/x/a.yaml: no answer from http://127.0.0.1:4566/health";
        assert_eq!(
            normalised(text, Path::new("/tmp/x")),
            "[ROOT]/a.yaml: no answer from http://127.0.0.1:[PORT]/health"
        );
    }

    #[test]
    fn a_hermetic_command_sees_nothing_of_this_machine() {
        let mut command = Command::new("env");
        hermetic(&mut command);
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut names: Vec<_> = text
            .lines()
            .filter_map(|line| Some(line.split_once('=')?.0))
            .collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "GIT_CONFIG_NOSYSTEM",
                "GIT_TERMINAL_PROMPT",
                "HOME",
                "LANG",
                "PATH",
                "TZ"
            ]
        );
    }
}
