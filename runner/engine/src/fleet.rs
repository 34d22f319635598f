//! A repository with the template versions that it uses: from its targets to candidates.

use std::collections::{BTreeMap, BTreeSet};

use nucleon_core::compose::{Composer, Composition, Versions};
use nucleon_core::cores;
use nucleon_core::deployment::{Body, Deployment, Place, Stack};
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::digest::{InputsDigest, RenderedDigest};
use nucleon_core::outcome::{DeploymentStatus, Outputs};
use nucleon_core::record::{Provisioned, Record, SpecUsed};
use nucleon_core::repository::{Repository, Target};
use nucleon_core::schema::InputType;
use nucleon_core::stack_name::stack_name;
use nucleon_core::target::{Name, Stage, TargetId};
use serde_json::Value as Json;

use crate::body::Made;
use crate::candidate::Candidate;
use crate::cores::AllCores;
use crate::given::Given as GivenOutputs;
use crate::ports::Tip;
use crate::refusal::Refusal;

/// A repository and its template versions, read once.
#[derive(Debug)]
pub struct Fleet {
    /// What the repository says.
    pub repository: Repository,
    /// The template versions that its targets use.
    pub versions: Versions,
    /// Where specs of services were read that lie in other repositories.
    pub specs: BTreeMap<Name, SpecUsed>,
    /// What is wrong with targets that fit neither their template nor their environment.
    pub faulty: BTreeMap<TargetId, Vec<Diagnostic>>,
}

/// What the spec of a customer-managed environment gives out; nothing where it has faults.
pub struct ByHand(pub Option<Outputs>);

/// The tips that a decision is made from.
pub type Tips = BTreeMap<TargetId, Tip>;

impl Fleet {
    /// Composes targets with the outputs that the state holds; one with faults does not stop the others.
    pub fn compose(
        &self,
        targets: &[&Target],
        tips: &Tips,
    ) -> Vec<(Option<Composition>, Vec<Diagnostic>)> {
        self.compose_with(targets, tips, |_, composition, faults| {
            (composition, faults)
        })
    }

    /// Composes targets on all cores and hands each to `then`, on the thread that composed it; the answers are in the targets' order.
    ///
    /// What `then` does not keep is given back at once: a thousand targets need no more memory than a few.
    pub fn compose_with<T: Send>(
        &self,
        targets: &[&Target],
        tips: &Tips,
        then: impl Fn(&Target, Option<Composition>, Vec<Diagnostic>) -> T + Sync,
    ) -> Vec<T> {
        let given = GivenOutputs::new(self, tips);
        let outputs = |target: &TargetId| given.outputs(target);
        let composer = Composer::new(&self.repository, &self.versions, &outputs);
        cores::map(&AllCores, targets, |target| {
            let (composition, mut faults) = composer.compose(target);
            let known = self.faulty.get(&target.id);
            faults.extend(known.into_iter().flatten().cloned());
            then(target, composition.filter(|_| known.is_none()), faults)
        })
    }

    /// The targets that must be there for a target: its own and those it needs.
    pub fn with_dependencies(&self, targets: &[TargetId]) -> Vec<TargetId> {
        let mut all = self.dependencies(targets);
        all.extend(targets.iter().cloned());
        all.sort();
        all.dedup();
        all
    }

    /// The targets whose outputs others see: all that rendering them needs of the state.
    pub fn dependencies(&self, targets: &[TargetId]) -> Vec<TargetId> {
        let known = self.repository.targets();
        let mut all = Vec::new();
        for target in targets.iter().filter_map(|id| known.get(id)) {
            all.extend(&target.dependencies);
            // A pipeline sees its instances' environments, too.
            let further = target.dependencies.iter().filter_map(|id| known.get(id));
            all.extend(further.flat_map(|target| &target.dependencies));
        }
        all.sort();
        all.dedup();
        all.into_iter().cloned().collect()
    }

    /// The instances and components that are in an environment; nothing is in a target of another kind.
    pub fn tenants(&self, environment: &TargetId) -> Vec<TargetId> {
        let all = self.repository.targets().values();
        let uses = |target: &&Target| {
            target.dependencies.contains(environment)
                && matches!(environment, TargetId::Environment(_))
                && matches!(
                    target.id,
                    TargetId::Instance { .. } | TargetId::Component(_)
                )
        };
        all.filter(uses).map(|target| target.id.clone()).collect()
    }

