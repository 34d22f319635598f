//! GitHub: comments, check runs, and who approved a run.
//!
//! What is surprising: pages are counted, not followed by the links that GitHub gives, so that the token never goes
//! to another address than the one that was configured.

mod answer;
mod app;
mod approvals;
mod client;
mod forge;
mod pulls;
mod start;

use std::fmt::Write as _;

use nucleon_core::secret::Secret;
use nucleon_engine::ports::PortError;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use app::{Access, App};
pub use start::EVENT;

use client::{Client, Failed, Request};

/// How many entries a page has at most; fewer mean that it is the last one.
const PAGE: usize = 100;
/// Nobody reads more pages than that, and a server that never ends is a fault.
const PAGES: usize = 100;

/// Which part of GitHub is meant.
#[derive(Clone, Debug)]
pub struct GitHubPlace {
    /// The API's address: `https://api.github.com`, or `https://HOST/api/v3` of a server of one's own.
    pub api: String,
    /// The repository, `owner/name`.
    pub repository: String,
    /// The workflow run's id, where there is one.
    pub run: Option<String>,
}

/// A repository at GitHub.
#[derive(Clone, Debug)]
pub struct GitHub {
    client: Client,
    repository: String,
    run: Option<String>,
}

impl GitHub {
    /// Uses a repository with a token; nothing is sent yet.
    pub fn new(place: &GitHubPlace, token: Secret) -> Result<Self, PortError> {
        Ok(Self {
            client: Client::new(&place.api, token)?,
            repository: repository(&place.repository)?,
            run: place.run.clone(),
        })
    }

    fn request(&self, method: Method, path: &str, action: &str, needs: &'static str) -> Request {
        Request {
            action: action.to_owned(),
            permission: needs,
            method,
            path: format!("/repos/{}{path}", self.repository),
            body: None,
        }
    }

    fn with_body(
        &self,
        method: Method,
        path: &str,
        action: &str,
        needs: &'static str,
        body: Value,
    ) -> Request {
        Request {
            body: Some(body),
            ..self.request(method, path, action, needs)
        }
    }

    /// All pages of a list; `read` takes the entries out of a page.
    async fn pages<P: DeserializeOwned, T>(
        &self,
        request: &Request,
        read: impl Fn(P) -> Vec<T>,
    ) -> Result<Vec<T>, PortError> {
        let mut all = Vec::new();
        let join = if request.path.contains('?') { '&' } else { '?' };
        for number in 1..=PAGES {
            let path = format!("{}{join}per_page={PAGE}&page={number}", request.path);
            let page = Request {
                path,
                ..request.clone()
            };
            let entries = self.client.json(&page).await.map_err(Failed::into_error)?;
            let entries = read(entries);
            let last = entries.len() < PAGE;
            all.extend(entries);
            if last {
                break;
            }
        }
        Ok(all)
    }
}

/// A repository inside a path.
fn repository(text: &str) -> Result<String, PortError> {
    match text.split('/').collect::<Vec<_>>()[..] {
        [owner, name] if !owner.is_empty() && !name.is_empty() => {
            Ok(format!("{}/{}", encoded(owner), encoded(name)))
        }
        _ => Err(no_repository(text)),
    }
}

fn no_repository(text: &str) -> PortError {
    PortError::Refused {
        system: "GitHub",
        action: "open the repository".to_owned(),
        message: format!("`{text}` is not `owner/name`"),
        hint: Some("set GITHUB_REPOSITORY, as GitHub does in workflows".to_owned()),
    }
}

/// A text inside a path or a query.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _infallible = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(repository: &str) -> GitHubPlace {
        GitHubPlace {
            api: "https://api.github.com".to_owned(),
            repository: repository.to_owned(),
            run: None,
        }
    }

    #[test]
    fn a_repository_cannot_lead_elsewhere() {
        for wrong in ["", "acme", "acme/", "acme/platform/issues"] {
            assert!(
                GitHub::new(&place(wrong), Secret::new("t")).is_err(),
                "{wrong}"
            );
        }
        assert_eq!(encoded("a b/c?d"), "a%20b%2Fc%3Fd");
    }

    #[test]
    fn the_token_is_never_shown() {
        let github = GitHub::new(&place("acme/platform"), Secret::new("ghs_123")).unwrap();
        assert!(!format!("{github:?}").contains("ghs_123"));
    }
}
