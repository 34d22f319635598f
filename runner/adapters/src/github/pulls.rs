//! Pull requests.

use nucleon_engine::ports::{PortError, PullRequest};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::client::{Failed, Request};
use super::{GitHub, encoded};

const NEEDS: &str = "pull-requests: write";

#[derive(Deserialize)]
struct Wire {
    number: u64,
    html_url: String,
    state: String,
    /// Only told of one alone, and only once GitHub has found it out.
    #[serde(default)]
    mergeable: Option<bool>,
}

impl From<Wire> for PullRequest {
    fn from(wire: Wire) -> Self {
        Self {
            number: wire.number,
            url: wire.html_url,
            is_open: wire.state == "open",
            conflicts: wire.mergeable == Some(false),
        }
    }
}

impl GitHub {
    /// The newest pull request of a branch of this repository.
    pub(crate) async fn newest_pull(&self, branch: &str) -> Result<Option<PullRequest>, PortError> {
        let owner = self.repository.split('/').next().unwrap_or_default();
        let branch = encoded(branch);
        let path = format!(
            "/pulls?head={owner}:{branch}&state=all&sort=created&direction=desc&per_page=1"
        );
        let request = self.request(Method::GET, &path, "look for a pull request", NEEDS);
        let found: Result<Vec<Wire>, Failed> = self.client.json(&request).await;
        let found = found.map_err(Failed::into_error)?;
        Ok(found.into_iter().next().map(Into::into))
    }

    /// One pull request, and whether it conflicts with what it would be merged into.
    pub(crate) async fn pull(&self, number: u64) -> Result<PullRequest, PortError> {
        let path = format!("/pulls/{number}");
        let action = format!("look at pull request {number}");
        self.pulled(&self.request(Method::GET, &path, &action, NEEDS))
            .await
    }

    /// Opens a pull request.
    pub(crate) async fn open_pull(
        &self,
        branch: &str,
        base: &str,
        (title, body): (&str, &str),
    ) -> Result<PullRequest, PortError> {
        let body = json!({"title": title, "head": branch, "base": base, "body": body});
        let request = self.with_body(Method::POST, "/pulls", "open a pull request", NEEDS, body);
        self.pulled(&request).await
    }

    /// Brings an open pull request up to date.
    pub(crate) async fn update_pull(
        &self,
        number: u64,
        base: &str,
        (title, body): (&str, &str),
    ) -> Result<PullRequest, PortError> {
        let path = format!("/pulls/{number}");
        let body = json!({"title": title, "base": base, "body": body});
        let action = format!("bring pull request {number} up to date");
        let request = self.with_body(Method::PATCH, &path, &action, NEEDS, body);
        self.pulled(&request).await
    }

    /// Closes a pull request.
    pub(crate) async fn close_pull(&self, number: u64) -> Result<(), PortError> {
        let path = format!("/pulls/{number}");
        let body = json!({"state": "closed"});
        let action = format!("close pull request {number}");
        let request = self.with_body(Method::PATCH, &path, &action, NEEDS, body);
        self.pulled(&request).await?;
        Ok(())
    }

    async fn pulled(&self, request: &Request) -> Result<PullRequest, PortError> {
        let pulled: Result<Wire, Failed> = self.client.json(request).await;
        Ok(pulled.map_err(Failed::into_error)?.into())
    }
}
