//! Finds the specs: by content below their folders, and where `nucleon.yaml` says.

use std::collections::{BTreeMap, BTreeSet};

use crate::codes::Code;
use crate::config::Config;
use crate::cores;
use crate::diagnostic::{Diagnostic, Location, Severity};
use crate::files::{Content, Files, Refusal, RelPath};
use crate::located::Located;
use crate::quota::{self, Sized};
use crate::repository::bundles::VersionFolder;
use crate::repository::{Parser, arc, ending, stem};
use crate::spec::{ComponentSpec, EnvironmentSpec, ServiceSpec, Spec};
use crate::target::Name;

/// The specs of a repository, each with the name of what it defines.
#[derive(Default)]
pub(super) struct Specs {
    pub(super) environments: BTreeMap<Name, EnvironmentSpec>,
    pub(super) services: BTreeMap<Name, ServiceSpec>,
    pub(super) components: BTreeMap<Name, ComponentSpec>,
    /// Environments whose spec could not be read; they are not unknown.
    pub(super) broken_environments: BTreeSet<Name>,
    /// Services whose spec could not be read.
    pub(super) broken_services: BTreeSet<Name>,
}

/// The names that `nucleon.yaml` gives to the specs at a path.
#[derive(Default)]
struct Keys {
    environments: Vec<Name>,
    services: Vec<Name>,
}

const FOLDERS: [&str; 3] = ["environments", "services", "components"];

/// Names of files that say what is in them, not what it is called.
const KINDS: [&str; 5] = [
    "spec",
    "environment",
    "service",
    "component",
    "service-sync",
];

/// What a file is to the search for specs.
enum Role {
    /// It is a spec, or nobody but a spec should be there.
    Spec(Box<Read>),
    /// It lies where a spec belongs, and does not say that it is one.
    Silent,
    /// It was not read, and there may be a spec or a template behind it.
    Hidden(Refusal),
    /// It is something else.
    Other,
}

/// A spec, if it could be read, and what is wrong with it.
type Read = (Option<Spec>, Vec<Diagnostic>);

/// Where specs may be.
struct Search<'s> {
    files: &'s Files,
    keys: &'s BTreeMap<RelPath, Keys>,
    /// What Proton's service sync names; these are read by that name.
    synced: BTreeSet<&'s RelPath>,
    templates: BTreeSet<&'s str>,
    bundles: BTreeSet<&'s str>,
}

impl<'s> Search<'s> {
    fn new(
        files: &'s Files,
        keys: &'s BTreeMap<RelPath, Keys>,
        synced: BTreeSet<&'s RelPath>,
        versions: &'s BTreeSet<VersionFolder>,
    ) -> Self {
        Self {
            files,
            keys,
            synced,
            templates: versions
                .iter()
                .map(VersionFolder::template_folder)
                .collect(),
            bundles: versions.iter().map(VersionFolder::folder).collect(),
        }
    }

    fn role(&self, path: &RelPath, content: &Content) -> Role {
        // The examples beside a template (`<name>/spec/spec.yaml`) are specs, but nobody deploys them.
        let wanted = || is_below_folders(path) && !is_inside(path, &self.templates);
        let conventional = is_conventional(path);
        match content {
            _ if self.keys.contains_key(path) => Role::Spec(Box::new(read(self.files, path))),
            _ if self.synced.contains(path) => Role::Other,
            Content::Text(text) if wanted() && Spec::is_spec(text) => {
                Role::Spec(Box::new(read(self.files, path)))
            }
            Content::Text(_) if conventional => Role::Silent,
            Content::Bytes(_) | Content::Refused(_) if conventional => {
                Role::Spec(Box::new(read(self.files, path)))
            }
            Content::Refused(refusal) if self.may_hide(path, *refusal) => Role::Hidden(*refusal),
            Content::Text(_) | Content::Bytes(_) | Content::Refused(_) => Role::Other,
        }
    }

    fn may_hide(&self, path: &RelPath, refusal: Refusal) -> bool {
        let folder = path.as_str().split('/').next().unwrap_or_default();
        let ours = is_folder(folder) || folder == "templates";
        let linked = match refusal {
            Refusal::Symlink => true,
            Refusal::TooLarge(_) => is_below_folders(path),
        };
        // A bundle reports its own.
        ours && linked && !is_inside(path, &self.bundles)
    }
}

