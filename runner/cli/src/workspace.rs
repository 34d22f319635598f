//! Opens what a command works on: the repository's files, the template versions they use, and the state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nucleon_adapters::aws::{
    Base, GitHubIdentity, Hub, SessionSettings, Sessions, configuration, session_name,
};
use nucleon_adapters::clock::{StoppedClock, SystemClock};
use nucleon_adapters::cloudformation::CloudFormationProvisioner;
use nucleon_adapters::commands::CommandsProvisioner;
use nucleon_adapters::files::read_tree;
use nucleon_adapters::git::{Checkout, Credential, GitState, GitTemplates, StatePlace};
use nucleon_adapters::github::Access;
use nucleon_adapters::infrastructure::GitHubInfrastructure;
use nucleon_adapters::terraform::TerraformProvisioner;
use nucleon_core::compose::Composition;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::digest::RenderedDigest;
use nucleon_core::files::Files;
use nucleon_core::lint;
use nucleon_core::repository::{Target, is_about_specs, merged_only};
use nucleon_core::secret::Secret;
use nucleon_core::suggest::closest;
use nucleon_core::target::{Name, TargetId};
use nucleon_core::validate;
use nucleon_core::version::VersionRef;
use nucleon_engine::cores::AllCores;
use nucleon_engine::dispatch::DispatchingProvisioner;
use nucleon_engine::fleet::{Fleet, Tips};
use nucleon_engine::load::load;
use nucleon_engine::ports::{Clock, State as _};
use nucleon_engine::propose::ProposingProvisioner;
use nucleon_engine::select::{is_deleted, is_pending, waits_for};

use crate::args::{Common, Flag, Format, Selection, StateArgs};
use crate::error::{Failure, Kind};
use crate::github::{opener, reach};
use crate::output::Lines;
use crate::{env, output, run};

/// What is said of a target that is to be deleted and has no record.
pub const NEVER_DEPLOYED: &str = "it was never deployed: there is nothing to delete";

/// A repository that is open, with its state.
pub struct Workspace {
    /// Its targets and template versions.
    pub fleet: Fleet,
    /// The faults in its files.
    pub diagnostics: Vec<Diagnostic>,
    /// The commit that is checked out.
    pub commit: String,
    /// The state.
    pub state: GitState,
    /// The time.
    pub clock: Arc<dyn Clock>,
    files: Files,
    checkout: Checkout,
    folders: Flag,
}

impl Workspace {
    /// Opens a repository: reads its files and fetches the template versions that its targets use.
    ///
    /// Faults in single specs do not stop the others; a `nucleon.yaml` that is missing or broken stops everything.
    pub async fn open(common: &Common, arguments: &StateArgs) -> Result<Self, Failure> {
        let root = common.root.clone();
        let reading = tokio::task::spawn_blocking(move || read_tree(&root));
        let checkout = checkout(common, arguments);
        let (files, commit) = tokio::join!(reading, checkout.head());
        let mut files = files.map_err(|error| Failure::new(Kind::Outside, error.to_string()))??;
        let commit = commit?;
        if arguments.folders.0 {
            files = merged_only(&files);
        }
        let mut loaded = load(&files, &GitTemplates::new(checkout.clone()), &commit).await?;
        if arguments.folders.0 {
            // Also before the first folder is merged.
            loaded.diagnostics.retain(|fault| !is_about_specs(fault));
        }
        files.extend(&loaded.elsewhere);
        let clock = clock()?;
        let place = StatePlace {
            prefix: arguments.prefix(),
            branch: loaded.fleet.repository.config().state.branch.clone(),
        };
        let state = GitState::new(checkout.clone(), &place, clock.clone());
        let workspace = Self {
            fleet: loaded.fleet,
            diagnostics: loaded.diagnostics,
            commit,
            state,
            clock,
            files,
            checkout,
            folders: arguments.folders,
        };
        if workspace.diagnostics.iter().any(is_fatal) {
            workspace.show(&workspace.diagnostics, common.format());
            return Err(Failure::told(Kind::Files));
        }
        Ok(workspace)
    }

