//! Targets that are to be deleted, from their records: specs and templates may be gone.
//!
//! What commands have made only their bundle can delete. The record names the last one that worked, which is read from
//! the repository's history; a bundle that was broken or removed since then does not keep a target from being deleted.

use std::sync::Arc;

use nucleon_core::bundle::{Bundle, Part};
use nucleon_core::compose::Product;
use nucleon_core::deployment::Body;
use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::record::{Provisioned, Record, TemplateUsed};
use nucleon_core::script::{Script, unmask};
use nucleon_core::secret::Secret;
use nucleon_core::source::{Commands, Source};
use nucleon_core::target::TargetId;
use nucleon_core::version::VersionRef;
use serde_json::Value as Json;

use crate::candidate::Candidate;
use crate::deploy::{Deployed, Ids};
use crate::fleet::{Fleet, Tips};
use crate::ports::Templates;
use crate::refusal::Refusal;
use crate::script::{forgotten, of_deletion, of_nothing};

/// How far a deletion goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// What is there is deleted.
    Delete,
    /// What commands have made is forgotten and stays; stacks are deleted.
    Forget,
}

/// Makes candidates of targets that are to be deleted.
pub struct Farewell<'a> {
    /// The repository.
    pub fleet: &'a Fleet,
    /// Where bundles of the past are.
    pub templates: &'a dyn Templates,
    /// Makes the deployments' ids.
    pub ids: Ids<'a>,
    /// How far it goes.
    pub removal: Removal,
}

impl Farewell<'_> {
    /// Candidates for deletion. A target that was never deployed has none; one whose record cannot be read is refused.
    pub async fn candidates(
        &self,
        targets: &[TargetId],
        tips: &Tips,
    ) -> (Vec<Candidate>, Vec<Deployed>) {
        let (mut candidates, mut refused) = (Vec::new(), Vec::new());
        let tip = |target| Some((target, tips.get(target)?));
        for (target, tip) in targets.iter().filter_map(tip) {
            let candidate = match &tip.record {
                Ok(record) => self.candidate(record, tips).await,
                Err(fault) => Err(Refusal::Corrupt(Box::new(fault.clone()))),
            };
            match candidate {
                Ok(candidate) => candidates.push(candidate),
                Err(refusal) => refused.push(Deployed::refused(target, refusal)),
            }
        }
        (candidates, refused)
    }

    async fn candidate(&self, record: &Record, tips: &Tips) -> Result<Candidate, Refusal> {
        let mut candidate = self.fleet.farewell(record, (self.ids)());
        let Some(Provisioned::Commands { bundle, inputs, .. }) = &record.provisioned else {
            return Ok(candidate);
        };
        let place = &candidate.deployment.place;
        let arn = self.fleet.repository.arn(&record.target, place);
        candidate.deployment.adopted = record.status != DeploymentStatus::DeleteComplete;
        let script = if !candidate.deployment.adopted || self.removal == Removal::Forget {
            of_nothing(record, arn, forgotten(record))
        } else {
            let commands = self.commands(record, bundle).await?;
            let (script, secrets) = self.deletion(record, &commands, (inputs, arn), tips)?;
            candidate.secrets = secrets;
            script
        };
        candidate.deployment.body = Body::Script(Box::new(script));
        Ok(candidate)
    }

    /// The script with its inputs, into which secrets come back from the spec as long as that is there.
    fn deletion(
        &self,
        record: &Record,
        commands: &Commands,
        (inputs, arn): (&Json, String),
        tips: &Tips,
    ) -> Result<(Script, Vec<Secret>), Refusal> {
        let target = self.fleet.repository.targets().get(&record.target);
        let composed = target.and_then(|target| self.fleet.compose(&[target], tips).pop());
        let composition = composed.and_then(|(composition, _)| composition);
        let current = composition
            .as_ref()
            .and_then(|composition| match &composition.product {
                Product::Folder(folder) => Some(folder.values()),
                Product::Template(_) => None,
            });
        let mut inputs = inputs.clone();
        let missing = unmask(&mut inputs, current);
        let mut script = of_deletion(commands, &inputs, arn, record)?;
        if !missing.is_empty() {
            script.notes.push(format!(
                "secrets are in no record, and no spec gives them any more: its commands see `***` for {}",
                missing.join(", ")
            ));
        }
        let secrets = composition.map(|composition| composition.inputs.secrets().to_vec());
        Ok((script, secrets.unwrap_or_default()))
    }

    async fn commands(&self, record: &Record, used: &TemplateUsed) -> Result<Commands, Refusal> {
        let none = |why: String| Refusal::NoBundle {
            target: record.target.clone(),
            why,
        };
        let bundle = self.bundle(used).await?.map_err(none)?;
        let part = Part::of_target(&record.target).and_then(|part| bundle.parts.get(&part));
        match part {
            Some(Source::Commands(commands)) => Ok((**commands).clone()),
            Some(Source::Template(_) | Source::Module(_)) | None => {
                Err(none(format!("{used} of commit {} has none", used.commit)))
            }
        }
    }

    /// The very files that were deployed: at hand where nothing has changed since, else from the history.
    async fn bundle(&self, used: &TemplateUsed) -> Result<Result<Arc<Bundle>, String>, Refusal> {
        let version = VersionRef {
            name: used.name.clone(),
            major: used.major,
            minor: used.minor,
        };
        let at_hand = self.fleet.versions.get(&version);
        if let Some(versioned) = at_hand.filter(|found| found.bundle.digest == used.digest) {
            return Ok(Ok(versioned.bundle.clone()));
        }
        let found = match self.templates.used(used).await? {
            Ok(found) => found,
            Err(why) => return Ok(Err(why)),
        };
        let (bundle, _) = Bundle::parse(&used.name, used.major, &found.folder, &found.files);
        let why = || format!("{used} of commit {} cannot be read", used.commit);
        Ok(bundle.map(Arc::new).ok_or_else(why))
    }
}
