//! One deployment at its place: the stack as it is, and the change set that would make it what it should be.

use std::time::Duration;

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::primitives::DateTime;
use aws_sdk_cloudformation::types::{ChangeSetType, ResourceChange, Stack, StackStatus};
use nucleon_core::deployment::{Deployment, Stack as Wanted};
use nucleon_core::plan::{Operation, Plan};
use nucleon_core::record::Provisioned;
use nucleon_core::target::TargetId;
use nucleon_engine::ports::PortError;
use tokio::time::Instant;

use super::body::body;
use super::changes::{Changes, changes};
use super::client::{Order, Stacks};
use super::mask::mask;
use super::neighbours::Neighbours;
use super::ownership::stack_of;
use super::standing::{Standing, has_lived, standing};
use super::verdict::{Verdict, verdict};
use super::wait::Pace;

/// How long somebody else's operation on the stack is waited for.
const PATIENCE: Duration = Duration::from_hours(1);

/// One deployment at its place.
pub(crate) struct Site<'a> {
    pub(crate) stacks: Stacks,
    pub(crate) deployment: &'a Deployment,
    /// The stack as it should be.
    pub(crate) stack: &'a Wanted,
    /// The run's name, for names of change sets.
    pub(crate) run: &'a str,
    /// The other stacks of the account and region.
    pub(crate) neighbours: &'a Neighbours,
}

/// How the stack can become what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Road {
    /// By a change set that creates it.
    Create,
    /// By a change set that updates it.
    Update,
    /// By deleting what a failed creation has left, then creating it.
    Rebuild {
        /// The stack that is left.
        stack_id: String,
    },
    /// By finishing a rollback that failed, then updating it.
    Unstick {
        /// The stack.
        stack_id: String,
    },
}

/// A change set that was made.
#[derive(Debug)]
pub(crate) struct ChangeSet {
    pub(crate) id: String,
    pub(crate) stack_id: String,
    /// When, by CloudFormation's clock: events of its execution are later.
    pub(crate) created: Option<DateTime>,
    /// What it would do; nothing where the stack is already what it should be.
    pub(crate) changes: Option<Vec<ResourceChange>>,
}

