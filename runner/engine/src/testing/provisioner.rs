//! A provisioner that answers what a test has written down, and nothing else.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use nucleon_core::deployment::Deployment;
use nucleon_core::outcome::Outcome;
use nucleon_core::plan::{ApprovedPlan, Plan};
use nucleon_core::record::{Provisioned, Record};
use nucleon_core::target::TargetId;
use tokio::sync::Notify;

use super::{Log, lock};
use crate::ports::{Found, Living, PortError, Prepared, Progress, Provisioner};

/// The answer to one request.
#[derive(Debug)]
pub enum Answer {
    /// To `plan`.
    Plan(Result<Plan, PortError>),
    /// To `prepare`.
    Prepare(Result<Prepared, PortError>),
    /// To `execute`.
    Execute(Result<Outcome, PortError>),
    /// To `execute`, which goes on until the target is cancelled.
    ExecuteUntilCancelled(Outcome),
    /// To `execute`, which never ends: the test drops it, as a run dies.
    ExecuteForEver,
    /// To `discard`.
    Discard(Result<(), PortError>),
    /// To `inspect`.
    Inspect(Result<Found, PortError>),
    /// To `wait`.
    Wait(Result<Outcome, PortError>),
    /// To `wait`, which never ends.
    WaitForEver,
    /// To `cancel`.
    Cancel(Result<(), PortError>),
    /// To `describe`.
    Describe(Result<Option<Living>, PortError>),
}

impl Answer {
    fn request(&self) -> &'static str {
        match self {
            Self::Plan(_) => "plan",
            Self::Prepare(_) => "prepare",
            Self::Execute(_) | Self::ExecuteUntilCancelled(_) | Self::ExecuteForEver => "execute",
            Self::Discard(_) => "discard",
            Self::Inspect(_) => "inspect",
            Self::Wait(_) | Self::WaitForEver => "wait",
            Self::Cancel(_) => "cancel",
            Self::Describe(_) => "describe",
        }
    }
}

/// A provisioner that answers each target's requests in the order in which they are expected.
#[derive(Debug)]
pub struct FakeProvisioner {
    expected: Mutex<BTreeMap<TargetId, VecDeque<Answer>>>,
    cancelled: Notify,
    log: Log,
}

impl FakeProvisioner {
    /// A provisioner that expects nothing.
    pub fn new(log: &Log) -> Self {
        Self {
            expected: Mutex::default(),
            cancelled: Notify::new(),
            log: log.clone(),
        }
    }

    /// Expects one more request for a target, and says how to answer it.
    #[must_use]
    pub fn expect(self, target: &TargetId, answer: Answer) -> Self {
        lock(&self.expected)
            .entry(target.clone())
            .or_default()
            .push_back(answer);
        self
    }

    /// Takes the next answer; anything but the request that it answers is a mistake of the code under test.
    fn next(&self, request: &str, deployment: &Deployment) -> Answer {
        let target = &deployment.target;
        self.log.add(format!("{request} {target}"));
        let answer = lock(&self.expected)
            .get_mut(target)
            .and_then(VecDeque::pop_front);
        match answer {
            Some(answer) if answer.request() == request => answer,
            Some(answer) => panic!(
                "`{request}` of {target}, where `{}` was expected",
                answer.request()
            ),
            None => panic!("`{request}` of {target}, where nothing more was expected"),
        }
    }
}

impl Drop for FakeProvisioner {
    fn drop(&mut self) {
        let expected = lock(&self.expected);
        let left = expected
            .iter()
            .filter_map(|(target, answers)| Some((target, answers.front()?)));
        let left: Vec<String> = left
            .map(|(target, answer)| format!("`{}` of {target}", answer.request()))
            .collect();
        assert!(
            left.is_empty() || std::thread::panicking(),
            "never came: {}",
            left.join(", ")
        );
    }
}

/// Takes the answer out of its variant; [`FakeProvisioner::next`] has compared the request.
macro_rules! answer {
    ($self:ident, $request:literal, $deployment:ident, $variant:ident) => {
        match $self.next($request, $deployment) {
            Answer::$variant(answer) => answer,
            other => unreachable!("{other:?} does not answer this request"),
        }
    };
}

#[async_trait]
impl Provisioner for FakeProvisioner {
    async fn plan(&self, deployment: &Deployment) -> Result<Plan, PortError> {
        answer!(self, "plan", deployment, Plan)
    }

    async fn prepare(&self, deployment: &Deployment) -> Result<Prepared, PortError> {
        answer!(self, "prepare", deployment, Prepare)
    }

    async fn execute(
        &self,
        deployment: &Deployment,
        _approved: &ApprovedPlan,
        _provisioned: &Provisioned,
        _progress: &dyn Progress,
    ) -> Result<Outcome, PortError> {
        match self.next("execute", deployment) {
            Answer::ExecuteUntilCancelled(outcome) => {
                self.cancelled.notified().await;
                Ok(outcome)
            }
            Answer::ExecuteForEver => std::future::pending().await,
            Answer::Execute(answer) => answer,
            other => unreachable!("{other:?} does not answer this request"),
        }
    }

    async fn discard(
        &self,
        deployment: &Deployment,
        _provisioned: &Provisioned,
    ) -> Result<(), PortError> {
        answer!(self, "discard", deployment, Discard)
    }

    async fn inspect(&self, deployment: &Deployment, _record: &Record) -> Result<Found, PortError> {
        answer!(self, "inspect", deployment, Inspect)
    }

    async fn wait(
        &self,
        deployment: &Deployment,
        _provisioned: &Provisioned,
        _progress: &dyn Progress,
    ) -> Result<Outcome, PortError> {
        match self.next("wait", deployment) {
            Answer::WaitForEver => std::future::pending().await,
            Answer::Wait(answer) => answer,
            other => unreachable!("{other:?} does not answer this request"),
        }
    }

    async fn cancel(
        &self,
        deployment: &Deployment,
        _provisioned: &Provisioned,
    ) -> Result<(), PortError> {
        let answer = answer!(self, "cancel", deployment, Cancel);
        self.cancelled.notify_one();
        answer
    }

    async fn describe(&self, deployment: &Deployment) -> Result<Option<Living>, PortError> {
        answer!(self, "describe", deployment, Describe)
    }
}
