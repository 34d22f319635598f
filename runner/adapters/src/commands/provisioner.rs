//! Commands as the engine's provisioner.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use nucleon_core::deployment::{Body, Deployment};
use nucleon_core::files::{Content, Files};
use nucleon_core::outcome::{DeploymentStatus, Outcome};
use nucleon_core::plan::{ApprovedPlan, Plan};
use nucleon_core::record::{Provisioned, Purpose, Record};
use nucleon_core::script::Script;
use nucleon_engine::ports::{
    Event, Found, Living, OUTPUT, PortError, Prepared, Progress, Provisioner, chain,
};
use tempfile::TempDir;

use super::aws::NAME;
use super::environment::variables;
use super::notes::{Note, Notes};
use super::shell::{Ended, Said, Shell};
use super::shorthand::document;
use super::values::Values;
use crate::aws::{Access, Session, Sessions};
use crate::children::{Hidden, Lent, Running, link};

/// What a bundle may write instead of telling Proton.
const OUTPUTS: &str = "proton-outputs.json";
/// A message of more characters is cut at its beginning; Proton's were up to 5,000.
const LONGEST_MESSAGE: usize = 2_000;

/// Runs the commands of bundles.
#[derive(Debug)]
pub struct CommandsProvisioner {
    sessions: Arc<Sessions>,
    wrapper: PathBuf,
    running: Running,
}

impl CommandsProvisioner {
    /// Works with these sessions; `wrapper` is a program that calls [`run_aws`](super::run_aws) where its name is `aws`, and
    /// [`run_credentials`](crate::children::run_credentials) where it is [`CREDENTIALS`](crate::children::CREDENTIALS).
    pub fn new(sessions: Arc<Sessions>, wrapper: PathBuf) -> Self {
        Self {
            sessions,
            wrapper,
            running: Running::default(),
        }
    }

    /// A session in the account that is meant; with those of another one nothing is run.
    async fn session(&self, deployment: &Deployment) -> Result<Arc<Session>, PortError> {
        let Deployment { place, roles, .. } = deployment;
        self.sessions.session(Access::Apply, place, roles).await
    }

    async fn run(
        &self,
        job: &Job<'_>,
        given: &Given,
        progress: &dyn Progress,
    ) -> io::Result<(Ended, Note)> {
        let folder = Folder::new(job.script, &self.wrapper)?;
        let hidden = &given.hidden;
        let lent = Lent::new(
            given.session.clone(),
            &given.credentials,
            &self.wrapper,
            hidden.clone(),
        );
        let lent = lent.await?;
        let mut fixed = vec![("RESOURCE_ARN".to_owned(), job.script.arn.clone())];
        fixed.extend_from_slice(lent.variables());
        let values = &given.values.variables;
        let environment = variables(job.deployment, values, &fixed, &folder.programs);
        let stop = self.running.begin(&job.deployment.target);
        let say = |said: Said<'_>| progress.event(&job.event(said, hidden));
        let shell = Shell {
            folder: &folder.files,
            commands: &job.script.commands,
            variables: &environment,
            mark: &format!("{}-{}", job.deployment.id, uuid::Uuid::new_v4().simple()),
        };
        let mut ended = shell.run(stop.asked(), &say).await?;
        for line in &mut ended.tail {
            *line = hidden.hide(line);
        }
        let mut note = folder.note(ended.status.success())?;
        note.message = note.message.map(|message| hidden.hide(&message));
        let encrypted = &given.values.encrypted;
        note.outputs.retain(|_, value| !encrypted.are_in(value));
        Ok((ended, note))
    }

    /// What the commands are given; without it none is run.
    async fn given(&self, job: &Job<'_>) -> Result<Given, PortError> {
        let session = self.session(job.deployment).await?;
        let credentials = session.credentials().await?;
        let hidden = Arc::new(Hidden::default());
        let values = Values::of(&job.script.variables, &session, &hidden).await?;
        Ok(Given {
            session,
            credentials,
            values,
            hidden,
        })
    }
}

/// What commands are given beside their files.
struct Given {
    session: Arc<Session>,
    credentials: Credentials,
    values: Values,
    hidden: Arc<Hidden>,
}

