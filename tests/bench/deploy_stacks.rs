//! Creates stacks with the AWS SDK and nothing else: the peer of `nucleon-apply`.
//!
//! It asks what `nucleon-apply` asks for new stacks, at the same pace and all at once: a session for each account, proof
//! of the account, the list of its stacks, and for each stack a change set that is made, read, executed and watched.
//! It renders nothing, compares nothing and keeps no records.
//!
//! ```text
//! deploy_stacks STACKS.json      [{"role": ARN, "stack": NAME, "template": FILE}, …]
//! ```

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::fs;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::{ChangeSetStatus, ChangeSetType, StackEvent};
use futures_util::future::try_join_all;
use serde_json::Value;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let file = env::args().nth(1).ok_or("which stacks?")?;
    let list: Value = serde_json::from_slice(&fs::read(file)?)?;
    let list = list.as_array().ok_or("a list is expected")?;
    // The same connections and retries; a session is asked for once.
    let config = nucleon_adapters::aws::configuration().await;
    let config = config
        .into_builder()
        .identity_cache(IdentityCache::lazy().build())
        .build();
    let mut clients = BTreeMap::new();
    for role in list.iter().map(|stack| text(&stack["role"])) {
        if !clients.contains_key(role) {
            clients.insert(role, session(&config, role).await?);
        }
    }
    try_join_all(
        list.iter()
            .map(|stack| create(&clients[text(&stack["role"])], stack)),
    )
    .await?;
    Ok(())
}

/// Enters an account, and makes sure it is the one, and lists its stacks.
async fn session(config: &SdkConfig, role: &str) -> Result<Client> {
    let provider = AssumeRoleProvider::builder(role)
        .session_name("bench")
        .configure(config)
        .build()
        .await;
    let config = config
        .clone()
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .build();
    let caller = aws_sdk_sts::Client::new(&config)
        .get_caller_identity()
        .send()
        .await?;
    if !role.contains(caller.account().unwrap_or("no account")) {
        return Err(format!("{role} leads to {:?}", caller.account()).into());
    }
    let client = Client::new(&config);
    client.describe_stacks().send().await?;
    Ok(client)
}

async fn create(client: &Client, stack: &Value) -> Result<()> {
    let name = text(&stack["stack"]);
    let made = client
        .create_change_set()
        .stack_name(name)
        .change_set_name("bench")
        .change_set_type(ChangeSetType::Create)
        .template_body(fs::read_to_string(text(&stack["template"]))?)
        .send()
        .await?;
    let (id, stack_id) = (
        made.id().unwrap_or_default(),
        made.stack_id().unwrap_or_default(),
    );
    let mut pause = Pause::new();
    loop {
        let read = client
            .describe_change_set()
            .stack_name(stack_id)
            .change_set_name(id)
            .include_property_values(true)
            .send()
            .await?;
        match read.status().map(ChangeSetStatus::as_str) {
            Some("CREATE_COMPLETE") => break,
            Some("FAILED") | None => {
                return Err(format!("no change set for {name}: {:?}", read.status_reason()).into());
            }
            Some(_) => pause.take().await,
        }
    }
    client
        .execute_change_set()
        .stack_name(stack_id)
        .change_set_name(id)
        .send()
        .await?;
    watch(client, stack_id).await
}

async fn watch(client: &Client, stack_id: &str) -> Result<()> {
    let mut pause = Pause::new();
    loop {
        pause.take().await;
        let events = client
            .describe_stack_events()
            .stack_name(stack_id)
            .send()
            .await?;
        let of_stack = |event: &&StackEvent| event.physical_resource_id() == Some(stack_id);
        let last = events
            .stack_events()
            .iter()
            .find(of_stack)
            .and_then(|event| event.resource_status());
        if last.is_none_or(|status| status.as_str().ends_with("_IN_PROGRESS")) {
            continue;
        }
        let answer = client.describe_stacks().stack_name(stack_id).send().await?;
        let status = answer
            .stacks()
            .first()
            .and_then(|stack| stack.stack_status())
            .map(|status| status.as_str().to_owned());
        return if status.as_deref() == Some("CREATE_COMPLETE") {
            Ok(())
        } else {
            Err(format!("{stack_id}: {status:?}").into())
        };
    }
}

/// The pace at which `nucleon-apply` asks.
struct Pause(Duration);

impl Pause {
    fn new() -> Self {
        Self(Duration::from_millis(250))
    }

    async fn take(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 3 / 2).min(Duration::from_secs(5));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
