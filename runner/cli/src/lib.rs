//! The binaries: arguments, environment, output, exit codes. No decisions.
//!
//! What is surprising: `nucleon render|plan|apply|notify` start their siblings as programs, as git does, so that
//! each action installs and runs one small binary.

pub mod args;
pub mod commands;
pub mod env;
pub mod error;
pub mod github;
pub mod main_of;
pub mod matrix;
pub mod output;
pub mod product;
pub mod run;
pub mod sibling;
pub mod signals;
pub mod table;
pub mod workspace;

/// The allocator of musl makes threads wait for each other.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