    /// The targets to plan or apply. An empty list means none of them, not all; what is to be deleted is named.
    pub async fn chosen(
        &self,
        selection: &Selection,
        destroy: Flag,
    ) -> Result<Vec<TargetId>, Failure> {
        if selection.is_empty_list() {
            return Ok(Vec::new());
        }
        if !destroy.0 {
            return self.select(selection).await;
        }
        // Their specs may be gone: whether there is anything to delete, only the state knows.
        let named = selection.named();
        if named.is_empty() {
            let message = "no target is named that is to be deleted";
            return Err(Failure::new(Kind::CommandLine, message)
                .hint("write each one: --destroy environment/dev"));
        }
        Ok(named)
    }

    /// The targets that a command line means, sorted by stage.
    pub async fn select(&self, selection: &Selection) -> Result<Vec<TargetId>, Failure> {
        let targets = self.fleet.repository.targets();
        let named = selection.named();
        for id in &named {
            self.check_known(id)?;
        }
        let mut selected: Vec<&Target> = targets
            .values()
            .filter(|target| named.is_empty() || named.contains(&target.id))
            .filter(|target| self.fleet.by_hand(&target.id).is_none())
            .filter(|target| selection.stage.is_none_or(|stage| target.stage == stage))
            .collect();
        if let Some(revision) = &selection.changed_since {
            selected = self.changed_since(revision, selected).await?;
        }
        if selection.pending.0 {
            selected = self.pending(selected).await?;
        }
        selected.sort_by_key(|target| (target.stage, &target.id));
        Ok(selected
            .into_iter()
            .map(|target| target.id.clone())
            .collect())
    }

    /// What the repository's own faults make of a run: whoever gives no list of targets asked for all of it.
    pub fn faults(&self, selection: &Selection) -> Option<Kind> {
        let asked_for_all = selection.named().is_empty() && !selection.is_empty_list();
        let at_fault = asked_for_all && self.diagnostics.iter().any(Diagnostic::is_error);
        at_fault.then_some(Kind::Files)
    }

    /// Refuses a target that no spec defines, with the one that may be meant, and one that is nobody's to deploy.
    pub fn check_known(&self, id: &TargetId) -> Result<(), Failure> {
        let targets = self.fleet.repository.targets();
        if self.fleet.by_hand(id).is_some() {
            let message = format!("{id} is customer-managed: its template has no infrastructure");
            return Err(Failure::new(Kind::Files, message).hint(
                "there is nothing to deploy; what lives in it reads its outputs from its spec",
            ));
        }
        if targets.contains_key(id) {
            return Ok(());
        }
        let known: Vec<String> = targets.keys().map(ToString::to_string).collect();
        let closest = closest(&id.to_string(), known.iter().map(String::as_str));
        let hint = closest.map_or_else(
            || "`nucleon status` and the specs name the targets".to_owned(),
            |closest| format!("did you mean `{closest}`?"),
        );
        Err(Failure::new(Kind::Files, format!("no spec defines {id}")).hint(hint))
    }

    /// The tips of targets and of what they need.
    pub async fn tips(&self, targets: &[TargetId]) -> Result<Tips, Failure> {
        Ok(self
            .state
            .read(&self.fleet.with_dependencies(targets))
            .await?)
    }

    /// The tips of what targets need, without their own.
    pub async fn outputs_for(&self, targets: &[TargetId]) -> Result<Tips, Failure> {
        Ok(self.state.read(&self.fleet.dependencies(targets)).await?)
    }

    /// Plans and applies in this repository's accounts, and in infrastructure repositories with as much access as is needed.
    pub async fn provisioner(
        &self,
        targets: &[TargetId],
        access: Access,
    ) -> Result<AnyProvisioner, Failure> {
        let hub = self.fleet.repository.config().hub.as_ref();
        let hub = hub
            .map(|hub| Hub {
                plan: hub.plan.clone(),
                apply: hub.apply.clone(),
            })
            .unwrap_or_default();
        let base = match (
            env::get(env::ID_TOKEN_REQUEST_URL),
            env::get(env::ID_TOKEN_REQUEST_TOKEN),
        ) {
            (Some(url), Some(token)) => Base::GitHub(GitHubIdentity {
                url,
                token: Secret::new(token),
            }),
            _ => Base::Ambient,
        };
        let name = run::name();
        let settings = SessionSettings {
            base,
            hub,
            name: session_name(&name, targets),
        };
        let sessions = Arc::new(Sessions::new(configuration().await, settings));
        let own = std::env::current_exe();
        let own = own.map_err(|error| Failure::new(Kind::Outside, error.to_string()))?;
        Ok(DispatchingProvisioner {
            stacks: CloudFormationProvisioner::new(sessions.clone(), name),
            scripts: CommandsProvisioner::new(sessions.clone(), own.clone()),
            modules: TerraformProvisioner::new(sessions, own, Arc::new(Lines::default()))
                .map_err(|error| Failure::new(Kind::Outside, error.to_string()))?,
            proposals: ProposingProvisioner::new(self.infrastructure(access)?, run::run_url()),
        })
    }

