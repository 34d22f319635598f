//! One run of the program.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use nucleon_core::config::TerraformBinary;
use nucleon_core::secret::KeyLines;
use nucleon_core::terraform::{Fault, Message, read_messages};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Notify;

use crate::children::Variables;

/// How many lines of what is no message are kept to tell why it failed.
const KEPT: usize = 30;

/// The program, where it runs and what it finds in its environment.
#[derive(Clone, Copy)]
pub(super) struct Program<'a> {
    pub(super) binary: TerraformBinary,
    pub(super) folder: &'a Path,
    pub(super) variables: &'a Variables,
}

/// What a run came to.
pub(super) struct Ran {
    pub(super) status: ExitStatus,
    /// All that it printed, where that was asked for.
    pub(super) printed: String,
    /// What it said was wrong.
    pub(super) faults: Vec<Fault>,
    /// What it said besides, at the end.
    pub(super) tail: Vec<String>,
    /// Whether it was told to stop.
    pub(super) stopped: bool,
}

/// The program's name.
pub(super) fn name(binary: TerraformBinary) -> &'static str {
    match binary {
        TerraformBinary::Terraform => "terraform",
        TerraformBinary::Tofu => "tofu",
    }
}

/// The program's name in sentences.
pub(super) fn title(binary: TerraformBinary) -> &'static str {
    match binary {
        TerraformBinary::Terraform => "Terraform",
        TerraformBinary::Tofu => "OpenTofu",
    }
}

impl Program<'_> {
    /// Runs it for what it prints as a whole.
    pub(super) async fn ask(&self, arguments: &[&str]) -> io::Result<Ran> {
        let mut child = self.start(arguments)?;
        let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
        let (mut printed, mut said) = (Vec::new(), Vec::new());
        let out = async {
            match &mut stdout {
                Some(stdout) => stdout.read_to_end(&mut printed).await.map(|_| ()),
                None => Ok(()),
            }
        };
        let err = async {
            match &mut stderr {
                Some(stderr) => stderr.read_to_end(&mut said).await.map(|_| ()),
                None => Ok(()),
            }
        };
        let (out, err) = tokio::join!(out, err);
        out.and(err)?;
        let said = String::from_utf8_lossy(&said);
        Ok(Ran {
            status: child.wait().await?,
            printed: String::from_utf8_lossy(&printed).into_owned(),
            faults: Vec::new(),
            tail: plain(&said),
            stopped: false,
        })
    }

    /// Runs it with `-json` and hands on each message; `stop` interrupts it once, and it is waited for all the same: it gives
    /// its lock back then.
    pub(super) async fn follow(
        &self,
        arguments: &[&str],
        stop: Option<&Notify>,
        say: &(dyn Fn(&Message) + Sync),
    ) -> io::Result<Ran> {
        let mut child = self.start(arguments)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
            return Err(io::Error::other("its output is not piped"));
        };
        let (mut out, mut err) = (BufReader::new(stdout), BufReader::new(stderr));
        let mut heard = Heard {
            faults: Vec::new(),
            tail: Vec::new(),
            keys: KeyLines::default(),
            say,
        };
        let (mut open, mut stopped) = ((true, true), false);
        let (mut line, mut other) = (Vec::new(), Vec::new());
        while open.0 || open.1 {
            tokio::select! {
                read = out.read_until(b'\n', &mut line), if open.0 => {
                    open.0 = read? > 0;
                    heard.line(&std::mem::take(&mut line));
                }
                read = err.read_until(b'\n', &mut other), if open.1 => {
                    open.1 = read? > 0;
                    heard.line(&std::mem::take(&mut other));
                }
                () = notified(stop), if !stopped => {
                    stopped = true;
                    interrupt(&child);
                }
            }
        }
        Ok(Ran {
            status: child.wait().await?,
            printed: String::new(),
            faults: heard.faults,
            tail: heard.tail,
            stopped,
        })
    }

    fn start(&self, arguments: &[&str]) -> io::Result<Child> {
        let mut command = Command::new(name(self.binary));
        command
            .args(arguments)
            .current_dir(self.folder)
            .env_clear()
            .envs(
                self.variables
                    .iter()
                    .map(|(name, value): (&OsString, &OsString)| (name, value)),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // Of its own, so that a signal from the terminal reaches it through us, once.
        #[cfg(unix)]
        command.process_group(0);
        command.spawn()
    }
}

async fn notified(stop: Option<&Notify>) {
    match stop {
        Some(stop) => stop.notified().await,
        None => std::future::pending().await,
    }
}

struct Heard<'a> {
    faults: Vec<Fault>,
    tail: Vec<String>,
    keys: KeyLines,
    say: &'a (dyn Fn(&Message) + Sync),
}

impl Heard<'_> {
    fn line(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let Some(message) = read_messages(&without_colour(&line)) else {
            return;
        };
        match &message {
            Message::Fault(fault) => self.faults.push(fault.clone()),
            Message::Progress {
                resource: None,
                text,
                ..
            } => {
                let mut kept = text.clone();
                self.keys.hide(&mut kept);
                self.tail.push(kept);
                if self.tail.len() > KEPT {
                    self.tail.remove(0);
                }
            }
            Message::Progress { .. } => {}
        }
        (self.say)(&message);
    }
}

/// The lines of a text that say something, without the frame that Terraform draws around its errors.
fn plain(text: &str) -> Vec<String> {
    let text = without_colour(text);
    let line = |line: &str| line.trim_matches(['╷', '│', '╵', ' ', '\r']).to_owned();
    let lines: Vec<String> = text
        .lines()
        .map(line)
        .filter(|line| !line.is_empty())
        .collect();
    lines[lines.len().saturating_sub(KEPT)..].to_vec()
}

/// OpenTofu colours what it writes past `-json`, whatever `-no-color` says.
fn without_colour(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    plain
}

/// Asks the program itself to stop; its plugins end when it does.
#[cfg(unix)]
fn interrupt(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let id = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    if let Some(id) = id {
        // Whoever has just ended needs no signal.
        let _ended = kill_process(id, Signal::INT);
    }
}

/// Without signals there is nothing to pass on: the console tells its programs itself.
#[cfg(not(unix))]
fn interrupt(_child: &Child) {}
