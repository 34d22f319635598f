//! An infrastructure repository: its targets are the folders that were merged there, each with the file that says whose it is.
//!
//! Where they go, `nucleon.yaml` says, or else the `env_config.json` of the workflow that AWS gave with Proton.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::{Repository, Target};
use crate::codes::Code;
use crate::config::{Account, Config, Provisioning};
use crate::deployment::{Place, Roles};
use crate::diagnostic::{Diagnostic, Location};
use crate::files::{Content, Files};
use crate::folder::{METADATA, Metadata, path, read_metadata};
use crate::spec::SpecPart;
use crate::target::{Name, Stage, TargetId};

/// The file in which AWS's workflow kept accounts, regions and buckets.
pub const ENVIRONMENT_CONFIG: &str = "env_config.json";

/// A folder that was merged.
#[derive(Clone, Debug)]
pub struct MergedFolder {
    /// Where it is.
    pub path: Arc<str>,
    /// Its files.
    pub files: Files,
    /// Which deployment it is from.
    pub deployment: String,
    /// Whether the target is to be destroyed.
    pub deleted: bool,
    /// Where its state is, where that is not as `nucleon.yaml` says.
    pub backend: BTreeMap<String, String>,
}

/// One entry of `env_config.json`.
#[derive(Clone, Debug, Deserialize)]
struct Entry {
    role: String,
    region: String,
    state_bucket: String,
}

/// Whether a file is one of these.
pub(super) fn reads(path: &str) -> bool {
    path == ENVIRONMENT_CONFIG || path.ends_with(METADATA)
}

/// The folders that were merged.
pub fn folders(files: &Files) -> Vec<String> {
    let suffix = format!("/{METADATA}");
    let folders = files
        .iter()
        .filter_map(|(path, _)| path.as_str().strip_suffix(&suffix));
    folders.map(str::to_owned).collect()
}

/// The files that say something where only merged folders count: a repository may be both, specs and folders.
#[must_use]
pub fn merged_only(files: &Files) -> Files {
    let folders = folders(files);
    let inside = |path: &str| {
        folders.iter().any(|folder| {
            path.strip_prefix(folder.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        })
    };
    files.filtered(|path, _| {
        let path = path.as_str();
        path == crate::config::FILE || path == ENVIRONMENT_CONFIG || inside(path)
    })
}

/// Whether `nucleon.yaml` is only said to name what no spec defines: where folders are the targets, there are no specs.
pub fn is_about_specs(fault: &Diagnostic) -> bool {
    let place = fault.location.as_ref();
    let missing = match fault.code {
        Code::ConfigUnknownEnvironment | Code::ConfigUnknownTarget => true,
        // `nucleon.yaml` itself may be missing, too.
        Code::FileMissing => place.is_some_and(|at| at.line > 1),
        _ => false,
    };
    missing && place.is_some_and(|at| &*at.file == crate::config::FILE)
}

/// The files of a folder without those of the folders in it, which are other targets.
fn own(files: &Files, folder: &str) -> Files {
    let below = files.below(folder);
    let inner = folders(&below);
    below.filtered(|path, _| {
        !inner.iter().any(|inner| {
            path.as_str()
                .strip_prefix(inner.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        })
    })
}

/// The targets of the folders that were merged, and what is wrong with them.
pub(super) fn targets(files: &Files, config: &Config) -> (Vec<Target>, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let entries = entries(files, &mut faults);
    if !faults.is_empty() && config.accounts.is_empty() {
        // Nothing says where anything goes; one word about it is enough.
        return (Vec::new(), faults);
    }
    let mut targets: BTreeMap<TargetId, Target> = BTreeMap::new();
    let suffix = format!("/{METADATA}");
    for (file, content) in files.iter() {
        let Some(folder) = file.as_str().strip_suffix(&suffix) else {
            continue;
        };
        let found = metadata(file.as_str(), content)
            .and_then(|(text, metadata)| Found::new(file.as_str(), folder, text, metadata));
        let target = found.and_then(|found| found.target(files, config, entries.as_ref()));
        match target {
            Ok(target) => {
                let at = target.spec.at.clone();
                if let Some(other) = targets.insert(target.id.clone(), target) {
                    let message = format!("{} is in `{}`, too", other.id, other.spec.file);
                    let fault = Diagnostic::error(Code::FolderMetadata, message).at(at);
                    faults.push(fault.help("delete the folder that is not used any more"));
                }
            }
            Err(fault) => faults.push(fault),
        }
    }
    (targets.into_values().collect(), faults)
}

fn metadata<'c>(file: &str, content: &'c Content) -> Result<(&'c str, Metadata), Diagnostic> {
    let start = Location::start_of(file);
    let Content::Text(text) = content else {
        let message = format!("`{file}` is not a text file");
        return Err(Diagnostic::error(Code::FolderMetadata, message).at(start));
    };
    let read = read_metadata(text).map_err(|(why, line, column)| {
        Diagnostic::error(Code::FolderMetadata, format!("`{file}`: {why}"))
            .at(Location {
                line,
                column,
                ..start
            })
            .help("this file is written by machines: take it back as it was, with `git log -p`")
    });
    read.map(|metadata| (&**text, metadata))
}

/// A folder with what it says of itself.
struct Found<'a> {
    folder: &'a str,
    id: TargetId,
    environment: Option<Name>,
    metadata: Metadata,
    at: Location,
}

