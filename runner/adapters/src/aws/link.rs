//! One link of the told from the runner's identity to a target's role.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::config::Builder;
use tokio::sync::Mutex;

use super::error::{AccessError, Request, told};
use super::github_identity::GitHubIdentity;

const SYSTEM: &str = "STS";
/// GitHub's own action asks for this audience, so trust policies allow it.
const AUDIENCE: &str = "sts.amazonaws.com";
/// The longest that STS allows where one role assumes another.
const SESSION: i32 = 3_600;
/// How long before their end credentials are renewed.
const AHEAD: Duration = Duration::from_mins(10);
/// Credentials that live shorter than this are not handed out, because a request must still arrive.
const MARGIN: Duration = Duration::from_secs(30);
/// How long renewing rests after it has failed, while the credentials still work.
const PAUSE: Duration = Duration::from_mins(1);

/// Where a link's credentials come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// What the machine has: variables, files, its own role.
    Ambient(Option<SharedCredentialsProvider>),
    /// Another link's, as they are.
    Same(Arc<Link>),
    /// The run's own identity, exchanged for a role.
    Identity {
        identity: GitHubIdentity,
        role: String,
    },
    /// Another link, whose role may assume this one.
    Role { from: Arc<Link>, role: String },
}

/// Credentials that are renewed ahead of their end and belong to the account they should.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) source: Source,
    /// The account that must answer; nothing for base credentials that only lead to a role.
    pub(crate) account: Option<String>,
    /// The session's name.
    pub(crate) session: String,
    /// Endpoint, region and retries of STS.
    pub(crate) config: SdkConfig,
    pub(crate) kept: Mutex<Option<Kept>>,
}

impl Link {
    /// Credentials that live long enough for a request, for the right account.
    pub(crate) async fn credentials(&self) -> Result<Credentials, AccessError> {
        let mut slot = self.kept.lock().await;
        if let Some(kept) = slot.as_ref().filter(|kept| kept.will_do()) {
            return Ok(kept.credentials.clone());
        }
        let error = match self.renewed().await {
            Ok(credentials) => {
                *slot = Some(Kept::new(credentials.clone()));
                return Ok(credentials);
            }
            Err(error) => error,
        };
        match slot.as_mut().filter(|kept| kept.survives(&error)) {
            Some(kept) => {
                kept.next_try = SystemTime::now() + PAUSE;
                Ok(kept.credentials.clone())
            }
            None => Err(error),
        }
    }

    /// Whose credentials these are, for messages.
    pub(crate) fn identity(&self) -> String {
        match &self.source {
            Source::Ambient(_) => "the credentials of this machine".to_owned(),
            Source::Same(from) => from.identity(),
            Source::Identity { role, .. } | Source::Role { role, .. } => format!("role {role}"),
        }
    }

    async fn renewed(&self) -> Result<Credentials, AccessError> {
        let credentials = match &self.source {
            Source::Ambient(provider) => ambient(provider.as_ref()).await?,
            Source::Same(from) => Box::pin(from.credentials()).await?,
            Source::Identity { identity, role } => self.exchanged(identity, role).await?,
            Source::Role { from, role } => {
                let base = Box::pin(from.credentials()).await?;
                self.assumed(base, from, role).await?
            }
        };
        if let Some(expected) = &self.account {
            self.check(credentials.clone(), expected).await?;
        }
        Ok(credentials)
    }

    async fn exchanged(
        &self,
        identity: &GitHubIdentity,
        role: &str,
    ) -> Result<Credentials, AccessError> {
        let token = identity.token(AUDIENCE).await?;
        let action = format!("assume role {role} with the run's identity");
        let answer = aws_sdk_sts::Client::from_conf(Builder::from(&self.config).build())
            .assume_role_with_web_identity()
            .role_arn(role)
            .role_session_name(&self.session)
            .web_identity_token(token.expose())
            .duration_seconds(SESSION)
            .send()
            .await
            .map_err(|error| request(&action, "the run's identity").error(error))?;
        given(answer.credentials, &action)
    }