#[async_trait]
impl Provisioner for CommandsProvisioner {
    async fn plan(&self, deployment: &Deployment) -> Result<Plan, PortError> {
        Ok(script(deployment)?.plan(deployment, &[]))
    }

    async fn prepare(&self, deployment: &Deployment) -> Result<Prepared, PortError> {
        let script = script(deployment)?;
        let plan = script.plan(deployment, &[]);
        if !plan.is_empty() && !script.commands.is_empty() {
            self.session(deployment).await?;
        }
        Ok(Prepared {
            plan,
            provisioned: script.before.clone(),
        })
    }

    async fn execute(
        &self,
        deployment: &Deployment,
        _approved: &ApprovedPlan,
        _provisioned: &Provisioned,
        progress: &dyn Progress,
    ) -> Result<Outcome, PortError> {
        let script = script(deployment)?;
        let job = Job { deployment, script };
        if script.commands.is_empty() {
            let why = script.notes.join("; ");
            return Ok(job.succeeded(Note::default(), Some(why).filter(|why| !why.is_empty())));
        }
        let given = match self.given(&job).await {
            Ok(given) => given,
            Err(error) => {
                let hint = error.hint().map(|hint| format!("\n{hint}"));
                let message = format!("{}{}", chain(&error), hint.unwrap_or_default());
                return Ok(job.failed(Note::default(), job.with_way_out(message)));
            }
        };
        Ok(match self.run(&job, &given, progress).await {
            Ok((ended, note)) => job.outcome(&ended, note),
            Err(error) => job.failed(
                Note::default(),
                format!("could not run its commands: {error}"),
            ),
        })
    }

    async fn inspect(&self, deployment: &Deployment, record: &Record) -> Result<Found, PortError> {
        let script = script(deployment)?;
        let job = Job { deployment, script };
        // Commands leave no trace that could be asked; whether they ended, only the run knew that died.
        let message = "its run died while its commands ran: what they did is not known".to_owned();
        let status = match record.purpose {
            Purpose::Destroy => DeploymentStatus::DeleteFailed,
            Purpose::Deploy | Purpose::Import => DeploymentStatus::Failed,
        };
        Ok(Found::Ended(Outcome {
            status,
            provisioned: record.provisioned.clone(),
            ..job.failed(Note::default(), message)
        }))
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
        let script = script(deployment)?;
        let status = match script.last {
            Some(_) => DeploymentStatus::Succeeded,
            None => DeploymentStatus::Failed,
        };
        Ok(deployment.adopted.then(|| Living {
            template_body: String::new(),
            outcome: Outcome {
                status,
                message: None,
                outputs: script.outputs.clone(),
                provisioned: Some(script.before.clone()),
            },
        }))
    }
}

/// Which provisioner serves a deployment is decided by its body, so the other kind never comes here.
fn script(deployment: &Deployment) -> Result<&Script, PortError> {
    match &deployment.body {
        Body::Script(script) => Ok(script),
        Body::Stack(_) | Body::Module(_) | Body::Proposal(_) => Err(PortError::Unexpected {
            system: "the shell",
            action: "run commands".to_owned(),
            message: "the target has none".to_owned(),
        }),
    }
}

/// A deployment with its commands.
struct Job<'a> {
    deployment: &'a Deployment,
    script: &'a Script,
}

