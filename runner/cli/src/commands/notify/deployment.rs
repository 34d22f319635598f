//! `nucleon-notify deployment`.

mod tale;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use nucleon_adapters::files::read_tree;
use nucleon_adapters::git::GitState;
use nucleon_core::deployment::Place;
use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::outcome_file::OutcomeFile;
use nucleon_core::record::{Format as FileFormat, Purpose};
use nucleon_core::reported::{NamedTarget, ReportedOutputs};
use nucleon_core::repository::{Repository, Target, merged_only};
use nucleon_core::secret::Secret;
use nucleon_core::target::TargetId;
use nucleon_engine::ports::Clock;
use nucleon_engine::report::{Denied, Report, Reported, Said, report};
use nucleon_engine::run::Run;
use serde::Serialize;
use serde_json::json;

use super::{notice, read};
use crate::args::{Common, Flag, Format, Line, StateArgs, parse_line, parse_path};
use crate::error::{Failure, Kind};
use crate::github::{github_of, token_of};
use crate::main_of::block_on;
use crate::{env, output, run, workspace};
use tale::Tale;

/// The word for the event that a repository may listen to, instead of a workflow's file.
const EVENT: &str = "event";

/// Arguments of `nucleon-notify deployment`.
#[derive(Debug, Args)]
pub(super) struct Deployment {
    #[command(flatten)]
    state: StateArgs,
    /// Targets, such as environment/dev, the ARN that Proton gave one, or the branch on which it is proposed
    #[arg(value_name = "TARGET", env = env::TARGETS, hide_env = true, value_delimiter = '\n', value_parser = parse_line::<NamedTarget>)]
    targets: Vec<Line<NamedTarget>>,
    /// How the deployment goes; with --outcome, how that of the targets goes which nothing is told about there
    #[arg(long, value_name = "IN_PROGRESS|SUCCEEDED|FAILED|CANCELLED", env = env::STATUS, hide_env = true, value_parser = parse_line::<Said>)]
    status: Option<Line<Said>>,
    /// Files that nucleon-apply wrote: status, message and outputs of each target come from there
    #[arg(long, value_name = "FILE", env = env::OUTCOME, hide_env = true, value_delimiter = '\n', value_parser = parse_path)]
    outcome: Vec<Line<PathBuf>>,
    /// What the target gives out: Proton's list, a map, or what `terraform output -json` printed; - reads from stdin
    #[arg(long, value_name = "FILE", env = env::OUTPUTS, hide_env = true)]
    outputs: Option<String>,
    /// One sentence about the status
    #[arg(long, env = env::MESSAGE, hide_env = true)]
    message: Option<String>,
    /// Deployment that is meant [default: the one that the target's folder is from, where it is here, else the newest]
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

/// What `--format json` writes of one target.
#[derive(Debug, Serialize)]
struct Told {
    format: FileFormat,
    target: TargetId,
    deployment: String,
    status: DeploymentStatus,
    recorded: bool,
    outputs_changed: bool,
    notes: Vec<String>,
}

/// Where a message goes, and who says it.
struct Desk {
    state: GitState,
    clock: Arc<dyn Clock>,
    run: Run,
    here: Repository,
    token: Option<Secret>,
}

impl Deployment {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        block_on(self.told(common))?
    }

    async fn told(self, common: &Common) -> Result<ExitCode, Failure> {
        let format = common.format();
        let tales = self.tales()?;
        let desk = self.desk(common).await?;
        let (mut told, mut failures) = (Vec::new(), Vec::new());
        for tale in tales {
            match self.tell(&desk, tale).await {
                Ok(one) => told.push(one),
                Err(failure) => failures.push(failure),
            }
        }
        self.show(&told, format)?;
        let changed: Vec<String> = told
            .iter()
            .filter(|one| one.outputs_changed)
            .map(|one| one.target.to_string())
            .collect();
        if !changed.is_empty() {
            failures.extend(self.dispatch(&desk, &changed, format).await.err());
        }
        let Some(last) = failures.pop() else {
            return Ok(ExitCode::SUCCESS);
        };
        for failure in &failures {
            output::failure(failure, format);
        }
        Err(last)
    }

    /// What is said of each target.
    fn tales(&self) -> Result<Vec<Tale>, Failure> {
        let named = self.targets.iter().filter_map(|line| line.0.clone());
        let files = self.outcome.iter().filter_map(|line| line.0.as_ref());
        let files: Vec<OutcomeFile> = files
            .map(|path| read(path, "outcomes", "nucleon-apply"))
            .collect::<Result<_, _>>()?;
        let status = self.status.as_ref().and_then(|status| status.0);
        let mut tales = tale::all(named.map(|named| named.0), &files, status)?;
        if let [only] = &mut tales[..] {
            only.add(given(self.message.as_deref()), self.outputs()?);
            return Ok(tales);
        }
        for (given, flag) in [(&self.id, "--deployment"), (&self.outputs, "--outputs")] {
            if given.as_ref().is_some_and(|given| !given.trim().is_empty()) {
                let message = format!("{flag} is about one target, and here are several");
                return Err(Failure::new(Kind::CommandLine, message));
            }
        }
        for tale in &mut tales {
            tale.add(given(self.message.as_deref()), None);
        }
        Ok(tales)
    }

