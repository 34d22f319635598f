//! `nucleon-plan`.

use std::process::ExitCode;

use nucleon_cli::commands::plan::Plan;
use nucleon_cli::main_of::main_with_credentials;

fn main() -> ExitCode {
    main_with_credentials::<Plan>()
}
