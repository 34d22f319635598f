//! What users write: specs of environments and services as Proton had them, and components.
//!
//! A Proton spec is valid as it is. What Proton kept in its database may stand in `nucleon.yaml`, or in a few more
//! top-level keys here: `name`, `template`, and for environments `account`, `region` and `provisioning`.

mod read;

use std::sync::Arc;

use crate::config::Provisioning;
use crate::diagnostic::{Diagnostic, Location};
use crate::files::RelPath;
use crate::located::Located;
use crate::target::{Name, TargetId};
use crate::version::VersionRef;
use crate::yaml::Node;

/// One file that defines targets.
#[derive(Clone, Debug)]
pub enum Spec {
    /// `proton: EnvironmentSpec`.
    Environment(EnvironmentSpec),
    /// `proton: ServiceSpec`.
    Service(ServiceSpec),
    /// `nucleon: component`.
    Component(ComponentSpec),
}

/// The values that one target's inputs are made of.
#[derive(Clone, Debug)]
pub struct SpecPart {
    /// The file.
    pub file: Arc<str>,
    /// The values; nothing where all inputs have their defaults.
    pub values: Option<Node>,
    /// Where an input that is not set is reported.
    pub at: Location,
}

/// What a user wrote about an environment.
#[derive(Clone, Debug)]
pub struct EnvironmentSpec {
    /// The name, where the file says one.
    pub name: Option<Located<Name>>,
    /// The template version.
    pub template: Option<Located<VersionRef>>,
    /// The name of the account in `nucleon.yaml`.
    pub account: Option<Located<String>>,
    /// The region, where it is another than the account's.
    pub region: Option<Located<String>>,
    /// How targets in it reach their cloud.
    pub provisioning: Option<Located<Provisioning>>,
    /// The inputs.
    pub part: SpecPart,
}

/// What a user wrote about a service.
#[derive(Clone, Debug)]
pub struct ServiceSpec {
    /// The name, where the file says one.
    pub name: Option<Located<Name>>,
    /// The template version of its instances and its pipeline.
    pub template: Option<Located<VersionRef>>,
    /// The pipeline's inputs; nothing where the key is not there.
    pub pipeline: Option<SpecPart>,
    /// Its instances, in the order of the file.
    pub instances: Vec<InstanceSpec>,
    /// Where the spec begins.
    pub at: Location,
}

/// What a user wrote about one instance of a service.
#[derive(Clone, Debug)]
pub struct InstanceSpec {
    /// The name.
    pub name: Located<Name>,
    /// The environment it runs in.
    pub environment: Located<Name>,
    /// The template version, where it is not the service's.
    pub template: Option<Located<VersionRef>>,
    /// The inputs.
    pub part: SpecPart,
}

/// What a component belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// Only its environment.
    Environment(Located<Name>),
    /// A service instance, which reads its outputs.
    Instance(Located<TargetId>),
}

/// What a user wrote about a component.
#[derive(Clone, Debug)]
pub struct ComponentSpec {
    /// The name, where the file says one.
    pub name: Option<Located<Name>>,
    /// What it belongs to.
    pub attachment: Attachment,
    /// Its template, relative to the folder of this file.
    pub file: Located<RelPath>,
    /// Where the spec begins.
    pub at: Location,
}

impl Spec {
    /// Reads a spec of any kind.
    pub fn parse(file: &Arc<str>, text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        read::parse(file, text)
    }

    /// Whether a text says by a key at the beginning of a line that it is a spec.
    ///
    /// Looks at text, not at YAML: the templates beside a component are not YAML before they are rendered.
    pub fn is_spec(text: &str) -> bool {
        // JSON is YAML; what begins with two braces is a template.
        let text = text.trim_start();
        let json = text.starts_with('{') && !text.starts_with("{{") && !text.starts_with("{%");
        text.lines().any(|line| {
            let line = if json {
                line.trim_start_matches([' ', '\t', '{'])
            } else {
                line
            };
            let word = line.trim_start_matches(['"', '\'']);
            let value = |key: &str| {
                let rest = word.strip_prefix(key)?.trim_start_matches(['"', '\'']);
                rest.trim_start().strip_prefix(':').map(str::trim)
            };
            value("proton").is_some()
                || value("nucleon")
                    .is_some_and(|value| value.trim_matches(['"', '\'']).starts_with("component"))
        })
    }

    /// What the file calls the thing that it defines.
    pub fn name(&self) -> Option<&Located<Name>> {
        match self {
            Self::Environment(spec) => spec.name.as_ref(),
            Self::Service(spec) => spec.name.as_ref(),
            Self::Component(spec) => spec.name.as_ref(),
        }
    }

    /// Where the spec begins.
    pub fn at(&self) -> &Location {
        match self {
            Self::Environment(spec) => &spec.part.at,
            Self::Service(spec) => &spec.at,
            Self::Component(spec) => &spec.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Spec;

    #[test]
    fn a_spec_is_known_by_its_key() {
        for text in [
            "proton: ServiceSpec",
            "# mine\n\"proton\": \"EnvironmentSpec\"",
            "proton : x",
            "nucleon: component\nfile: x",
            "{proton: ServiceSpec, instances: []}",
            "{\n  \"proton\": \"ServiceSpec\"\n}",
        ] {
            assert!(Spec::is_spec(text), "{text}");
        }
    }

    #[test]
    fn other_files_are_not_specs() {
        for text in [
            "Resources:\n  proton: x",
            "# proton: ServiceSpec",
            "protons: many",
            "nucleon: 1",
            "{{ x | proton_cfn_sanitize }}",
            "{% if x %}\n  proton: x\n{% endif %}",
        ] {
            assert!(!Spec::is_spec(text), "{text}");
        }
    }
}
