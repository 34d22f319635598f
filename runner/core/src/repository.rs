//! A platform repository, read once: its targets, where they go, what they are made of and what they wait for.
//!
//! One fault never hides another: a spec that cannot be read is reported, and the others still become targets.

mod bundles;
mod components;
mod discovery;
mod elsewhere;
mod environments;
mod merged;
mod ops;
mod references;
mod services;
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use bundles::folders_of;
pub use elsewhere::SpecElsewhere;
pub use merged::{
    ENVIRONMENT_CONFIG, MergedFolder, folders as merged_folders, is_about_specs, merged_only,
};

use crate::bundle::{self, Bundle};
use crate::config::{Config, Provisioning};
use crate::cores::{Cores, OneCore};
use crate::deployment::{Place, Roles};
use crate::diagnostic::{Diagnostic, Location};
use crate::files::Files;
use crate::lifecycle::Lifecycle;
use crate::located::Located;
use crate::source::Source;
use crate::spec::SpecPart;
use crate::tags::{Tagged, arn};
use crate::target::{Name, Stage, TargetId};
use crate::version::VersionRef;

/// A component's own template.
#[derive(Clone, Debug)]
pub struct ComponentSource {
    /// The template, or the module.
    pub source: Source,
    /// The instance it is attached to, whose inputs it may read and which reads its outputs.
    pub attached: Option<TargetId>,
}

/// One thing that is deployed, and everything that the repository says of it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its id.
    pub id: TargetId,
    /// Its step in a run.
    pub stage: Stage,
    /// The environment it is in; pipelines are in none.
    pub environment: Option<Name>,
    /// The name of its account in `nucleon.yaml`.
    pub account: String,
    /// Where it goes.
    pub place: Place,
    /// The roles of its account.
    pub roles: Roles,
    /// The GitHub environment that its job runs in.
    pub github_environment: String,
    /// How it reaches its cloud.
    pub provisioning: Provisioning,
    /// The template version; nothing for components.
    pub template: Option<VersionRef>,
    /// Where the template version is written.
    pub template_at: Option<Location>,
    /// What its inputs are made of.
    pub spec: SpecPart,
    /// A component's own template.
    pub component: Option<ComponentSource>,
    /// The targets that must be there before it, sorted.
    pub dependencies: Vec<TargetId>,
    /// The folder that it is, in an infrastructure repository.
    pub merged: Option<MergedFolder>,
}

/// A target as its spec gives it, before it is known where it goes.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) id: TargetId,
    pub(crate) environment: Option<Name>,
    /// The environments of a pipeline's instances.
    pub(crate) instance_environments: Vec<Name>,
    pub(crate) template: Option<Located<VersionRef>>,
    pub(crate) spec: SpecPart,
    pub(crate) component: Option<ComponentSource>,
    pub(crate) dependencies: Vec<TargetId>,
}

/// An environment as its spec and `nucleon.yaml` give it together.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) github: String,
    pub(crate) provisioning: Option<Located<Provisioning>>,
    pub(crate) template: Option<Located<VersionRef>>,
}

/// What the checks need to know of a target, whether or not it is known where it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outline<'r> {
    pub(crate) id: &'r TargetId,
    pub(crate) environment: Option<&'r Name>,
    pub(crate) template: Option<(&'r VersionRef, &'r Location)>,
    pub(crate) spec: &'r SpecPart,
    pub(crate) component: Option<&'r ComponentSource>,
}

/// Everything that a platform repository says.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    config: Config,
    targets: BTreeMap<TargetId, Target>,
    bundles: BTreeMap<(Name, u32), Bundle>,
    /// The major versions that have a folder, readable or not.
    folders: BTreeSet<(Name, u32)>,
    /// What templates say about their versions.
    lifecycles: BTreeMap<Name, Lifecycle>,
    environments: BTreeMap<Name, Environment>,
    /// The instances of each service, in the order of its spec.
    instances: BTreeMap<Name, Vec<TargetId>>,
    /// The component that is attached to an instance.
    components: BTreeMap<TargetId, Name>,
    /// Environments and services whose spec could not be read; they are not unknown.
    broken_environments: BTreeSet<Name>,
    broken_services: BTreeSet<Name>,
    /// Targets of which it is not known where they go; their specs are checked all the same.
    unplaced: Vec<Draft>,
    /// Services whose template may have a pipeline that their spec does not mention.
    without_pipeline: Vec<services::WithoutPipeline>,
}

