//! What Terraform finds in its environment: nothing of this run's secrets, and the credentials of the target's account.

use std::ffi::OsStr;
use std::path::Path;

use nucleon_core::deployment::Place;

use crate::children::{Variables, inherited};

/// What people set for Terraform itself and which changes nothing of what is planned, by how it begins: where its providers
/// come from, the tokens of their registries and of a backend by HTTP, and how much memory Go's programs take.
const INHERITED: [&str; 7] = [
    "GOGC",
    "GOMEMLIMIT",
    "TF_CLI_CONFIG_FILE",
    "TF_HTTP_",
    "TF_PLUGIN_CACHE_",
    "TF_REGISTRY_",
    "TF_TOKEN_",
];

/// How far a heap grows before Go's programs collect what is unused, in percent. They come with 100; Terraform spends a
/// fifth of its short life on that, and with 200 hardly a tenth, for at most half as much memory again.
const COLLECTED_AT: &str = "200";

/// The environment of Terraform for a target at a place, with what it is lent; `cache` is where providers are kept.
pub(super) fn variables(place: &Place, lent: &[(String, String)], cache: &Path) -> Variables {
    let mut variables = inherited();
    let of_terraform = |name: &OsStr| {
        let name = name.to_str().unwrap_or_default();
        INHERITED
            .iter()
            .any(|beginning| name.starts_with(beginning))
    };
    variables.insert("GOGC".into(), COLLECTED_AT.into());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terraform_collects_less_often_unless_somebody_says_how_often() {
        let place = Place {
            account: "111122223333".to_owned(),
            region: "us-east-1".to_owned(),
        };
        let variables = variables(&place, &[], Path::new("cache"));
        let expected = std::env::var_os("GOGC").unwrap_or_else(|| COLLECTED_AT.into());
        assert_eq!(variables[OsStr::new("GOGC")], expected);
    }
}
