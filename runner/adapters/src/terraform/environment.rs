//! What Terraform finds in its environment: nothing of this run's secrets, and the credentials of the target's account.

use std::ffi::OsStr;
use std::path::Path;

use nucleon_core::deployment::Place;

use crate::children::{Variables, inherited};

/// What people set for Terraform itself and which changes nothing of what is planned, by how it begins: where its providers
/// come from, and the tokens of their registries and of a backend by HTTP.
const INHERITED: [&str; 5] = [
    "TF_CLI_CONFIG_FILE",
    "TF_HTTP_",
    "TF_PLUGIN_CACHE_",
    "TF_REGISTRY_",
    "TF_TOKEN_",
];

/// The environment of Terraform for a target at a place, with what it is lent; `cache` is where providers are kept.
pub(super) fn variables(place: &Place, lent: &[(String, String)], cache: &Path) -> Variables {
    let mut variables = inherited();
    let of_terraform = |name: &OsStr| {
        let name = name.to_str().unwrap_or_default();
        INHERITED
            .iter()
            .any(|beginning| name.starts_with(beginning))
    };
    variables.extend(std::env::vars_os().filter(|(name, _)| of_terraform(name)));
    let mut set = |name: &str, value: &OsStr| variables.insert(name.into(), value.into());
    set("TF_PLUGIN_CACHE_DIR", cache.as_os_str());
    // Folders are made anew each time and seldom have a lock file; without this the cache would not serve them.
    set(
        "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE",
        "1".as_ref(),
    );
    set("TF_IN_AUTOMATION", "1".as_ref());
    set("TF_INPUT", "0".as_ref());
    set("CHECKPOINT_DISABLE", "1".as_ref());
    // Proton's workflow gave every module its region this way.
    set("TF_VAR_aws_region", place.region.as_ref());
    set("AWS_REGION", place.region.as_ref());
    set("AWS_DEFAULT_REGION", place.region.as_ref());
    for (name, value) in lent {
        set(name, value.as_ref());
    }
    variables
}
