//! Checks every spec against the template version that it uses.
//!
//! What a repository says by itself is checked while it is read ([`Repository::parse`]); this is the other half.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{Bundle, BundleKind, Part};
use crate::codes::Code;
use crate::config::Provisioning;
use crate::cores::{self, Cores};
use crate::diagnostic::{Diagnostic, Location, tidy};
use crate::inputs::Inputs;
use crate::repository::{Outline, Repository};
use crate::schema::InputType;
use crate::suggest::closest;
use crate::target::{Name, TargetId};
use crate::version::VersionRef;

/// The template versions at hand.
#[derive(Clone, Copy)]
pub struct Catalog<'a> {
    /// The minor versions that were published, by template and major version.
    pub published: &'a BTreeMap<(Name, u32), Vec<u32>>,
    /// The files of a version; one without a minor is the newest content of its major.
    pub bundle: &'a (dyn Fn(&VersionRef) -> Option<&'a Bundle> + Sync),
}

/// What is wrong with specs.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// What is wrong with each target's.
    pub targets: BTreeMap<TargetId, Vec<Diagnostic>>,
    /// What is wrong with several at once.
    pub others: Vec<Diagnostic>,
}

impl Checked {
    /// Everything.
    pub fn all(&self) -> Vec<Diagnostic> {
        let of_targets = self.targets.values().flatten();
        of_targets.chain(&self.others).cloned().collect()
    }
}

/// Checks every target of a repository, also those of which it is not known where they go.
pub fn check<'a>(cores: &dyn Cores, repository: &'a Repository, catalog: Catalog<'a>) -> Checked {
    let checker = || Checker {
        repository,
        catalog,
        diagnostics: Vec::new(),
    };
    let outlines: Vec<Outline<'_>> = repository.outlines().collect();
    let of_targets = cores::map(cores, &outlines, |outline| {
        let mut checker = checker();
        checker.target(*outline);
        checker.diagnostics
    });
    let mut checker = checker();
    checker.pipelines();
    checker.provisioning();
    let ids = outlines.iter().map(|outline| outline.id.clone());
    let with_faults = ids.zip(of_targets).filter(|(_, faults)| !faults.is_empty());
    Checked {
        targets: with_faults.collect(),
        others: checker.diagnostics,
    }
}

/// Everything that was found, sorted by file and line, each fault once.
pub fn merge(parsed: Vec<Diagnostic>, checked: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut all = parsed;
    all.extend(checked);
    // The schema refuses `${Proton::CURRENT_VAL}` for its type or its form; one word about it is enough.
    let current = all
        .iter()
        .filter(|fault| fault.code == Code::SpecCurrentValue);
    let current: BTreeSet<Location> = current.filter_map(|fault| fault.location.clone()).collect();
    all.retain(|fault| {
        let explained = fault
            .location
            .as_ref()
            .is_some_and(|at| current.contains(at));
        !explained || fault.code == Code::SpecCurrentValue
    });
    tidy(&mut all);
    all
}

/// The inputs that a kind of target has; components have none of their own.
pub fn input_type(id: &TargetId) -> Option<InputType> {
    match id {
        TargetId::Environment(_) => Some(InputType::Environment),
        TargetId::Instance { .. } => Some(InputType::Service),
        TargetId::Pipeline { .. } => Some(InputType::Pipeline),
        TargetId::Component(_) => None,
    }
}

