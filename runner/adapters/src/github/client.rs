//! Sends requests to GitHub's API, again where that may help.

use std::time::Duration;

use jiff::fmt::rfc2822;
use nucleon_core::secret::Secret;
use nucleon_engine::ports::PortError;
use reqwest::Method;
use reqwest::header::{ACCEPT, DATE, HeaderMap, RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{Answer, Next, PATIENCE, again};
use crate::http;

const SYSTEM: &str = "GitHub";
const TIMEOUT: Duration = Duration::from_secs(30);
const VERSION: &str = "2022-11-28";

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// What it is for, as a verb phrase.
    pub(super) action: String,
    /// What it needs, as in a workflow's `permissions`.
    pub(super) permission: &'static str,
    pub(super) method: Method,
    /// The path below the API's address.
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

/// An error, with the status where GitHub answered with one.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) status: Option<u16>,
    pub(super) error: PortError,
}

impl Failed {
    /// The error, for callers to whom the status says nothing.
    pub(super) fn into_error(self) -> PortError {
        self.error
    }
}

/// GitHub's API at one address, with one token.
#[derive(Clone, Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    api: String,
    token: Secret,
}

impl Client {
    pub(super) fn new(api: &str, token: Secret) -> Result<Self, PortError> {
        let unusable =
            |error| PortError::unreachable(SYSTEM, "open a connection", http::reason(error));
        Ok(Self {
            http: http::client(TIMEOUT).map_err(unusable)?,
            api: api.trim_end_matches('/').to_owned(),
            token,
        })
    }

    /// Sends a request and reads the answer.
    pub(super) async fn json<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Failed> {
        let answer = self.send(request).await?;
        serde_json::from_slice(&answer.body).map_err(|error| Failed {
            status: Some(answer.status),
            error: PortError::Unexpected {
                system: SYSTEM,
                action: request.action.clone(),
                message: error.to_string(),
            },
        })
    }

    /// Sends a request, again where that may help.
    pub(super) async fn send(&self, request: &Request) -> Result<Answer, Failed> {
        let mut patience = PATIENCE;
        let mut attempt = 1;
        loop {
            let (next, answer) = match self.once(request).await {
                Ok(answer) => (answer.next(attempt, patience, request.permission), answer),
                Err(error) => (
                    again(attempt, http::reason(error).to_string()),
                    Answer::default(),
                ),
            };
            match next {
                Next::Take => return Ok(answer),
                Next::Wait(pause) => {
                    tokio::time::sleep(pause).await;
                    patience = patience.saturating_sub(pause);
                    attempt += 1;
                }
                Next::Refuse { message, hint } => {
                    return Err(refused(request, answer.status, message, hint));
                }
                Next::GiveUp { message } => return Err(unreachable(request, message)),
            }
        }
    }

    async fn once(&self, request: &Request) -> Result<Answer, reqwest::Error> {
        let url = format!("{}{}", self.api, request.path);
        let mut sent = self
            .http
            .request(request.method.clone(), url)
            .header(ACCEPT, "application/vnd.github+json, application/json")
            .header("X-GitHub-Api-Version", VERSION)
            .bearer_auth(self.token.expose());
        if let Some(body) = &request.body {
            sent = sent.json(body);
        }
        let response = sent.send().await?;
        let mut answer = headed(response.status().as_u16(), response.headers());
        answer.body = response.bytes().await?.into();
        Ok(answer)
    }
}

fn headed(status: u16, headers: &HeaderMap) -> Answer {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Answer {
        status,
        retry_after: text(RETRY_AFTER.as_str()).and_then(|text| text.parse().ok()),
        remaining: text("x-ratelimit-remaining").and_then(|text| text.parse().ok()),
        reset: text("x-ratelimit-reset").and_then(|text| text.parse().ok()),
        date: text(DATE.as_str())
            .and_then(|text| rfc2822::parse(text).ok())
            .map(|date| date.timestamp()),
        body: Vec::new(),
    }
}

fn refused(request: &Request, status: u16, message: String, hint: Option<String>) -> Failed {
    Failed {
        status: Some(status),
        error: PortError::Refused {
            system: SYSTEM,
            action: request.action.clone(),
            message,
            hint,
        },
    }
}

fn unreachable(request: &Request, message: String) -> Failed {
    Failed {
        status: None,
        error: PortError::unreachable(SYSTEM, &request.action, message),
    }
}
