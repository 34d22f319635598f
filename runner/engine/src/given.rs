//! What targets give out to those that come after them: what the state knows, and what a changed template will add.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nucleon_core::compose::{Composer, Product};
use nucleon_core::context::Known;
use nucleon_core::outcome::{DeploymentStatus, Outputs};
use nucleon_core::record::Record;
use nucleon_core::target::TargetId;

use crate::fleet::{ByHand, Fleet, Tips};

/// The outputs of a fleet's targets; each is worked out once.
pub(crate) struct Given<'a> {
    fleet: &'a Fleet,
    tips: &'a Tips,
    known: Mutex<BTreeMap<TargetId, Known>>,
}

impl<'a> Given<'a> {
    /// Nothing is worked out yet.
    pub(crate) fn new(fleet: &'a Fleet, tips: &'a Tips) -> Self {
        Self {
            fleet,
            tips,
            known: Mutex::default(),
        }
    }

    /// What a target gives out, as far as that is known.
    pub(crate) fn outputs(&self, target: &TargetId) -> Known {
        if let Some(known) = self.known().get(target) {
            return known.clone();
        }
        // Not under the lock: it asks for the outputs of others.
        let known = self.work_out(target);
        self.known().insert(target.clone(), known.clone());
        known
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<TargetId, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work_out(&self, target: &TargetId) -> Known {
        if let Some(ByHand(outputs)) = self.fleet.by_hand(target) {
            return outputs.map_or(Known::NotYet, Known::Yes);
        }
        let tip = self.tips.get(target);
        match tip.and_then(|tip| tip.record.as_ref().ok()) {
            Some(record)
                if record.status == DeploymentStatus::Succeeded || !record.outputs.is_empty() =>
            {
                self.with_coming(record)
            }
            _ => Known::NotYet,
        }
    }

    /// Adds the outputs that the target declares now and has not given out, where it is going to be deployed anew.
    ///
    /// What it was deployed from already gave out all that there is: an output with a condition may never come.
    fn with_coming(&self, record: &Record) -> Known {
        let outputs = record.outputs.clone();
        let Some(product) = self.product(&record.target) else {
            return Known::Yes(outputs);
        };
        let is_current = record.status == DeploymentStatus::Succeeded
            && record.rendered_digest.as_ref() == Some(&product.digest());
        match coming(&product, &outputs) {
            _ if is_current => Known::Yes(outputs),
            Some(coming) if coming.is_empty() => Known::Yes(outputs),
            Some(coming) => Known::Partly(outputs, coming),
            None => Known::NotYet,
        }
    }

    /// What a target renders to now. It asks for the outputs of those before it, never for its own.
    fn product(&self, target: &TargetId) -> Option<Product> {
        let target = self.fleet.repository.targets().get(target)?;
        let outputs = |target: &TargetId| self.outputs(target);
        let composer = Composer::new(&self.fleet.repository, &self.fleet.versions, &outputs);
        composer
            .compose(target)
            .0
            .map(|composition| composition.product)
    }
}

/// The declared outputs that are not there yet; nothing while the template cannot be read because of what is unknown in it.
/// Those that give a secret away are never kept, and so never there.
fn coming(product: &Product, outputs: &Outputs) -> Option<BTreeSet<String>> {
    let facts = match product {
        Product::Template(template) => template.facts.as_ref()?,
        // What Terraform or commands give out shows when they have been applied.
        Product::Folder(_) => return Some(BTreeSet::new()),
    };
    let is_new =
        |name: &&String| !outputs.contains_key(*name) && !facts.sensitive_outputs.contains(name);
    Some(facts.outputs.iter().filter(is_new).cloned().collect())
}
