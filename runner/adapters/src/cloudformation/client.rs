//! The calls to CloudFormation, one function each; what their answers mean is decided elsewhere.

use std::error::Error;
use std::sync::Arc;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::primitives::DateTime;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetType, Stack, StackEvent, StackResourceSummary, Tag, TemplateStage,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use nucleon_core::deployment::Stack as Wanted;
use nucleon_engine::ports::PortError;

use super::body::Body;
use crate::aws::Session;
use crate::aws::error::Request;

const SYSTEM: &str = "CloudFormation";

/// The stacks of one account and region, by one session.
#[derive(Clone, Debug)]
pub(crate) struct Stacks {
    client: Client,
    session: Arc<Session>,
}

/// A change set to make.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    pub(crate) stack: &'a Wanted,
    pub(crate) name: &'a str,
    pub(crate) kind: ChangeSetType,
    /// The role that CloudFormation is given; nothing while planning, which executes nothing.
    pub(crate) role: Option<&'a str>,
    pub(crate) body: Body,
}

impl Stacks {
    /// The stacks that a session may see.
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self {
            client: session.cloudformation().clone(),
            session,
        }
    }

    /// The session they are seen with.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// One stack, by name or id.
    pub(crate) async fn stack(&self, name: &str) -> Result<Option<Stack>, PortError> {
        let answer = self.client.describe_stacks().stack_name(name).send().await;
        match answer {
            Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next()),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.error(&format!("describe stack {name}"), error)),
        }
    }

    /// Every stack.
    pub(crate) async fn all(&self) -> Result<Vec<Stack>, PortError> {
        let mut stacks = Vec::new();
        let mut pages = self.client.describe_stacks().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| self.error("list the stacks", error))?;
            stacks.extend(page.stacks.unwrap_or_default());
        }
        Ok(stacks)
    }

    /// Makes a change set; its id and the stack's.
    pub(crate) async fn create_change_set(
        &self,
        order: Order<'_>,
    ) -> Result<(String, String), PortError> {
        let stack = order.stack;
        let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
        let capability = |name: &String| Capability::from(name.as_str());
        let (text, url) = order.body.into_parts();
        let answer = self
            .client
            .create_change_set()
            .stack_name(&stack.name)
            .change_set_name(order.name)
            .change_set_type(order.kind)
            .set_template_body(text)
            .set_template_url(url)
            .set_role_arn(order.role.map(str::to_owned))
            .set_tags(Some(stack.tags.iter().map(tag).collect()))
            .set_capabilities(Some(stack.capabilities.iter().map(capability).collect()))
            .send()
            .await
            .map_err(|error| {
                let action = format!("make a change set for stack {}", stack.name);
                self.error(&action, error)
            })?;
        match (answer.id, answer.stack_id) {
            (Some(id), Some(stack_id)) => Ok((id, stack_id)),
            _ => Err(PortError::Unexpected {
                system: SYSTEM,
                action: "make a change set".to_owned(),
                message: "the answer holds no ids".to_owned(),
            }),
        }
    }

    /// One page of a change set; nothing where it is gone.
    pub(crate) async fn change_set(
        &self,
        stack: &str,
        id: &str,
        page: Option<String>,
    ) -> Result<Option<DescribeChangeSetOutput>, PortError> {
        let answer = self
            .client
            .describe_change_set()
            .stack_name(stack)
            .change_set_name(id)
            .include_property_values(true)
            .set_next_token(page)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.error(&format!("read change set {id}"), error)),
        }
    }

    /// The names or ids of a stack's change sets that were not executed.
    pub(crate) async fn change_sets(&self, stack: &str) -> Result<Vec<String>, PortError> {
        let mut ids = Vec::new();
        let request = self.client.list_change_sets().stack_name(stack);
        let mut pages = request.into_paginator().send();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => {
                    let summaries = page.summaries.unwrap_or_default();
                    ids.extend(summaries.into_iter().filter_map(|set| set.change_set_id));
                }
                Err(error) if is_missing(&error) => break,
                Err(error) => {
                    return Err(self.error(&format!("list change sets of stack {stack}"), error));
                }
            }
        }
        Ok(ids)
    }

    /// Deletes a change set; one that is gone is fine.
    pub(crate) async fn delete_change_set(&self, stack: &str, id: &str) -> Result<(), PortError> {
        let answer = self
            .client
            .delete_change_set()
            .stack_name(stack)
            .change_set_name(id)
            .send()
            .await;
        match answer {
            Err(error) if !is_missing(&error) => {
                Err(self.error(&format!("delete change set {id}"), error))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Executes a change set; one that does not fit the stack any more is stale.
    pub(crate) async fn execute(
        &self,
        stack: &str,
        id: &str,
        token: &str,
    ) -> Result<(), PortError> {
        self.client
            .execute_change_set()
            .stack_name(stack)
            .change_set_name(id)
            .client_request_token(token)
            .send()
            .await
            .map_err(|error| {
                let action = format!("execute change set {id}");
                match stale(&error) {
                    Some(message) => PortError::Stale {
                        system: SYSTEM,
                        action,
                        message,
                    },
                    None => self.error(&action, error),
                }
            })?;
        Ok(())
    }

    /// The events of a stack after a moment and after an event that is known, oldest first.
    pub(crate) async fn events(
        &self,
        stack: &str,
        since: Option<DateTime>,
        known: Option<&str>,
    ) -> Result<Vec<StackEvent>, PortError> {
        let old = |event: &StackEvent| {
            (known.is_some() && event.event_id() == known)
                || since.is_some_and(|since| event.timestamp().is_some_and(|at| *at <= since))
        };
        let mut events = Vec::new();
        let request = self.client.describe_stack_events().stack_name(stack);
        let mut pages = request.into_paginator().send();
        'pages: while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) if is_missing(&error) => break,
                Err(error) => {
                    return Err(self.error(&format!("read events of stack {stack}"), error));
                }
            };
            for event in page.stack_events.unwrap_or_default() {
                if old(&event) {
                    break 'pages;
                }
                events.push(event);
            }
        }
        events.reverse();
        Ok(events)
    }

    /// The resources of a stack.
    pub(crate) async fn resources(
        &self,
        stack: &str,
    ) -> Result<Vec<StackResourceSummary>, PortError> {
        let mut resources = Vec::new();
        let request = self.client.list_stack_resources().stack_name(stack);
        let mut pages = request.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page
                .map_err(|error| self.error(&format!("list resources of stack {stack}"), error))?;
            resources.extend(page.stack_resource_summaries.unwrap_or_default());
        }
        Ok(resources)
    }

    /// A stack's template as it was given.
    pub(crate) async fn template(&self, stack: &str) -> Result<String, PortError> {
        let answer = self
            .client
            .get_template()
            .stack_name(stack)
            .template_stage(TemplateStage::Original)
            .send()
            .await
            .map_err(|error| self.error(&format!("read the template of stack {stack}"), error))?;
        Ok(answer.template_body.unwrap_or_default())
    }

    /// Deletes a stack.
    pub(crate) async fn delete(
        &self,
        stack: &str,
        role: Option<&str>,
        token: &str,
    ) -> Result<(), PortError> {
        self.client
            .delete_stack()
            .stack_name(stack)
            .set_role_arn(role.map(str::to_owned))
            .client_request_token(token)
            .send()
            .await
            .map_err(|error| self.error(&format!("delete stack {stack}"), error))?;
        Ok(())
    }

    /// Goes on with going back.
    pub(crate) async fn continue_rollback(
        &self,
        stack: &str,
        role: Option<&str>,
    ) -> Result<(), PortError> {
        self.client
            .continue_update_rollback()
            .stack_name(stack)
            .set_role_arn(role.map(str::to_owned))
            .send()
            .await
            .map_err(|error| {
                self.error(&format!("continue the rollback of stack {stack}"), error)
            })?;
        Ok(())
    }

    /// Asks a running update to go back.
    pub(crate) async fn cancel_update(&self, stack: &str) -> Result<(), PortError> {
        self.client
            .cancel_update_stack()
            .stack_name(stack)
            .send()
            .await
            .map_err(|error| self.error(&format!("cancel the update of stack {stack}"), error))?;
        Ok(())
    }

    fn error<E>(&self, action: &str, error: SdkError<E, HttpResponse>) -> PortError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let request = Request {
            system: SYSTEM,
            action,
            identity: &self.session.identity(),
        };
        request.error(error).into_port()
    }
}

/// What CloudFormation says where a change set cannot be executed because the stack was changed since it was made:
/// the change set is obsolete or gone, the stack is gone, or somebody is changing it now.
fn stale<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let code = error.code().unwrap_or_default();
    let message = error.message().unwrap_or(code);
    let is_obsolete = matches!(
        code,
        "InvalidChangeSetStatus" | "InvalidChangeSetStatusException"
    );
    let is_busy = code == "ValidationError" && message.contains("_IN_PROGRESS state");
    (is_obsolete || is_busy || is_missing(error)).then(|| message.to_owned())
}

/// CloudFormation has no code of its own for a stack that does not exist.
fn is_missing<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    let code = error.code().unwrap_or_default();
    let message = error.message().unwrap_or_default();
    matches!(code, "ChangeSetNotFound" | "ChangeSetNotFoundException")
        || (code == "ValidationError" && message.contains("does not exist"))
}
