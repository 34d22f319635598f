//! What the tests against the emulator share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use nucleon_adapters::aws::{Base, Hub, SessionSettings, Sessions, configuration};
use nucleon_adapters::cloudformation::CloudFormationProvisioner;
use nucleon_core::deployment::{Body, Deployment, Place, Roles, Stack};
use nucleon_core::digest::RenderedDigest;
use nucleon_core::target::TargetId;
use nucleon_engine::ports::{Event, Progress};
use uuid::Uuid;

/// The account of most tests.
pub(crate) const ACCOUNT: &str = "111122223333";
/// Another one.
pub(crate) const OTHER: &str = "444455556666";

/// Where the emulator listens; without it these tests have nothing to say.
pub(crate) fn endpoint() -> String {
    std::env::var("NUCLEON_TEST_EMULATOR")
        .expect("set NUCLEON_TEST_EMULATOR to the emulator's address, http://127.0.0.1:PORT")
}

/// The SDK's configuration with an account's own credentials; the emulator takes the account's id for a key.
pub(crate) async fn config(endpoint: &str, account: &str) -> SdkConfig {
    let credentials = Credentials::new(account, "secret", None, None, "test");
    let config = configuration().await.into_builder();
    config
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// Sessions from ambient credentials.
pub(crate) async fn sessions(endpoint: &str, account: &str, hub: Hub) -> Arc<Sessions> {
    let settings = SessionSettings {
        base: Base::Ambient,
        hub,
        name: "nucleon-test".to_owned(),
    };
    Arc::new(Sessions::new(config(endpoint, account).await, settings))
}

/// A provisioner with the account's own credentials.
pub(crate) async fn provisioner(account: &str) -> CloudFormationProvisioner {
    let sessions = sessions(&endpoint(), account, Hub::default()).await;
    CloudFormationProvisioner::new(sessions, "4711-1")
}

/// An environment that no other test knows, with a template.
pub(crate) fn deployment(template: &str) -> Deployment {
    let name = format!("e{}", Uuid::new_v4().simple());
    let target: TargetId = format!("environment/{name}").parse().unwrap();
    let tags = BTreeMap::from([
        ("proton:account".to_owned(), ACCOUNT.to_owned()),
        (
            "proton:environment".to_owned(),
            format!("arn:aws:proton:us-east-1:{ACCOUNT}:{target}"),
        ),
    ]);
    let stack = Stack {
        name: nucleon_core::stack_name::stack_name("AWSProton-", &target),
        template: template.to_owned(),
        capabilities: Vec::new(),
        tags,
        artifacts: None,
        sensitive: Vec::new(),
    };
    Deployment {
        target,
        place: Place {
            account: ACCOUNT.to_owned(),
            region: "us-east-1".to_owned(),
        },
        roles: Roles::default(),
        adopted: false,
        rendered: RenderedDigest::of(&[template.as_bytes()]),
        id: Uuid::new_v4().to_string(),
        destroy: false,
        body: Body::Stack(stack),
    }
}

/// The next deployment of the same target: its record says that the stack is its own.
pub(crate) fn next(deployment: &Deployment, template: &str) -> Deployment {
    let next = Deployment {
        adopted: true,
        rendered: RenderedDigest::of(&[template.as_bytes()]),
        id: Uuid::new_v4().to_string(),
        ..deployment.clone()
    };
    with(next, |stack| template.clone_into(&mut stack.template))
}

/// The stack of a deployment.
pub(crate) fn stack(deployment: &Deployment) -> &Stack {
    match &deployment.body {
        Body::Stack(stack) => stack,
        Body::Script(_) | Body::Module(_) | Body::Proposal(_) => {
            panic!("{} is no stack", deployment.target)
        }
    }
}

/// A deployment with its stack changed.
pub(crate) fn with(mut deployment: Deployment, change: impl FnOnce(&mut Stack)) -> Deployment {
    match &mut deployment.body {
        Body::Stack(stack) => change(stack),
        Body::Script(_) | Body::Module(_) | Body::Proposal(_) => {
            panic!("{} is no stack", deployment.target)
        }
    }
    deployment
}

/// Keeps the events it is shown.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Vec<String>>, Mutex<Vec<String>>);

impl Seen {
    /// The events, as `resource status`.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// What was said with them.
    pub(crate) fn reasons(&self) -> Vec<String> {
        self.1.lock().unwrap().clone()
    }
}

impl Progress for Seen {
    fn event(&self, event: &Event) {
        let resource = event.resource.as_deref().unwrap_or("-");
        let line = format!("{resource} {}", event.status);
        self.1.lock().unwrap().extend(event.reason.clone());
        self.0.lock().unwrap().push(line);
    }
}
