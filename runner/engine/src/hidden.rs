//! Keeps secrets out of what a provisioner tells: plans, outcomes and progress.
//!
//! A provisioner knows only what its templates call sensitive. Which inputs are secrets is known here, and CloudFormation
//! repeats their values wherever a template puts them.

use nucleon_core::outcome::Outcome;
use nucleon_core::plan::Plan;
use nucleon_core::secret::Secret;

use crate::candidate::Candidate;
use crate::ports::{Event, Progress};

const MASK: &str = "***";

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
    plan
}

/// An outcome without secrets; an output that gives one away is left out.
pub(crate) fn outcome(mut outcome: Outcome, candidate: &Candidate) -> Outcome {
    let secrets = Secrets::of(&candidate.secrets);
    if let Some(message) = &mut outcome.message {
        secrets.hide(message);
    }
    outcome
        .outputs
        .retain(|key, value| !candidate.sensitive_outputs.contains(key) && !secrets.are_in(value));
    outcome
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

/// Secrets as they may stand in a text: as they are, as they stand in JSON, and each line of one with several.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// The forms of secrets, the longest first so that none is left over beside a part of itself.
    pub(crate) fn of(secrets: &[Secret]) -> Self {
        let mut forms: Vec<String> = secrets
            .iter()
            .flat_map(|secret| secret.expose().lines())
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .flat_map(|line| [line.to_owned(), in_json(line)])
            .collect();
        forms.sort_by(|left, right| right.len().cmp(&left.len()).then(left.cmp(right)));
        forms.dedup();
        Self(forms)
    }

    /// Whether a text holds one.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        self.0.iter().any(|form| text.contains(form))
    }

    /// Hides those that a text holds, and says how many.
    pub(crate) fn hide(&self, text: &mut String) -> u32 {
        let mut hidden = 0;
        for form in &self.0 {
            let found = text.matches(form).count();
            if found > 0 {
                *text = text.replace(form, MASK);
                hidden += u32::try_from(found).unwrap_or(u32::MAX);
            }
        }
        hidden
    }
}

fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(secret: &str, text: &str) -> String {
        let mut text = text.to_owned();
        Secrets::of(&[Secret::new(secret)]).hide(&mut text);
        text
    }

    #[test]
    fn a_secret_is_found_in_json_too() {
        assert_eq!(hidden("a\"b", r#"{"Key":"a\"b"}"#), r#"{"Key":"***"}"#);
    }

    #[test]
    fn each_line_of_a_secret_is_one() {
        assert_eq!(hidden("BEGIN\nabc\n", "  BEGIN\n  abc\n"), "  ***\n  ***\n");
    }

    #[test]
    fn an_empty_secret_hides_nothing() {
        assert_eq!(hidden("", "abc"), "abc");
    }
}
