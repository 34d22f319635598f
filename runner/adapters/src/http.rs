//! HTTP clients that trust what the machine trusts, also inside a company with its own certificate authority.

use std::error::Error;
use std::sync::Once;
use std::time::Duration;

/// A client that gives up after a while; proxies come from the usual variables.
pub(crate) fn client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    static TLS: Once = Once::new();
    TLS.call_once(|| {
        // Somebody may have installed a provider already; any will do.
        let _installed = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .user_agent(concat!("nucleon/", env!("CARGO_PKG_VERSION")))
        .timeout(timeout)
        .build()
}

/// Why a request was not answered, from outside to inside, without its address.
pub(crate) fn reason(error: reqwest::Error) -> Box<dyn Error + Send + Sync> {
    let error = error.without_url();
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        told = format!("{told}: {cause}");
        source = cause.source();
    }
    told.into()
}
