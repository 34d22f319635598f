//! `nucleon-apply`; under the name `aws`, what the commands of bundles find as such; under that of the credentials helper,
//! what AWS's tools ask for credentials.

use std::path::Path;
use std::process::ExitCode;

use nucleon_adapters::children::{CREDENTIALS, run_credentials};
use nucleon_adapters::commands::{AWS, run_aws};
use nucleon_cli::commands::apply::Apply;
use nucleon_cli::main_of::main_of;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_default();
    let stem = Path::new(&name).file_stem();
    if stem.is_some_and(|stem| stem == AWS) {
        return run_aws(&arguments.collect::<Vec<_>>());
    }
    if stem.is_some_and(|stem| stem == CREDENTIALS) {
        return run_credentials(&arguments.collect::<Vec<_>>());
    }
    main_of::<Apply>()
}
