//! Deploys any number of targets, stage by stage: what one stage gives out, the next one reads from the state.

use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::target::{Stage, TargetId};

use crate::apply::{Applied, Apply};
use crate::candidate::Candidate;
use crate::farewell::{Farewell, Removal};
use crate::fleet::{ByHand, Fleet, Tips};
use crate::ports::{PortError, State};
use crate::refusal::Refusal;

/// What became of one target.
#[derive(Debug)]
pub struct Deployed {
    /// The target.
    pub target: TargetId,
    /// What became of it.
    pub result: Result<Applied, Refusal>,
}

impl Deployed {
    pub(crate) fn refused(target: &TargetId, refusal: Refusal) -> Self {
        Self {
            target: target.clone(),
            result: Err(refusal),
        }
    }
}

/// Makes a deployment's id: a UUID.
pub type Ids<'a> = &'a (dyn Fn() -> String + Send + Sync);

/// Deploys targets of a repository, environments first and pipelines last.
pub async fn deploy(
    apply: &Apply<'_>,
    fleet: &Fleet,
    targets: &[TargetId],
    ids: Ids<'_>,
) -> Vec<Deployed> {
    let mut deployed = Vec::new();
    for stage in Stage::ALL {
        let in_stage = |id: &&TargetId| {
            fleet
                .repository
                .targets()
                .get(id)
                .is_some_and(|target| target.stage == stage)
        };
        let ids_of_stage: Vec<TargetId> = targets.iter().filter(in_stage).cloned().collect();
        if !ids_of_stage.is_empty() {
            deployed.extend(one_stage(apply, fleet, &ids_of_stage, ids).await);
        }
    }
    deployed
}

/// Deletes targets, pipelines first and environments last, from their records alone.
pub async fn destroy(
    apply: &Apply<'_>,
    farewell: &Farewell<'_>,
    targets: &[TargetId],
) -> Result<Vec<Deployed>, PortError> {
    let tips = apply.state.read(targets).await?;
    let (candidates, mut deployed) = farewell.candidates(targets, &tips).await;
    let is_unknown = |target: &&TargetId| !tips.contains_key(target);
    deployed.extend(targets.iter().filter(is_unknown).map(|target| Deployed {
        target: target.clone(),
        result: Ok(Applied::Unchanged(None)),
    }));
    for stage in Stage::ALL.into_iter().rev() {
        let of_stage = candidates
            .iter()
            .filter(|candidate| candidate.stage == stage);
        let of_stage = of_stage.cloned().collect();
        // What was to go before may have failed to.
        let (candidates, refused) = emptied(apply.state, farewell, of_stage, &[]).await;
        deployed.extend(refused);
        let results = apply.stage(&candidates, &tips).await;
        deployed.extend(together(&candidates, results));
    }
    Ok(deployed)
}

/// Refuses to delete environments in which something lives that is not among those which go before them.
pub async fn emptied(
    state: &dyn State,
    farewell: &Farewell<'_>,
    candidates: Vec<Candidate>,
    going: &[TargetId],
) -> (Vec<Candidate>, Vec<Deployed>) {
    let fleet = farewell.fleet;
    let tenants: Vec<TargetId> = candidates
        .iter()
        .flat_map(|candidate| fleet.tenants(candidate.target()))
        .filter(|tenant| !going.contains(tenant))
        .collect();
    if tenants.is_empty() || farewell.removal == Removal::Forget {
        return (candidates, Vec::new());
    }
    // Only of these the tips are read, so only these count.
    let tips = state.read(&tenants).await;
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    for candidate in candidates {
        let target = candidate.target();
        let tips = tips.as_ref().map_err(|error| Refusal::from(error.clone()));
        match tips.and_then(|tips| fleet.is_empty(target, tips)) {
            Ok(()) => kept.push(candidate),
            Err(refusal) => refused.push(Deployed::refused(target, refusal)),
        }
    }
    (kept, refused)
}

