//! The run's own identity: a token that GitHub signs, which AWS exchanges for a role's credentials.

use std::time::Duration;

use nucleon_core::secret::Secret;
use reqwest::Url;
use serde::Deserialize;

use super::error::{AccessError, told};

const SYSTEM: &str = "GitHub";
const ACTION: &str = "get the run's identity token";
const ATTEMPTS: u32 = 3;
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where a run asks for its identity token; both come from variables that GitHub sets for jobs with `id-token: write`.
#[derive(Clone, Debug)]
pub struct GitHubIdentity {
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`.
    pub url: String,
    /// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
    pub token: Secret,
}

#[derive(Deserialize)]
struct Answer {
    value: String,
}

impl GitHubIdentity {
    /// Gets a token for an audience. Tokens live for minutes, so each is asked for when it is needed.
    pub(crate) async fn token(&self, audience: &str) -> Result<Secret, AccessError> {
        let mut attempt = 1;
        loop {
            match self.ask(audience).await {
                Err(AccessError::Unreachable { .. }) if attempt < ATTEMPTS => attempt += 1,
                answer => return answer,
            }
        }
    }

    async fn ask(&self, audience: &str) -> Result<Secret, AccessError> {
        // The URL has a query already.
        let url = Url::parse_with_params(&self.url, [("audience", audience)])
            .map_err(|_| refused("ACTIONS_ID_TOKEN_REQUEST_URL is not a URL".to_owned()))?;
        let response = client()?
            .get(url)
            .bearer_auth(self.token.expose())
            .send()
            .await
            .map_err(unreachable)?;
        let status = response.status();
        if status.is_server_error() {
            return Err(AccessError::Unreachable {
                system: SYSTEM,
                action: ACTION.to_owned(),
                message: format!("it answered {status}"),
            });
        }
        if !status.is_success() {
            return Err(refused(format!("it answered {status}")));
        }
        let answer: Answer = response.json().await.map_err(unreachable)?;
        Ok(Secret::new(answer.value))
    }
}

fn client() -> Result<reqwest::Client, AccessError> {
    crate::http::client(TIMEOUT).map_err(unreachable)
}

fn refused(message: String) -> AccessError {
    AccessError::Refused {
        system: SYSTEM,
        action: ACTION.to_owned(),
        message,
        hint: Some("give the job `permissions: id-token: write`".to_owned()),
    }
}

fn unreachable(error: reqwest::Error) -> AccessError {
    AccessError::Unreachable {
        system: SYSTEM,
        action: ACTION.to_owned(),
        // The URL carries the run's ids and says nothing to the reader.
        message: told(&error.without_url()),
    }
}
