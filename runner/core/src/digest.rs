//! Digests: one type for each thing that is digested, so that they cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A text that is not a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadDigest(pub String);

impl fmt::Display for BadDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` is not a digest (`sha256:` and 64 hexadecimal digits)",
            self.0
        )
    }
}

impl std::error::Error for BadDigest {}

fn sha256(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part);
    }
    let digits =
        |byte: &u8| [byte >> 4, byte & 15].map(|digit| char::from_digit(u32::from(digit), 16));
    let hex = hasher
        .finalize()
        .iter()
        .flat_map(digits)
        .flatten()
        .collect::<String>();
    format!("sha256:{hex}")
}

macro_rules! digests {
    ($($(#[$doc:meta])+ $name:ident,)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Digests parts; where one ends and the next begins makes a difference.
            pub fn of(parts: &[&[u8]]) -> Self {
                Self(sha256(parts))
            }

            /// The digest as text, `sha256:…`.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadDigest;
            fn from_str(text: &str) -> Result<Self, BadDigest> {
                let hex = text.strip_prefix("sha256:").unwrap_or_default();
                let good = hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
                if good { Ok(Self(text.to_owned())) } else { Err(BadDigest(text.to_owned())) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadDigest;
            fn try_from(text: String) -> Result<Self, BadDigest> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(digest: $name) -> Self {
                digest.0
            }
        }
    )+};
}

digests! {
    /// What a template version's files are.
    BundleDigest,
    /// What a spec came to after checking, with defaults.
    InputsDigest,
    /// What a template rendered to.
    RenderedDigest,
    /// What a plan would change.
    PlanDigest,
}
