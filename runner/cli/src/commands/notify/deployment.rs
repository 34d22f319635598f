//! `nucleon-notify deployment`.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use nucleon_adapters::files::read_tree;
use nucleon_core::deployment::Place;
use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::record::{Format as FileFormat, Record};
use nucleon_core::reported::{NamedTarget, ReportedOutputs, long_message};
use nucleon_core::repository::Repository;
use nucleon_core::target::TargetId;
use nucleon_engine::report::{Denied, Report, Reported, Said, report};
use serde::Serialize;

use super::notice;
use crate::args::{Common, Format, StateArgs};
use crate::error::{Failure, Kind};
use crate::github::github_of;
use crate::main_of::block_on;
use crate::{env, output, run, workspace};

/// The word for the event that a repository may listen to, instead of a workflow's file.
const EVENT: &str = "event";

/// Arguments of `nucleon-notify deployment`.
#[derive(Debug, Args)]
pub(super) struct Deployment {
    #[command(flatten)]
    state: StateArgs,
    /// Target, such as environment/dev, or the ARN that Proton gave it
    #[arg(env = env::TARGETS, hide_env = true)]
    target: NamedTarget,
    /// How the deployment goes
    #[arg(long, value_name = "IN_PROGRESS|SUCCEEDED|FAILED|CANCELLED", env = env::STATUS, hide_env = true)]
    status: Said,
    /// What the target gives out: Proton's list, a map, or what `terraform output -json` printed; - reads from stdin
    #[arg(long, value_name = "FILE", env = env::OUTPUTS, hide_env = true)]
    outputs: Option<String>,
    /// One sentence about the status
    #[arg(long, env = env::MESSAGE, hide_env = true)]
    message: Option<String>,
    /// Deployment that is meant, as .proton/deployment-metadata.json names it [default: the newest]
    #[arg(long = "deployment", value_name = "ID", env = env::DEPLOYMENT, hide_env = true)]
    id: Option<String>,
    /// Repository whose state is written, where it is not this one: OWNER/NAME, or an address
    #[arg(long, value_name = "OWNER/NAME", env = env::REPOSITORY, hide_env = true)]
    repository: Option<String>,
    /// Account that the target lives in, for its first record
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Region that the target lives in, for its first record
    #[arg(long)]
    region: Option<String>,
    /// Start what waited for outputs that changed: the workflows that listen to the event, or one named by its file
    #[arg(long, value_name = "FILE", env = env::DISPATCH, hide_env = true, num_args = 0..=1, default_missing_value = EVENT, require_equals = true)]
    dispatch: Option<String>,
}

/// What `--format json` writes.
#[derive(Debug, Serialize)]
struct Told<'a> {
    format: FileFormat,
    target: &'a TargetId,
    deployment: &'a str,
    status: DeploymentStatus,
    recorded: bool,
    outputs_changed: bool,
    notes: &'a [String],
}

