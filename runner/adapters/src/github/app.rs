//! GitHub Apps: from an app's key to a token for one repository.
//!
//! Pull requests that a workflow's own token opens start no workflows; those of an app do.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use nucleon_core::secret::Secret;
use nucleon_engine::ports::PortError;
use reqwest::Method;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Client, Failed, Request};
use super::{GitHubPlace, repository};

const SYSTEM: &str = "GitHub";

/// What a token may do in its repository, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read files.
    Read,
    /// Push, and start workflows by an event.
    Push,
    /// Push, and open pull requests.
    Propose,
}

impl Access {
    /// The permissions that are asked for.
    fn permissions(self) -> Value {
        match self {
            Self::Read => json!({"contents": "read"}),
            Self::Push => json!({"contents": "write"}),
            Self::Propose => json!({"contents": "write", "pull_requests": "write"}),
        }
    }

    /// The same in words.
    fn words(self) -> &'static str {
        match self {
            Self::Read => "`contents: read`",
            Self::Push => "`contents: write`",
            Self::Propose => "`contents: write` and `pull requests: write`",
        }
    }
}

/// An app that is installed in the repositories that are read, proposed to or told.
pub struct App {
    id: String,
    key: RsaKeyPair,
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("App").field(&self.id).finish()
    }
}

#[derive(Deserialize)]
struct Installation {
    id: u64,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

impl App {
    /// An app by its id, or its client id, and its private key as GitHub gives it: PEM, PKCS#1 or PKCS#8.
    pub fn new(id: &str, key: &Secret) -> Result<Self, PortError> {
        Ok(Self {
            id: id.trim().to_owned(),
            key: read_key(key.expose()).map_err(bad_key)?,
        })
    }

    /// Mints a token for one repository.
    pub async fn token(&self, place: &GitHubPlace, access: Access) -> Result<Secret, PortError> {
        let client = Client::new(&place.api, self.jwt(Timestamp::now())?)?;
        let path = repository(&place.repository)?;
        let (_, name) = place.repository.split_once('/').unwrap_or_default();
        let request = Request {
            action: format!("find the app's installation in {}", place.repository),
            permission: "contents: write",
            method: Method::GET,
            path: format!("/repos/{path}/installation"),
            body: None,
        };
        let found: Result<Installation, Failed> = client.json(&request).await;
        let found = found.map_err(|failed| self.not_installed(failed, place))?;
        let request = Request {
            action: format!("mint a token for {}", place.repository),
            permission: "contents: write",
            method: Method::POST,
            path: format!("/app/installations/{}/access_tokens", found.id),
            body: Some(json!({
                "repositories": [name],
                "permissions": access.permissions(),
            })),
        };
        let minted: Result<Token, Failed> = client.json(&request).await;
        let minted = minted.map_err(|failed| too_little(failed, place, access))?;
        Ok(Secret::new(minted.token))
    }

    /// What proves to GitHub that it is the app that asks; good for nine minutes.
    fn jwt(&self, now: Timestamp) -> Result<Secret, PortError> {
        let seconds = now.as_second();
        let header = json!({"alg": "RS256", "typ": "JWT"});
        // A minute ago, because clocks of runners are wrong now and then.
        let claims = json!({"iat": seconds - 60, "exp": seconds + 540, "iss": self.id});
        let [header, claims] =
            [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = SystemRandom::new();
        let signing = self.key.sign(
            &RSA_PKCS1_SHA256,
            &random,
            signed.as_bytes(),
            &mut signature,
        );
        signing.map_err(|_| bad_key("it does not sign"))?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Ok(Secret::new(format!("{signed}.{signature}")))
    }

    fn not_installed(&self, failed: Failed, place: &GitHubPlace) -> PortError {
        let hint = match failed.status {
            Some(401) => format!("app {} and its key do not belong together", self.id),
            Some(404) => format!("install app {} in {}", self.id, place.repository),
            _ => return failed.error,
        };
        hinted(failed.error, hint)
    }
}

fn too_little(failed: Failed, place: &GitHubPlace, access: Access) -> PortError {
    match failed.status {
        Some(403 | 422) => hinted(
            failed.error,
            format!(
                "give the app {}, and accept that in {}",
                access.words(),
                place.repository
            ),
        ),
        _ => failed.error,
    }
}

fn hinted(error: PortError, hint: String) -> PortError {
    match error {
        PortError::Refused {
            system,
            action,
            message,
            ..
        } => PortError::Refused {
            system,
            action,
            message,
            hint: Some(hint),
        },
        error => error,
    }
}

fn read_key(pem: &str) -> Result<RsaKeyPair, &'static str> {
    // Secrets that were pasted into one line have `\n` for its ends.
    let pem = pem.replace("\\n", "\n");
    let body = |label: &str| {
        let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
        let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
        let body: String = body.split_whitespace().collect();
        Some(STANDARD.decode(body).map_err(|_| "it is not base64"))
    };
    if let Some(der) = body("RSA PRIVATE KEY") {
        return RsaKeyPair::from_der(&der?).map_err(|_| "it is no RSA key of 2048 bits or more");
    }
    match body("PRIVATE KEY") {
        Some(der) => {
            RsaKeyPair::from_pkcs8(&der?).map_err(|_| "it is no RSA key of 2048 bits or more")
        }
        None => Err("it is not a private key in PEM"),
    }
}

fn bad_key(why: &'static str) -> PortError {
    PortError::Refused {
        system: SYSTEM,
        action: "use the app's private key".to_owned(),
        message: why.to_owned(),
        hint: Some("give the whole file that GitHub made for the app, from `-----BEGIN` to `KEY-----`: NUCLEON_APP_PRIVATE_KEY".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_refused_and_never_shown() {
        for wrong in [
            "hunter2",
            "-----BEGIN PRIVATE KEY-----\n*\n-----END PRIVATE KEY-----",
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
        ] {
            let error = App::new("1", &Secret::new(wrong)).unwrap_err();
            assert!(error.hint().is_some());
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