struct Checker<'a> {
    repository: &'a Repository,
    catalog: Catalog<'a>,
    diagnostics: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn report(&mut self, code: Code, message: String, at: &Location, help: impl Into<String>) {
        let fault = Diagnostic::error(code, message).at(at.clone());
        self.diagnostics.push(fault.help(help));
    }

    fn target(&mut self, outline: Outline<'_>) {
        let Some(input) = input_type(outline.id) else {
            self.component(outline);
            return;
        };
        let Some((version, at)) = outline.template else {
            return;
        };
        let Some(bundle) = (self.catalog.bundle)(version) else {
            self.unknown(version, at);
            return;
        };
        self.deprecated(version, at);
        if !self.kind(bundle, input, at) || !self.part(bundle, input, outline) {
            return;
        }
        if input == InputType::Service {
            self.compatible(bundle, outline, at);
        }
        let _: Option<Inputs> = self.inputs(bundle, input, outline);
    }

    fn inputs(
        &mut self,
        bundle: &Bundle,
        input: InputType,
        outline: Outline<'_>,
    ) -> Option<Inputs> {
        let spec = outline.spec;
        let (inputs, faults) = bundle.schema.check(input, spec.values.as_ref(), &spec.at);
        self.diagnostics.extend(faults);
        inputs
    }

    fn unknown(&mut self, version: &VersionRef, at: &Location) {
        let VersionRef { name, major, minor } = version;
        let published = self.catalog.published;
        let working = self.repository.working_bundles();
        let here = working.keys().map(|(name, _)| name);
        let names: BTreeSet<&Name> = here.chain(published.keys().map(|(name, _)| name)).collect();
        if !names.contains(name) {
            let names = names.into_iter().map(Name::as_str);
            let help = closest(name.as_str(), names).map_or_else(
                || format!("add `templates/{name}/v{major}/`, or name a template that is there"),
                |near| format!("write `{near}`"),
            );
            let message = format!("there is no template `{name}`");
            self.report(Code::BundleUnknownTemplate, message, at, help);
            return;
        }
        // A bundle of the working tree that could not be read was reported where it stands.
        if minor.is_none() && self.repository.has_folder(name, *major) {
            return;
        }
        let message = match minor {
            Some(minor) => format!("`{name}` has no published version {major}.{minor}"),
            None => format!("`{name}` has no v{major}"),
        };
        let help = match published
            .get(&(name.clone(), *major))
            .and_then(|minors| minors.iter().max())
        {
            Some(newest) => format!("the newest published one is `{name}@{major}.{newest}`"),
            None => format!("publish it: nucleon publish {name}"),
        };
        self.report(Code::BundleUnknownVersion, message, at, help);
    }

    /// Warns of a version that its users should leave.
    fn deprecated(&mut self, version: &VersionRef, at: &Location) {
        let lifecycle = self.repository.lifecycle(&version.name);
        let Some(deprecation) = lifecycle.and_then(|it| it.deprecation(version)) else {
            return;
        };
        let until = deprecation.date;
        let until = until.map_or_else(String::new, |date| {
            format!(" and should be left before {date}")
        });
        let message = format!("`{version}` is deprecated{until}");
        let warning = Diagnostic::warning(Code::BundleDeprecated, message).at(at.clone());
        self.diagnostics
            .push(warning.help(deprecation.message.clone()));
    }

    fn kind(&mut self, bundle: &Bundle, input: InputType, at: &Location) -> bool {
        let (expected, word) = match input {
            InputType::Environment => (BundleKind::Environment, "an environment"),
            InputType::Service | InputType::Pipeline => (BundleKind::Service, "a service"),
        };
        let good = bundle.kind == expected;
        if !good {
            let message = format!("`{}` is not {word} template", bundle.name);
            self.report(
                Code::SpecKind,
                message,
                at,
                format!("name {word} template here"),
            );
        }
        good
    }

    fn part(&mut self, bundle: &Bundle, input: InputType, outline: Outline<'_>) -> bool {
        let part = Part::of(input);
        if part == Part::Pipeline && !bundle.has(part) {
            let message = format!("`{}` has no pipeline", bundle.name);
            self.report(
                Code::SpecNoPipeline,
                message,
                &outline.spec.at,
                "take `pipeline:` out",
            );
            return false;
        }
        true
    }

    fn compatible(&mut self, bundle: &Bundle, outline: Outline<'_>, at: &Location) {
        let Some(environment) = outline.environment else {
            return;
        };
        let Some(found) = self.repository.environments().get(environment) else {
            return;
        };
        let Some(used) = &found.template else {
            return;
        };
        if bundle.works_with(&used.name, used.major) {
            return;
        }
        let name = &bundle.name;
        let message = format!(
            "`{name}` does not work with `{}@{}`, the template of environment `{environment}`",
            used.name, used.major
        );
        let works = bundle.compatible.iter();
        let works: Vec<String> = works
            .map(|(name, major)| format!("`{name}@{major}`"))
            .collect();
        let help = format!("it works with {}", works.join(", "));
        self.report(Code::SpecIncompatibleEnvironment, message, at, help);
    }

    fn component(&mut self, outline: Outline<'_>) {
        let attached = outline
            .component
            .and_then(|component| component.attached.as_ref());
        let Some(instance) = attached.and_then(|id| self.repository.targets().get(id)) else {
            return;
        };
        let Some(version) = &instance.template else {
            return;
        };
        if (self.catalog.bundle)(version).is_some_and(|bundle| !bundle.components) {
            let message = format!("`{}` takes no components", version.name);
            let help = "add `supported_component_sources: [DIRECTLY_DEFINED]` to its .template-registration.yaml";
            self.report(Code::SpecComponentRefused, message, &outline.spec.at, help);
        }
    }

    fn pipelines(&mut self) {
        for without in self.repository.without_pipeline() {
            let bundle = (self.catalog.bundle)(&without.template);
            if bundle.is_some_and(|bundle| bundle.has(Part::Pipeline)) {
                let message = format!(
                    "`{}` has a pipeline, but service `{}` asks for none",
                    without.template, without.service
                );
                let fault = Diagnostic::warning(Code::SpecNoPipeline, message);
                let help = "write `pipeline: {}` to have it with its default inputs";
                self.diagnostics
                    .push(fault.at(without.at.clone()).help(help));
            }
        }
    }

    /// What is provisioned by pull request needs a repository for it.
    fn provisioning(&mut self) {
        if self.repository.config().provisioning.is_some() {
            return;
        }
        for (name, environment) in self.repository.environments() {
            if let Some(written) = &environment.provisioning
                && written.value == Provisioning::PullRequest
            {
                let message = format!(
                    "environment `{name}` is provisioned by pull request, and nucleon.yaml names no repository for it"
                );
                let help = "write `provisioning: {repository: owner/name}` in nucleon.yaml";
                self.report(Code::ConfigMissingKey, message, &written.at, help);
            }
        }
    }
}