    fn outputs(&self) -> Result<Option<ReportedOutputs>, Failure> {
        given(self.outputs.as_deref()).map(read_outputs).transpose()
    }

    async fn desk(&self, common: &Common) -> Result<Desk, Failure> {
        let checkout = workspace::checkout(common, &self.state);
        let (state, token) = if let Some(repository) = self.elsewhere() {
            let token = token_of(&name_in(repository)).await?;
            let state =
                workspace::state_elsewhere(common, &self.state, repository, token.clone()).await?;
            (state, token)
        } else {
            // What others provision is told to the specs, whatever folders lie beside them.
            let specs = StateArgs {
                folders: Flag(false),
                ..self.state.clone()
            };
            let token = env::get(env::GITHUB_TOKEN).map(Secret::new);
            (workspace::state(common, &specs, None)?, token)
        };
        let commit = match env::get(env::GITHUB_SHA) {
            Some(commit) => commit,
            // A first record names it; a folder that is no clone has none.
            None => checkout.head().await.unwrap_or_default(),
        };
        let mut files = read_tree(&common.root)?;
        if self.state.folders.0 {
            files = merged_only(&files);
        }
        Ok(Desk {
            state,
            clock: workspace::clock()?,
            run: run::current(commit)?,
            here: Repository::parse(&files).0,
            token,
        })
    }

    async fn tell(&self, desk: &Desk, tale: Tale) -> Result<Told, Failure> {
        let here = desk.here.targets().get(&tale.target);
        let folder = here.and_then(|target| target.merged.as_ref());
        let named = given(self.id.as_deref()).map(str::to_owned);
        let mut notes = tale.notes;
        let about = Report {
            said: tale.said,
            deployment: named.or_else(|| folder.map(|folder| folder.deployment.clone())),
            message: tale.message,
            outputs: tale.outputs,
            place: self.place(here)?,
            fresh: uuid::Uuid::new_v4().to_string(),
            target: tale.target,
        };
        let reported = match report(&desk.state, &*desk.clock, &desk.run, &about).await {
            // The deployment itself went on: that a newer one is recorded by now is no fault of it.
            Err(Denied::Late { newest, .. }) if tale.may_be_late => {
                notes.push(format!(
                    "deployment {newest} is newer: nothing is recorded of the one before"
                ));
                return Ok(Told {
                    format: FileFormat,
                    deployment: about.deployment.unwrap_or_default(),
                    status: tale.said.status(Purpose::Deploy),
                    target: about.target,
                    recorded: false,
                    outputs_changed: false,
                    notes,
                });
            }
            reported => reported?,
        };
        let (record, outputs_changed, recorded) = match reported {
            Reported::Written {
                record,
                outputs_changed,
            } => (record, outputs_changed, true),
            Reported::Kept { record, why } => {
                notes.push(format!("{why}: nothing is recorded"));
                (record, false, false)
            }
        };
        Ok(Told {
            format: FileFormat,
            target: record.target.clone(),
            deployment: record.id.clone(),
            status: record.status,
            recorded,
            outputs_changed,
            notes,
        })
    }

    fn elsewhere(&self) -> Option<&str> {
        given(self.repository.as_deref())
    }

    /// Where a target lives, as far as that is known here: of another repository's targets only those whose folders are here.
    fn place(&self, here: Option<&Target>) -> Result<Option<Place>, Failure> {
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
        let known = here.filter(|target| self.elsewhere().is_none() || target.merged.is_some());
        Ok(known.map(|target| target.place.clone()))
    }

    fn show(&self, told: &[Told], format: Format) -> Result<(), Failure> {
        for note in told.iter().flat_map(|one| &one.notes) {
            notice(note, format);
        }
        match (format, told) {
            (Format::Json, [one]) if self.targets.len() == 1 => output::json(one),
            (Format::Json, all) => output::json(&json!({"format": FileFormat, "targets": all})),
            (Format::Text | Format::Github, all) => {
                for one in all {
                    let Told { target, status, .. } = one;
                    output::data(&format!("{target}: {status} ({})\n", one.deployment));
                }
            }
        }
        let any = |is: fn(&Told) -> bool| if told.iter().any(is) { "true" } else { "false" };
        output::outputs(&[
            ("recorded", any(|one| one.recorded)),
            ("outputs-changed", any(|one| one.outputs_changed)),
        ])
    }

    /// Starts what waited for the outputs of targets.
    async fn dispatch(
        &self,
        desk: &Desk,
        targets: &[String],
        format: Format,
    ) -> Result<(), Failure> {
        let Some(what) = given(self.dispatch.as_deref()) else {
            return Ok(());
        };
        let repository = self.elsewhere().map(name_in);
        let repository = repository.or_else(|| env::get(env::GITHUB_REPOSITORY));
        let github = match github_of(repository, desk.token.clone())? {
            Ok(github) => github,
            Err(reason) => {
                notice(&format!("{reason}: no workflow is started"), format);
                return Ok(());
            }
        };
        let sent = if what == EVENT {
            github.dispatch_event(&targets.join("\n")).await
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
