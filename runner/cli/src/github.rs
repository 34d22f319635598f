//! GitHub, as the environment names it.

use nucleon_adapters::github::{Access, App, GitHub, GitHubPlace};
use nucleon_adapters::infrastructure::{Opener, Reach};
use nucleon_core::notification::{Previewed, preview_name};
use nucleon_core::secret::Secret;
use nucleon_engine::ports::{Approvals as _, PortError};

use crate::args::Common;
use crate::commands::notify::key;
use crate::env;
use crate::error::{Failure, Kind};
use crate::workspace::Workspace;

const API: &str = "https://api.github.com";
const SERVER: &str = "https://github.com";
/// What the tokens of workflow runs, and of apps, begin with.
const OF_PROGRAMS: &str = "ghs_";

/// How GitHub is reached.
pub fn reach() -> Reach {
    Reach {
        api: env::get(env::GITHUB_API_URL).unwrap_or_else(|| API.to_owned()),
        server: env::get(env::GITHUB_SERVER_URL).unwrap_or_else(|| SERVER.to_owned()),
    }
}

/// Who reads infrastructure repositories, and opens pull requests there.
pub fn opener(access: Access) -> Result<Opener, Failure> {
    if let Some(app) = app()? {
        return Ok(Opener::App(Box::new(app), access));
    }
    Ok(match env::get(env::GITHUB_TOKEN) {
        Some(token) if env::in_run() && token.starts_with(OF_PROGRAMS) => {
            Opener::Workflow(Secret::new(token))
        }
        Some(token) => Opener::Token(Secret::new(token)),
        None => Opener::Nobody,
    })
}

/// The token for another repository: the app's, where there is one, else the run's.
pub async fn token_of(repository: &str) -> Result<Option<Secret>, Failure> {
    let Some(app) = app()? else {
        return Ok(env::get(env::GITHUB_TOKEN).map(Secret::new));
    };
    let place = place(repository.to_owned());
    Ok(Some(app.token(&place, Access::Push).await?))
}

fn app() -> Result<Option<App>, Failure> {
    match (env::get(env::APP_ID), env::get(env::APP_PRIVATE_KEY)) {
        (Some(id), Some(key)) => Ok(Some(App::new(&id, &Secret::new(key))?)),
        (None, None) => Ok(None),
        (Some(_), None) => Err(half(env::APP_PRIVATE_KEY)),
        (None, Some(_)) => Err(half(env::APP_ID)),
    }
}

fn half(missing: &str) -> Failure {
    let message = format!("{missing} is not set: a GitHub App has an id and a private key");
    Failure::new(Kind::CommandLine, message)
        .hint("give the action's inputs `app-id` and `app-private-key`, or neither")
}

/// The repository at GitHub; nothing, with the reason, where there is nobody to talk to.
pub fn github() -> Result<Result<GitHub, &'static str>, Failure> {
    let token = env::get(env::GITHUB_TOKEN).map(Secret::new);
    github_of(env::get(env::GITHUB_REPOSITORY), token)
}

/// A repository at GitHub, `owner/name`.
pub fn github_of(
    repository: Option<String>,
    token: Option<Secret>,
) -> Result<Result<GitHub, &'static str>, Failure> {
    let Some(token) = token else {
        return Ok(Err("there is no token"));
    };
    let Some(repository) = repository else {
        return Ok(Err("GITHUB_REPOSITORY does not name a repository"));
    };
    Ok(Ok(GitHub::new(&place(repository), token)?))
}

fn place(repository: String) -> GitHubPlace {
    GitHubPlace {
        api: reach().api,
        repository,
        run: env::get(env::GITHUB_RUN_ID),
    }
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
