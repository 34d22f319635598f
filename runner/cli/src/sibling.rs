//! Starts a sibling binary, as git starts its sub-commands.

use std::ffi::OsString;
use std::io;
use std::process::{Command, ExitCode};

use crate::error::{Failure, Kind};

/// Runs `nucleon-<name>` with arguments and gives its exit code.
pub fn run(name: &str, arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let program = format!("nucleon-{name}{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe()
        .ok()
        .map(|own| own.with_file_name(&program))
        .filter(|path| path.exists());
    let command = beside.map_or_else(|| OsString::from(&program), Into::into);
    become_it(Command::new(command).args(arguments)).map_err(|error| {
        let message = format!("could not start `{program}`: {error}");
        Failure::new(Kind::Outside, message).hint("install it beside `nucleon`, or put it on PATH")
    })
}

/// Signals must reach the sibling, so it takes this process's place.
#[cfg(unix)]
fn become_it(command: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec())
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> io::Result<ExitCode> {
    let code = command.status()?.code();
    let code = code.and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
