//! Sends webhooks: signed where a secret is known, again where that may help, and never longer than about a minute.
//!
//! An address may be a secret, as Slack's are: only its host is ever named.

use std::fmt::{self, Write as _};
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use nucleon_core::secret::Secret;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use ring::hmac;
use tokio::time::Instant;
use uuid::Uuid;

use crate::http;

/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long all attempts together may take; a job costs money while it waits.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often a delivery is sent at most.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(500);

/// Where to send to.
#[derive(Clone)]
pub struct Address {
    url: Secret,
    host: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

impl fmt::Display for Address {
    /// The host, and nothing of what may be secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.host)
    }
}

impl Address {
    /// Reads an address: HTTPS, or HTTP to this very machine.
    pub fn new(url: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = url
            .split_once("://")
            .ok_or("it does not begin with `https://`")?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let is_here = matches!(name, "127.0.0.1" | "localhost" | "[::1]");
        match scheme {
            _ if name.is_empty() => Err("it names no host"),
            "https" => Ok(()),
            "http" if is_here => Ok(()),
            _ => Err("it does not begin with `https://`"),
        }?;
        Ok(Self {
            url: Secret::new(url),
            host: host.to_owned(),
        })
    }

    /// Whether it is one of Slack's incoming webhooks.
    pub fn is_slack(&self) -> bool {
        self.host == "hooks.slack.com"
    }
}

/// What is sent to one address.
#[derive(Clone, Debug)]
pub struct Letter<'a> {
    /// Where to.
    pub address: &'a Address,
    /// What happened, for `X-Nucleon-Event`.
    pub event: &'static str,
    /// The delivery's id, for `X-Nucleon-Delivery`; the same when it is sent again.
    pub delivery: &'a str,
    /// JSON.
    pub body: &'a str,
    /// What it is signed with; nothing for Slack, whose address is the secret.
    pub secret: Option<&'a Secret>,
}

/// Sends a letter, again where that may help; else why it was not taken, without the address.
pub async fn send(letter: &Letter<'_>) -> Result<(), String> {
    let client = http::steadfast(TIMEOUT).map_err(|error| http::reason(error).to_string())?;
    let end = Instant::now() + PATIENCE;
    let mut attempt = 1;
    loop {
        let (why, pause) = match once(&client, letter).await {
            Answer::Taken => return Ok(()),
            Answer::Refused(why) => return Err(why),
            Answer::Later(why, asked) => (why, asked.unwrap_or_else(|| backoff(attempt))),
        };
        if attempt == ATTEMPTS || Instant::now() + pause >= end {
            return Err(why);
        }
        tokio::time::sleep(pause).await;
        attempt += 1;
    }
}

/// What came of one attempt.
enum Answer {
    Taken,
    /// Sending it again won't help.
    Refused(String),
    /// It may be taken later, after so long where that was said.
    Later(String, Option<Duration>),
}

async fn once(client: &reqwest::Client, letter: &Letter<'_>) -> Answer {
    let mut request = client
        .post(letter.address.url.expose())
        .header(CONTENT_TYPE, "application/json")
        .header("X-Nucleon-Event", letter.event)
        .header("X-Nucleon-Delivery", letter.delivery)
        .body(letter.body.to_owned());
    if let Some(secret) = letter.secret {
        let now = Timestamp::now().as_second();
        request = request.header("X-Nucleon-Signature", signature(secret, now, letter.body));
    }
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return Answer::Later(http::reason(error).to_string(), None),
    };
    let status = response.status().as_u16();
    let why = format!("it answered {status}");
    match status {
        200..=299 => Answer::Taken,
        408 | 429 | 500.. => {
            let asked = response.headers().get(RETRY_AFTER);
            let asked = asked.and_then(|value| value.to_str().ok());
            Answer::Later(why, asked.and_then(|text| pause_of(text, Timestamp::now())))
        }
        _ => Answer::Refused(why),
    }
}

/// `t=SECONDS,v1=HEX`: the HMAC-SHA256 of the seconds, a full stop and the body.
fn signature(secret: &Secret, seconds: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let tag = hmac::sign(&key, format!("{seconds}.{body}").as_bytes());
    let mut signature = format!("t={seconds},v1=");
    for byte in tag.as_ref() {
        let _infallible = write!(signature, "{byte:02x}");
    }
    signature
}

/// `Retry-After`: seconds, or a date.
fn pause_of(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = rfc2822::parse(text.trim()).ok()?.timestamp();
    Some(Duration::try_from(until - now).unwrap_or_default())
}

/// A growing wait, each process for another time.
fn backoff(attempt: u32) -> Duration {
    let share = u32::from(Uuid::new_v4().as_bytes()[0]) + 256;
    PAUSE * 2_u32.pow(attempt - 1) * share / 512
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_hmac_of_time_and_body() {
        let signed = signature(&Secret::new("key"), 1_700_000_000, "{}");
        assert_eq!(
            signed,
            "t=1700000000,v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
        );
    }

    #[test]
    fn only_the_host_of_an_address_is_ever_named() {
        let address = Address::new("https://user:pw@hooks.slack.com/services/T0/B0/x?y#z").unwrap();
        assert_eq!(
            format!("{address} {address:?}"),
            "hooks.slack.com hooks.slack.com"
        );
        assert!(address.is_slack());
        assert!(
            !Address::new("https://hooks.slack.com.evil.org/x")
                .unwrap()
                .is_slack()
        );
    }

    #[test]
    fn nothing_goes_over_the_network_unencrypted() {
        for wrong in [
            "http://acme.com/x",
            "ftp://acme.com",
            "acme.com/x",
            "https:///x",
            "http://127.0.0.1.acme.com/",
        ] {
            assert!(Address::new(wrong).is_err(), "{wrong}");
        }
        assert!(Address::new("http://127.0.0.1:8080/x").is_ok());
    }

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_a_date() {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        assert_eq!(pause_of("7", now), Some(Duration::from_secs(7)));
        let date = "Mon, 23 Nov 2026 12:00:30 GMT";
        assert_eq!(pause_of(date, now), Some(Duration::from_secs(30)));
        assert_eq!(
            pause_of("Mon, 23 Nov 2026 11:00:00 GMT", now),
            Some(Duration::ZERO)
        );
        assert_eq!(pause_of("soon", now), None);
    }
}
