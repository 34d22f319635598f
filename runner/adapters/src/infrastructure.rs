//! Infrastructure repositories at GitHub: git for their files, its API for pull requests.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use nucleon_core::files::Files;
use nucleon_core::secret::Secret;
use nucleon_engine::ports::{
    Clock, Infrastructure, Merged, PortError, ProposalPlace, ProposedChange, PullRequest,
};
use tokio::sync::{Mutex, OnceCell};

use crate::git::{Checkout, Credential, Desk};
use crate::github::{Access, App, GitHub, GitHubPlace};

const SYSTEM: &str = "GitHub";

/// Who opens pull requests.
#[derive(Debug)]
pub enum Opener {
    /// A GitHub App, and what it is to do here.
    App(Box<App>, Access),
    /// A person, or a program with a token of its own.
    Token(Secret),
    /// The workflow's own token: what it opens starts no workflows.
    Workflow(Secret),
    /// Nobody.
    Nobody,
}

/// How GitHub is reached.
#[derive(Clone, Debug)]
pub struct Reach {
    /// The API's address.
    pub api: String,
    /// The server's address.
    pub server: String,
}

/// Infrastructure repositories at the host of the platform repository's remote.
pub struct GitHubInfrastructure {
    checkout: Checkout,
    reach: Reach,
    opener: Opener,
    clock: Arc<dyn Clock>,
    open: Mutex<BTreeMap<String, Arc<Site>>>,
}

/// One repository.
#[derive(Default)]
struct Site {
    desk: OnceCell<Desk>,
    token: OnceCell<Option<Secret>>,
}

impl GitHubInfrastructure {
    /// Nothing is asked yet.
    pub fn new(checkout: Checkout, reach: Reach, opener: Opener, clock: Arc<dyn Clock>) -> Self {
        Self {
            checkout,
            reach,
            opener,
            clock,
            open: Mutex::default(),
        }
    }

    async fn site(&self, repository: &str) -> Arc<Site> {
        let mut open = self.open.lock().await;
        open.entry(repository.to_owned()).or_default().clone()
    }

    async fn token<'s>(
        &self,
        site: &'s Site,
        repository: &str,
    ) -> Result<Option<&'s Secret>, PortError> {
        let mint = async || match &self.opener {
            Opener::App(app, access) => {
                let place = self.place(repository);
                app.token(&place, *access).await.map(Some)
            }
            Opener::Token(token) | Opener::Workflow(token) => Ok(Some(token.clone())),
            Opener::Nobody => Ok(None),
        };
        Ok(site.token.get_or_try_init(mint).await?.as_ref())
    }

    async fn desk<'s>(&self, site: &'s Site, repository: &str) -> Result<&'s Desk, PortError> {
        let open = async || {
            let checkout = match self.token(site, repository).await? {
                Some(token) => self
                    .checkout
                    .clone()
                    .with_credential(Credential::new(&self.reach.server, token.clone())),
                None => self.checkout.clone(),
            };
            Desk::open(&checkout, repository, self.clock.clone()).await
        };
        site.desk.get_or_try_init(open).await
    }

    async fn github(&self, site: &Site, repository: &str) -> Result<GitHub, PortError> {
        match self.token(site, repository).await? {
            Some(token) => GitHub::new(&self.place(repository), token.clone()),
            None => Err(refused(repository, "there is no token")),
        }
    }

    fn place(&self, repository: &str) -> GitHubPlace {
        GitHubPlace {
            api: self.reach.api.clone(),
            repository: repository.to_owned(),
            run: None,
        }
    }
}

#[async_trait]
impl Infrastructure for GitHubInfrastructure {
    async fn may_propose(&self, place: &ProposalPlace) -> Result<(), PortError> {
        let repository = &place.repository;
        match &self.opener {
            Opener::Nobody => Err(refused(repository, "there is no token")),
            Opener::Workflow(_) => Err(refused(
                repository,
                "the token is the workflow's own, and pull requests that it opens start no workflows: nothing would be planned or deployed there",
            )),
            Opener::App(..) | Opener::Token(_) => {
                let site = self.site(repository).await;
                self.token(&site, repository).await?;
                Ok(())
            }
        }
    }

