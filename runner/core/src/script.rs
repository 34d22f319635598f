//! Commands that provision a target, as `CodeBuild` ran them for Proton, and what may be said of them before they run.
//!
//! Nobody knows what commands do until they have done it. A plan therefore says which of them would run; where the folder
//! is the one that was provisioned last, none would.

use serde_json::Value as Json;

use crate::deployment::Deployment;
use crate::digest::RenderedDigest;
use crate::files::Files;
use crate::manifest::Settings;
use crate::outcome::Outputs;
use crate::plan::{Action, Change, Operation, Plan};
use crate::record::Provisioned;
use crate::secret::MASK;

/// Commands, and what they are run in.
#[derive(Clone, Debug)]
pub struct Script {
    /// The files of the folder that they are run in.
    pub files: Files,
    /// What is run, in this order and in one shell, as `CodeBuild` did: a later command sees what an earlier one exported.
    pub commands: Vec<String>,
    /// What the manifest puts into their environment.
    pub variables: Vec<(String, Variable)>,
    /// The target's name in Proton: `RESOURCE_ARN`.
    pub arn: String,
    /// The digest of the folder that was provisioned last, where that ended well.
    pub last: Option<RenderedDigest>,
    /// What the target gives out until the commands have succeeded.
    pub outputs: Outputs,
    /// How the target is deleted as long as the commands have not succeeded.
    pub before: Provisioned,
    /// How it is deleted once they have.
    pub after: Provisioned,
    /// What whoever reads the plan should know.
    pub notes: Vec<String>,
}

/// What an environment variable is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// This very text.
    Value(String),
    /// The value of a parameter of this name in Systems Manager.
    Parameter(String),
    /// A secret in Secrets Manager, as a buildspec names it: `id:key:stage:version`.
    Secret(String),
}

impl Script {
    /// What running it would do, as far as that can be told; `unknown` are values that an earlier stage will set.
    pub fn plan(&self, deployment: &Deployment, unknown: &[String]) -> Plan {
        let rendered = deployment.rendered.clone();
        let stands = self.last.as_ref() == Some(&rendered);
        let (operation, action) = match (deployment.destroy, deployment.adopted) {
            (true, true) => (Operation::Destroy, Action::Remove),
            (true, false) => (Operation::Nothing, Action::Remove),
            (false, _) if stands && unknown.is_empty() => (Operation::Nothing, Action::Modify),
            (false, true) => (Operation::Update, Action::Modify),
            (false, false) => (Operation::Create, Action::Add),
        };
        let (changes, notes) = if operation == Operation::Nothing {
            (Vec::new(), Vec::new())
        } else {
            (self.changes(action), self.notes(!unknown.is_empty()))
        };
        let plan = Plan {
            target: deployment.target.clone(),
            operation,
            unknown: unknown.to_vec(),
            changes,
            rendered,
            difference: None,
            masked: 0,
            notes,
        };
        plan.sorted()
    }

    fn changes(&self, action: Action) -> Vec<Change> {
        let count = self.commands.len();
        // Changes are sorted by name.
        let width = count.to_string().len();
        let change = |(index, command): (usize, &String)| Change {
            action,
            resource: format!("command {:0width$} of {count}", index + 1),
            resource_type: command.clone(),
            physical_id: None,
            properties: Vec::new(),
        };
        self.commands.iter().enumerate().map(change).collect()
    }

    fn notes(&self, provisional: bool) -> Vec<String> {
        let mut notes = self.notes.clone();
        if !self.commands.is_empty() {
            notes.push("what the commands change shows only when they run".to_owned());
        }
        if provisional {
            notes.push(PROVISIONAL.to_owned());
        }
        notes
    }
}

/// What is said of a plan that uses what is not known yet.
pub const PROVISIONAL: &str =
    "provisional: it uses outputs that an earlier stage of this run will set";

/// What the settings of a manifest ask of `CodeBuild`, and nobody does here.
pub fn left_to_the_machine(settings: &Settings) -> Option<String> {
    let image = settings.image.iter().map(|image| image.value.clone());
    let runtimes = settings.runtimes.iter();
    let runtimes = runtimes.map(|(name, version)| format!("{name} {version}"));
    let wanted: Vec<String> = image.chain(runtimes).collect();
    (!wanted.is_empty()).then(|| {
        let wanted = wanted.join(", ");
        format!("written for {wanted}: its commands find what this machine has installed")
    })
}

/// Inputs as they may be kept: each value that `is_secret` says so of is replaced.
pub fn masked(inputs: &Json, is_secret: &dyn Fn(&str) -> bool) -> Json {
    match inputs {
        Json::Object(members) => {
            let member = |(key, value): (&String, &Json)| (key.clone(), masked(value, is_secret));
            Json::Object(members.iter().map(member).collect())
        }
        Json::Array(items) => items.iter().map(|item| masked(item, is_secret)).collect(),
        Json::String(text) if is_secret(text) => MASK.into(),
        Json::Number(number) if is_secret(&number.to_string()) => MASK.into(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => inputs.clone(),
    }
}

/// Puts secrets back, where `current` has a value in the same place; the places that stay without one.
pub fn unmask(kept: &mut Json, current: Option<&Json>) -> Vec<String> {
    let mut missing = Vec::new();
    fill(kept, current, &mut String::new(), &mut missing);
    missing
}

fn fill(kept: &mut Json, current: Option<&Json>, path: &mut String, missing: &mut Vec<String>) {
    let mut inside = |part: &str, kept: &mut Json, current: Option<&Json>| {
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(part);
        fill(kept, current, path, missing);
        path.truncate(length);
    };
    match kept {
        Json::Object(members) => {
            for (key, value) in members {
                inside(key, value, current.and_then(|current| current.get(key)));
            }
        }
        Json::Array(items) => {
            for (index, value) in items.iter_mut().enumerate() {
                let current = current.and_then(|current| current.get(index));
                inside(&index.to_string(), value, current);
            }
        }
        Json::String(text) if text == MASK => match current {
            Some(current) => *kept = current.clone(),
            None => missing.push(path.clone()),
        },
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_not_kept_and_come_back_from_the_spec() {
        let inputs =
            json!({"environment": {"inputs": {"key": "hunter2", "pins": [1234, 2], "size": 3}}});
        let mut kept = masked(&inputs, &|text| ["hunter2", "1234"].contains(&text));
        let expected =
            json!({"environment": {"inputs": {"key": "***", "pins": ["***", 2], "size": 3}}});
        assert_eq!(kept, expected);

        let mut gone = kept.clone();
        assert_eq!(
            unmask(&mut gone, None),
            ["environment.inputs.key", "environment.inputs.pins.0"]
        );
        assert_eq!(unmask(&mut kept, Some(&inputs)), Vec::<String>::new());
        assert_eq!(kept, inputs);
    }
}
