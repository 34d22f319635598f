//! GitHub, as the environment names it.

use nucleon_adapters::github::{GitHub, GitHubPlace};
use nucleon_core::notification::{Previewed, preview_name};
use nucleon_core::secret::Secret;
use nucleon_engine::ports::{Approvals as _, PortError};

use crate::args::Common;
use crate::commands::notify::key;
use crate::env;
use crate::error::Failure;
use crate::workspace::Workspace;

const API: &str = "https://api.github.com";

/// The repository at GitHub; nothing, with the reason, where there is nobody to talk to.
pub fn github() -> Result<Result<GitHub, &'static str>, Failure> {
    github_of(env::get(env::GITHUB_REPOSITORY))
}

/// A repository at GitHub, `owner/name`.
pub fn github_of(repository: Option<String>) -> Result<Result<GitHub, &'static str>, Failure> {
    let Some(token) = env::get(env::GITHUB_TOKEN) else {
        return Ok(Err("there is no token"));
    };
    let Some(repository) = repository else {
        return Ok(Err("GITHUB_REPOSITORY does not name a repository"));
    };
    let place = GitHubPlace {
        api: env::get(env::GITHUB_API_URL).unwrap_or_else(|| API.to_owned()),
        repository,
        run: env::get(env::GITHUB_RUN_ID),
    };
    Ok(Ok(GitHub::new(&place, Secret::new(token))?))
}

/// What the pull request showed that brought the commit of a workspace; nothing where none did.
pub async fn previewed(
    github: &GitHub,
    workspace: &Workspace,
    common: &Common,
) -> Result<Option<Previewed>, PortError> {
    let name = preview_name(&key(&common.root));
    github.previewed(&workspace.commit, &name).await
}
