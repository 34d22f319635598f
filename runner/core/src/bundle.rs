//! A template version's files: schema, infrastructure, and what a service template works with.
//!
//! Real bundles carry real faults. What a deployment can do without is a warning, and the bundle still loads.

mod load;
pub(crate) mod module;
mod registration;

use std::collections::BTreeMap;

pub(crate) use load::matters;

use crate::diagnostic::Diagnostic;
use crate::digest::BundleDigest;
use crate::files::Files;
use crate::schema::{InputType, Schema};
use crate::source::Source;
use crate::target::{Name, TargetId};

/// What a template makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BundleKind {
    /// An environment.
    Environment,
    /// A service: its instances, and perhaps its pipeline.
    Service,
}

/// A part of a bundle that is deployed on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// `infrastructure/`.
    Environment,
    /// `instance_infrastructure/`.
    Instance,
    /// `pipeline_infrastructure/`.
    Pipeline,
}

impl Part {
    /// The part that makes a target; components have no bundle.
    pub fn of_target(target: &TargetId) -> Option<Self> {
        match target {
            TargetId::Environment(_) => Some(Self::Environment),
            TargetId::Instance { .. } => Some(Self::Instance),
            TargetId::Pipeline { .. } => Some(Self::Pipeline),
            TargetId::Component(_) => None,
        }
    }

    /// The part's folder in a bundle.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Environment => "infrastructure",
            Self::Instance => "instance_infrastructure",
            Self::Pipeline => "pipeline_infrastructure",
        }
    }

    /// The part that a target of some inputs is made from.
    pub fn of(input: InputType) -> Self {
        match input {
            InputType::Environment => Self::Environment,
            InputType::Service => Self::Instance,
            InputType::Pipeline => Self::Pipeline,
        }
    }
}

/// One template version's files, checked.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// The template.
    pub name: Name,
    /// The major version.
    pub major: u32,
    /// What it makes.
    pub kind: BundleKind,
    /// Its folder, from the repository's root.
    pub folder: String,
    /// Its input types.
    pub schema: Schema,
    /// What its parts are made from.
    pub parts: BTreeMap<Part, Source>,
    /// The environment templates that a service template works with; none means that it does not say.
    pub compatible: Vec<(Name, u32)>,
    /// Whether components may be attached to its instances.
    pub components: bool,
    /// Whether a team provisions the environment itself, and its spec gives the outputs.
    pub customer_managed: bool,
    /// What its schema and infrastructure are.
    pub digest: BundleDigest,
}

/// The place of the schema in a bundle.
pub const SCHEMA: &str = "schema/schema.yaml";

impl Bundle {
    /// Reads a bundle from its files, whose paths are relative to its folder.
    pub fn parse(
        name: &Name,
        major: u32,
        folder: &str,
        files: &Files,
    ) -> (Option<Self>, Vec<Diagnostic>) {
        load::load(name, major, folder, files)
    }

    /// Whether a part is deployed by this template, by whatever engine.
    pub fn has(&self, part: Part) -> bool {
        self.parts.contains_key(&part)
    }

    /// Whether a service template works with an environment template; where it does not say, it does.
    pub fn works_with(&self, name: &Name, major: u32) -> bool {
        self.compatible.is_empty() || self.compatible.contains(&(name.clone(), major))
    }
}
