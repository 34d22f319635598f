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
mod infrastructure;
mod ledger;
mod objects;
mod publisher;
mod push;
mod remote;
mod revision;
mod state;
mod swap;
mod templates;
mod tree;

use std::path::Path;

pub use credential::Credential;
pub(crate) use infrastructure::Desk;
pub use publisher::GitPublisher;
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

    /// Another repository instead: an address, a folder, or `owner/name` at the host of this clone's remote, else at `server`.
    ///
    /// A clone that is reached over SSH says nothing about where a token counts: then, too, it is the server's.
    pub async fn elsewhere(&self, repository: &str, server: Option<&str>) -> Self {
        let is_name = repository
            .split('/')
            .filter(|part| !part.is_empty())
            .count()
            == 2
            && !repository.contains(':')
            && !repository.starts_with(['/', '.']);
        let at_server =
            || server.map(|server| format!("{}/{repository}", server.trim_end_matches('/')));
        let remote = if is_name {
            let key = format!("remote.{}.url", self.remote);
            let arguments = ["config", "--get", &key];
            let known = self.program.run("read its configuration", &arguments);
            let known = known.await.ok();
            let known = known.filter(|url| at_server().is_none() || !is_ssh(url));
            let sibling = known.map(|url| remote::sibling(url.trim_end(), repository));
            sibling
                .or_else(at_server)
                .unwrap_or_else(|| repository.to_owned())
        } else {
            repository.to_owned()
        };
        Self {
            remote,
            ..self.clone()
        }
    }

    /// Adds a token for a server; it wins over what the clone knows.
    #[must_use]
    pub fn with_credential(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self
    }
}

fn is_ssh(url: &str) -> bool {
    url.starts_with("ssh:") || !url.contains("://") && url.contains('@')
}
