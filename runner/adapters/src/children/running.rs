//! Programs that are at work, and how they are told to stop.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nucleon_core::target::TargetId;
use tokio::sync::Notify;

/// The targets whose programs run, or are about to.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<BTreeMap<TargetId, Arc<Notify>>>);

/// A target that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Stop<'a> {
    running: &'a Running,
    target: TargetId,
    asked: Arc<Notify>,
}

impl Running {
    /// Takes a target down; what it gives is notified when the target is to stop, also when nobody waits for that yet.
    pub(crate) fn begin(&self, target: &TargetId) -> Stop<'_> {
        let asked = Arc::new(Notify::new());
        self.targets().insert(target.clone(), asked.clone());
        Stop {
            running: self,
            target: target.clone(),
            asked,
        }
    }

    /// Asks a target's programs to stop; one that does not run any more needs no asking.
    pub(crate) fn stop(&self, target: &TargetId) {
        if let Some(asked) = self.targets().get(target) {
            asked.notify_one();
        }
    }

    fn targets(&self) -> MutexGuard<'_, BTreeMap<TargetId, Arc<Notify>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stop<'_> {
    /// What is notified.
    pub(crate) fn asked(&self) -> &Notify {
        &self.asked
    }
}

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.running.targets().remove(&self.target);
    }
}
