//! The token for the remote, given to git by its environment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nucleon_core::secret::Secret;

/// A token for one server.
#[derive(Clone, Debug)]
pub struct Credential {
    server: String,
    token: Secret,
}

impl Credential {
    /// A token for the server at an address, as `https://github.com`.
    pub fn new(server: &str, token: Secret) -> Self {
        Self {
            server: server.trim_end_matches('/').to_owned(),
            token,
        }
    }

    /// The settings that make git send it, as actions/checkout writes them. The empty first one drops what the clone has:
    /// two `Authorization` headers would be refused.
    pub(super) fn configuration(&self) -> [(String, Secret); 2] {
        let key = format!("http.{}/.extraheader", self.server);
        let basic = STANDARD.encode(format!("x-access-token:{}", self.token.expose()));
        let header = format!("AUTHORIZATION: basic {basic}");
        [(key.clone(), Secret::new("")), (key, Secret::new(header))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_never_shown() {
        let credential = Credential::new("https://github.com/", Secret::new("ghs_123"));
        assert!(!format!("{credential:?}").contains("ghs_123"));
    }

    #[test]
    fn an_earlier_header_is_dropped() {
        let [(first, empty), (second, header)] =
            Credential::new("https://github.com", Secret::new("t")).configuration();
        assert_eq!(
            (first.as_str(), empty.expose()),
            ("http.https://github.com/.extraheader", "")
        );
        assert_eq!(
            (second.as_str(), header.expose()),
            (
                "http.https://github.com/.extraheader",
                "AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46dA=="
            )
        );
    }
}
