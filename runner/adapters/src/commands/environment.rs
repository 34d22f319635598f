//! What commands find in their environment: nothing of this run's secrets, and the credentials of the target's account.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use nucleon_core::deployment::Deployment;

use crate::children::{Variables, inherited};

/// What would come before the credentials that the commands are lent.
const KEYS: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
];

/// The environment of a deployment's commands: what is `given` to them, then what no bundle can change; `first` comes first on
/// their PATH.
pub(super) fn variables(
    deployment: &Deployment,
    given: &[(String, String)],
    fixed: &[(String, String)],
    first: &Path,
) -> Variables {
    let mut variables = inherited();
    let mut set = |name: &str, value: &str| variables.insert(name.into(), value.into());
    set("AWS_REGION", &deployment.place.region);
    set("AWS_DEFAULT_REGION", &deployment.place.region);
    for (name, value) in given {
        set(name, value);
    }
    for name in KEYS {
        variables.remove(OsStr::new(name));
    }
    for (name, value) in fixed {
        variables.insert(name.into(), value.into());
    }
    let path = variables.remove(OsStr::new("PATH")).unwrap_or_default();
    variables.insert("PATH".into(), with_first(first, &path));
    variables
}

fn with_first(first: &Path, path: &OsStr) -> OsString {
    let folders = std::env::split_paths(path).filter(|folder| !folder.as_os_str().is_empty());
    let all = std::iter::once(first.to_owned()).chain(folders);
    std::env::join_paths(all).unwrap_or_else(|_| first.into())
}
