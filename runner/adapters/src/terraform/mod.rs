//! Terraform and OpenTofu, run as people run them: `init`, `plan`, `show`, `apply` of exactly that plan, `output`.
//!
//! What is surprising: a saved plan stays in a folder of this process between `prepare` and `execute`, and Terraform itself
//! refuses it once the state has moved. Nothing of the run's own environment reaches the program but what a list allows.

mod environment;
mod event;
mod folder;
mod lock;
mod outcome;
mod program;
mod provisioner;
mod workspace;

pub use provisioner::TerraformProvisioner;
