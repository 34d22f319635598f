//! Servers that live as long as the value that started them.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

/// A server in the background, ended with everything it started when dropped.
///
/// It also ends when the thread that started it dies, however it dies.
#[derive(Debug)]
pub struct Daemon {
    name: &'static str,
    child: Child,
    log: PathBuf,
    _folder: TempDir,
}

impl Daemon {
    /// Starts a server in the background.
    ///
    /// `command` is given the server's own temporary folder, which goes when it goes.
    pub fn start(name: &'static str, command: impl FnOnce(&Path) -> Command) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("nucleon-")
            .tempdir()
            .expect("a temporary folder can be made");
        let log = folder.path().join("log");
        let output = File::create(&log).expect("the log can be created");
        let errors = output.try_clone().expect("the log can be shared");
        let child = with_parent_death_signal(&command(folder.path()))
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        Self {
            name,
            child,
            log,
            _folder: folder,
        }
    }

    /// Waits until `ready` says so, and fails with the log when it does not in time.
    pub fn wait_until(&mut self, limit: Duration, ready: impl Fn() -> bool) {
        let start = Instant::now();
        while !ready() {
            let ended = self
                .child
                .try_wait()
                .expect("a child can be asked")
                .is_some();
            assert!(
                !ended && start.elapsed() < limit,
                "{} did not get ready; its log:\n{}",
                self.name,
                self.log()
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Returns what the server printed so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("process ids are positive and small");
        if let Some(group) = Pid::from_raw(id) {
            // The group may be gone already, which is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    }

    fn ended_within(&mut self, limit: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < limit {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        let ended = self.ended_within(Duration::from_secs(5));
        // Children in the group may outlive a leader that ended politely.
        self.signal(Signal::KILL);
        if !ended {
            let _ = self.child.wait();
        }
    }
}

/// Picks a port of the loopback interface that is free now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener
        .local_addr()
        .expect("a bound socket has an address")
        .port()
}

/// Wraps `command` so that it gets a signal when its parent dies, even by SIGKILL.
fn with_parent_death_signal(command: &Command) -> Command {
    let mut wrapped = Command::new("setpriv");
    wrapped
        .args(["--pdeathsig", "KILL"])
        .arg(command.get_program())
        .args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        wrapped.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped
}
