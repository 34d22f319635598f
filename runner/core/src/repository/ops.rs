//! `proton-ops.yaml`: which instances of which services Proton's service sync took from which specs.

use std::collections::{BTreeMap, BTreeSet};

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::fields::{Faults, Fields, Reader};
use crate::files::RelPath;
use crate::located::Located;
use crate::repository::discovery::Specs;
use crate::repository::{Parser, arc};
use crate::spec::{InstanceSpec, ServiceSpec, Spec};
use crate::suggest::closest;
use crate::target::Name;
use crate::yaml::{self, Node};

/// Where Proton looked for the file unless it was told otherwise.
const FILE: &str = "proton-ops.yaml";

static FAULTS: Faults = Faults {
    unknown_key: (Code::SpecUnknownKey, Severity::Warning),
    wrong_type: Code::SpecWrongType,
    missing_key: Code::SpecMissingKey,
    bad_value: Code::SpecBadValue,
    bad_name: Code::SpecBadName,
    bad_version: Code::SpecBadVersion,
};

/// What the file says, in its order.
#[derive(Default)]
pub(super) struct Operations {
    services: Vec<(Name, Vec<Synced>)>,
}

/// One instance and the file that holds its spec.
struct Synced {
    instance: Located<Name>,
    spec: Located<RelPath>,
    branch: Option<Located<String>>,
}

impl Operations {
    /// The files that hold specs, which are named here and nowhere else.
    pub(super) fn specs(&self) -> BTreeSet<&RelPath> {
        let synced = self.services.iter().flat_map(|(_, synced)| synced);
        synced.map(|synced| &synced.spec.value).collect()
    }
}

impl Parser<'_> {
    /// Reads the file, where there is one.
    pub(super) fn operations(&mut self) -> Operations {
        let text = match self.files.read(FILE, "") {
            Some(Ok(text)) => text,
            Some(Err(fault)) => {
                self.report(fault);
                return Operations::default();
            }
            None => return Operations::default(),
        };
        let file = arc(FILE);
        let node = match yaml::parse(&file, text) {
            Ok(node) => node,
            Err(faults) => {
                self.diagnostics.extend(faults);
                return Operations::default();
            }
        };
        let mut reader = Reader::new(&file, &FAULTS);
        let operations = read(&mut reader, &node).unwrap_or_default();
        self.diagnostics.extend(reader.finish());
        self.diagnostics.extend(other_branches(&operations));
        operations
    }

    /// Adds the services that only this file defines; what `nucleon.yaml` and the folders say comes first.
    pub(super) fn synced(&mut self, operations: Operations, specs: &mut Specs) {
        let mut read = BTreeMap::new();
        for (name, synced) in operations.services {
            if specs.services.contains_key(&name) || specs.broken_services.contains(&name) {
                continue;
            }
            match self.synced_service(synced, &mut read) {
                Some(spec) => {
                    specs.services.insert(name, spec);
                }
                None => {
                    specs.broken_services.insert(name);
                }
            }
        }
    }

    fn synced_service(
        &mut self,
        synced: Vec<Synced>,
        read: &mut BTreeMap<RelPath, Option<ServiceSpec>>,
    ) -> Option<ServiceSpec> {
        let mut service: Option<ServiceSpec> = None;
        for Synced { instance, spec, .. } in synced {
            if !read.contains_key(&spec.value) {
                let found = self.synced_spec(&spec);
                read.insert(spec.value.clone(), found);
            }
            let Some(Some(found)) = read.get(&spec.value) else {
                continue;
            };
            let service = service.get_or_insert_with(|| ServiceSpec {
                instances: Vec::new(),
                ..found.clone()
            });
            match taken(found, &instance) {
                Ok(taken) => service.instances.push(taken),
                Err(fault) => self.report(fault),
            }
        }
        service
    }

    fn synced_spec(&mut self, path: &Located<RelPath>) -> Option<ServiceSpec> {
        if self.files.get(path.as_str()).is_none() {
            let message = format!("`{}` is missing", path.value);
            let fault = Diagnostic::error(Code::FileMissing, message).at(path.at.clone());
            let help = "add the spec, or name it from the repository's root";
            self.report(fault.help(help));
            return None;
        }
        match self.spec(&path.value)? {
            Spec::Service(spec) => Some(spec),
            other @ (Spec::Environment(_) | Spec::Component(_)) => {
                let message = format!("{FILE} names this file as the spec of a service");
                let fault = Diagnostic::error(Code::SpecKind, message).at(other.at().clone());
                self.report(fault.help("name the service's spec there"));
                None
            }
        }
    }
}