    async fn merged(&self, place: &ProposalPlace) -> Result<Merged, PortError> {
        let site = self.site(&place.repository).await;
        let desk = self.desk(&site, &place.repository).await;
        let merged = async { desk?.merged(place).await };
        merged.await.map_err(|error| told(error, &place.repository))
    }

    async fn proposed(&self, place: &ProposalPlace) -> Result<Option<Files>, PortError> {
        let site = self.site(&place.repository).await;
        self.desk(&site, &place.repository)
            .await?
            .proposed(place)
            .await
    }

    async fn pull_request(&self, place: &ProposalPlace) -> Result<Option<PullRequest>, PortError> {
        let site = self.site(&place.repository).await;
        let github = self.github(&site, &place.repository).await?;
        let look = async {
            let found = github.newest_pull(&place.branch).await?;
            match found {
                Some(open) if open.is_open => github.pull(open.number).await.map(Some),
                found => Ok(found),
            }
        };
        look.await.map_err(|error| told(error, &place.repository))
    }

    async fn propose(
        &self,
        place: &ProposalPlace,
        change: &ProposedChange,
    ) -> Result<PullRequest, PortError> {
        let propose = async {
            let site = self.site(&place.repository).await;
            let github = self.github(&site, &place.repository).await?;
            let desk = self.desk(&site, &place.repository).await?;
            desk.push(place, change).await?;
            let base = &change.merged.base;
            let said = (change.message.as_str(), change.body.as_str());
            let newest = github.newest_pull(&place.branch).await?;
            match newest.filter(|newest| newest.is_open) {
                Some(open) => github.update_pull(open.number, base, said).await,
                None => github.open_pull(&place.branch, base, said).await,
            }
        };
        propose
            .await
            .map_err(|error| told(error, &place.repository))
    }

    async fn withdraw(&self, place: &ProposalPlace) -> Result<(), PortError> {
        let withdraw = async {
            let site = self.site(&place.repository).await;
            let github = self.github(&site, &place.repository).await?;
            let newest = github.newest_pull(&place.branch).await?;
            if let Some(open) = newest.filter(|newest| newest.is_open) {
                github.close_pull(open.number).await?;
            }
            let desk = self.desk(&site, &place.repository).await?;
            desk.remove(place).await
        };
        withdraw
            .await
            .map_err(|error| told(error, &place.repository))
    }
}

fn refused(repository: &str, why: &str) -> PortError {
    PortError::Refused {
        system: SYSTEM,
        action: format!("open a pull request in {repository}"),
        message: why.to_owned(),
        hint: Some("give a GitHub App that is installed there: the action's inputs `app-id` and `app-private-key`, or NUCLEON_APP_ID and NUCLEON_APP_PRIVATE_KEY".to_owned()),
    }
}

/// The error with what to do about it in an infrastructure repository.
fn told(error: PortError, repository: &str) -> PortError {
    let PortError::Refused {
        system,
        action,
        message,
        hint,
    } = error
    else {
        return error;
    };
    let lower = message.to_lowercase();
    let hint = if lower.contains("archived") {
        Some(format!(
            "unarchive {repository}, or name another one under `provisioning` in nucleon.yaml"
        ))
    } else if is_about_permission(&lower, hint.as_deref()) {
        Some(format!(
            "install the GitHub App in {repository} with `contents: write` and `pull requests: write`, or check its name under `provisioning` in nucleon.yaml"
        ))
    } else {
        hint
    };
    PortError::Refused {
        system,
        action,
        message,
        hint,
    }
}

fn is_about_permission(message: &str, hint: Option<&str>) -> bool {
    let says = [
        "not found",
        "not accessible",
        "denied",
        "permission",
        "403",
        "404",
        "does not appear to be a git repository",
    ];
    let is_limit = message.contains("limit of requests");
    let about_app = hint.is_some_and(|hint| hint.contains("app"));
    !is_limit && !about_app && says.iter().any(|word| message.contains(word))
}
