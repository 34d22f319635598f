//! `nucleon.yaml`: accounts, sources, defaults, promotion.
//!
//! Every key is parsed, checked and kept, also those that only later commands read, so that a file is right or
//! wrong once and for all. What Proton kept in its database stands here: names, versions, accounts.

mod account;
mod read;
mod sections;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use account::{Account, Hub};
pub(crate) use read::unknown_account;
pub(crate) use sections::provisioning;
pub use sections::{
    ArtifactsConfig, EnvironmentConfig, Notifications, PipelinesConfig, Promotion, PromotionSame,
    Proton, ProvisioningConfig, ServiceConfig, StateConfig, TemplatesConfig, Terraform,
    TerraformBinary,
};
pub(crate) use value::region;

use crate::deployment::{Artifacts, Place};
use crate::diagnostic::Diagnostic;
use crate::files::Files;
use crate::located::Located;
use crate::target::{Name, Stage, TargetId};
use crate::version::VersionRef;

/// The name of the file.
pub const FILE: &str = "nucleon.yaml";

/// How a target reaches its cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provisioning {
    /// Nucleon itself plans and applies.
    #[default]
    Direct,
    /// What was rendered is proposed to an infrastructure repository.
    PullRequest,
}

/// Everything that `nucleon.yaml` says.
///
/// What could not be read was reported and is left out; then this is not what the user meant, and nothing may be deployed from it.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The Proton management account and its region.
    pub proton: Proton,
    /// The accounts, by the names that the other files use.
    pub accounts: BTreeMap<String, Account>,
    /// The first hop from the runner's own credentials.
    pub hub: Option<Hub>,
    /// What Proton knew of environments.
    pub environments: BTreeMap<Name, EnvironmentConfig>,
    /// What Proton knew of services.
    pub services: BTreeMap<Name, ServiceConfig>,
    /// Targets that use another version than their spec or service says.
    pub pins: BTreeMap<TargetId, Located<VersionRef>>,
    /// Where templates come from.
    pub templates: Vec<TemplatesConfig>,
    /// Environments that may use the newest content of a major version.
    pub unpinned: Vec<Located<Name>>,
    /// Where large template bodies go.
    pub artifacts: Option<ArtifactsConfig>,
    /// Where pull-request provisioning goes.
    pub provisioning: Option<ProvisioningConfig>,
    /// The order of environments and what it demands.
    pub promotion: Promotion,
    /// Where pipelines run.
    pub pipelines: PipelinesConfig,
    /// How Terraform is run.
    pub terraform: Terraform,
    /// Whom to tell beside GitHub.
    pub notifications: Notifications,
    /// The view of the state.
    pub state: StateConfig,
    /// Accounts that stand in the file and could not be read; they are not unknown.
    broken_accounts: BTreeSet<String>,
    /// Whether there is a file that is YAML.
    pub(crate) is_read: bool,
}

impl Config {
    /// Reads `nucleon.yaml` from the files of a repository.
    pub fn parse(files: &Files) -> (Self, Vec<Diagnostic>) {
        read::parse(files)
    }

    /// The name under `accounts` of the account that pipelines run in: theirs, else the one that has Proton's id.
    pub fn pipelines_account(&self) -> Option<&str> {
        if let Some(account) = &self.pipelines.account {
            return Some(account.as_str());
        }
        let is_proton = |account: &&Account| account.id == self.proton.account;
        let at_home = |account: &&Account| account.region.as_ref() == Some(&self.proton.region);
        let mut candidates = self.accounts.values().filter(is_proton);
        let first = candidates
            .clone()
            .find(at_home)
            .or_else(|| candidates.next());
        first.map(|account| account.name.as_str())
    }

    /// The names of all accounts that stand in the file, readable or not.
    pub(crate) fn account_names(&self) -> impl Iterator<Item = &str> {
        let names = self.accounts.keys().chain(&self.broken_accounts);
        names.map(String::as_str)
    }

    /// Whether an account stands in the file, readable or not.
    pub fn has_account(&self, name: &str) -> bool {
        self.accounts.contains_key(name) || self.broken_accounts.contains(name)
    }

    /// The account of an id; where several entries have it, the first by name.
    pub fn account_of(&self, id: &str) -> Option<&Account> {
        self.accounts.values().find(|account| account.id == id)
    }

    /// What the names of new stacks begin with in an account.
    pub fn stack_prefix(&self, account: &str) -> &str {
        let account = self.accounts.get(account);
        account.map_or(account::STACK_PREFIX, |account| &account.stack_prefix)
    }

    /// Whether targets of an environment are applied only with an approval.
    pub fn needs_approval(&self, environment: &Name) -> bool {
        let mut approval = self.promotion.approval.iter();
        approval.any(|name| name.value == *environment)
    }

    /// Where large template bodies of a place go.
    pub fn artifacts(&self, place: &Place) -> Option<Artifacts> {
        let artifacts = self.artifacts.as_ref()?;
        let fill = |text: &str| {
            text.replace("{account_id}", &place.account)
                .replace("{region}", &place.region)
        };
        Some(Artifacts {
            bucket: fill(&artifacts.bucket),
            kms_key: artifacts.kms_key.as_deref().map(fill),
        })
    }

    /// What `init` is told about the backend of a module at a place, whose folder is `path`.
    pub fn backend(&self, place: &Place, path: &str) -> BTreeMap<String, String> {
        let fill = |text: &str| {
            text.replace("{account_id}", &place.account)
                .replace("{region}", &place.region)
                .replace("{path}", path)
        };
        let settings = self.terraform.backend.iter();
        settings
            .map(|(key, value)| (key.clone(), fill(value)))
            .collect()
    }

    /// The stage that instances of an environment belong to: its step of the promotion order, or the first.
    pub fn stage_of(&self, environment: &Name) -> Stage {
        let order = self.promotion.order.iter();
        let step = order.take(5).position(|step| step.value == *environment);
        Stage::Instances(
            step.and_then(|step| u8::try_from(step + 1).ok())
                .unwrap_or(1),
        )
    }

    /// Whether an environment may use the newest content of a major version.
    pub fn is_unpinned(&self, environment: &Name) -> bool {
        self.unpinned.iter().any(|name| name.value == *environment)
    }
}

/// The file's name, as locations hold it.
fn file() -> Arc<str> {
    FILE.into()
}
