//! `nucleon-apply`; under the name `aws`, what the commands of bundles find as such.

use std::path::Path;
use std::process::ExitCode;

use nucleon_adapters::commands::{AWS, run_aws};
use nucleon_cli::commands::apply::Apply;
use nucleon_cli::main_of::main_with_credentials;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_default();
    if Path::new(&name).file_stem().is_some_and(|stem| stem == AWS) {
        return run_aws(&arguments.collect::<Vec<_>>());
    }
    main_with_credentials::<Apply>()
}