    async fn assumed(
        &self,
        base: Credentials,
        from: &Self,
        role: &str,
    ) -> Result<Credentials, AccessError> {
        let action = format!("assume role {role}");
        let answer = self
            .client(base)
            .assume_role()
            .role_arn(role)
            .role_session_name(&self.session)
            .duration_seconds(SESSION)
            .send()
            .await
            .map_err(|error| request(&action, &from.identity()).error(error))?;
        given(answer.credentials, &action)
    }

    /// The account guard.
    async fn check(&self, credentials: Credentials, expected: &str) -> Result<(), AccessError> {
        let action = "tell whose the credentials are";
        let answer = self
            .client(credentials)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| request(action, &self.identity()).error(error))?;
        let found = answer.account.unwrap_or_default();
        if found == expected {
            return Ok(());
        }
        Err(AccessError::WrongAccount {
            expected: expected.to_owned(),
            found,
        })
    }

    fn client(&self, credentials: Credentials) -> aws_sdk_sts::Client {
        let config = Builder::from(&self.config).credentials_provider(credentials);
        aws_sdk_sts::Client::from_conf(config.build())
    }
}

/// Credentials that were checked.
#[derive(Debug)]
pub(crate) struct Kept {
    credentials: Credentials,
    /// Not before this is renewing tried again.
    next_try: SystemTime,
}

impl Kept {
    fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            next_try: SystemTime::UNIX_EPOCH,
        }
    }

    fn will_do(&self) -> bool {
        self.live_for(AHEAD) || (self.live_for(MARGIN) && SystemTime::now() < self.next_try)
    }

    /// Whether they may go on although they could not be renewed; never where they turned out to be somebody else's.
    fn survives(&self, error: &AccessError) -> bool {
        match error {
            AccessError::Refused { .. } | AccessError::Unreachable { .. } => self.live_for(MARGIN),
            AccessError::WrongAccount { .. } => false,
        }
    }

    fn live_for(&self, time: Duration) -> bool {
        self.credentials
            .expiry()
            .is_none_or(|end| end > SystemTime::now() + time)
    }
}

impl ProvideCredentials for Link {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.credentials()
                .await
                .map_err(CredentialsError::provider_error)
        })
    }
}

async fn ambient(provider: Option<&SharedCredentialsProvider>) -> Result<Credentials, AccessError> {
    let none = |message: String| {
        AccessError::Refused {
        system: "AWS",
        action: "sign requests".to_owned(),
        message: format!("there are no credentials on this machine: {message}"),
        hint: Some("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; in a GitHub run, give the job `permissions: id-token: write` and the account its `roles` in nucleon.yaml".to_owned()),
    }
    };
    let provider = provider.ok_or_else(|| none("none were configured".to_owned()))?;
    provider
        .provide_credentials()
        .await
        .map_err(|error| none(told(&error)))
}

fn request<'a>(action: &'a str, identity: &'a str) -> Request<'a> {
    Request {
        system: SYSTEM,
        action,
        identity,
    }
}

fn given(
    credentials: Option<aws_sdk_sts::types::Credentials>,
    action: &str,
) -> Result<Credentials, AccessError> {
    let answer = credentials.ok_or_else(|| AccessError::Refused {
        system: SYSTEM,
        action: action.to_owned(),
        message: "the answer holds no credentials".to_owned(),
        hint: None,
    })?;
    let end = SystemTime::try_from(answer.expiration).map_err(|error| AccessError::Refused {
        system: SYSTEM,
        action: action.to_owned(),
        message: format!("the answer's expiration cannot be read: {error}"),
        hint: None,
    })?;
    Ok(Credentials::new(
        answer.access_key_id,
        answer.secret_access_key,
        Some(answer.session_token),
        Some(end),
        "nucleon",
    ))
}
