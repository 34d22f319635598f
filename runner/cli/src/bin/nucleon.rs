//! `nucleon`: everything for people.

use std::process::ExitCode;

use nucleon_cli::commands::nucleon::Nucleon;
use nucleon_cli::main_of::main_of;

fn main() -> ExitCode {
    main_of::<Nucleon>()
}
