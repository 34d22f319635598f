//! `nucleon-apply`.

use std::process::ExitCode;

use nucleon_cli::commands::apply::Apply;
use nucleon_cli::main_of::main_of;

fn main() -> ExitCode {
    main_of::<Apply>()
}