impl Repository {
    /// Reads a repository, and reports everything that is wrong by itself.
    ///
    /// What needs the template versions that specs use is checked by [`crate::validate`].
    pub fn parse(files: &Files) -> (Self, Vec<Diagnostic>) {
        Self::parse_on(&OneCore, files)
    }

    /// Reads a repository on several cores.
    pub fn parse_on(cores: &dyn Cores, files: &Files) -> (Self, Vec<Diagnostic>) {
        let mut parser = Parser::new(cores, files);
        let folders = bundles::version_folders(files);
        parser.bundles(&folders);
        let specs = parser.specs(&folders);
        parser.environments(&specs);
        parser.repository.broken_services = specs.broken_services;
        parser.repository.broken_environments = specs.broken_environments;
        let mut drafts = parser.services(specs.services);
        let components = parser.components(specs.components, &mut drafts);
        drafts.extend(components);
        drafts.extend(parser.environment_drafts(specs.environments));
        parser.check_references(&drafts);
        parser.place(drafts);
        let mut diagnostics = parser.diagnostics;
        parser.repository.take_merged(files, &mut diagnostics);
        crate::diagnostic::tidy(&mut diagnostics);
        (parser.repository, diagnostics)
    }

    /// Whether a file can have a say in what a repository means: specs, bundles, `nucleon.yaml`, all YAML.
    pub fn reads(path: &str) -> bool {
        let mut folders = path.split('/');
        let specs = folders.clone().next().is_some_and(discovery::is_folder);
        specs
            || matches!(
                ending(path),
                "yaml" | "yml" | "compatible-envs" | "compatible_envs"
            )
            || merged::reads(path)
            || folders.any(bundle::matters)
    }

    /// What `nucleon.yaml` says.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Every target, by id.
    pub fn targets(&self) -> &BTreeMap<TargetId, Target> {
        &self.targets
    }

    /// The instances of a service, in the order of its spec; also those whose place is not known.
    pub fn instances_of(&self, service: &Name) -> &[TargetId] {
        self.instances.get(service).map_or(&[], Vec::as_slice)
    }

    /// The component that is attached to an instance.
    pub fn component_of(&self, instance: &TargetId) -> Option<&Name> {
        self.components.get(instance)
    }

    /// The ARN that Proton gave a target at a place.
    pub fn arn(&self, target: &TargetId, place: &Place) -> String {
        let proton = &self.config.proton;
        let account = Some(&proton.account).filter(|account| !account.is_empty());
        let region = Some(&proton.region).filter(|region| !region.is_empty());
        arn(
            account.unwrap_or(&place.account),
            region.unwrap_or(&place.region),
            target,
        )
    }

    /// What the tags of a target are made of; the target's own account and region where `proton` is not given.
    pub fn tagged<'t>(&'t self, target: &'t Target) -> Tagged<'t> {
        let proton = &self.config.proton;
        let given = |given: &'t str, own: &'t str| if given.is_empty() { own } else { given };
        let component = target.component.as_ref();
        let attached = component.and_then(|component| component.attached.as_ref());
        Tagged {
            account: given(&proton.account, &target.place.account),
            region: given(&proton.region, &target.place.region),
            template: target.template.as_ref().map(|version| &version.name),
            environment: match &target.id {
                TargetId::Pipeline { .. } => None,
                TargetId::Environment(_) | TargetId::Instance { .. } | TargetId::Component(_) => {
                    target.environment.as_ref()
                }
            },
            attached: match attached {
                Some(TargetId::Instance { service, instance }) => Some((service, instance)),
                Some(_) | None => None,
            },
        }
    }

