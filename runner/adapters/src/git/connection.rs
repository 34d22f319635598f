//! How to reach a remote, as the clone knows it: address, credentials, proxies.
//!
//! All of it is taken from git's own answer, so that conditional includes and every file count as they do for people.

use std::path::Path;

use nucleon_core::secret::Secret;
use nucleon_engine::ports::PortError;

use super::Checkout;
use super::command::Program;
use super::error::refused;

/// The setting that says how objects are named.
pub(super) const OBJECT_FORMAT: &str = "extensions.objectformat";

/// What the checkout knows about reaching its remote, from all of git's configuration files in their order.
pub(super) async fn connection(
    checkout: &Checkout,
) -> Result<Option<Vec<(String, Secret)>>, PortError> {
    let action = "read its configuration";
    let text = checkout
        .program
        .run(action, &["config", "--list", "-z"])
        .await?;
    let remote = format!("remote.{}.", checkout.remote);
    let mut entries: Vec<(String, Secret)> = text
        .split('\0')
        .map(|entry| entry.split_once('\n').unwrap_or((entry, "true")))
        .filter(|(key, _)| belongs(key, &remote))
        .map(|(key, value)| (key.to_owned(), Secret::new(value)))
        .collect();
    let url = format!("{remote}url");
    let known = entries.iter().any(|(key, _)| *key == url);
    if !known && !checkout.remote.contains(['/', ':']) {
        return Ok(None);
    }
    for (key, value) in &mut entries {
        if *key == url && is_relative(value.expose()) {
            *value = Secret::new(absolute(&checkout.program, value.expose()).await?);
        }
    }
    if let Some(credential) = &checkout.credential {
        entries.extend(credential.configuration());
    }
    Ok(Some(entries))
}

/// Whether a setting says how to reach the remote; the others (signing, hooks, fetch rules) are for people's own work.
fn belongs(key: &str, remote: &str) -> bool {
    const SECTIONS: [&str; 7] = [
        "credential.",
        "http.",
        "https.",
        "protocol.",
        "safe.",
        "ssh.",
        "url.",
    ];
    const KEYS: [&str; 4] = [
        "core.askpass",
        "core.gitproxy",
        "core.sshcommand",
        OBJECT_FORMAT,
    ];
    const OF_REMOTE: [&str; 7] = [
        "proxy",
        "proxyauthmethod",
        "pushurl",
        "receivepack",
        "uploadpack",
        "url",
        "vcs",
    ];
    SECTIONS.iter().any(|section| key.starts_with(section))
        || KEYS.contains(&key)
        || key
            .strip_prefix(remote)
            .is_some_and(|rest| OF_REMOTE.contains(&rest))
}

/// The error for a checkout without its remote, or a folder without a repository.
pub(super) async fn no_remote(checkout: &Checkout) -> PortError {
    if let Err(error) = checkout
        .program
        .run("find the repository", &["rev-parse", "--git-dir"])
        .await
    {
        return error;
    }
    refused(
        "find the remote",
        format!("there is no remote `{}`", checkout.remote),
        Some(
            "add it with `git remote add`, or name another one or an address with NUCLEON_STATE_REMOTE",
        ),
    )
}

fn is_relative(url: &str) -> bool {
    let scheme = url.contains(':');
    !scheme && !Path::new(url).is_absolute() && !url.starts_with('~')
}

/// Git resolves a relative address from the top of the clone.
async fn absolute(program: &Program, url: &str) -> Result<String, PortError> {
    let arguments = ["rev-parse", "--path-format=absolute", "--show-toplevel"];
    let top = match program.run("find the repository", &arguments).await {
        Ok(top) => top,
        // A bare repository has no top.
        Err(_) => {
            program
                .run("find the repository", &["rev-parse", "--absolute-git-dir"])
                .await?
        }
    };
    Ok(Path::new(top.trim_end())
        .join(url)
        .to_string_lossy()
        .into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reaches_the_remote_is_handed_over() {
        let kept = |key| belongs(key, "remote.origin.");
        assert!(
            kept("http.https://github.com/.extraheader")
                && kept("remote.origin.url")
                && kept("core.sshcommand")
        );
        assert!(
            !kept("remote.origin.fetch")
                && !kept("remote.other.url")
                && !kept("core.hookspath")
                && !kept("push.followtags")
        );
    }

    #[test]
    fn an_address_without_a_scheme_may_be_relative() {
        assert!(is_relative("../platform.git"));
        assert!(
            !is_relative("/srv/platform.git") && !is_relative("git@github.com:acme/platform.git")
        );
    }
}
