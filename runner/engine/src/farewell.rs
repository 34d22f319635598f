//! Targets that are to be deleted, from their records: specs and templates may be gone.
//!
//! What commands have made only their bundle can delete. The record names the last one that worked, which is read from
//! the repository's history; a bundle that was broken or removed since then does not keep a target from being deleted.

use std::sync::Arc;

use nucleon_core::bundle::{Bundle, Part};
use nucleon_core::compose::{Composition, Product};
use nucleon_core::context::Context;
use nucleon_core::deployment::{Body, Place};
use nucleon_core::folder::{Folder, Subject};
use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::record::{Provisioned, Record, TemplateUsed};
use nucleon_core::repository::ComponentSource;
use nucleon_core::script::{Script, unmask};
use nucleon_core::secret::Secret;
use nucleon_core::source::{Commands, Module, Source};
use nucleon_core::tags::Tagged;
use nucleon_core::target::TargetId;
use nucleon_core::version::VersionRef;
use serde_json::Value as Json;

use crate::candidate::Candidate;
use crate::deploy::{Deployed, Ids};
use crate::fleet::{Fleet, Tips};
use crate::module::of_destruction;
use crate::ports::Templates;
use crate::proposal;
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
        let (bundle, inputs) = match &record.provisioned {
            Some(Provisioned::Commands { bundle, inputs, .. }) => (bundle, inputs),
            Some(Provisioned::Terraform { bundle, inputs, .. }) => {
                self.module(record, bundle.as_ref(), inputs, tips, &mut candidate)
                    .await?;
                return Ok(candidate);
            }
            Some(Provisioned::PullRequest { .. }) => {
                self.proposed(record, &mut candidate);
                return Ok(candidate);
            }
            Some(Provisioned::Cloudformation { .. }) | None => return Ok(candidate),
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

    /// Makes a candidate one whose deletion is proposed.
    fn proposed(&self, record: &Record, candidate: &mut Candidate) {
        let place = candidate.deployment.place.clone();
        candidate.deployment.adopted = record.status != DeploymentStatus::DeleteComplete;
        candidate.deployment.body = if self.removal == Removal::Forget {
            let arn = self.fleet.repository.arn(&record.target, &place);
            Body::Script(Box::new(of_nothing(record, arn, forgotten(record))))
        } else {
            let base = self.fleet.repository.config().provisioning.as_ref();
            Body::Proposal(Box::new(proposal::of_deletion(record, base)))
        };
    }

    /// Makes a candidate one that Terraform destroys: with what it was applied from, or from its state alone where that is gone.
    async fn module(
        &self,
        record: &Record,
        used: Option<&TemplateUsed>,
        inputs: &Json,
        tips: &Tips,
        candidate: &mut Candidate,
    ) -> Result<(), Refusal> {
        let place = candidate.deployment.place.clone();
        candidate.deployment.adopted = record.status != DeploymentStatus::DeleteComplete;
        if self.removal == Removal::Forget {
            let arn = self.fleet.repository.arn(&record.target, &place);
            let script = of_nothing(record, arn, forgotten(record));
            candidate.deployment.body = Body::Script(Box::new(script));
            return Ok(());
        }
        let current = self.current(record, tips);
        let found = match used {
            Some(used) => self.module_of(record, used).await?,
            None => self.module_of_component(record),
        };
        let mut inputs = inputs.clone();
        let missing = unmask(&mut inputs, current.as_ref().and_then(values));
        let folder = found.as_ref().ok().and_then(|module| {
            let context = Context::from_json(inputs).ok()?;
            Some(Folder::of_module(
                module,
                &context,
                subject(record, used, &place),
            ))
        });
        let config = self.fleet.repository.config();
        let mut module = of_destruction(config, record, folder.as_ref());
        if let Err(why) = found {
            module
                .notes
                .push(format!("destroyed from its state alone: {why}"));
        } else if !missing.is_empty() {
            let missing = missing.join(", ");
            module.notes.push(format!("secrets are in no record, and no spec gives them any more: its module sees `***` for {missing}"));
        }
        candidate.deployment.body = Body::Module(Box::new(module));
        candidate.secrets = current
            .map(|current| current.inputs.secrets().to_vec())
            .unwrap_or_default();
        Ok(())
    }

    async fn module_of(
        &self,
        record: &Record,
        used: &TemplateUsed,
    ) -> Result<Result<Module, String>, Refusal> {
        let bundle = match self.bundle(used).await? {
            Ok(bundle) => bundle,
            Err(why) => return Ok(Err(why)),
        };
        let part = Part::of_target(&record.target).and_then(|part| bundle.parts.get(&part));
        Ok(match part {
            Some(Source::Module(module)) => Ok(module.clone()),
            Some(Source::Template(_) | Source::Commands(_)) | None => {
                Err(format!("{used} of commit {} has no module", used.commit))
            }
        })
    }

    fn module_of_component(&self, record: &Record) -> Result<Module, String> {
        let target = self.fleet.repository.targets().get(&record.target);
        match target.and_then(|target| target.component.as_ref()) {
            Some(ComponentSource {
                source: Source::Module(module),
                ..
            }) => Ok(module.clone()),
            Some(_) | None => Err("its file is no longer in the repository".to_owned()),
        }
    }

    /// What the target comes to as its spec stands now, if there still is one.
    fn current(&self, record: &Record, tips: &Tips) -> Option<Composition> {
        let target = self.fleet.repository.targets().get(&record.target)?;
        let (composition, _) = self.fleet.compose(&[target], tips).pop()?;
        composition
    }

    /// The script with its inputs, into which secrets come back from the spec as long as that is there.
    fn deletion(
        &self,
        record: &Record,
        commands: &Commands,
        (inputs, arn): (&Json, String),
        tips: &Tips,
    ) -> Result<(Script, Vec<Secret>), Refusal> {
        let composition = self.current(record, tips);
        let mut inputs = inputs.clone();
        let missing = unmask(&mut inputs, composition.as_ref().and_then(values));
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

fn values(composition: &Composition) -> Option<&Json> {
    match &composition.product {
        Product::Folder(folder) => Some(folder.values()),
        Product::Template(_) => None,
    }
}

fn subject<'s>(
    record: &'s Record,
    used: Option<&'s TemplateUsed>,
    place: &'s Place,
) -> Subject<'s> {
    Subject {
        target: &record.target,
        tagged: Tagged {
            account: &place.account,
            region: &place.region,
            template: used.map(|used| &used.name),
            environment: None,
            attached: None,
        },
        version: used.map(|used| (used.major, used.minor)),
    }
}
