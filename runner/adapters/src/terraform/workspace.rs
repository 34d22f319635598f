//! One module on this machine, step by step.

use std::collections::BTreeMap;
use std::io;

use nucleon_core::codes::Code;
use nucleon_core::deployment::Deployment;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::terraform::{
    Fault, Given, Lock, Message, Planned, RootModule, read_outputs, read_plan, read_validation,
};
use nucleon_engine::ports::PortError;
use tokio::sync::Notify;

use super::folder::Folder;
use super::lock::held;
use super::program::{Program, Ran, name, title};
use crate::children::{Lent, Variables};

/// A module that Terraform can work on.
#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) folder: Folder,
    pub(super) variables: Variables,
    /// Its credentials, for as long as it is there.
    pub(super) _lent: Lent,
}

/// Why a step came to nothing.
pub(super) enum Failed {
    /// Somebody holds the lock of the state.
    Locked(Lock),
    /// Anything else.
    Error(PortError),
}

/// What a target's Terraform is called for.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) module: &'a RootModule,
}

impl Job<'_> {
    fn system(&self) -> &'static str {
        title(self.module.binary)
    }

    /// The program could not be run at all.
    pub(super) fn not_run(&self, error: &io::Error) -> PortError {
        let program = name(self.module.binary);
        let (message, hint) = if error.kind() == io::ErrorKind::NotFound {
            (
                format!("`{program}` is not installed"),
                "install it before this step, as `hashicorp/setup-terraform` or `opentofu/setup-opentofu` do",
            )
        } else {
            (
                format!("`{program}` could not be run: {error}"),
                "run it again",
            )
        };
        self.refused("run its program", message, Some(hint.to_owned()))
    }

    pub(super) fn refused(&self, action: &str, message: String, hint: Option<String>) -> PortError {
        PortError::Refused {
            system: self.system(),
            action: format!("{action} for {}", self.deployment.target),
            message,
            hint,
        }
    }

    /// The program's answer is not what it documents: most often because something stands between.
    fn no_json(&self, action: &str, error: &serde_json::Error) -> PortError {
        let message = format!(
            "{error}; a wrapper that prints more than the program is such a reason: setup-terraform takes `terraform_wrapper: false`"
        );
        PortError::Unexpected {
            system: self.system(),
            action: format!("{action} of {}", self.deployment.target),
            message,
        }
    }

    /// What the program says is wrong: at its place in the repository where it stands in the module's own sources.
    fn wrong(&self, action: &str, ran: &Ran) -> PortError {
        let diagnostics: Vec<Diagnostic> = ran
            .faults
            .iter()
            .filter_map(|fault| self.diagnostic(fault))
            .collect();
        if !diagnostics.is_empty() && diagnostics.len() == ran.faults.len() {
            return PortError::Faulty {
                target: self.deployment.target.clone(),
                diagnostics,
            };
        }
        let message = if ran.faults.is_empty() {
            ran.tail.join("\n")
        } else {
            let faults: Vec<String> = ran.faults.iter().map(ToString::to_string).collect();
            faults.join("\n")
        };
        let hint = hint(&message);
        self.refused(action, message, hint)
    }

    fn diagnostic(&self, fault: &Fault) -> Option<Diagnostic> {
        let at = self.module.source_of(fault.position.as_ref()?)?;
        let message = fault.summary.clone();
        let detail = fault
            .detail
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let fault = Diagnostic::error(Code::TerraformRefused, message).at(at);
        Some(if detail.is_empty() {
            fault
        } else {
            fault.help(detail)
        })
    }
}

/// What to do about words of Terraform that name what is missing and not where it is to be written.
fn hint(message: &str) -> Option<String> {
    let knows: [(&str, &str); 6] = [
        (
            "S3 bucket",
            "make the bucket of `terraform.backend` in nucleon.yaml, or name the one that is there",
        ),
        (
            "NoSuchBucket",
            "make the bucket of `terraform.backend` in nucleon.yaml, or name the one that is there",
        ),
        (
            "Backend initialization required",
            "say in nucleon.yaml where states are kept: `terraform: {backend: {bucket: …, key: \"{path}/terraform.tfstate\", region: …}}`",
        ),
        (
            "Missing Required Value",
            "say in nucleon.yaml where states are kept: `terraform: {backend: {bucket: …, key: \"{path}/terraform.tfstate\", region: …}}`",
        ),
        (
            "Failed to query available provider packages",
            "make the provider's registry reachable, or set up a mirror in Terraform's own configuration",
        ),
        (
            "Unsupported Terraform Core version",
            "install a version of Terraform that its `required_version` allows",
        ),
    ];
    let knows = knows.iter().find(|(words, _)| message.contains(words));
    knows.map(|(_, hint)| (*hint).to_owned())
}

impl Workspace {
    fn program<'a>(&'a self, job: Job<'a>) -> Program<'a> {
        Program {
            binary: job.module.binary,
            folder: &self.folder.module,
            variables: &self.variables,
        }
    }

    /// Makes the folder ready: backend, modules, providers.
    pub(super) async fn init(&self, job: Job<'_>) -> Result<(), PortError> {
        let settings = format!("-backend-config={}", self.folder.backend.display());
        let program = self.program(job);
        let mut arguments = vec!["init", "-input=false", "-no-color"];
        if !job.module.backend.is_empty() {
            arguments.push(&settings);
        }
        let ran = program.ask(&arguments).await;
        let mut ran = ran.map_err(|error| job.not_run(&error))?;
        if !ran.status.success() {
            ran.faults = self.validated(job).await;
            return Err(job.wrong("initialise its folder", &ran));
        }
        if self.folder.has_backend() {
            return Ok(());
        }
        let message = "nothing says where its state is kept, so it would be lost with this machine";
        let hint = "write where into nucleon.yaml: `terraform: {backend: {bucket: …, key: \"{path}/terraform.tfstate\", region: …}}`";
        Err(job.refused("keep a state", message.to_owned(), Some(hint.to_owned())))
    }

