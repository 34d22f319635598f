//! Keeps secrets out of what a provisioner tells: plans, outcomes and progress.
//!
//! A provisioner knows only what its templates call sensitive. Which inputs are secrets is known here, and CloudFormation
//! repeats their values wherever a template puts them. What nobody marked, but looks like a credential, is hidden as well.

use nucleon_core::outcome::{Outcome, Outputs};
use nucleon_core::plan::Plan;
use nucleon_core::secret::{MASK, Secrets, holds_credential};

use crate::candidate::Candidate;
use crate::ports::{Event, Progress};

/// A plan without secrets.
///
/// A property that becomes a secret most likely was one before, so its value before is hidden, too.
pub(crate) fn plan(mut plan: Plan, candidate: &Candidate) -> Plan {
    let secrets = Secrets::of(&candidate.secrets);
    for change in &mut plan.changes {
        // Commands stand where resources have their type.
        plan.masked += secrets.hide(&mut change.resource_type);
        if let Some(id) = &mut change.physical_id {
            secrets.hide(id);
        }
        for property in &mut change.properties {
            let mut values: Vec<&mut String> = [&mut property.before, &mut property.after]
                .into_iter()
                .flatten()
                .collect();
            if values.iter().any(|value| secrets.are_in(value)) {
                for value in &mut values {
                    MASK.clone_into(value);
                    plan.masked += 1;
                }
            }
        }
    }
    for note in &mut plan.notes {
        plan.masked += secrets.hide(note);
    }
    plan
}

/// An outcome without secrets; an output that gives one away is left out.
pub(crate) fn outcome(mut outcome: Outcome, candidate: &Candidate) -> Outcome {
    let secrets = Secrets::of(&candidate.secrets);
    if let Some(message) = &mut outcome.message {
        secrets.hide(message);
    }
    let is_marked = |key: &String| candidate.sensitive_outputs.contains(key);
    outcome.outputs.retain(|key, _| !is_marked(key));
    let unmarked = without_credentials(&mut outcome.outputs);
    outcome.outputs.retain(|_, value| !secrets.are_in(value));
    if !unmarked.is_empty() {
        let told = left_out(&unmarked);
        outcome.message = Some(match outcome.message {
            Some(message) => format!("{message}; {told}"),
            None => told,
        });
    }
    outcome
}

/// Takes out the outputs that look like credentials, and names them.
pub(crate) fn without_credentials(outputs: &mut Outputs) -> Vec<String> {
    let mut taken = Vec::new();
    outputs.retain(|key, value| {
        let looks = holds_credential(value);
        if looks {
            taken.push(key.clone());
        }
        !looks
    });
    taken
}

/// Says which outputs were left out, since nobody would look for the reason in their shape.
pub(crate) fn left_out(keys: &[String]) -> String {
    let named: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    let (what, looks) = match keys.len() {
        1 => ("output", "it looks like a credential"),
        _ => ("outputs", "they look like credentials"),
    };
    format!(
        "{} {what} left out, because {looks}: {}",
        keys.len(),
        named.join(", ")
    )
}

/// Progress without secrets.
pub(crate) struct Discreet<'a> {
    progress: &'a dyn Progress,
    secrets: Secrets,
}

impl<'a> Discreet<'a> {
    /// Shows a candidate's progress.
    pub(crate) fn of(candidate: &Candidate, progress: &'a dyn Progress) -> Self {
        let secrets = Secrets::of(&candidate.secrets);
        Self { progress, secrets }
    }
}

impl Progress for Discreet<'_> {
    fn event(&self, event: &Event) {
        let mut event = event.clone();
        if let Some(reason) = &mut event.reason {
            self.secrets.hide(reason);
        }
        self.progress.event(&event);
    }
}
