//! Programs that tasks run.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read};
use std::process::{Command, Stdio};
use std::thread;

use crate::Result;

/// What a program printed, and whether it went well.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) success: bool,
    pub(crate) lines: Vec<String>,
}

/// Runs a program, showing what it prints while it does.
pub(crate) fn show(command: &mut Command) -> Result<Shown> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| not_started(command, &error))?;
    let stdout = child.stdout.take().ok_or("stdout is piped")?;
    let stderr = child.stderr.take().ok_or("stderr is piped")?;
    let other = thread::spawn(move || echo(stdout));
    let mut lines = echo(stderr);
    lines.extend(other.join().map_err(|_| "a reader panicked")?);
    Ok(Shown {
        success: child.wait()?.success(),
        lines,
    })
}

/// Runs a program quietly; what it printed is the error when it fails.
pub(crate) fn quiet(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| not_started(command, &error))?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(text);
    }
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    let mut message = format!("{} failed ({})", name(command), output.status);
    write!(message, "\n{}", text.trim_end())?;
    Err(message.into())
}

/// Whether a program can be found on the search path.
pub(crate) fn exists(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn echo(stream: impl Read) -> Vec<String> {
    let lines = BufReader::new(stream)
        .split(b'\n')
        .map_while(std::result::Result::ok);
    let show = |line: Vec<u8>| {
        let line = String::from_utf8_lossy(&line).into_owned();
        eprintln!("{line}");
        line
    };
    lines.map(show).collect()
}

fn not_started(command: &Command, error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        let program = command.get_program().to_string_lossy();
        return format!("`{program}` is not there: install it and put it on the PATH");
    }
    format!("cannot start {}: {error}", name(command))
}

fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.take(4).map(|word| word.to_string_lossy()).collect();
    format!("`{}`", words.join(" "))
}