    /// Refuses to delete an environment in which something lives, by the records of its tenants.
    pub fn is_empty(&self, environment: &TargetId, tips: &Tips) -> Result<(), Refusal> {
        let lives = |tenant: &TargetId| {
            let record = tips.get(tenant).map(|tip| tip.record.as_ref());
            // What cannot be read may live.
            record
                .is_some_and(|record| record.map_or(true, |record| living(Some(record)).is_some()))
        };
        let tenants: Vec<TargetId> = self
            .tenants(environment)
            .into_iter()
            .filter(lives)
            .collect();
        if tenants.is_empty() {
            return Ok(());
        }
        Err(Refusal::InUse {
            target: environment.clone(),
            tenants,
        })
    }

    /// The outputs of an environment that its team provisions itself: what its spec says, as texts.
    pub fn by_hand(&self, target: &TargetId) -> Option<ByHand> {
        let target = self.repository.targets().get(target)?;
        let bundle = &self.versions.get(target.template.as_ref()?)?.bundle;
        if !bundle.customer_managed {
            return None;
        }
        let (given, at) = (target.spec.values.as_ref(), &target.spec.at);
        let (inputs, _) = bundle.schema.check(InputType::Environment, given, at);
        let text = |value: &Json| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        Some(ByHand(inputs.map(|inputs| {
            let values = inputs.values().iter();
            values
                .map(|(name, value)| (name.clone(), text(value)))
                .collect()
        })))
    }

    /// The stages in which something happens when these targets are deployed, in order: their own,
    /// and those of the targets that use their outputs and may render differently afterwards.
    pub fn stages(&self, targets: &[&Target]) -> BTreeSet<Stage> {
        let mut stages: BTreeSet<Stage> = targets.iter().map(|target| target.stage).collect();
        let mut moved: BTreeSet<&TargetId> = targets.iter().map(|target| &target.id).collect();
        // A target comes after all that it needs, so one look at each is enough.
        let mut all: Vec<&Target> = self.repository.targets().values().collect();
        all.sort_by_key(|target| target.stage);
        for target in all {
            if target.dependencies.iter().any(|id| moved.contains(id)) {
                moved.insert(&target.id);
                stages.insert(target.stage);
            }
        }
        stages
    }

    /// A composed target, ready to be planned; what nothing here can deploy is refused.
    pub fn candidate(
        &self,
        target: &Target,
        composition: Composition,
        tip: Option<&Tip>,
        id: String,
    ) -> Result<Candidate, Refusal> {
        let record = tip.and_then(|tip| tip.record.as_ref().ok());
        let secrets = composition.inputs.secrets().to_vec();
        let Composition {
            template,
            inputs,
            product,
            ..
        } = composition;
        let rendered = product.digest();
        let unknown = product.unknown().to_vec();
        let made = Made {
            template: template.as_ref(),
            secrets: &secrets,
            record,
        };
        let (body, facts) = self.body(target, product, made)?;
        let sensitive_outputs = facts
            .as_ref()
            .map(|facts| facts.sensitive_outputs.clone())
            .unwrap_or_default();
        let deployment = Deployment {
            target: target.id.clone(),
            place: target.place.clone(),
            roles: target.roles.clone(),
            adopted: match &body {
                Body::Stack(_) => record.is_some_and(|record| record.provisioned.is_some()),
                Body::Script(_) | Body::Module(_) | Body::Proposal(_) => living(record).is_some(),
            },
            rendered,
            id: match &target.merged {
                Some(merged) if !merged.deleted => merged.deployment.clone(),
                Some(_) | None => id,
            },
            destroy: target.merged.as_ref().is_some_and(|merged| merged.deleted),
            body,
        };
        Ok(Candidate {
            deployment,
            stage: target.stage,
            account_name: target.account.clone(),
            github_environment: target.github_environment.clone(),
            template,
            spec: self.spec_of(&target.id),
            inputs: inputs.digest(),
            unknown,
            secrets,
            resources: facts.map(|facts| facts.resources).unwrap_or_default(),
            sensitive_outputs,
            needs_approval: self.needs_approval(target),
        })
    }