impl Job<'_> {
    fn name(&self, number: usize) -> String {
        format!("command {number} of {}", self.script.commands.len())
    }

    fn command(&self, number: usize) -> &str {
        let index = number.checked_sub(1);
        let command = index.and_then(|index| self.script.commands.get(index));
        command.map_or("sh", String::as_str)
    }

    fn event(&self, said: Said<'_>, hidden: &Hidden) -> Event {
        let (number, status, reason) = match said {
            Said::Begun(number) => (number, "RUNNING", self.command(number).to_owned()),
            Said::Line(number, line) => (number, OUTPUT, hidden.hide(line)),
        };
        Event {
            target: self.deployment.target.clone(),
            resource: Some(self.name(number)),
            status: status.to_owned(),
            reason: Some(reason),
        }
    }

    /// The commands' exit code decides, as it did for Proton; a bundle may still say itself that it failed.
    fn outcome(&self, ended: &Ended, note: Note) -> Outcome {
        if ended.status.success() {
            if note.status.as_deref() != Some("FAILED") {
                return self.succeeded(note, None);
            }
            let message = note.message.clone();
            let message = message.unwrap_or_else(|| "its commands reported FAILED".to_owned());
            return self.failed(note, message);
        }
        let command = self.command(ended.at);
        let how = match (ended.stopped, ended.status.code()) {
            (true, _) => "was stopped with the run".to_owned(),
            (false, Some(code)) => format!("ended with exit code {code}"),
            (false, None) => format!("was ended by a signal ({})", ended.status),
        };
        let mut message = format!("{} {how}: {command}", self.name(ended.at));
        if !ended.tail.is_empty() {
            message = format!("{message}\n{}", ended.tail.join("\n"));
        }
        self.failed(note, shortened(self.with_way_out(message)))
    }

    /// A deletion that fails must not be the end of it.
    fn with_way_out(&self, message: String) -> String {
        if !self.deployment.destroy {
            return message;
        }
        let target = &self.deployment.target;
        format!(
            "{message}\nrun it again, or give up what is left: nucleon-apply --destroy --force {target}"
        )
    }

    fn succeeded(&self, note: Note, message: Option<String>) -> Outcome {
        let destroy = self.deployment.destroy;
        Outcome {
            status: if destroy {
                DeploymentStatus::DeleteComplete
            } else {
                DeploymentStatus::Succeeded
            },
            message,
            outputs: if destroy {
                BTreeMap::new()
            } else {
                note.outputs
            },
            provisioned: Some(self.script.after.clone()),
        }
    }

    fn failed(&self, note: Note, message: String) -> Outcome {
        // What was there before is given out as before, but for what the commands got to report.
        let mut outputs = self.script.outputs.clone();
        outputs.extend(note.outputs);
        Outcome {
            status: if self.deployment.destroy {
                DeploymentStatus::DeleteFailed
            } else {
                DeploymentStatus::Failed
            },
            message: Some(message),
            outputs,
            provisioned: Some(self.script.before.clone()),
        }
    }
}

/// The end of a message is what tells why.
fn shortened(message: String) -> String {
    let count = message.chars().count();
    if count <= LONGEST_MESSAGE {
        return message;
    }
    let end: String = message.chars().skip(count - LONGEST_MESSAGE).collect();
    format!("…{end}")
}

/// Where commands run; gone when they have ended.
struct Folder {
    /// The files of the bundle.
    files: PathBuf,
    /// What comes first on PATH.
    programs: PathBuf,
    _all: TempDir,
}

impl Folder {
    fn new(script: &Script, wrapper: &Path) -> io::Result<Self> {
        let all = tempfile::Builder::new().prefix("nucleon-").tempdir()?;
        let (files, programs) = (all.path().join("bundle"), all.path().join("bin"));
        std::fs::create_dir(&files)?;
        std::fs::create_dir(&programs)?;
        write(&files, &script.files)?;
        let program = format!("{NAME}{}", std::env::consts::EXE_SUFFIX);
        link(wrapper, &programs.join(program))?;
        Notes::of(&programs).begin(&script.arn)?;
        Ok(Self {
            files,
            programs,
            _all: all,
        })
    }

    /// What the commands told; `proton-outputs.json` counts where they went well.
    fn note(&self, success: bool) -> io::Result<Note> {
        let mut note = Notes::of(&self.programs).read()?;
        let text = std::fs::read_to_string(self.files.join(OUTPUTS));
        // Bundles write files of this name in other forms, too, and tell Proton themselves what is in them.
        let written = text.ok().and_then(|text| document(&text).ok());
        if let Some(mut written) = written.filter(|_| success) {
            written.append(&mut note.outputs);
            note.outputs = written;
        }
        Ok(note)
    }
}

/// Writes the files of a bundle; those that begin as scripts do can be run even where the bundle does not say so.
pub(crate) fn write(folder: &Path, files: &Files) -> io::Result<()> {
    for (path, content) in files.iter() {
        let bytes = match content {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
            // A fault of the bundle, which was reported.
            Content::Refused(_) => continue,
        };
        let file = folder.join(path.as_str());
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&file, bytes)?;
        if files.is_executable(path) || bytes.starts_with(b"#!") {
            make_executable(&file)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn make_executable(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_file: &Path) -> io::Result<()> {
    Ok(())
}