impl<'a> Found<'a> {
    fn new(
        file: &str,
        folder: &'a str,
        text: &str,
        metadata: Metadata,
    ) -> Result<Self, Diagnostic> {
        let at = line_of(file, text, "\"arn\"");
        let fault = |message: String| {
            let help =
                "this file is written by machines: take it back as it was, with `git log -p`";
            Diagnostic::error(Code::FolderMetadata, message)
                .at(at.clone())
                .help(help)
        };
        let id: Option<TargetId> = resource(&metadata.arn).and_then(|id| id.parse().ok());
        let Some(id) = id else {
            let arn = &metadata.arn;
            return Err(fault(format!(
                "`{arn}` is not the ARN of a Proton resource"
            )));
        };
        let environment = match &id {
            TargetId::Environment(name) => Some(name.clone()),
            TargetId::Pipeline { .. } => None,
            TargetId::Instance { .. } | TargetId::Component(_) => {
                let named = metadata.environment.as_deref().and_then(resource);
                let named = named.and_then(|id| id.strip_prefix("environment/"));
                let named = named.and_then(|name| Name::new(name).ok());
                Some(named.ok_or_else(|| fault(format!("{id} does not say its environment")))?)
            }
        };
        let expected = path(&id, environment.as_ref());
        // Components lay beside instances before May 2022.
        let older = expected.replace("/components/", "/");
        let fits = |expected: &str| {
            folder
                .strip_suffix(expected)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        if !fits(&expected) && !fits(&older) {
            return Err(fault(format!(
                "{id} belongs into the folder `{expected}`, and this is `{folder}`"
            )));
        }
        Ok(Self {
            folder,
            id,
            environment,
            metadata,
            at,
        })
    }

    fn target(
        self,
        files: &Files,
        config: &Config,
        entries: Option<&BTreeMap<String, Entry>>,
    ) -> Result<Target, Diagnostic> {
        let to = self.by_config(config);
        let to = to.or_else(|| self.by_entry(entries?));
        let Some(to) = to else {
            return Err(self.nowhere(config));
        };
        let environment = self.environment.as_ref();
        let stage = match &self.id {
            TargetId::Instance { .. } => {
                environment.map_or(Stage::Instances(1), |name| config.stage_of(name))
            }
            id => id.usual_stage(),
        };
        let file: Arc<str> = format!("{}/{METADATA}", self.folder).into();
        Ok(Target {
            stage,
            account: to.account_name,
            place: to.place,
            roles: to.roles,
            github_environment: to.github_environment,
            provisioning: Provisioning::Direct,
            template: None,
            template_at: None,
            spec: SpecPart {
                file,
                values: None,
                at: self.at,
            },
            component: None,
            dependencies: Vec::new(),
            merged: Some(MergedFolder {
                path: self.folder.into(),
                files: own(files, self.folder),
                deployment: self.metadata.deployment,
                deleted: self.metadata.deleted,
                backend: to.backend,
            }),
            environment: self.environment,
            id: self.id,
        })
    }

    /// Where `nucleon.yaml` says: the environment's account, or the only one that there is.
    fn by_config(&self, config: &Config) -> Option<To> {
        let known = self.environment.as_ref();
        let known = known.and_then(|name| config.environments.get(name));
        let (account, region, github) = if self.environment.is_some() {
            let account = match known.and_then(|known| known.account.as_ref()) {
                Some(name) => config.accounts.get(name.as_str())?,
                None => only(config)?,
            };
            let region = known.and_then(|known| known.region.as_ref());
            let github = known.and_then(|known| known.github_environment.clone());
            (account, region.map(|region| region.value.clone()), github)
        } else {
            let named = config.pipelines_account();
            let named = named.and_then(|name| config.accounts.get(name));
            let github = config.pipelines.github_environment.clone();
            (named.or_else(|| only(config))?, None, github)
        };
        let region = region
            .or_else(|| account.region.clone())
            .unwrap_or_else(|| config.proton.region.clone());
        Some(To {
            account_name: account.name.clone(),
            place: Place {
                account: account.id.clone(),
                region,
            },
            roles: account.roles.clone(),
            github_environment: github.unwrap_or_else(|| self.named("pipelines")),
            backend: BTreeMap::new(),
        })
    }

    /// Where `env_config.json` says: the environment's entry, or the one for all.
    fn by_entry(&self, entries: &BTreeMap<String, Entry>) -> Option<To> {
        let name = self.named("pipeline");
        let entry = entries.get(&name).or_else(|| entries.get("*"))?;
        let account = entry.role.split(':').nth(4)?.to_owned();
        // AWS's workflow gave pipelines no slash.
        let slash = match self.id {
            TargetId::Pipeline { .. } => "",
            TargetId::Environment(_) | TargetId::Instance { .. } | TargetId::Component(_) => "/",
        };
        let backend = [
            ("bucket", entry.state_bucket.clone()),
            ("key", format!("{}{slash}terraform.tfstate", self.folder)),
            ("region", entry.region.clone()),
        ];
        let backend = backend.map(|(key, value)| (key.to_owned(), value));
        Some(To {
            account_name: account.clone(),
            place: Place {
                account,
                region: entry.region.clone(),
            },
            roles: Roles {
                plan: Some(entry.role.clone()),
                apply: Some(entry.role.clone()),
                ..Roles::default()
            },
            github_environment: name,
            backend: backend.into(),
        })
    }

    /// The environment's name, or what stands for it where pipelines are.
    fn named(&self, pipelines: &str) -> String {
        let name = self.environment.as_ref().map(ToString::to_string);
        name.unwrap_or_else(|| pipelines.to_owned())
    }

    fn nowhere(&self, config: &Config) -> Diagnostic {
        let name = self.named("pipeline");
        let (message, help) = if config.accounts.is_empty() {
            (
                format!("nothing says in which account {} is", self.id),
                "write `accounts` in nucleon.yaml, or an entry `*` in env_config.json".to_owned(),
            )
        } else {
            (
                format!(
                    "nucleon.yaml does not say in which of its accounts {} is",
                    self.id
                ),
                format!("write `environments: {{{name}: {{account: NAME}}}}` in nucleon.yaml"),
            )
        };
        Diagnostic::error(Code::FolderPlace, message)
            .at(self.at.clone())
            .help(help)
    }
}

/// Where a folder is deployed.
struct To {
    account_name: String,
    place: Place,
    roles: Roles,
    github_environment: String,
    backend: BTreeMap<String, String>,
}

fn only(config: &Config) -> Option<&Account> {
    let mut accounts = config.accounts.values();
    accounts.next().filter(|_| accounts.next().is_none())
}

/// The resource that an ARN of Proton names.
fn resource(arn: &str) -> Option<&str> {
    match arn.splitn(6, ':').collect::<Vec<_>>()[..] {
        ["arn", _, "proton", _, _, resource] => Some(resource),
        _ => None,
    }
}

/// What `env_config.json` says; nothing where there is none, or where it cannot be used.
fn entries(files: &Files, faults: &mut Vec<Diagnostic>) -> Option<BTreeMap<String, Entry>> {
    let text = files.text(ENVIRONMENT_CONFIG)?;
    if text.contains("REPLACE_ME") {
        let at = line_of(ENVIRONMENT_CONFIG, text, "REPLACE_ME");
        let message = "`REPLACE_ME` was never replaced";
        let help = "write the role, the region and the bucket of the environment there";
        faults.push(
            Diagnostic::error(Code::FolderPlace, message)
                .at(at)
                .help(help),
        );
        return None;
    }
    match serde_json::from_str(text) {
        Ok(entries) => Some(entries),
        Err(error) => {
            let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).max(1);
            let at = Location {
                line: number(error.line()),
                column: number(error.column()),
                ..Location::start_of(ENVIRONMENT_CONFIG)
            };
            let text = error.to_string();
            let why = text.split(" at line ").next().unwrap_or_default();
            let message = format!("`{ENVIRONMENT_CONFIG}`: {why}");
            let help = "each entry is `\"ENVIRONMENT or *\": {\"role\": \"arn:…\", \"region\": \"…\", \"state_bucket\": \"…\"}`";
            faults.push(
                Diagnostic::error(Code::FolderPlace, message)
                    .at(at)
                    .help(help),
            );
            None
        }
    }
}

/// Where a text stands first.
fn line_of(file: &str, text: &str, part: &str) -> Location {
    let before = text.split_once(part).map_or("", |(before, _)| before);
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let last = before.rsplit('\n').next().unwrap_or_default();
    Location {
        line: number(before.matches('\n').count() + 1),
        column: number(last.chars().count() + 1),
        length: number(part.chars().count()),
        ..Location::start_of(file)
    }
}

impl Repository {
    /// Makes targets of merged folders, where no spec defines any.
    pub(super) fn take_merged(&mut self, files: &Files, faults: &mut Vec<Diagnostic>) {
        if !self.targets.is_empty() || !self.unplaced.is_empty() {
            return;
        }
        let (targets, found) = targets(files, &self.config);
        if targets.is_empty() && found.is_empty() {
            return;
        }
        faults.retain(|fault| !is_about_specs(fault));
        if files.get(ENVIRONMENT_CONFIG).is_some() {
            // What says where folders go need not be said twice.
            faults.retain(|fault| {
                let accounts = fault.message.starts_with("`accounts` is missing");
                fault.code != Code::FileMissing && !accounts
            });
        }
        faults.extend(found);
        self.targets = targets
            .into_iter()
            .map(|target| (target.id.clone(), target))
            .collect();
    }
}
