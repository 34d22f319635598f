//! One program in another's place.

use std::io;
use std::process::{Command, ExitCode};

/// Runs a program in the place of this one, so that signals reach it; comes back only where it cannot be started.
#[cfg(unix)]
pub fn become_program(command: &mut Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec())
}

/// Runs a program and gives its exit code: here nothing can take this one's place.
#[cfg(not(unix))]
pub fn become_program(command: &mut Command) -> io::Result<ExitCode> {
    let code = command.status()?.code();
    let code = code.and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