    /// What is wrong in the module's own files; `init` tells it as a picture.
    async fn validated(&self, job: Job<'_>) -> Vec<Fault> {
        let ran = self
            .program(job)
            .ask(&["validate", "-json", "-no-color"])
            .await;
        let faults = ran.ok().and_then(|ran| read_validation(&ran.printed));
        let in_sources = |fault: &Fault| {
            fault.position.is_some() && !fault.summary.starts_with("Module not installed")
        };
        let faults = faults.unwrap_or_default();
        faults.into_iter().filter(in_sources).collect()
    }

    /// Plans, and saves the plan.
    pub(super) async fn plan(&self, job: Job<'_>, locked: bool) -> Result<Planned, Failed> {
        let out = format!("-out={}", self.folder.plan.display());
        let lock = format!("-lock={locked}");
        let mut arguments = vec!["plan", "-input=false", "-no-color", "-json", &out, &lock];
        if job.deployment.destroy {
            arguments.push("-destroy");
        }
        let program = self.program(job);
        let ran = program.follow(&arguments, None, &|_| {}).await;
        let ran = ran.map_err(|error| Failed::Error(job.not_run(&error)))?;
        if !ran.status.success() {
            return Err(match held(&ran.faults) {
                Some(lock) => Failed::Locked(lock),
                None => Failed::Error(job.wrong("plan", &ran)),
            });
        }
        let plan = self.folder.plan.display().to_string();
        let shown = program.ask(&["show", "-json", "-no-color", &plan]).await;
        let shown = shown.map_err(|error| Failed::Error(job.not_run(&error)))?;
        if !shown.status.success() {
            return Err(Failed::Error(job.wrong("show its plan", &shown)));
        }
        let plan = read_plan(&shown.printed, job.deployment.destroy);
        plan.map_err(|error| Failed::Error(job.no_json("show the plan", &error)))
    }

    /// Applies the plan that was saved.
    pub(super) async fn apply(
        &self,
        job: Job<'_>,
        stop: &Notify,
        say: &(dyn Fn(&Message) + Sync),
    ) -> io::Result<Ran> {
        let plan = self.folder.plan.display().to_string();
        let arguments = ["apply", "-input=false", "-no-color", "-json", &plan];
        self.program(job).follow(&arguments, Some(stop), say).await
    }

    /// What the state gives out.
    pub(super) async fn outputs(&self, job: Job<'_>) -> Result<Given, PortError> {
        let ran = self
            .program(job)
            .ask(&["output", "-json", "-no-color"])
            .await;
        let ran = ran.map_err(|error| job.not_run(&error))?;
        if !ran.status.success() {
            return Err(job.wrong("read its outputs", &ran));
        }
        read_outputs(&ran.printed).map_err(|error| job.no_json("read the outputs", &error))
    }

    /// The resources that the state holds.
    pub(super) async fn resources(&self, job: Job<'_>) -> Result<usize, PortError> {
        let ran = self.program(job).ask(&["state", "list"]).await;
        let ran = ran.map_err(|error| job.not_run(&error))?;
        // A state that is not there is no error of anybody's.
        let none = ran
            .tail
            .iter()
            .any(|line| line.contains("No state file was found"));
        if !ran.status.success() && !none {
            return Err(job.wrong("list its state", &ran));
        }
        Ok(ran.printed.lines().filter(|line| !line.is_empty()).count())
    }

    /// Gives back a lock that nobody holds any more.
    pub(super) async fn unlock(&self, job: Job<'_>, lock: &Lock) -> Result<(), PortError> {
        let arguments = ["force-unlock", "-force", &lock.id];
        let ran = self.program(job).ask(&arguments).await;
        let ran = ran.map_err(|error| job.not_run(&error))?;
        if ran.status.success() {
            return Ok(());
        }
        Err(job.wrong("give back the lock of a dead run", &ran))
    }
}

/// Whether a version can keep its lock in the bucket itself; since 1.10, of both programs.
pub(super) async fn locks_in_bucket(program: &Program<'_>) -> io::Result<bool> {
    let ran = program.ask(&["version", "-json"]).await?;
    let version: Option<serde_json::Value> = serde_json::from_str(&ran.printed).ok();
    let version = version.and_then(|json| json["terraform_version"].as_str().map(str::to_owned));
    let mut numbers = version.iter().flat_map(|version| version.split(['.', '-']));
    let mut number = || numbers.next().and_then(|text| text.parse::<u32>().ok());
    Ok((number(), number()) >= (Some(1), Some(10)))
}

/// The settings of a backend, with a lock beside the state in its bucket, and the state encrypted there, unless something else is said.
pub(super) fn with_lock(module: &RootModule, can_lock: bool) -> BTreeMap<String, String> {
    let mut settings = module.backend.clone();
    if module.backend_type.as_deref() != Some("s3") || settings.is_empty() {
        return settings;
    }
    settings
        .entry("encrypt".to_owned())
        .or_insert_with(|| "true".to_owned());
    if can_lock && !settings.contains_key("dynamodb_table") {
        settings
            .entry("use_lockfile".to_owned())
            .or_insert_with(|| "true".to_owned());
    }
    settings
}
