//! Git: the state in refs, template versions in tags, and the checkout at other revisions.
//!
//! Git is run as a program, because it is on every runner and carries the user's own configuration. What is surprising: whatever has to do
//! with the remote happens in a repository of our own, made for the process (`remote.rs`); the user's clone is only read.

mod backoff;
mod command;
mod connection;
mod credential;
mod error;
mod import;
mod ledger;
mod objects;
mod push;
mod remote;
mod revision;
mod state;
mod swap;
mod templates;
mod tree;

use std::path::Path;

pub use credential::Credential;
pub use state::{GitState, StatePlace};
pub use templates::GitTemplates;

use command::Program;

/// The clone that Nucleon runs in, and the remote that its state and templates come from.
#[derive(Clone, Debug)]
pub struct Checkout {
    program: Program,
    remote: String,
    credential: Option<Credential>,
}

impl Checkout {
    /// The clone around a folder; the remote is a name that the clone knows (`origin`) or an address.
    pub fn new(folder: &Path, remote: &str) -> Self {
        Self {
            program: Program::new(folder),
            remote: remote.to_owned(),
            credential: None,
        }
    }

    /// Adds a token for a server; it wins over what the clone knows.
    #[must_use]
    pub fn with_credential(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self
    }
}
