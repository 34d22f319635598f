//! Who is at work, read from the environment.

use jiff::SignedDuration;
use nucleon_engine::run::Run;
use serde::Deserialize;

use crate::env;
use crate::error::{Failure, Kind};

/// How many seconds a lease lasts unless a test says otherwise.
const LEASE: u32 = 15 * 60;

/// The parts of a GitHub event that are read.
#[derive(Debug, Default, Deserialize)]
pub struct Event {
    /// The pull request of the event.
    #[serde(default)]
    pub pull_request: Option<PullRequest>,
}

/// The pull request of an event.
#[derive(Debug, Deserialize)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// Its newest commit.
    pub head: Head,
    /// What it would be merged into.
    pub base: Base,
}

impl PullRequest {
    /// Whether it comes from another repository, or from one that is gone.
    pub fn is_from_fork(&self) -> bool {
        self.head.repo.as_ref() != Some(&self.base.repo)
    }
}

/// The head of a pull request.
#[derive(Debug, Deserialize)]
pub struct Head {
    /// The commit.
    pub sha: String,
    /// The repository that the commit is in; nothing where it was deleted.
    pub repo: Option<EventRepository>,
}

/// What a pull request would be merged into.
#[derive(Debug, Deserialize)]
pub struct Base {
    /// The repository.
    pub repo: EventRepository,
}

/// A repository, as events name it.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub struct EventRepository {
    /// `owner/name`.
    pub full_name: String,
}

/// The event that started the workflow run; empty outside one.
pub fn event() -> Result<Event, Failure> {
    let Some(path) = env::get(env::GITHUB_EVENT_PATH) else {
        return Ok(Event::default());
    };
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::new(
            Kind::Outside,
            format!("could not read the event in `{path}`: {error}"),
        )
    };
    let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&error))?;
    serde_json::from_str(&text).map_err(|error| unreadable(&error))
}

/// This run, on a commit.
pub fn current(commit: String) -> Result<Run, Failure> {
    Ok(Run {
        owner: owner(),
        actor: actor(),
        commit,
        pull_request: event()?
            .pull_request
            .map(|pull_request| pull_request.number),
        run_url: run_url(),
        lease: lease(env::get(env::LEASE))?,
    })
}

/// Who asks: whoever started the workflow run, or who is at the terminal.
pub fn actor() -> String {
    env::get(env::GITHUB_ACTOR).unwrap_or_else(user)
}

/// How long a lease lasts; one of no time would be renewed without end.
fn lease(given: Option<String>) -> Result<SignedDuration, Failure> {
    let seconds = match given {
        Some(text) => text
            .parse()
            .ok()
            .filter(|seconds| *seconds > 0)
            .ok_or_else(|| {
                let message = format!("{}: `{text}` is not a number of seconds", env::LEASE);
                Failure::new(Kind::CommandLine, message).hint("write a whole number, as in 900")
            })?,
        None => LEASE,
    };
    Ok(SignedDuration::from_secs(seconds.into()))
}

fn owner() -> String {
    let attempt = env::get(env::GITHUB_RUN_ATTEMPT).unwrap_or_else(|| "1".to_owned());
    if let Some(id) = env::get(env::GITHUB_RUN_ID) {
        return format!("run {id}, attempt {attempt}");
    }
    let user = user();
    let machine = env::get(env::HOSTNAME).unwrap_or_else(|| "a terminal".to_owned());
    format!("{user} at {machine}, process {}", std::process::id())
}

/// Who is at the terminal.
fn user() -> String {
    let named = env::USER.into_iter().find_map(env::get);
    named.unwrap_or_else(|| "somebody".to_owned())
}

/// The run in a few characters, for sessions and change sets: `<run id>-<attempt>`.
pub fn name() -> String {
    let attempt = env::get(env::GITHUB_RUN_ATTEMPT).unwrap_or_else(|| "1".to_owned());
    env::get(env::GITHUB_RUN_ID).map_or_else(
        || format!("local-{}", std::process::id()),
        |id| format!("{id}-{attempt}"),
    )
}

/// The page of the workflow run.
pub fn run_url() -> Option<String> {
    let server = env::get(env::GITHUB_SERVER_URL)?;
    Some(format!(
        "{server}/{}/actions/runs/{}",
        env::get(env::GITHUB_REPOSITORY)?,
        env::get(env::GITHUB_RUN_ID)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_lasts_some_time_and_not_for_ever() {
        assert_eq!(lease(None).unwrap().as_secs(), 900);
        assert_eq!(lease(Some("2".to_owned())).unwrap().as_secs(), 2);
        for wrong in ["0", "-1", "soon", "99999999999999"] {
            let failure = lease(Some(wrong.to_owned())).unwrap_err();
            assert_eq!(failure.kind, Kind::CommandLine, "{wrong}");
        }
    }
}
