//! Plans any number of targets side by side.

use futures_util::future::join_all;
use nucleon_core::deployment::Body;
use nucleon_core::plan::{Action, Change, Operation, Plan};
use nucleon_core::script::PROVISIONAL;
use tokio::sync::Semaphore;

use crate::candidate::Candidate;
use crate::difference::difference;
use crate::hidden;
use crate::ports::Provisioner;
use crate::refusal::Refusal;

/// How many targets are planned, or applied, at once.
pub(crate) const AT_ONCE: usize = 64;

/// Plans candidates; one that cannot be planned does not stop the others.
pub async fn plan(
    provisioner: &dyn Provisioner,
    candidates: &[Candidate],
) -> Vec<Result<Plan, Refusal>> {
    let permits = Semaphore::new(AT_ONCE);
    join_all(candidates.iter().map(|candidate| async {
        let _permit = permits.acquire().await;
        if candidate.unknown.is_empty() || candidate.deployment.destroy {
            let plan = provisioner.plan(&candidate.deployment).await;
            let plan = plan.map_err(|error| hidden::error(error, candidate))?;
            return Ok(hidden::plan(plan, candidate).sorted());
        }
        provisional(provisioner, candidate).await
    }))
    .await
}

/// A plan without a change set: what is not known yet would only make CloudFormation refuse it.
async fn provisional(
    provisioner: &dyn Provisioner,
    candidate: &Candidate,
) -> Result<Plan, Refusal> {
    let stack = match &candidate.deployment.body {
        Body::Stack(stack) => stack,
        Body::Script(script) => {
            let plan = script.plan(&candidate.deployment, &candidate.unknown);
            return Ok(hidden::plan(plan, candidate));
        }
        Body::Module(module) => {
            let plan = module.provisional(&candidate.deployment, &candidate.unknown);
            return Ok(hidden::plan(plan, candidate));
        }
        Body::Proposal(_) => {
            let mut plan = provisioner.plan(&candidate.deployment).await?;
            plan.unknown.clone_from(&candidate.unknown);
            plan.notes.push(PROVISIONAL.to_owned());
            return Ok(hidden::plan(plan, candidate).sorted());
        }
    };
    let living = provisioner.describe(&candidate.deployment).await?;
    let before = living.as_ref().map(|living| living.template_body.as_str());
    let (shown, masked) = difference(
        before.unwrap_or_default(),
        &stack.template,
        &candidate.secrets,
    );
    // Of something new, the difference would be the whole template; its resources tell the same in fewer lines.
    let added = before.is_none() && !candidate.resources.is_empty();
    let changes = candidate.resources.iter().filter(|_| added).map(addition);
    Ok(Plan {
        target: candidate.target().clone(),
        operation: if living.is_some() {
            Operation::Update
        } else {
            Operation::Create
        },
        unknown: candidate.unknown.clone(),
        changes: changes.collect(),
        rendered: candidate.deployment.rendered.clone(),
        difference: Some(shown).filter(|_| !added),
        masked: if added { 0 } else { masked },
        notes: vec![PROVISIONAL.to_owned()],
    }
    .sorted())
}

fn addition((resource, resource_type): (&String, &String)) -> Change {
    Change {
        action: Action::Add,
        resource: resource.clone(),
        resource_type: resource_type.clone(),
        physical_id: None,
        properties: Vec::new(),
    }
}
