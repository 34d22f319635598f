//! GitHub, as the environment names it.

use nucleon_adapters::github::{GitHub, GitHubPlace};
use nucleon_core::secret::Secret;

use crate::env;
use crate::error::Failure;

const API: &str = "https://api.github.com";

/// The repository at GitHub; nothing, with the reason, where there is nobody to talk to.
pub fn github() -> Result<Result<GitHub, &'static str>, Failure> {
    let Some(token) = env::get(env::GITHUB_TOKEN) else {
        return Ok(Err("there is no token"));
    };
    let Some(repository) = env::get(env::GITHUB_REPOSITORY) else {
        return Ok(Err("GITHUB_REPOSITORY does not name a repository"));
    };
    let place = GitHubPlace {
        api: env::get(env::GITHUB_API_URL).unwrap_or_else(|| API.to_owned()),
        repository,
        run: env::get(env::GITHUB_RUN_ID),
    };
    Ok(Ok(GitHub::new(&place, Secret::new(token))?))
}
