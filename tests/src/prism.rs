//! GitHub's REST API, as GitHub's own OpenAPI description has it.

use std::env;
use std::process::Command;
use std::time::Duration;

use crate::daemon::{Daemon, free_port};
use crate::{Tools, http, variables};

/// A running Prism: it answers with GitHub's examples and refuses what GitHub would refuse.
///
/// It keeps nothing between requests, so any number of tests can share one.
/// Tests talk to it through a [`Recorder`](crate::Recorder).
#[derive(Debug)]
pub struct Prism {
    address: String,
    _server: Option<Daemon>,
}

impl Prism {
    /// Uses the server that the environment names, or starts one.
    pub fn connect() -> Self {
        match env::var(variables::PRISM) {
            Ok(url) => Self {
                address: url.trim_start_matches("http://").to_owned(),
                _server: None,
            },
            Err(_) => Self::start(),
        }
    }

    /// Starts a server and waits until it answers, which takes seconds: the description is long.
    pub fn start() -> Self {
        let tools = Tools::find();
        let port = free_port().to_string();
        let mut command = Command::new("node");
        command
            .arg(tools.node_module("@stoplight/prism-cli/dist/index.js"))
            .args(["mock", "--errors", "--host", "127.0.0.1", "--port", &port])
            .arg(tools.node_module("@octokit/openapi/generated/api.github.com.json"));
        let address = format!("127.0.0.1:{port}");
        let mut server = Daemon::start("Prism", |_| command);
        server.wait_until(Duration::from_mins(3), || http::get(&address, "/").is_ok());
        Self {
            address,
            _server: Some(server),
        }
    }

    /// Returns the address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}