impl Site<'_> {
    /// Finds the road, after whatever is under way on the stack has ended.
    pub(crate) async fn road(&self) -> Result<Road, PortError> {
        if !self.deployment.adopted && self.is_free().await? {
            return Ok(Road::Create);
        }
        let stack = self.settled().await?;
        let standing = self.standing(stack.as_ref()).await?;
        self.check_ownership(standing).await?;
        let stack_id = stack.and_then(|stack| stack.stack_id).unwrap_or_default();
        match standing {
            Standing::Missing | Standing::Empty => Ok(Road::Create),
            Standing::Living => Ok(Road::Update),
            Standing::Failed => Ok(Road::Rebuild { stack_id }),
            Standing::Stuck => Ok(Road::Unstick { stack_id }),
            Standing::Halved => Err(self.refused(
                "its deletion was begun and has failed (DELETE_FAILED)",
                &format!(
                    "finish it: nucleon-apply --destroy {}",
                    self.deployment.target
                ),
            )),
            Standing::Busy | Standing::Unknown => Err(self.refused(
                "it is in a state that Nucleon does not know how to leave",
                "look at the stack in CloudFormation's console",
            )),
        }
    }

    /// The stack, once nothing is under way on it.
    pub(crate) async fn settled(&self) -> Result<Option<Stack>, PortError> {
        let (begun, mut pace) = (Instant::now(), Pace::new());
        loop {
            let stack = self.stacks.stack(&self.stack.name).await?;
            if standing(stack.as_ref()) != Standing::Busy {
                return Ok(stack);
            }
            if begun.elapsed() > PATIENCE {
                return Err(self.refused(
                    "another operation on it does not end",
                    "run it again when that has ended",
                ));
            }
            pace.pause().await;
        }
    }

    /// How the stack stands; a stack that once lived is never taken for a failed creation.
    async fn standing(&self, stack: Option<&Stack>) -> Result<Standing, PortError> {
        let standing = standing(stack);
        let Some((stack, id)) = stack.and_then(|stack| Some((stack, stack.stack_id()?))) else {
            return Ok(standing);
        };
        if stack.stack_status() != Some(&StackStatus::RollbackComplete) {
            return Ok(standing);
        }
        let events = self.stacks.events(id, None, None).await?;
        if has_lived(&events, id) {
            Ok(Standing::Living)
        } else {
            Ok(standing)
        }
    }

    /// Whether the list of stacks shows neither the target's name nor its tags: most new targets need no closer look.
    async fn is_free(&self) -> Result<bool, PortError> {
        let stacks = self
            .neighbours
            .of(&self.deployment.place, &self.stacks)
            .await?;
        let name = Some(self.stack.name.as_str());
        let is_free = stacks
            .iter()
            .filter(|stack| stack.stack_name() == name)
            .all(|stack| matches!(standing(Some(stack)), Standing::Missing | Standing::Empty));
        if is_free {
            self.check_neighbours(&stacks)?;
        }
        Ok(is_free)
    }

    /// A stack that no record calls the target's own is left alone, and no second one is made beside it.
    async fn check_ownership(&self, standing: Standing) -> Result<(), PortError> {
        if self.deployment.adopted {
            return Ok(());
        }
        match standing {
            Standing::Missing | Standing::Empty | Standing::Failed => {
                let stacks = self
                    .neighbours
                    .of(&self.deployment.place, &self.stacks)
                    .await?;
                self.check_neighbours(&stacks)
            }
            Standing::Living
            | Standing::Stuck
            | Standing::Busy
            | Standing::Halved
            | Standing::Unknown => Err(self.foreign(&self.stack.name)),
        }
    }

    fn check_neighbours(&self, stacks: &[Stack]) -> Result<(), PortError> {
        let found = stack_of(stacks, &self.deployment.target, &self.stack.tags);
        let name = found.and_then(Stack::stack_name);
        match name.filter(|name| *name != self.stack.name) {
            Some(name) => Err(self.foreign(name)),
            None => Ok(()),
        }
    }

    pub(crate) fn foreign(&self, stack: &str) -> PortError {
        PortError::ForeignStack {
            target: self.deployment.target.clone(),
            stack: stack.to_owned(),
        }
    }

    /// Makes a change set, waits for it and reads it whole. One that could not be made is deleted again.
    pub(crate) async fn change_set(
        &self,
        kind: ChangeSetType,
        name: &str,
        role: Option<&str>,
    ) -> Result<ChangeSet, PortError> {
        let order = Order {
            stack: self.stack,
            name,
            kind: kind.clone(),
            role,
            body: body(self.stacks.session(), self.deployment, self.stack).await?,
        };
        let (id, stack_id) = self.stacks.create_change_set(order).await?;
        let first = self.made(&stack_id, &id).await?;
        let created = first.creation_time;
        let changes = match verdict(&first) {
            Verdict::Ready => Some(self.all_pages(&stack_id, &id, first).await?),
            Verdict::Nothing if kind == ChangeSetType::Update => {
                self.stacks.delete_change_set(&stack_id, &id).await?;
                None
            }
            Verdict::Nothing | Verdict::NotYet => {
                let reason = first.status_reason.clone().unwrap_or_default();
                return Err(self.not_made(&stack_id, &id, &reason).await);
            }
            Verdict::Refused(reason) => return Err(self.not_made(&stack_id, &id, &reason).await),
        };
        Ok(ChangeSet {
            id,
            stack_id,
            created,
            changes,
        })
    }

    /// Deletes a change set that could not be made, and says why it could not.
    async fn not_made(&self, stack: &str, id: &str, reason: &str) -> PortError {
        // What is left of it does no harm; the reason matters more.
        let _left = self.stacks.delete_change_set(stack, id).await;
        self.refused(reason, "change the template or its inputs")
    }

    /// When a change set was made, by CloudFormation's clock.
    pub(crate) async fn created(
        &self,
        stack: &str,
        id: &str,
    ) -> Result<Option<DateTime>, PortError> {
        Ok(self.page(stack, id, None).await?.creation_time)
    }

    async fn made(&self, stack: &str, id: &str) -> Result<DescribeChangeSetOutput, PortError> {
        let mut pace = Pace::new();
        loop {
            let page = self.page(stack, id, None).await?;
            if verdict(&page) != Verdict::NotYet {
                return Ok(page);
            }
            pace.pause().await;
        }
    }

    async fn all_pages(
        &self,
        stack: &str,
        id: &str,
        first: DescribeChangeSetOutput,
    ) -> Result<Vec<ResourceChange>, PortError> {
        let mut changes = Vec::new();
        let mut page = first;
        loop {
            let of_page = page.changes.unwrap_or_default();
            changes.extend(
                of_page
                    .into_iter()
                    .filter_map(|change| change.resource_change),
            );
            let Some(next) = page.next_token else {
                return Ok(changes);
            };
            page = self.page(stack, id, Some(next)).await?;
        }
    }

    async fn page(
        &self,
        stack: &str,
        id: &str,
        page: Option<String>,
    ) -> Result<DescribeChangeSetOutput, PortError> {
        let answer = self.stacks.change_set(stack, id, page).await?;
        answer.ok_or_else(|| {
            self.refused(
                "somebody has deleted its change set meanwhile",
                "run it again",
            )
        })
    }

    /// The plan that a change set comes to.
    pub(crate) fn plan_of(&self, road: &Road, change_set: &ChangeSet) -> Plan {
        let operation = match (road, &change_set.changes) {
            (Road::Update | Road::Unstick { .. }, None) => Operation::Nothing,
            (Road::Update | Road::Unstick { .. }, Some(_)) => Operation::Update,
            (Road::Create | Road::Rebuild { .. }, _) => Operation::Create,
        };
        let mut changes = changes(change_set.changes.iter().flatten());
        if operation == Operation::Update && changes.changes.is_empty() {
            changes.notes.push(
                "no resource changes: the outputs or the settings of the stack do".to_owned(),
            );
        }
        self.plan(operation, changes)
    }

    /// A plan with its secrets masked and danger first.
    pub(crate) fn plan(&self, operation: Operation, changes: Changes) -> Plan {
        let Changes { mut changes, notes } = changes;
        let masked = mask(&mut changes, &self.stack.sensitive);
        let plan = Plan {
            target: self.deployment.target.clone(),
            operation,
            unknown: Vec::new(),
            changes,
            rendered: self.deployment.rendered.clone(),
            difference: None,
            masked,
            notes,
        };
        plan.sorted()
    }

    /// The role that CloudFormation is given: components are confined to their own.
    pub(crate) fn role(&self) -> Result<Option<&str>, PortError> {
        let roles = &self.deployment.roles;
        let is_component = matches!(self.deployment.target, TargetId::Component(_));
        if !is_component {
            return Ok(roles.execution.as_deref());
        }
        if roles.component.is_none() && (roles.execution.is_some() || roles.apply.is_some()) {
            return Err(self.refused(
                "it is a component, and the account has no role that confines components",
                "give the account `roles: {component: arn:…}` in nucleon.yaml",
            ));
        }
        Ok(roles.component.as_deref())
    }

    /// Where the stack is.
    pub(crate) fn provisioned(
        &self,
        stack_id: Option<String>,
        change_set_id: Option<String>,
    ) -> Provisioned {
        Provisioned::Cloudformation {
            stack_name: self.stack.name.clone(),
            stack_id,
            change_set_id,
        }
    }

    pub(crate) fn refused(&self, message: &str, hint: &str) -> PortError {
        PortError::Refused {
            system: "CloudFormation",
            action: format!("change stack {}", self.stack.name),
            message: message.to_owned(),
            hint: Some(hint.to_owned()),
        }
    }
}
