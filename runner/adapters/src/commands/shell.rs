//! One shell that runs a list of commands, one after the other, until one of them fails.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, PipeReader, Read as _};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nucleon_core::secret::KeyLines;
use tokio::process::Command;
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};

use crate::children::Variables;

/// How many lines are kept to tell why a command failed.
const KEPT: usize = 8;
/// Longer lines are cut into several.
const LONGEST_LINE: u64 = 16_384;
/// How many lines may wait to be shown before whoever prints them has to.
const WAITING: usize = 256;
/// How long what a command has left running may still print once the shell has ended.
const GRACE: Duration = Duration::from_secs(2);

/// A shell that is about to run.
pub(super) struct Shell<'a> {
    /// Where it starts.
    pub(super) folder: &'a Path,
    /// What it runs.
    pub(super) commands: &'a [String],
    /// All of its environment.
    pub(super) variables: &'a Variables,
    /// A word that no command prints: it tells where the output of each command begins.
    pub(super) mark: &'a str,
}

/// What a shell says while it runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said<'a> {
    /// The command of this number has begun, counted from one.
    Begun(usize),
    /// A command has printed a line.
    Line(usize, &'a str),
}

/// How a shell ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// The number of the command that ran last.
    pub(super) at: usize,
    /// How it ended.
    pub(super) status: ExitStatus,
    /// What that command printed last.
    pub(super) tail: Vec<String>,
    /// Whether it was told to stop.
    pub(super) stopped: bool,
}

impl Shell<'_> {
    /// Runs it to its end; `stop` ends it early, after whatever its programs do about SIGTERM.
    pub(super) async fn run(
        &self,
        stop: &Notify,
        say: &(dyn Fn(Said<'_>) + Sync),
    ) -> io::Result<Ended> {
        let (reader, mut child) = self.start()?;
        let id = child.id();
        let mut lines = lines(reader);
        let mut heard = Heard::new(self.mark, say);
        let (mut status, mut stopped, mut open) = (None, false, true);
        let mut last_call = Instant::now();
        while status.is_none() || open {
            tokio::select! {
                line = lines.recv(), if open => match line {
                    Some(line) => heard.line(&line),
                    None => open = false,
                },
                ended = child.wait(), if status.is_none() => {
                    status = Some(ended?);
                    last_call = Instant::now() + GRACE;
                }
                () = stop.notified() => {
                    stopped = true;
                    terminate(id);
                }
                () = sleep_until(last_call), if status.is_some() => open = false,
            }
        }
        let status = match status {
            Some(status) => status,
            None => child.wait().await?,
        };
        Ok(Ended {
            at: heard.at,
            status,
            tail: heard.tail.into(),
            stopped,
        })
    }

    /// Starts it with one pipe for all that it prints, so that lines come in their order.
    fn start(&self) -> io::Result<(PipeReader, tokio::process::Child)> {
        let (reader, writer) = io::pipe()?;
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(script(self.commands, self.mark))
            .current_dir(self.folder)
            .env_clear()
            .envs(self.variables)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .kill_on_drop(true);
        // Of its own, so that a signal reaches all that it starts, and one from the terminal comes once.
        #[cfg(unix)]
        command.process_group(0);
        Ok((reader, command.spawn()?))
    }
}

/// What the shell is given: each command is named before it runs, and ends the shell where it fails.
fn script(commands: &[String], mark: &str) -> String {
    let step = |(index, command): (usize, &String)| {
        let (number, command) = (index + 1, quoted(command));
        // The line break keeps `eval` from taking a command for an option of its own.
        format!("echo '{mark} {number}'\neval '\n'{command}\ncase $? in 0) ;; *) exit ;; esac\n")
    };
    let steps: String = commands.iter().enumerate().map(step).collect();
    // The shell waits for what a command does about the signal, and then runs no further one.
    format!("trap 'exit 143' TERM INT\n{steps}")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Reads lines on a thread of their own: it ends with the last program that has the pipe, and nobody waits for that.
fn lines(reader: PipeReader) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(WAITING);
    std::thread::spawn(move || {
        let mut reader = BufReader::new(reader);
        loop {
            let mut line = Vec::new();
            let read = reader
                .by_ref()
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut line);
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if read.is_err()
                || read.is_ok_and(|length| length == 0)
                || sender.blocking_send(line).is_err()
            {
                return;
            }
        }
    });
    receiver
}

/// Sorts what comes out of the pipe.
struct Heard<'a> {
    mark: &'a str,
    say: &'a (dyn Fn(Said<'_>) + Sync),
    at: usize,
    tail: VecDeque<String>,
    /// A key's first line may have left the tail before its others.
    keys: KeyLines,
}

impl<'a> Heard<'a> {
    fn new(mark: &'a str, say: &'a (dyn Fn(Said<'_>) + Sync)) -> Self {
        Self {
            mark,
            say,
            at: 0,
            tail: VecDeque::new(),
            keys: KeyLines::default(),
        }
    }

    fn line(&mut self, line: &str) {
        // What a command printed without a line break stands before the mark of the next one.
        let (printed, number) = match line.split_once(self.mark) {
            Some((printed, number)) => (printed, number.trim().parse().ok()),
            None => (line, None),
        };
        if number.is_none() || !printed.is_empty() {
            (self.say)(Said::Line(self.at, printed));
            let mut kept = printed.to_owned();
            self.keys.hide(&mut kept);
            self.tail.push_back(kept);
            if self.tail.len() > KEPT {
                self.tail.pop_front();
            }
        }
        if let Some(number) = number {
            self.at = number;
            self.tail.clear();
            (self.say)(Said::Begun(number));
        }
    }
}

#[cfg(unix)]
fn terminate(id: Option<u32>) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let id = id
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    if let Some(id) = id {
        // Whoever has just ended needs no signal.
        let _ended = kill_process_group(id, Signal::TERM);
    }
}

/// Without signals there is nothing to pass on: the console tells its programs itself.
#[cfg(not(unix))]
fn terminate(_id: Option<u32>) {}
