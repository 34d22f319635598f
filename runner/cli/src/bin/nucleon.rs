//! `nucleon`: everything for people.

use std::process::ExitCode;

use nucleon_cli::commands::nucleon::Nucleon;
use nucleon_cli::main_of::main_with_credentials;

fn main() -> ExitCode {
    main_with_credentials::<Nucleon>()
}
