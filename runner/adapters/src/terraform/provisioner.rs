//! Terraform as the engine's provisioner.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use nucleon_core::deployment::{Body, Deployment};
use nucleon_core::outcome::{DeploymentStatus, Outcome};
use nucleon_core::plan::{ApprovedPlan, Operation, Plan};
use nucleon_core::record::{Provisioned, Record};
use nucleon_core::secret::Secret;
use nucleon_core::target::TargetId;
use nucleon_core::terraform::{Fault, Message, Planned, RootModule, needs_downloads};
use nucleon_engine::ports::{Event, Found, Living, PortError, Prepared, Progress, Provisioner};
use tempfile::TempDir;
use tokio::sync::{OnceCell, Semaphore};

use super::environment::variables;
use super::event::event;
use super::folder::Folder;
use super::lock::{Patience, is_left_by, machine};
use super::outcome::{found, outcome};
use super::program::Program;
use super::workspace::{Failed, Job, Workspace, locks_in_bucket, with_lock};
use crate::aws::{Access, Sessions};
use crate::children::{Hidden, Lent, Running};

/// Shorter secrets are only masked where they stand: hidden everywhere, they would hide half of the text.
const SHORTEST_SECRET: usize = 5;

/// Plans and applies modules.
pub struct TerraformProvisioner {
    sessions: Arc<Sessions>,
    /// A program that calls [`run_credentials`](crate::children::run_credentials).
    helper: PathBuf,
    progress: Arc<dyn Progress>,
    /// Providers, shared by all modules of this process.
    cache: TempDir,
    /// Only one may fill the cache at a time.
    filling: tokio::sync::Mutex<()>,
    /// Each of them takes a processor and some hundred megabytes.
    at_once: Semaphore,
    locks_in_bucket: OnceCell<bool>,
    prepared: Mutex<BTreeMap<TargetId, Ready>>,
    running: Running,
    /// Deployments whose plans were not applied, because they were stale or the run was stopped before their turn.
    never_began: Mutex<BTreeSet<String>>,
}

/// A plan that was saved, and what must not be seen of it.
struct Ready {
    workspace: Workspace,
    hidden: Arc<Hidden>,
}

impl TerraformProvisioner {
    /// Works with these sessions; `helper` is a program that calls [`run_credentials`](crate::children::run_credentials) by its
    /// name, and `progress` is told when a lock is waited for.
    pub fn new(
        sessions: Arc<Sessions>,
        helper: PathBuf,
        progress: Arc<dyn Progress>,
    ) -> io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Self {
            sessions,
            helper,
            progress,
            cache: tempfile::Builder::new()
                .prefix("nucleon-providers-")
                .tempdir()?,
            filling: tokio::sync::Mutex::default(),
            at_once: Semaphore::new((2 * cores).clamp(4, 16)),
            locks_in_bucket: OnceCell::new(),
            prepared: Mutex::default(),
            running: Running::default(),
            never_began: Mutex::default(),
        })
    }

    fn prepared(&self) -> MutexGuard<'_, BTreeMap<TargetId, Ready>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn never_began(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.never_began
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What was opened and is certain not to have begun.
    fn refuse(&self, deployment: &Deployment, message: &str) -> PortError {
        self.never_began().insert(deployment.id.clone());
        PortError::Stale {
            system: "Terraform",
            action: format!("apply the plan of {}", deployment.target),
            message: message.to_owned(),
        }
    }

    /// The module's folder, ready to be planned.
    async fn workspace(&self, job: Job<'_>, access: Access) -> Result<Ready, PortError> {
        let Deployment { place, roles, .. } = job.deployment;
        let session = self.sessions.session(access, place, roles).await?;
        let credentials = session.credentials().await?;
        let hidden = Arc::new(Hidden::default());
        let lent = Lent::new(session, &credentials, &self.helper, hidden.clone());
        let lent = lent.await.map_err(|error| job.not_run(&error))?;
        let variables = variables(place, lent.variables(), self.cache.path());
        let program = Program {
            binary: job.module.binary,
            folder: self.cache.path(),
            variables: &variables,
        };
        let can_lock = match job.module.backend_type.as_deref() {
            Some("s3") => {
                self.locks_in_bucket
                    .get_or_try_init(|| locks_in_bucket(&program))
                    .await
            }
            _ => Ok(&false),
        };
        let can_lock = *can_lock.map_err(|error| job.not_run(&error))?;
        let folder = Folder::new(job.module, &with_lock(job.module, can_lock));
        let folder = folder.map_err(|error| job.not_run(&error))?;
        let workspace = Workspace {
            folder,
            variables,
            _lent: lent,
        };
        {
            let _alone = if needs_downloads(&job.module.files) {
                Some(self.filling.lock().await)
            } else {
                None
            };
            workspace.init(job).await?;
        }
        Ok(Ready { workspace, hidden })
    }

    /// Plans, and waits where somebody else is at work on the state.
    async fn planned(
        &self,
        job: Job<'_>,
        ready: &Ready,
        locked: bool,
    ) -> Result<Planned, PortError> {
        let mut patience = Patience::new();
        loop {
            let lock = match ready.workspace.plan(job, locked).await {
                Ok(planned) => {
                    ready.hidden.add(&long(&planned.secrets));
                    return Ok(planned);
                }
                Err(Failed::Error(error)) => return Err(error),
                Err(Failed::Locked(lock)) => lock,
            };
            self.progress.event(&Event {
                target: job.deployment.target.clone(),
                resource: Some("(state)".to_owned()),
                status: "WAITING".to_owned(),
                reason: Some(format!("its state is locked by {lock}")),
            });
            if !patience.wait().await {
                let hint = format!(
                    "wait until that has ended; if nobody is at work any more: terraform force-unlock {}",
                    lock.id
                );
                return Err(job.refused(
                    "lock the state",
                    format!("it is locked by {lock}"),
                    Some(hint),
                ));
            }
        }
    }
}