impl Deployment {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        block_on(self.told(common))?
    }

    async fn told(self, common: &Common) -> Result<ExitCode, Failure> {
        let format = common.format();
        let outputs = given(self.outputs.as_deref())
            .map(read_outputs)
            .transpose()?;
        let mut notes = outputs
            .as_ref()
            .map(|read| read.notes.clone())
            .unwrap_or_default();
        let message = given(self.message.as_deref());
        notes.extend(message.and_then(long_message));
        let hidden = outputs.clone().unwrap_or_default();
        let told = Report {
            target: self.target.0.clone(),
            said: self.status,
            deployment: given(self.id.as_deref()).map(str::to_owned),
            message: message.map(|message| hidden.discreet(message)),
            outputs: outputs.map(|read| read.outputs),
            place: self.place(common)?,
            fresh: uuid::Uuid::new_v4().to_string(),
        };
        let reported = self.report(common, &told).await;
        let (record, outputs_changed, recorded) = match reported? {
            Reported::Written {
                record,
                outputs_changed,
            } => (record, outputs_changed, true),
            Reported::Kept { record, why } => {
                notes.push(format!("{why}: nothing is recorded"));
                (record, false, false)
            }
        };
        for note in &notes {
            notice(note, format);
        }
        show(&record, recorded, outputs_changed, &notes, format);
        output::outputs(&[
            ("recorded", if recorded { "true" } else { "false" }),
            (
                "outputs-changed",
                if outputs_changed { "true" } else { "false" },
            ),
        ])?;
        if outputs_changed {
            self.dispatch(&record.target, format).await?;
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn report(&self, common: &Common, told: &Report) -> Result<Reported, Failure> {
        let checkout = workspace::checkout(common, &self.state);
        let state = match self.elsewhere() {
            Some(repository) => workspace::state_elsewhere(common, &self.state, repository).await?,
            None => workspace::state(common, &self.state, None)?,
        };
        let commit = match env::get(env::GITHUB_SHA) {
            Some(commit) => commit,
            // A first record names it; a folder that is no clone has none.
            None => checkout.head().await.unwrap_or_default(),
        };
        let run = run::current(commit)?;
        let clock = workspace::clock()?;
        Ok(report(&state, &*clock, &run, told).await?)
    }

    fn elsewhere(&self) -> Option<&str> {
        given(self.repository.as_deref())
    }

    /// Where the target lives, as far as that is known here.
    fn place(&self, common: &Common) -> Result<Option<Place>, Failure> {
        if let (Some(account), Some(region)) = (&self.account, &self.region) {
            let is_id = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            if !is_id {
                let message =
                    format!("--account: `{account}` is not the id of an account, 12 digits");
                return Err(Failure::new(Kind::CommandLine, message));
            }
            return Ok(Some(Place {
                account: account.clone(),
                region: region.clone(),
            }));
        }
        if self.elsewhere().is_some() {
            return Ok(None);
        }
        let files = read_tree(&common.root)?;
        let (repository, _) = Repository::parse(&files);
        let target = repository.targets().get(&self.target.0);
        Ok(target.map(|target| target.place.clone()))
    }

    /// Starts what waited for the outputs.
    async fn dispatch(&self, target: &TargetId, format: Format) -> Result<(), Failure> {
        let Some(what) = given(self.dispatch.as_deref()) else {
            return Ok(());
        };
        let repository = self.elsewhere().map(name_in);
        let github = github_of(repository.or_else(|| env::get(env::GITHUB_REPOSITORY)))?;
        let github = match github {
            Ok(github) => github,
            Err(reason) => {
                notice(&format!("{reason}: no workflow is started"), format);
                return Ok(());
            }
        };
        let sent = if what == EVENT {
            github.dispatch_event(&target.to_string()).await
        } else {
            github.dispatch_workflow(what).await
        };
        sent.map_err(|error| {
            let mut failure = Failure::from(error);
            let message = failure.message.unwrap_or_default();
            failure.message = Some(format!("the deployment is recorded, but {message}"));
            failure
        })
    }
}

/// An empty input of an action is none.
fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// `owner/name` at the end of an address.
fn name_in(address: &str) -> String {
    let address = address.trim_end_matches('/').trim_end_matches(".git");
    let mut parts = address.rsplit(['/', ':']);
    let (name, owner) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    format!("{owner}/{name}")
}

fn read_outputs(file: &str) -> Result<ReportedOutputs, Failure> {
    let wrong = |error: &dyn std::fmt::Display| {
        let message = format!("could not read the outputs in `{file}`: {error}");
        Failure::new(Kind::Files, message).hint(
            "give [{\"key\": \"VpcId\", \"valueString\": \"vpc-1\"}], a map, or what `terraform output -json` printed",
        )
    };
    let text = if file == "-" {
        let mut text = String::new();
        let read = std::io::stdin().lock().read_to_string(&mut text);
        read.map(|_| text)
    } else {
        std::fs::read_to_string(Path::new(file.strip_prefix("file://").unwrap_or(file)))
    };
    let text = text.map_err(|error| wrong(&error))?;
    ReportedOutputs::parse(&text).map_err(|error| wrong(&error))
}

fn show(record: &Record, recorded: bool, outputs_changed: bool, notes: &[String], format: Format) {
    match format {
        Format::Json => output::json(&Told {
            format: FileFormat,
            target: &record.target,
            deployment: &record.id,
            status: record.status,
            recorded,
            outputs_changed,
            notes,
        }),
        Format::Text | Format::Github => {
            let Record {
                target, status, id, ..
            } = record;
            output::data(&format!("{target}: {status} ({id})\n"));
        }
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        let kind = match &denied {
            Denied::Late { .. } | Denied::Unknown { .. } | Denied::Busy(_) => Kind::Stale,
            Denied::Ours { .. } | Denied::Corrupt(_) => Kind::Files,
            Denied::NoPlace(_) => Kind::CommandLine,
            Denied::Port(error) => return error.clone().into(),
        };
        let failure = Self::new(kind, denied.to_string());
        match denied.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_ends_with_the_repositorys_name() {
        for address in [
            "acme/platform",
            "https://github.com/acme/platform.git",
            "git@github.com:acme/platform",
        ] {
            assert_eq!(name_in(address), "acme/platform");
        }
    }
}
