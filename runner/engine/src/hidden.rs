//! Keeps secrets out of what a provisioner tells: plans, outcomes and progress.
//!
//! A provisioner knows only what its templates call sensitive. Which inputs are secrets is known here, and CloudFormation
//! repeats their values wherever a template puts them. What nobody marked, but looks like a credential, is hidden as well.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use nucleon_core::outcome::{Outcome, Outputs};
use nucleon_core::plan::Plan;
use nucleon_core::secret::{KeyLines, MASK, Secrets, holds_credential};

use crate::candidate::Candidate;
use crate::ports::{Event, OUTPUT, PortError, Progress};

/// A plan without secrets.
///
/// A property that becomes a secret most likely was one before, so its value before is hidden, too.
pub(crate) fn plan(mut plan: Plan, candidate: &Candidate) -> Plan {
    let secrets = Secrets::of(&candidate.secrets);
    for change in &mut plan.changes {
        // A key of `for_each` stands in a resource's name.
        plan.masked += secrets.hide(&mut change.resource);
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

/// An error without secrets: programs repeat in their words what they were given.
pub(crate) fn error(mut error: PortError, candidate: &Candidate) -> PortError {
    let secrets = Secrets::of(&candidate.secrets);
    match &mut error {
        PortError::Refused { message, .. }
        | PortError::Stale { message, .. }
        | PortError::Unexpected { message, .. } => {
            secrets.hide(message);
        }
        PortError::Faulty { diagnostics, .. } => {
            for diagnostic in diagnostics {
                secrets.hide(&mut diagnostic.message);
                if let Some(help) = &mut diagnostic.help {
                    secrets.hide(help);
                }
            }
        }
        PortError::Unreachable { .. }
        | PortError::WrongAccount { .. }
        | PortError::ForeignStack { .. } => {}
    }
    error
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
    /// Of each resource: what it prints comes line by line.
    keys: Mutex<BTreeMap<Option<String>, KeyLines>>,
}

impl<'a> Discreet<'a> {
    /// Shows a candidate's progress.
    pub(crate) fn of(candidate: &Candidate, progress: &'a dyn Progress) -> Self {
        let secrets = Secrets::of(&candidate.secrets);
        Self {
            progress,
            secrets,
            keys: Mutex::default(),
        }
    }
}

impl Progress for Discreet<'_> {
    fn event(&self, event: &Event) {
        let mut event = event.clone();
        if let Some(reason) = &mut event.reason {
            if event.status == OUTPUT {
                let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
                keys.entry(event.resource.clone()).or_default().hide(reason);
            }
            self.secrets.hide(reason);
        }
        self.progress.event(&event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);

    impl Progress for Told {
        fn event(&self, event: &Event) {
            let reason = event.reason.clone().unwrap_or_default();
            self.0.lock().unwrap().push(reason);
        }
    }

    #[test]
    fn a_key_that_one_resource_prints_hides_nothing_of_another() {
        let told = Told::default();
        let discreet = Discreet {
            progress: &told,
            secrets: Secrets::default(),
            keys: Mutex::default(),
        };
        for (resource, line) in [
            ("a", "-----BEGIN PRIVATE KEY-----"),
            ("b", "hello"),
            ("a", "MIIE"),
            ("a", "-----END PRIVATE KEY-----"),
            ("a", "done"),
        ] {
            discreet.event(&Event {
                target: "environment/dev".parse().unwrap(),
                resource: Some(resource.to_owned()),
                status: OUTPUT.to_owned(),
                reason: Some(line.to_owned()),
            });
        }
        let told = told.0.into_inner().unwrap();
        assert_eq!(told, ["***", "hello", "***", "***", "done"]);
    }
}
