//! What programs inherit from this process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// Environment variables.
pub(crate) type Variables = BTreeMap<OsString, OsString>;

/// What is handed on from this process; everything else stays here.
///
/// A list of what may go, because what must not go cannot be listed: tokens have any name, and what is written into the files
/// that `GITHUB_ENV` and `GITHUB_PATH` name would be obeyed by the steps that come later.
const INHERITED: [&str; 27] = [
    "ALL_PROXY",
    "AWS_CA_BUNDLE",
    "CI",
    "COMSPEC",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LANGUAGE",
    "LOGNAME",
    "NODE_EXTRA_CA_CERTS",
    "NO_PROXY",
    "PATH",
    "PATHEXT",
    "REQUESTS_CA_BUNDLE",
    "SHELL",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "SYSTEMROOT",
    "TEMP",
    "TERM",
    "TMP",
    "TMPDIR",
    "TZ",
    "USER",
    "USERNAME",
    "USERPROFILE",
];

/// The same, by how they begin: the locale, tools that setup actions installed, endpoints other than AWS's own.
const INHERITED_BEGINNINGS: [&str; 5] = ["LC_", "JAVA_HOME", "GOROOT", "AWS_ENDPOINT_URL", "XDG_"];

/// What programs inherit.
pub(crate) fn inherited() -> Variables {
    let variables = std::env::vars_os();
    variables.filter(|(name, _)| is_inherited(name)).collect()
}

fn is_inherited(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    // Proxies are written in small letters, too.
    let name = name.to_ascii_uppercase();
    INHERITED.contains(&name.as_str())
        || INHERITED_BEGINNINGS
            .iter()
            .any(|beginning| name.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_of_the_run_is_handed_on() {
        for name in [
            "GITHUB_TOKEN",
            "GITHUB_ENV",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "NUCLEON_GITHUB_TOKEN",
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "MY_TOKEN",
        ] {
            assert!(!is_inherited(OsStr::new(name)), "{name}");
        }
        for name in ["PATH", "LC_ALL", "https_proxy", "AWS_ENDPOINT_URL_STS"] {
            assert!(is_inherited(OsStr::new(name)), "{name}");
        }
    }
}