/// The instance of a spec, with what the spec says of all its instances.
fn taken(spec: &ServiceSpec, name: &Located<Name>) -> Result<InstanceSpec, Diagnostic> {
    let mut instances = spec.instances.iter();
    if let Some(found) = instances.find(|instance| instance.name == *name) {
        let template = found.template.as_ref().or(spec.template.as_ref()).cloned();
        return Ok(InstanceSpec {
            template,
            ..found.clone()
        });
    }
    let known = spec.instances.iter().map(|instance| instance.name.as_str());
    let file = &spec.at.file;
    let help = closest(name.as_str(), known).map_or_else(
        || format!("add the instance to `{file}`, or take it out here"),
        |near| format!("write `{near}`"),
    );
    let message = format!("`{file}` has no instance `{}`", name.value);
    let fault = Diagnostic::error(Code::SpecUnknownInstance, message);
    Err(fault.at(name.at.clone()).help(help))
}

fn read(reader: &mut Reader, node: &Node) -> Option<Operations> {
    let help = "write `sync: {services: {SERVICE: {INSTANCE: {branch: main, spec: PATH}}}}`";
    let fields = reader.fields(node, "", &["sync"])?;
    let sync = reader.required(&fields, "sync", help)?;
    let fields = reader.fields(sync, "sync", &["services"])?;
    let services = reader.required(&fields, "services", help)?;
    let mut operations = Operations::default();
    for (key, node) in reader.entries(services, "sync.services")? {
        if let Some(name) = reader.name_of(&key) {
            let synced = instances(reader, node, &format!("sync.services.{}", key.value));
            operations.services.push((name.value, synced));
        }
    }
    Some(operations)
}

fn instances(reader: &mut Reader, node: &Node, path: &str) -> Vec<Synced> {
    let entries = reader.entries(node, path).unwrap_or_default();
    let mut instances = Vec::with_capacity(entries.len());
    for (key, node) in entries {
        let path = format!("{path}.{}", key.value);
        let instance = reader.name_of(&key);
        let fields = reader.fields(node, &path, &["branch", "spec"]);
        let spec = fields.as_ref().and_then(|fields| spec(reader, fields));
        let branch = fields.as_ref().and_then(|fields| fields.get("branch"));
        let branch = branch.and_then(|node| reader.text(node, &format!("{path}.branch")));
        if let (Some(instance), Some(spec)) = (instance, spec) {
            instances.push(Synced {
                instance,
                spec,
                branch,
            });
        }
    }
    instances
}

fn spec(reader: &mut Reader, fields: &Fields<'_>) -> Option<Located<RelPath>> {
    let help = "name the spec from the repository's root: `spec: ./services/shop.yaml`";
    let node = reader.required(fields, "spec", help)?;
    let parse = |text: &str| {
        RelPath::new(text).map_err(|bad| format!("`{}` is not a file of this repository", bad.0))
    };
    reader.parsed(node, &fields.path("spec"), parse, help)
}

/// Proton read each spec from a branch of its own; here all specs are those of one commit.
fn other_branches(operations: &Operations) -> Option<Diagnostic> {
    let synced = operations.services.iter().flat_map(|(_, synced)| synced);
    let mut branches = synced.filter_map(|synced| synced.branch.as_ref());
    let first = branches.next()?;
    let other = branches.find(|branch| branch.value != first.value)?;
    let message = format!(
        "specs are read from the commit that is deployed, not from `{}` here and `{}` there",
        other.value, first.value
    );
    let fault = Diagnostic::warning(Code::ConfigUnsupported, message);
    let help = "merge the branches; a spec file per instance keeps instances apart";
    Some(fault.at(other.at.clone()).help(help))
}