    /// A stack that is to be deleted, from its record alone: its spec and template may be gone.
    pub fn farewell(&self, record: &Record, id: String) -> Candidate {
        let place = Place {
            account: record.account.clone(),
            region: record.region.clone(),
        };
        let config = self.repository.config();
        let account = config.account_of(&place.account);
        let account_name = account
            .map_or(&place.account, |account| &account.name)
            .clone();
        let roles = account
            .map(|account| account.roles.clone())
            .unwrap_or_default();
        let target = self.repository.targets().get(&record.target);
        let deployment = Deployment {
            target: record.target.clone(),
            place,
            roles,
            adopted: true,
            rendered: RenderedDigest::of(&[]),
            id,
            destroy: true,
            body: Body::Stack(Stack {
                name: living_stack(Some(record)).unwrap_or_else(|| {
                    stack_name(config.stack_prefix(&account_name), &record.target)
                }),
                template: String::new(),
                tags: BTreeMap::new(),
                artifacts: None,
                capabilities: Vec::new(),
                sensitive: Vec::new(),
            }),
        };
        Candidate {
            deployment,
            stage: target.map_or_else(|| record.target.usual_stage(), |target| target.stage),
            account_name,
            github_environment: target
                .map_or_else(String::new, |target| target.github_environment.clone()),
            template: record.template.clone(),
            spec: record.spec.clone(),
            inputs: record
                .inputs_digest
                .clone()
                .unwrap_or_else(|| InputsDigest::of(&[])),
            unknown: Vec::new(),
            resources: BTreeMap::new(),
            secrets: Vec::new(),
            sensitive_outputs: Vec::new(),
            needs_approval: target.is_some_and(|target| self.needs_approval(target)),
        }
    }

    fn spec_of(&self, target: &TargetId) -> Option<SpecUsed> {
        match target {
            TargetId::Instance { service, .. } | TargetId::Pipeline { service } => {
                self.specs.get(service).cloned()
            }
            TargetId::Environment(_) | TargetId::Component(_) => None,
        }
    }

    fn needs_approval(&self, target: &Target) -> bool {
        target
            .environment
            .as_ref()
            .is_some_and(|environment| self.repository.config().needs_approval(environment))
    }
}

/// Where a target lives, by its record.
pub(crate) fn living(record: Option<&Record>) -> Option<&Provisioned> {
    let record = record.filter(|record| record.status != DeploymentStatus::DeleteComplete)?;
    record.provisioned.as_ref()
}

/// The name of the stack that a record says is there.
pub(crate) fn living_stack(record: Option<&Record>) -> Option<String> {
    match living(record)? {
        Provisioned::Cloudformation { stack_name, .. } => Some(stack_name.clone()),
        Provisioned::Commands { .. }
        | Provisioned::Terraform { .. }
        | Provisioned::PullRequest { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use nucleon_core::files::{Content, Files, RelPath};

    use super::*;

    /// Two environments, an instance in each, a pipeline over both.
    fn fleet() -> Fleet {
        let settings = "\
nucleon: 1
accounts: {main: {id: \"111122223333\", region: us-east-1}}
promotion: {order: [dev, prod]}
pipelines: {account: main}
environments:
  dev: {account: main, template: network-env@1.0}
  prod: {account: main, template: network-env@1.0}
services: {shop: {template: web-svc@1.0}}
";
        let service = "\
proton: ServiceSpec
pipeline: {size: 1}
instances:
  - {name: dev, environment: dev, spec: {size: 1}}
  - {name: prod, environment: prod, spec: {size: 1}}
";
        let environment = "proton: EnvironmentSpec\nspec: {size: 1}\n";
        let mut files = Files::default();
        for (path, text) in [
            ("nucleon.yaml", settings),
            ("environments/dev.yaml", environment),
            ("environments/prod.yaml", environment),
            ("services/shop.yaml", service),
        ] {
            files.insert(RelPath::new(path).unwrap(), Content::Text(text.into()));
        }
        Fleet {
            repository: Repository::parse(&files).0,
            versions: Versions::default(),
            specs: BTreeMap::new(),
            faulty: BTreeMap::new(),
        }
    }

    fn stages(target: &str) -> Vec<String> {
        let fleet = fleet();
        let target = &fleet.repository.targets()[&target.parse().unwrap()];
        let stages = fleet.stages(&[target]);
        stages.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_stages_of_a_target_are_its_own_and_those_of_what_uses_its_outputs() {
        assert_eq!(
            stages("environment/prod"),
            ["environments", "instances-2", "pipelines"]
        );
        assert_eq!(
            stages("service/shop/service-instance/dev"),
            ["instances-1", "pipelines"]
        );
        assert_eq!(stages("service/shop/pipeline"), ["pipelines"]);
    }
}
