//! `nucleon-notify`.

use std::process::ExitCode;

use nucleon_cli::commands::notify::Notify;
use nucleon_cli::main_of::main_of;

fn main() -> ExitCode {
    main_of::<Notify>()
}
