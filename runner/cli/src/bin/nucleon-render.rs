//! `nucleon-render`.

use std::process::ExitCode;

use nucleon_cli::commands::render::Render;
use nucleon_cli::main_of::main_of;

fn main() -> ExitCode {
    main_of::<Render>()
}