#[async_trait]
impl Provisioner for TerraformProvisioner {
    async fn plan(&self, deployment: &Deployment) -> Result<Plan, PortError> {
        let job = job(deployment)?;
        let _permit = self.at_once.acquire().await;
        let ready = self.workspace(job, Access::Plan).await?;
        // The plan role need not be able to write a lock; apply plans again, with one.
        let planned = self.planned(job, &ready, false).await?;
        Ok(plan_of(job, planned, &ready.hidden))
    }

    async fn prepare(&self, deployment: &Deployment) -> Result<Prepared, PortError> {
        let job = job(deployment)?;
        let _permit = self.at_once.acquire().await;
        let ready = self.workspace(job, Access::Apply).await?;
        let planned = self.planned(job, &ready, true).await?;
        let plan = plan_of(job, planned, &ready.hidden);
        self.prepared().insert(deployment.target.clone(), ready);
        Ok(Prepared {
            plan,
            provisioned: on_this_machine(job.module),
        })
    }

    async fn execute(
        &self,
        deployment: &Deployment,
        _approved: &ApprovedPlan,
        provisioned: &Provisioned,
        progress: &dyn Progress,
    ) -> Result<Outcome, PortError> {
        let job = job(deployment)?;
        let ready = self.prepared().remove(&deployment.target);
        let Some(ready) = ready else {
            return Err(job.refused("apply a plan", "its plan is gone".to_owned(), None));
        };
        let stop = self.running.begin(&deployment.target);
        let _permit = tokio::select! {
            biased;
            () = stop.asked().notified() => {
                return Err(self.refuse(deployment, "the run was stopped before its turn came"));
            }
            permit = self.at_once.acquire() => permit,
        };
        let hidden = ready.hidden.clone();
        let say = |message: &Message| {
            if let Some(event) = event(&deployment.target, message, &hidden) {
                progress.event(&event);
            }
        };
        let ran = ready.workspace.apply(job, stop.asked(), &say).await;
        let ran = ran.map_err(|error| job.not_run(&error))?;
        if ran.faults.iter().any(Fault::is_stale_plan) {
            return Err(self.refuse(deployment, "its state was changed after it was planned"));
        }
        let given = ready.workspace.outputs(job).await;
        if let Ok(given) = &given {
            ready.hidden.add(&long(&given.secrets));
        }
        Ok(outcome(
            job,
            &ran,
            given.map(|given| given.outputs),
            provisioned,
            &ready.hidden,
        ))
    }