impl Parser<'_> {
    /// Reads every spec.
    pub(super) fn specs(&mut self, versions: &BTreeSet<VersionFolder>) -> Specs {
        let keys = keys(self.config(), self.files);
        let operations = self.operations();
        let search = Search::new(self.files, &keys, operations.specs(), versions);
        let files: Vec<_> = self.files.iter().collect();
        let roles = cores::map(self.cores, &files, |(path, content)| {
            search.role(path, content)
        });
        let mut specs = Specs::default();
        for ((path, _), role) in files.into_iter().zip(roles) {
            match role {
                Role::Spec(read) => {
                    let (spec, faults) = *read;
                    self.diagnostics.extend(faults);
                    match spec {
                        Some(spec) => self.name(&mut specs, path, spec, keys.get(path)),
                        None => broken(&mut specs, path, keys.get(path)),
                    }
                }
                Role::Silent => self.report(silent(path)),
                Role::Hidden(refusal) => self.report(hidden(path, refusal)),
                Role::Other => {}
            }
        }
        self.synced(operations, &mut specs);
        specs
    }

    pub(super) fn spec(&mut self, path: &RelPath) -> Option<Spec> {
        let (spec, faults) = read(self.files, path);
        self.diagnostics.extend(faults);
        spec
    }

    fn name(&mut self, specs: &mut Specs, path: &RelPath, spec: Spec, given: Option<&Keys>) {
        let none = Keys::default();
        let given = given.unwrap_or(&none);
        match spec {
            Spec::Environment(spec) => {
                self.wrong_kind(&spec.part.at, "service", &given.services);
                let names = self.names(path, spec.name.as_ref(), &given.environments);
                for name in names {
                    let spec = spec.clone();
                    self.keep(&mut specs.environments, name, spec, |spec| &spec.part.at);
                }
            }
            Spec::Service(spec) => {
                self.wrong_kind(&spec.at, "environment", &given.environments);
                let names = self.names(path, spec.name.as_ref(), &given.services);
                for name in names {
                    self.keep(&mut specs.services, name, spec.clone(), |spec| &spec.at);
                }
            }
            Spec::Component(spec) => {
                self.wrong_kind(&spec.at, "environment", &given.environments);
                self.wrong_kind(&spec.at, "service", &given.services);
                for name in self.names(path, spec.name.as_ref(), &[]) {
                    self.keep(&mut specs.components, name, spec.clone(), |spec| &spec.at);
                }
            }
        }
    }

    /// The keys of `nucleon.yaml` that name the file; else its own name; else that of the file or its folder.
    fn names(&mut self, path: &RelPath, own: Option<&Located<Name>>, given: &[Name]) -> Vec<Name> {
        if !given.is_empty() {
            return given.to_vec();
        }
        if let Some(own) = own {
            return vec![own.value.clone()];
        }
        match Name::new(derived_name(path)) {
            Ok(name) => vec![name],
            Err(error) => {
                let at = Location::start_of(path.as_str());
                let fault = Diagnostic::error(Code::SpecBadName, error.to_string()).at(at);
                self.report(fault.help("rename the file, or add `name:` to it"));
                vec![]
            }
        }
    }

    fn keep<S>(
        &mut self,
        specs: &mut BTreeMap<Name, S>,
        name: Name,
        spec: S,
        at: impl Fn(&S) -> &Location,
    ) {
        if let Some(first) = specs.get(&name) {
            let first = at(first);
            let message = format!(
                "`{name}` is defined twice, first at {}:{}",
                first.file, first.line
            );
            let fault = Diagnostic::error(Code::SpecDuplicateTarget, message);
            let help = "give one of them another name, or take it out";
            self.report(fault.at(at(&spec).clone()).help(help));
        } else {
            specs.insert(name, spec);
        }
    }

    fn wrong_kind(&mut self, at: &Location, expected: &str, names: &[Name]) {
        for name in names {
            let message =
                format!("nucleon.yaml names this file as the spec of {expected} `{name}`");
            let fault = Diagnostic::error(Code::SpecKind, message);
            self.report(
                fault
                    .at(at.clone())
                    .help("name another file in nucleon.yaml"),
            );
        }
    }
}