    fn infrastructure(&self, access: Access) -> Result<GitHubInfrastructure, Failure> {
        let checkout = self.checkout.clone();
        let clock = self.clock.clone();
        Ok(GitHubInfrastructure::new(
            checkout,
            reach(),
            opener(access)?,
            clock,
        ))
    }

    /// Bundles as they were at any commit.
    pub fn templates(&self) -> GitTemplates {
        GitTemplates::new(self.checkout.clone())
    }

    /// Shows diagnostics with the lines they point at.
    pub fn show(&self, diagnostics: &[Diagnostic], format: Format) {
        output::diagnostics(diagnostics, format, &|file| source(&self.files, file));
    }

    async fn pending<'a>(&self, mut targets: Vec<&'a Target>) -> Result<Vec<&'a Target>, Failure> {
        let tips = self.state.read_all().await?;
        let now = self.clock.now();
        let digests = digests(&self.fleet, &targets, &tips);
        targets.retain(|target| {
            if let Some(dependency) = waits_for(&target.dependencies, &tips) {
                let id = &target.id;
                output::say(&format!(
                    "note: {id} waits for the pull request of {dependency}"
                ));
                return false;
            }
            if target.merged.as_ref().is_some_and(|merged| merged.deleted) {
                return !is_deleted(tips.get(&target.id));
            }
            let is_pending = |digest| is_pending(tips.get(&target.id), digest, &target.place, now);
            digests.get(&target.id).is_some_and(is_pending)
        });
        Ok(targets)
    }

    /// Targets that render differently than at a revision, whatever the commits between say.
    async fn changed_since<'a>(
        &self,
        revision: &str,
        mut targets: Vec<&'a Target>,
    ) -> Result<Vec<&'a Target>, Failure> {
        let mut files = self.checkout.tree_at(revision).await?;
        if self.folders.0 {
            files = merged_only(&files);
        }
        let templates = GitTemplates::new(self.checkout.clone());
        let before = load(&files, &templates, revision).await?.fleet;
        let tips = self.state.read_all().await?;
        let known = before.repository.targets();
        let old: BTreeMap<&TargetId, &Target> = targets
            .iter()
            .filter_map(|target| known.get_key_value(&target.id))
            .collect();
        let digests_before = digests(&before, &old.values().copied().collect::<Vec<_>>(), &tips);
        let digests_now = digests(&self.fleet, &targets, &tips);
        targets.retain(|target| {
            let now = digests_now.get(&target.id);
            let has_moved = old
                .get(&target.id)
                .is_none_or(|old| old.place != target.place);
            now.is_none() || has_moved || now != digests_before.get(&target.id)
        });
        Ok(targets)
    }
}

/// Deploys targets of every kind.
pub type AnyProvisioner = DispatchingProvisioner<
    CloudFormationProvisioner,
    CommandsProvisioner,
    TerraformProvisioner,
    ProposingProvisioner<GitHubInfrastructure>,
>;

/// What targets render to; those with faults are left out.
fn digests(fleet: &Fleet, targets: &[&Target], tips: &Tips) -> BTreeMap<TargetId, RenderedDigest> {
    let digest = |target: &Target, composition: Option<Composition>, _| {
        Some((target.id.clone(), composition?.product.digest()))
    };
    let digests = fleet.compose_with(targets, tips, digest);
    digests.into_iter().flatten().collect()
}

