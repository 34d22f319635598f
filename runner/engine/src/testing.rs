//! Strict fakes of the ports: a request that nobody expected fails the test, and so does an expected one that never comes.
//!
//! They share a [`Log`], so that a test can say what must come before what: the record before the change.

mod forge;
mod provisioner;
mod state;
mod templates;

pub use forge::FakeForge;
pub use provisioner::{Answer, FakeProvisioner};
pub use state::FakeState;
pub use templates::FakeTemplates;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use nucleon_core::notification::Previewed;

use crate::ports::{Approvals, Clock, Event, PortError, Progress, Review};

/// What the fakes were asked for, in order, one line each: `append environment/dev IN_PROGRESS`.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// The lines so far.
    pub fn lines(&self) -> Vec<String> {
        lock(&self.0).clone()
    }

    /// Adds a line.
    pub fn add(&self, line: impl Into<String>) {
        lock(&self.0).push(line.into());
    }
}

/// A clock that moves when it is told to.
#[derive(Clone, Debug)]
pub struct FakeClock(Arc<Mutex<Timestamp>>);

impl FakeClock {
    /// A clock at a time, written as in RFC 3339.
    ///
    /// # Panics
    ///
    /// If the text is not a time.
    pub fn at(text: &str) -> Self {
        let time = text.parse().expect("a test writes a time");
        Self(Arc::new(Mutex::new(time)))
    }

    /// Moves it.
    pub fn advance(&self, by: SignedDuration) {
        *lock(&self.0) += by;
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        *lock(&self.0)
    }
}

/// Progress as lines of a log: `event environment/dev Vpc CREATE_COMPLETE`.
#[derive(Clone, Debug, Default)]
pub struct FakeProgress(pub Log);

impl Progress for FakeProgress {
    fn event(&self, event: &Event) {
        let resource = event.resource.as_deref().unwrap_or("-");
        self.0.add(format!(
            "event {} {resource} {}",
            event.target, event.status
        ));
    }
}

/// The reviews of a run, and the environments that demand one.
#[derive(Clone, Debug, Default)]
pub struct FakeApprovals {
    /// The reviews.
    pub reviews: Vec<Review>,
    /// The environments with a rule.
    pub environments: Vec<String>,
    /// What the pull request showed.
    pub previewed: Option<Previewed>,
}

#[async_trait]
impl Approvals for FakeApprovals {
    async fn reviews(&self) -> Result<Vec<Review>, PortError> {
        Ok(self.reviews.clone())
    }

    async fn has_reviewer_rule(&self, environment: &str) -> Result<bool, PortError> {
        Ok(self.environments.iter().any(|known| known == environment))
    }

    async fn previewed(&self, _commit: &str, _check: &str) -> Result<Option<Previewed>, PortError> {
        Ok(self.previewed.clone())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
