//! What every `main` does: parse, run, show the failure, give the exit code.

use std::path::Path;
use std::process::ExitCode;

use clap::builder::Resettable;
use clap::{CommandFactory, Parser};
use nucleon_adapters::children::{CREDENTIALS, run_credentials};

use crate::args::{Common, Format};
use crate::error::{Failure, Kind};
use crate::{env, output};

/// A binary's command line.
pub trait Command: Parser + CommandFactory {
    /// The arguments of every command.
    fn common(&self) -> &Common;

    /// Does it.
    fn run(self) -> Result<ExitCode, Failure>;
}

/// Runs a binary.
pub fn main_of<C: Command>() -> ExitCode {
    use_the_runners_folder();
    let command = match parse::<C>() {
        Ok(command) => command,
        Err(error) => return usage(&error),
    };
    let format = command.common().format();
    finish(command.run(), format)
}

/// Puts temporary files where GitHub's runner removes them, also those of a process that was killed.
fn use_the_runners_folder() {
    if let Some(folder) = env::get(env::RUNNER_TEMP).filter(|folder| Path::new(folder).is_dir()) {
        // It can be set once in a process, and here is where that is done.
        let _already_set = tempfile::env::override_temp_dir(Path::new(&folder));
    }
}

fn parse<C: Command>() -> Result<C, clap::Error> {
    // The last one counts: `nucleon -C a plan` hands its own on, before those that follow.
    let command = without_empty_variables(C::command()).args_override_self(true);
    let mut matches = command.try_get_matches()?;
    C::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut C::command()))
}

/// An action's empty input becomes an empty variable, which says nothing; to clap it would be a value.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| {
            let value = arg.get_env().and_then(std::env::var_os);
            if value.is_some_and(|value| value.is_empty()) {
                arg.env(Resettable::Reset)
            } else {
                arg
            }
        })
        .mut_subcommands(without_empty_variables)
}

fn usage(error: &clap::Error) -> ExitCode {
    // Help and version go to stdout, faults to stderr; clap knows which.
    let _closed = error.print();
    if error.use_stderr() {
        Kind::CommandLine.into()
    } else {
        ExitCode::SUCCESS
    }
}

fn finish(result: Result<ExitCode, Failure>, format: Format) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(failure) => {
            output::failure(&failure, format);
            failure.kind.into()
        }
    }
}

/// Runs a future to its end on a runtime of its own; commands that need none do not pay for it.
pub fn block_on<F: Future>(future: F) -> Result<F::Output, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = runtime
        .map_err(|error| Failure::new(Kind::Outside, format!("could not start: {error}")))?;
    Ok(runtime.block_on(future))
}

/// The same for binaries that start programs of AWS's: under the name of the credentials helper they are what those ask.
pub fn main_with_credentials<C: Command>() -> ExitCode {
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_default();
    let stem = Path::new(&name).file_stem();
    if stem.is_some_and(|stem| stem == CREDENTIALS) {
        return run_credentials(&arguments.collect::<Vec<_>>());
    }
    main_of::<C>()
}