fn read(files: &Files, path: &RelPath) -> Read {
    match files.read(path.as_str(), "") {
        None => (None, Vec::new()),
        Some(Err(fault)) => (None, vec![fault]),
        Some(Ok(text)) => {
            let (spec, mut faults) = Spec::parse(&arc(path.as_str()), text);
            faults.extend(quota::file(path.as_str(), Sized::Spec, text.len()));
            (spec, faults)
        }
    }
}

/// Keeps the names that a spec which could not be read would have defined, as far as they can be told.
fn broken(specs: &mut Specs, path: &RelPath, given: Option<&Keys>) {
    if let Some(given) = given {
        specs
            .broken_environments
            .extend(given.environments.iter().cloned());
        specs.broken_services.extend(given.services.iter().cloned());
    }
    let derived = Name::new(derived_name(path)).ok();
    match path.as_str().split('/').next() {
        Some("environments") => specs.broken_environments.extend(derived),
        Some("services") => specs.broken_services.extend(derived),
        Some(_) | None => {}
    }
}

fn keys(config: &Config, files: &Files) -> BTreeMap<RelPath, Keys> {
    let mut keys: BTreeMap<RelPath, Keys> = BTreeMap::new();
    for (name, environment) in &config.environments {
        if let Some(path) = &environment.spec {
            let keys = keys.entry(path.value.clone()).or_default();
            keys.environments.push(name.clone());
        }
    }
    for (name, service) in &config.services {
        if let Some(path) = service.spec_file(files) {
            let keys = keys.entry(path).or_default();
            keys.services.push(name.clone());
        }
    }
    keys
}

/// Whether specs are found by content below a folder of the root.
pub(super) fn is_folder(name: &str) -> bool {
    FOLDERS.contains(&name)
}

fn is_below_folders(path: &RelPath) -> bool {
    let path = path.as_str();
    let yaml = matches!(ending(path), "yaml" | "yml");
    yaml && path
        .split_once('/')
        .is_some_and(|(folder, _)| is_folder(folder))
}

fn is_inside(path: &RelPath, folders: &BTreeSet<&str>) -> bool {
    let mut folder = path.parent();
    while let Some((parent, _)) = folder.rsplit_once('/') {
        if folders.contains(folder) {
            return true;
        }
        folder = parent;
    }
    false
}

/// Whether a path is one where only a spec belongs, so that a file that is none is a fault.
fn is_conventional(path: &RelPath) -> bool {
    match path.as_str().split('/').collect::<Vec<_>>()[..] {
        ["environments" | "services", file] => matches!(ending(file), "yaml" | "yml"),
        ["services", _, file] => stem(file) == "service",
        ["components", _, file] => stem(file) == "component",
        _ => false,
    }
}

fn hidden(path: &RelPath, refusal: Refusal) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        ..refusal.diagnostic(path.as_str())
    }
}

fn silent(path: &RelPath) -> Diagnostic {
    let message = format!("`{path}` is passed over: it does not say what kind of spec it is");
    Diagnostic::warning(Code::SpecKind, message)
        .at(Location::start_of(path.as_str()))
        .help("begin it with `proton: EnvironmentSpec`, `proton: ServiceSpec` or `nucleon: component`")
}

fn derived_name(path: &RelPath) -> &str {
    let stem = stem(path.as_str());
    match path.parent().rsplit_once('/') {
        Some((_, folder)) if KINDS.contains(&stem) => folder,
        _ => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::derived_name;
    use crate::files::RelPath;

    #[test]
    fn a_spec_is_named_after_its_file_or_its_folder() {
        for (path, name) in [
            ("environments/prod.yaml", "prod"),
            ("environments/service.yaml", "service"),
            ("services/shop/service.yaml", "shop"),
            ("services/team/shop.yml", "shop"),
            ("components/uploads/component.yaml", "uploads"),
        ] {
            assert_eq!(derived_name(&RelPath::new(path).unwrap()), name, "{path}");
        }
    }
}