async fn one_stage(
    apply: &Apply<'_>,
    fleet: &Fleet,
    stage: &[TargetId],
    ids: Ids<'_>,
) -> Vec<Deployed> {
    let tips = match apply.state.read(&fleet.with_dependencies(stage)).await {
        Ok(tips) => tips,
        // What earlier stages did is told all the same.
        Err(error) => {
            let refusal = Refusal::from(error);
            let refuse = |target| Deployed::refused(target, refusal.clone());
            return stage.iter().map(refuse).collect();
        }
    };
    let (candidates, mut deployed) = candidates(fleet, stage, &tips, ids);
    let mut ready = Vec::new();
    for candidate in candidates {
        match check_dependencies(fleet, &candidate, &tips) {
            Ok(()) => ready.push(candidate),
            Err(refusal) => deployed.push(Deployed::refused(candidate.target(), refusal)),
        }
    }
    let results = apply.stage(&ready, &tips).await;
    deployed.extend(together(&ready, results));
    deployed
}

/// Composes targets into candidates; those with faults are refused.
pub fn candidates(
    fleet: &Fleet,
    targets: &[TargetId],
    tips: &Tips,
    ids: Ids<'_>,
) -> (Vec<Candidate>, Vec<Deployed>) {
    let known: Vec<_> = targets
        .iter()
        .filter_map(|id| fleet.repository.targets().get(id))
        .collect();
    let composed = fleet.compose(&known, tips);
    let (mut candidates, mut refused) = (Vec::new(), Vec::new());
    for (target, (composition, diagnostics)) in known.into_iter().zip(composed) {
        let candidate = match composition {
            Some(composition) => fleet.candidate(target, composition, tips.get(&target.id), ids()),
            None => Err(Refusal::Faulty {
                target: target.id.clone(),
                diagnostics,
            }),
        };
        match candidate {
            Ok(candidate) => candidates.push(candidate),
            Err(refusal) => refused.push(Deployed::refused(&target.id, refusal)),
        }
    }
    (candidates, refused)
}

/// Refuses a candidate whose dependencies are not deployed, or failed, or do not give out what it reads.
fn check_dependencies(fleet: &Fleet, candidate: &Candidate, tips: &Tips) -> Result<(), Refusal> {
    let target = candidate.target();
    let known = fleet.repository.targets().get(target);
    let dependencies = known
        .map(|target| target.dependencies.as_slice())
        .unwrap_or_default();
    let missing = dependencies
        .iter()
        .find_map(|dependency| Some((dependency, lack(fleet, dependency, tips)?)));
    match (missing, candidate.unknown.first()) {
        (None, None) => Ok(()),
        (None, Some(name)) => Err(Refusal::Unknown {
            target: target.clone(),
            name: name.clone(),
        }),
        (Some((dependency, why)), _) => Err(Refusal::Dependency {
            target: target.clone(),
            dependency: dependency.clone(),
            why,
        }),
    }
}

/// What keeps a dependency from being used.
fn lack(fleet: &Fleet, dependency: &TargetId, tips: &Tips) -> Option<String> {
    match fleet.by_hand(dependency) {
        None => {}
        Some(ByHand(Some(_))) => return None,
        Some(ByHand(None)) => return Some("has faults in its spec".to_owned()),
    }
    match tips.get(dependency).map(|tip| &tip.record) {
        None => Some("is not deployed".to_owned()),
        Some(Err(_)) => Some("has a record that cannot be read".to_owned()),
        Some(Ok(record)) if record.status == DeploymentStatus::Succeeded => None,
        Some(Ok(record)) => Some(format!("is {}", record.status)),
    }
}

fn together(candidates: &[Candidate], results: Vec<Result<Applied, Refusal>>) -> Vec<Deployed> {
    let pair = |(candidate, result): (&Candidate, _)| Deployed {
        target: candidate.target().clone(),
        result,
    };
    candidates.iter().zip(results).map(pair).collect()
}
