//! Commands that make infrastructure, run as `CodeBuild` ran them for Proton.
//!
//! What is surprising: all commands of a list run in one shell, as they did in `CodeBuild`: bundles export variables and change
//! folders for the commands that follow. And an `aws` of ours comes first on their PATH, which answers the one request that
//! Proton itself took and hands every other one to the real program.

mod aws;
mod environment;
mod notes;
mod provisioner;
mod shell;
mod shorthand;
mod values;

pub(crate) use provisioner::write as write_files;

pub use aws::{NAME as AWS, run as run_aws};
pub use provisioner::CommandsProvisioner;
