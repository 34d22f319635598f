//! What commands find in their environment: nothing of this run's secrets, and the credentials of the target's account.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use aws_credential_types::Credentials;
use nucleon_core::deployment::Deployment;
use nucleon_core::script::Script;

/// Environment variables.
pub(super) type Variables = BTreeMap<OsString, OsString>;

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

/// The environment of a deployment's commands; `first` comes first on their PATH.
pub(super) fn variables(
    deployment: &Deployment,
    script: &Script,
    credentials: &Credentials,
    first: &Path,
) -> Variables {
    let mut variables: Variables = std::env::vars_os()
        .filter(|(name, _)| is_inherited(name))
        .collect();
    let mut set = |name: &str, value: &str| variables.insert(name.into(), value.into());
    set("AWS_REGION", &deployment.place.region);
    set("AWS_DEFAULT_REGION", &deployment.place.region);
    for (name, value) in &script.variables {
        set(name, value);
    }
    set("RESOURCE_ARN", &script.arn);
    set("AWS_ACCESS_KEY_ID", credentials.access_key_id());
    set("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key());
    match credentials.session_token() {
        Some(token) => set("AWS_SESSION_TOKEN", token),
        None => variables.remove(OsStr::new("AWS_SESSION_TOKEN")),
    };
    let path = variables.remove(OsStr::new("PATH")).unwrap_or_default();
    variables.insert("PATH".into(), with_first(first, &path));
    variables
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

fn with_first(first: &Path, path: &OsStr) -> OsString {
    let folders = std::env::split_paths(path).filter(|folder| !folder.as_os_str().is_empty());
    let all = std::iter::once(first.to_owned()).chain(folders);
    std::env::join_paths(all).unwrap_or_else(|_| first.into())
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
