//! HTTP clients that trust what the machine trusts, also inside a company with its own certificate authority.

use std::error::Error;
use std::sync::Once;
use std::time::Duration;

use nucleon_engine::ports::chain;

/// A client that gives up after a while; proxies come from the usual variables.
pub(crate) fn client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    builder(timeout).build()
}

/// The same, which goes nowhere else than where it was sent.
pub(crate) fn steadfast(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    builder(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

fn builder(timeout: Duration) -> reqwest::ClientBuilder {
    static TLS: Once = Once::new();
    TLS.call_once(|| {
        // Somebody may have installed a provider already; any will do.
        let _installed = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .user_agent(concat!("nucleon/", env!("CARGO_PKG_VERSION")))
        .timeout(timeout)
}

/// Why a request was not answered, from outside to inside, without its address.
pub(crate) fn reason(error: reqwest::Error) -> Box<dyn Error + Send + Sync> {
    chain(&error.without_url()).into()
}