/// A repository's files after every check that needs no network.
pub struct Checked {
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// How many targets there are.
    pub targets: usize,
    /// How many files were read.
    pub files: usize,
    /// The template versions of the working tree.
    pub bundles: lint::Bundles,
    /// The major versions that are drafts.
    pub drafts: BTreeSet<(Name, u32)>,
    /// Those that could not be read.
    pub unread: Vec<(Name, u32)>,
    read: Files,
}

impl Checked {
    /// The text of a file that was read.
    pub fn source(&self, file: &str) -> Option<Arc<str>> {
        source(&self.read, file)
    }
}

/// Reads a repository and checks everything that needs no network.
pub fn check(common: &Common) -> Result<Checked, Failure> {
    let files = read_tree(&common.root)?;
    let templates = GitTemplates::offline(Checkout::new(&common.root, "origin"));
    let loaded = crate::main_of::block_on(load(&files, &templates, ""))??.rendered();
    let repository = &loaded.fleet.repository;
    let targets = repository.targets().len();
    let mut linted = lint::check(&AllCores, repository.working_bundles());
    let versions = &loaded.fleet.versions;
    let at_hand = |version: &VersionRef| Some(&*versions.get(version)?.bundle);
    linted.extend(lint::check_pinned(&AllCores, repository, &at_hand));
    Ok(Checked {
        diagnostics: validate::merge(loaded.diagnostics, linted),
        targets,
        files: files.len(),
        bundles: repository.working_bundles().clone(),
        drafts: repository.drafts(),
        unread: repository.unread_bundles().cloned().collect(),
        read: files,
    })
}

/// The state alone; the branch that shows it to people where the repository names another one.
pub fn state(
    common: &Common,
    arguments: &StateArgs,
    branch: Option<String>,
) -> Result<GitState, Failure> {
    let place = StatePlace {
        prefix: arguments.prefix(),
        branch: branch.unwrap_or_else(|| StatePlace::default().branch),
    };
    Ok(GitState::new(checkout(common, arguments), &place, clock()?))
}

/// The state of another repository, without a clone of it.
pub async fn state_elsewhere(
    common: &Common,
    arguments: &StateArgs,
    repository: &str,
    token: Option<Secret>,
) -> Result<GitState, Failure> {
    let server = env::get(env::GITHUB_SERVER_URL);
    let checkout = checkout_with(common, &arguments.state_remote, token);
    let checkout = checkout.elsewhere(repository, server.as_deref()).await;
    let place = StatePlace {
        prefix: arguments.state_prefix.clone(),
        ..StatePlace::default()
    };
    Ok(GitState::new(checkout, &place, clock()?))
}

/// The user's clone, with the token for its remote.
pub fn checkout(common: &Common, arguments: &StateArgs) -> Checkout {
    checkout_of(common, &arguments.state_remote)
}

/// The user's clone, with the token for one of its remotes.
pub fn checkout_of(common: &Common, remote: &str) -> Checkout {
    let token = env::get(env::GITHUB_TOKEN).map(Secret::new);
    checkout_with(common, remote, token)
}

fn checkout_with(common: &Common, remote: &str, token: Option<Secret>) -> Checkout {
    let checkout = Checkout::new(&common.root, remote);
    match (token, env::get(env::GITHUB_SERVER_URL)) {
        (Some(token), Some(server)) => checkout.with_credential(Credential::new(&server, token)),
        _ => checkout,
    }
}

/// The time, which tests may stop.
pub fn clock() -> Result<Arc<dyn Clock>, Failure> {
    let Some(now) = env::get(env::NOW) else {
        return Ok(Arc::new(SystemClock));
    };
    let now = now
        .parse()
        .map_err(|error| Failure::new(Kind::CommandLine, format!("{}: {error}", env::NOW)))?;
    Ok(Arc::new(StoppedClock(now)))
}

fn source(files: &Files, file: &str) -> Option<Arc<str>> {
    files.text(file).map(Into::into)
}

/// Faults in `nucleon.yaml` itself: nothing can be trusted to go where it belongs.
fn is_fatal(diagnostic: &Diagnostic) -> bool {
    let in_config = diagnostic
        .location
        .as_ref()
        .is_some_and(|at| &*at.file == nucleon_core::config::FILE);
    diagnostic.is_error() && in_config
}
