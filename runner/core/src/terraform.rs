//! A Terraform module that is about to be planned or applied, and what Terraform says of it.

mod backend;
mod message;
mod outputs;
mod plan;
mod sensitive;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use backend::{named_backend, needs_downloads};
pub use message::{Fault, Lock, Message, Position, read_messages, read_validation};
pub use outputs::{Given, read_outputs};
pub use plan::{Planned, read_plan};

use crate::config::TerraformBinary;
use crate::deployment::Deployment;
use crate::diagnostic::Location;
use crate::files::{Content, Files, RelPath};
use crate::outcome::Outputs;
use crate::plan::{Action, Change, Operation, Plan};
use crate::record::Provisioned;
use crate::script::PROVISIONAL;

/// The file of ours that names the backend where the module names none.
pub const BACKEND_FILE: &str = "nucleon_override.tf";

/// The folder of a target, and all that Terraform is told beside it.
#[derive(Clone, Debug)]
pub struct RootModule {
    /// The folder that Proton gave the target, from the root of whatever it is written into.
    pub path: RelPath,
    /// Its files.
    pub files: Files,
    /// Where its sources come from in the repository, for whoever looks for a fault; nothing where they are not in it.
    pub source: Option<Arc<str>>,
    /// The program.
    pub binary: TerraformBinary,
    /// The type of its backend, its own or the one that `nucleon.yaml` says; nothing where neither says any.
    pub backend_type: Option<String>,
    /// Whether the module names the type of its backend itself.
    pub names_backend: bool,
    /// What `init` is told about the backend.
    pub backend: BTreeMap<String, String>,
    /// What the target gives out until it is applied anew.
    pub outputs: Outputs,
    /// Where it lives once it has been applied.
    pub after: Provisioned,
    /// What whoever reads the plan should know.
    pub notes: Vec<String>,
}

impl RootModule {
    /// A plan that nobody has asked Terraform for, because `unknown` are values that an earlier stage will set.
    pub fn provisional(&self, deployment: &Deployment, unknown: &[String]) -> Plan {
        let mut notes = self.notes.clone();
        notes.push(PROVISIONAL.to_owned());
        let plan = Plan {
            target: deployment.target.clone(),
            operation: if deployment.adopted {
                Operation::Update
            } else {
                Operation::Create
            },
            unknown: unknown.to_vec(),
            changes: self.additions(deployment),
            rendered: deployment.rendered.clone(),
            difference: None,
            masked: 0,
            notes,
        };
        plan.sorted()
    }

    /// Takes the state that is kept under a key; an empty one is the key that it has anyway.
    pub fn keep_state_at(&mut self, key: &str) {
        if key.is_empty() {
            return;
        }
        self.backend.insert("key".to_owned(), key.to_owned());
        if let Provisioned::Terraform { backend, .. } = &mut self.after {
            backend.insert("key".to_owned(), key.to_owned());
        }
    }

    /// What its files declare, where nothing is there yet.
    fn additions(&self, deployment: &Deployment) -> Vec<Change> {
        let declared = backend::declared(&self.files).into_iter();
        let declared = declared.filter(|_| !deployment.adopted);
        declared
            .map(|(resource, resource_type)| Change {
                action: Action::Add,
                resource,
                resource_type,
                physical_id: None,
                properties: Vec::new(),
            })
            .collect()
    }

    /// Where a line of one of its files stands in the repository: Proton's header is not in a template's sources.
    pub fn source_of(&self, position: &Position) -> Option<Location> {
        let source = self.source.as_ref()?;
        let Content::Text(text) = self.files.get(&position.file)? else {
            return None;
        };
        // A folder that was merged is its own source, header and all.
        let header = if **source == *self.path.as_str() {
            0
        } else {
            crate::folder::header_lines(text)
        };
        let line = position.line.checked_sub(header).filter(|line| *line > 0)?;
        Some(Location {
            line,
            column: position.column,
            length: position.length,
            ..Location::start_of(format!("{source}/{}", position.file))
        })
    }
}