    async fn discard(
        &self,
        deployment: &Deployment,
        _provisioned: &Provisioned,
    ) -> Result<(), PortError> {
        self.prepared().remove(&deployment.target);
        Ok(())
    }

    async fn inspect(&self, deployment: &Deployment, record: &Record) -> Result<Found, PortError> {
        let job = job(deployment)?;
        if self.never_began().contains(&record.id) {
            return Ok(Found::NotStarted);
        }
        let _permit = self.at_once.acquire().await;
        let ready = self.workspace(job, Access::Apply).await?;
        let planned = match ready.workspace.plan(job, true).await {
            // Whoever was refused as stale asks this, too, and nothing of theirs is left.
            Err(Failed::Locked(lock)) if is_left_by(record, &lock) => {
                ready.workspace.unlock(job, &lock).await?;
                self.planned(job, &ready, true).await?
            }
            Err(Failed::Locked(_)) => self.planned(job, &ready, true).await?,
            Err(Failed::Error(error)) => return Err(error),
            Ok(planned) => planned,
        };
        let given = ready.workspace.outputs(job).await?;
        let resources = ready.workspace.resources(job).await?;
        Ok(Found::Ended(found(
            job,
            record,
            &planned,
            (given.outputs, resources),
        )))
    }

    async fn cancel(
        &self,
        deployment: &Deployment,
        _provisioned: &Provisioned,
    ) -> Result<(), PortError> {
        self.running.stop(&deployment.target);
        Ok(())
    }

    async fn describe(&self, deployment: &Deployment) -> Result<Option<Living>, PortError> {
        let job = job(deployment)?;
        let _permit = self.at_once.acquire().await;
        let ready = self.workspace(job, Access::Plan).await?;
        let resources = ready.workspace.resources(job).await?;
        let given = ready.workspace.outputs(job).await?;
        if resources == 0 && given.outputs.is_empty() {
            return Ok(None);
        }
        Ok(Some(Living {
            template_body: String::new(),
            outcome: Outcome {
                status: DeploymentStatus::Succeeded,
                message: None,
                outputs: given.outputs,
                provisioned: Some(job.module.after.clone()),
            },
        }))
    }
}

/// Which provisioner serves a deployment is decided by its body, so the other kinds never come here.
fn job(deployment: &Deployment) -> Result<Job<'_>, PortError> {
    match &deployment.body {
        Body::Module(module) => Ok(Job { deployment, module }),
        Body::Stack(_) | Body::Script(_) | Body::Proposal(_) => Err(PortError::Unexpected {
            system: "Terraform",
            action: "run a module".to_owned(),
            message: "the target has none".to_owned(),
        }),
    }
}

fn plan_of(job: Job<'_>, planned: Planned, hidden: &Hidden) -> Plan {
    let Planned {
        operation,
        mut changes,
        mut masked,
        notes,
        ..
    } = planned;
    for change in &mut changes {
        for property in &mut change.properties {
            for value in [&mut property.before, &mut property.after]
                .into_iter()
                .flatten()
            {
                let shown = hidden.hide(value);
                if shown != *value {
                    masked += 1;
                    *value = shown;
                }
            }
        }
    }
    let mut notes: Vec<String> = job.module.notes.iter().cloned().chain(notes).collect();
    for note in &mut notes {
        *note = hidden.hide(note);
    }
    let operation = match operation {
        // What a record says is there, and a state does not hold any more, is gone all the same.
        Operation::Nothing if job.deployment.destroy && job.deployment.adopted => {
            Operation::Destroy
        }
        operation => operation,
    };
    let plan = Plan {
        target: job.deployment.target.clone(),
        operation,
        unknown: Vec::new(),
        changes,
        rendered: job.deployment.rendered.clone(),
        difference: None,
        masked,
        notes,
    };
    plan.sorted()
}

fn on_this_machine(module: &RootModule) -> Provisioned {
    let mut after = module.after.clone();
    if let Provisioned::Terraform { who, .. } = &mut after {
        *who = machine();
    }
    after
}

/// Those that can be looked for: a short one would hide half of every text, and is masked where Terraform marks it.
fn long(secrets: &[Secret]) -> Vec<Secret> {
    let long = |secret: &&Secret| secret.expose().len() >= SHORTEST_SECRET;
    secrets.iter().filter(long).cloned().collect()
}
