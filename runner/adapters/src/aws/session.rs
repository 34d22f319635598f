//! Sessions in the accounts that targets live in.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use nucleon_core::deployment::{Place, Roles};
use nucleon_engine::ports::PortError;
use tokio::sync::{Mutex, OnceCell};

use super::error::AccessError;
use super::github_identity::GitHubIdentity;
use super::link::{Link, Source};

/// What a session is for; each has roles of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// To look and to make change sets.
    Plan,
    /// To change.
    Apply,
}

/// Who the process is before it assumes a role.
#[derive(Clone, Debug)]
pub enum Base {
    /// Whoever the SDK's variables, files and the machine say.
    Ambient,
    /// The run, by GitHub's word.
    GitHub(GitHubIdentity),
}

/// The roles of the first hop, which all others trust; ARNs.
#[derive(Clone, Debug, Default)]
pub struct Hub {
    /// Trusted by plan roles only.
    pub plan: Option<String>,
    /// Trusted by apply roles only.
    pub apply: Option<String>,
}

/// Where all sessions of a process begin.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// Who the process is.
    pub base: Base,
    /// The first hop, where there is one.
    pub hub: Hub,
    /// What sessions are called: see [`session_name`](super::session_name()).
    pub name: String,
}

/// Credentials for one account and region that have proved to be of that account.
#[derive(Debug)]
pub struct Session {
    access: Access,
    config: SdkConfig,
    link: Arc<Link>,
    cloudformation: OnceLock<aws_sdk_cloudformation::Client>,
}

impl Session {
    /// What clients of this session are made from; credentials in it renew themselves.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// What it is for.
    pub fn access(&self) -> Access {
        self.access
    }

    /// The session's one client of CloudFormation: making one costs more than most requests.
    pub(crate) fn cloudformation(&self) -> &aws_sdk_cloudformation::Client {
        self.cloudformation
            .get_or_init(|| aws_sdk_cloudformation::Client::new(&self.config))
    }

    /// Whose credentials these are, for messages.
    pub fn identity(&self) -> String {
        self.link.identity()
    }

    /// Where its credentials come from.
    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    /// Credentials to hand to a child process; they live at least half a minute and usually ten minutes and more.
    pub async fn credentials(&self) -> Result<Credentials, PortError> {
        self.link
            .credentials()
            .await
            .map_err(AccessError::into_port)
    }
}

/// What targets must have in common to share a session; the last is the role.
type Door = (Access, Place, Option<String>);
type Slot<T> = Arc<OnceCell<Result<Arc<T>, AccessError>>>;

/// All sessions of a process, made once each and shared by all targets.
#[derive(Debug)]
pub struct Sessions {
    config: SdkConfig,
    settings: SessionSettings,
    hubs: Mutex<BTreeMap<Access, Slot<Link>>>,
    open: Mutex<BTreeMap<Door, Slot<Session>>>,
}

impl Sessions {
    /// Takes what [`configuration`](super::configuration()) has read.
    pub fn new(config: SdkConfig, settings: SessionSettings) -> Self {
        Self {
            config,
            settings,
            hubs: Mutex::default(),
            open: Mutex::default(),
        }
    }

    /// The session for a purpose in a place.
    ///
    /// A failure is kept too: targets that share a session share its failure, and AWS is not asked again for each.
    pub async fn session(
        &self,
        access: Access,
        place: &Place,
        roles: &Roles,
    ) -> Result<Arc<Session>, PortError> {
        let role = match access {
            Access::Plan => roles.plan.clone(),
            Access::Apply => roles.apply.clone(),
        };
        let key = (access, place.clone(), role.clone());
        let slot = self.open.lock().await.entry(key).or_default().clone();
        let session = slot
            .get_or_init(|| async { self.opened(access, place, role).await.map(Arc::new) })
            .await;
        session.clone().map_err(AccessError::into_port)
    }

    async fn opened(
        &self,
        access: Access,
        place: &Place,
        role: Option<String>,
    ) -> Result<Session, AccessError> {
        let hub = self.hub(access).await?;
        let source = self.source(hub, role);
        let config = self.in_region(&place.region);
        let link = self.link(source, Some(place.account.clone()), &config);
        // The first credentials are got now, so that a wrong account is found before anything is sent.
        link.credentials().await?;
        let provider: Arc<dyn ProvideCredentials> = link.clone();
        let config = config
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(provider))
            .build();
        Ok(Session {
            access,
            config,
            link,
            cloudformation: OnceLock::new(),
        })
    }

    /// How the target's credentials are got, given where the hub has led.
    fn source(&self, hub: Option<Arc<Link>>, role: Option<String>) -> Source {
        match (hub, role, &self.settings.base) {
            (Some(from), Some(role), _) => Source::Role { from, role },
            // The hub's own account is a target too, and its role is enough there.
            (Some(from), None, _) => Source::Same(from),
            (None, Some(role), Base::GitHub(identity)) => Source::Identity {
                identity: identity.clone(),
                role,
            },
            (None, Some(role), Base::Ambient) => {
                let from = self.link(self.machine(), None, &self.config);
                Source::Role { from, role }
            }
            // Without a role there is nothing to exchange an identity for.
            (None, None, Base::Ambient | Base::GitHub(_)) => self.machine(),
        }
    }

    async fn hub(&self, access: Access) -> Result<Option<Arc<Link>>, AccessError> {
        let role = match access {
            Access::Plan => self.settings.hub.plan.clone(),
            Access::Apply => self.settings.hub.apply.clone(),
        };
        let Some(role) = role else { return Ok(None) };
        let slot = self.hubs.lock().await.entry(access).or_default().clone();
        let link = slot
            .get_or_init(|| async {
                let account = account_of(&role)?;
                let source = self.source(None, Some(role));
                let link = self.link(source, Some(account), &self.config);
                link.credentials().await?;
                Ok(link)
            })
            .await;
        Ok(Some(link.clone()?))
    }

    fn machine(&self) -> Source {
        Source::Ambient(self.config.credentials_provider())
    }

    fn link(&self, source: Source, account: Option<String>, config: &SdkConfig) -> Arc<Link> {
        Arc::new(Link {
            source,
            account,
            session: self.settings.name.clone(),
            config: config.clone(),
            kept: Mutex::default(),
        })
    }

    fn in_region(&self, region: &str) -> SdkConfig {
        let region = Region::new(region.to_owned());
        self.config.to_builder().region(region).build()
    }
}

/// `arn:aws:iam::111122223333:role/hub` is of account 111122223333.
fn account_of(role: &str) -> Result<String, AccessError> {
    let account = role.split(':').nth(4).unwrap_or_default();
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(account.to_owned());
    }
    Err(AccessError::Refused {
        system: "STS",
        action: format!("assume role {role}"),
        message: "it is not the ARN of a role".to_owned(),
        hint: Some(
            "write `arn:aws:iam::<account>:role/<name>` under `hub` in nucleon.yaml".to_owned(),
        ),
    })
}
