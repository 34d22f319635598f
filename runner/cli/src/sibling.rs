//! Starts a sibling binary, as git starts its sub-commands.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use nucleon_adapters::children::become_program;

use crate::error::{Failure, Kind};

/// Runs `nucleon-<name>` with arguments and gives its exit code.
pub fn run(name: &str, arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let program = format!("nucleon-{name}{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe()
        .ok()
        .map(|own| own.with_file_name(&program))
        .filter(|path| path.exists());
    let command = beside.map_or_else(|| OsString::from(&program), Into::into);
    become_program(Command::new(command).args(arguments)).map_err(|error| {
        let message = format!("could not start `{program}`: {error}");
        Failure::new(Kind::Outside, message).hint("install it beside `nucleon`, or put it on PATH")
    })
}
