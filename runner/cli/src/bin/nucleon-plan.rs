//! `nucleon-plan`.

use std::process::ExitCode;

use nucleon_cli::commands::plan::Plan;
use nucleon_cli::main_of::main_of;

fn main() -> ExitCode {
    main_of::<Plan>()
}