    /// The bundles of the working tree: the newest content of each major version.
    pub fn working_bundles(&self) -> &BTreeMap<(Name, u32), Bundle> {
        &self.bundles
    }

    /// What a template says about its versions.
    pub fn lifecycle(&self, name: &Name) -> Option<&Lifecycle> {
        self.lifecycles.get(name)
    }

    /// The major versions that are not to be published yet.
    pub fn drafts(&self) -> BTreeSet<(Name, u32)> {
        let all = self.lifecycles.iter();
        let drafts = |(name, lifecycle): (&Name, &Lifecycle)| -> Vec<(Name, u32)> {
            let majors = lifecycle.drafts.iter();
            majors.map(|major| (name.clone(), *major)).collect()
        };
        all.flat_map(drafts).collect()
    }

    /// The template versions that targets use.
    pub fn used_versions(&self) -> impl Iterator<Item = &VersionRef> {
        let used = self.outlines().filter_map(|outline| outline.template);
        used.map(|(version, _)| version)
    }

    /// The published versions that targets use.
    pub fn wanted_versions(&self) -> BTreeSet<(Name, u32, u32)> {
        self.used_versions()
            .filter_map(|version| Some((version.name.clone(), version.major, version.minor?)))
            .collect()
    }

    /// The major versions that have a folder whose bundle could not be read.
    pub fn unread_bundles(&self) -> impl Iterator<Item = &(Name, u32)> {
        let folders = self.folders.iter();
        folders.filter(|version| !self.bundles.contains_key(*version))
    }

    /// Whether a major version has a folder, even one whose bundle could not be read.
    pub(crate) fn has_folder(&self, name: &Name, major: u32) -> bool {
        self.folders.contains(&(name.clone(), major))
    }

    /// The environments, also those whose place is not known.
    pub(crate) fn environments(&self) -> &BTreeMap<Name, Environment> {
        &self.environments
    }

    /// What the checks need to know of every target.
    pub(crate) fn outlines(&self) -> impl Iterator<Item = Outline<'_>> {
        let placed = self.targets.values().map(|target| Outline {
            id: &target.id,
            environment: target.environment.as_ref(),
            template: target.template.as_ref().zip(target.template_at.as_ref()),
            spec: &target.spec,
            component: target.component.as_ref(),
        });
        let unplaced = self.unplaced.iter().map(|draft| Outline {
            id: &draft.id,
            environment: draft.environment.as_ref(),
            template: draft
                .template
                .as_ref()
                .map(|template| (&template.value, &template.at)),
            spec: &draft.spec,
            component: draft.component.as_ref(),
        });
        placed.chain(unplaced)
    }

    /// Services whose spec does not mention a pipeline: their template, and where it is written.
    pub(crate) fn without_pipeline(&self) -> impl Iterator<Item = &services::WithoutPipeline> {
        self.without_pipeline.iter()
    }
}

/// Reads one repository and keeps what is wrong with it.
struct Parser<'f> {
    cores: &'f dyn Cores,
    files: &'f Files,
    repository: Repository,
    diagnostics: Vec<Diagnostic>,
}

impl<'f> Parser<'f> {
    fn new(cores: &'f dyn Cores, files: &'f Files) -> Self {
        let (config, diagnostics) = Config::parse(files);
        Self {
            cores,
            files,
            repository: Repository {
                config,
                ..Repository::default()
            },
            diagnostics,
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn config(&self) -> &Config {
        &self.repository.config
    }

    fn has_spec(&self, environment: &Name) -> bool {
        let repository = &self.repository;
        repository.environments.contains_key(environment)
            || repository.broken_environments.contains(environment)
    }

    // One that stands in nucleon.yaml without a spec is reported there, once.
    fn knows_environment(&self, name: &Name) -> bool {
        self.has_spec(name) || self.config().environments.contains_key(name)
    }
}

/// The name of a file, without its ending.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The ending of a file's name, without the dot.
fn ending(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

fn arc(text: &str) -> Arc<str> {
    text.into()
}
