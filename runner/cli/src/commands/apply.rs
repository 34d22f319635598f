//! `nucleon-apply`: deploys or deletes targets.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use nucleon_adapters::github::Access;
use nucleon_core::notification::Previewed;
use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::outcome_file::{OutcomeFile, TargetOutcome};
use nucleon_core::plan::Approved;
use nucleon_core::record::Format as FileFormat;
use nucleon_core::show;
use nucleon_core::target::TargetId;
use nucleon_engine::apply::{Applied, Apply as Engine};
use nucleon_engine::deploy::{Deployed, deploy, destroy};
use nucleon_engine::farewell::Farewell;
use nucleon_engine::ports::{Approvals, chain};
use nucleon_engine::refusal::Refusal;

use crate::args::{Common, Flag, Format, Selection, StateArgs, removal};
use crate::error::{Failure, Kind, kind_of};
use crate::github::{github, previewed};
use crate::main_of::{Command, block_on};
use crate::output::Lines;
use crate::signals::cancelled;
use crate::workspace::{NEVER_DEPLOYED, Workspace};
use crate::{env, output, run};

/// Deploys targets: plans again, refuses what was not approved, applies exactly that, writes the record
#[derive(Debug, Parser)]
#[command(name = "nucleon-apply", version)]
pub struct Apply {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    state: StateArgs,
    /// What was approved; targets without an approved digest are refused when any is given
    #[arg(long, value_name = "TARGET=DIGEST", env = env::APPROVED, value_delimiter = '\n', hide_env = true)]
    approved: Option<Vec<String>>,
    /// Delete the targets
    #[arg(long, env = env::DESTROY, hide_env = true, num_args = 0..=1, default_missing_value = "true", default_value = "false", require_equals = true)]
    destroy: Flag,
    /// Forget targets that their bundle's commands cannot delete; no command is run, and what they made may remain
    #[arg(long, env = env::FORCE, hide_env = true, num_args = 0..=1, default_missing_value = "true", default_value = "false", require_equals = true)]
    force: Flag,
    /// Write the outcomes to a file, as JSON
    #[arg(long, value_name = "FILE", env = env::OUT, hide_env = true)]
    out: Option<PathBuf>,
}

impl Command for Apply {
    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> Result<ExitCode, Failure> {
        block_on(self.applied())?
    }
}

impl Apply {
    async fn applied(self) -> Result<ExitCode, Failure> {
        let approved = self.approved()?;
        let removal = removal(self.destroy, self.force)?;
        let workspace = Workspace::open(&self.common, &self.state).await?;
        let targets = workspace.chosen(&self.selection, self.destroy).await?;
        let run = run::current(workspace.commit.clone())?;
        let provisioner = workspace.provisioner(&targets, Access::Propose).await?;
        let github = github()?.ok();
        let lines = Lines::default();
        let previewed = match &github {
            Some(github) if workspace.fleet.repository.config().promotion.stop_on_change => {
                // Without a pull request nobody was shown anything.
                let shown = previewed(github, &workspace, &self.common).await?;
                Some(shown.unwrap_or_else(|| Previewed::nothing(&workspace.commit)))
            }
            Some(_) | None => None,
        };
        let engine = Engine {
            provisioner: &provisioner,
            state: &workspace.state,
            clock: &*workspace.clock,
            progress: &lines,
            approvals: github.as_ref().map(|github| github as &dyn Approvals),
            run: &run,
            approved: approved.as_ref(),
            stop_on_change: previewed.as_ref(),
            cancelled: cancelled(),
        };
        let ids = || uuid::Uuid::new_v4().to_string();
        let deployed = if self.destroy.0 {
            let templates = workspace.templates();
            let farewell = Farewell {
                fleet: &workspace.fleet,
                templates: &templates,
                ids: &ids,
                removal,
            };
            destroy(&engine, &farewell, &targets).await?
        } else {
            deploy(&engine, &workspace.fleet, &targets, &ids).await
        };
        drop(lines);
        self.tell(&workspace, &deployed)
    }

    /// The approved digests; nothing where none was given.
    fn approved(&self) -> Result<Option<BTreeMap<TargetId, Approved>>, Failure> {
        let Some(lines) = &self.approved else {
            return Ok(None);
        };
        let lines: Vec<&str> = lines
            .iter()
            .map(|line| line.trim())
            .filter(|line| !line.is_empty())
            .collect();
        if lines.is_empty() {
            return Ok(None);
        }
        let parse = |line: &&str| {
            let (target, digest) = line
                .split_once('=')
                .ok_or_else(|| usage(line, "it has no `=`"))?;
            let target = target
                .parse::<TargetId>()
                .map_err(|error| usage(line, &error.to_string()))?;
            let digest = digest
                .parse::<Approved>()
                .map_err(|error| usage(line, &error.to_string()))?;
            Ok((target, digest))
        };
        lines.iter().map(parse).collect::<Result<_, _>>().map(Some)
    }

    fn tell(&self, workspace: &Workspace, deployed: &[Deployed]) -> Result<ExitCode, Failure> {
        let format = self.common.format();
        let targets = deployed
            .iter()
            .map(|deployed| outcome(workspace, deployed))
            .collect();
        let file = OutcomeFile {
            format: FileFormat,
            targets,
        };
        for deployed in deployed {
            if let Err(Refusal::Faulty { diagnostics, .. }) = &deployed.result {
                workspace.show(diagnostics, format);
            }
            if let Err(Refusal::Stale(stale)) = &deployed.result {
                output::say(&show::plan(&stale.plan));
            }
        }
        match format {
            Format::Json => output::json(&file),
            Format::Text | Format::Github => output::data(&show::outcomes(&file)),
        }
        if let Some(path) = self.out.clone().or_else(|| output::kept("outcome")) {
            output::json_file(&path, &file)?;
            output::outputs(&[("outcome", &path.display().to_string())])?;
        }
        let own = deployed.iter().filter_map(kind).max();
        match own.max(workspace.faults(&self.selection)) {
            Some(kind) => Err(Failure::told(kind)),
            None => Ok(ExitCode::SUCCESS),
        }
    }
}

fn usage(line: &str, why: &str) -> Failure {
    Failure::new(
        Kind::CommandLine,
        format!("`{line}` is not an approval: {why}"),
    )
    .hint("write `--approved environment/dev=sha256:…`, as nucleon-plan gives it")
}

/// Whose fault it is that a target is not as it should be.
fn kind(deployed: &Deployed) -> Option<Kind> {
    match &deployed.result {
        Ok(Applied::Unchanged(_)) => None,
        Ok(Applied::Ended(record)) => {
            let good = record.status.is_success() || record.is_proposed();
            (!good).then_some(Kind::Outside)
        }
        Err(refusal) => Some(kind_of(refusal)),
    }
}

fn outcome(workspace: &Workspace, deployed: &Deployed) -> TargetOutcome {
    let target = workspace.fleet.repository.targets().get(&deployed.target);
    let record = match &deployed.result {
        Ok(Applied::Ended(record) | Applied::Unchanged(Some(record))) => Some(record),
        Ok(Applied::Unchanged(None)) | Err(_) => None,
    };
    let place = record.map(|record| (record.account.clone(), record.region.clone()));
    let place = place.or_else(|| {
        target.map(|target| (target.place.account.clone(), target.place.region.clone()))
    });
    let (account, region) = place.unwrap_or_default();
    let outputs = match &deployed.result {
        Ok(Applied::Ended(record) | Applied::Unchanged(Some(record)))
            if record.status == DeploymentStatus::Succeeded =>
        {
            record.outputs.clone()
        }
        Ok(Applied::Ended(_) | Applied::Unchanged(_)) | Err(_) => BTreeMap::new(),
    };
    let (status, message, hint, deployment) = match &deployed.result {
        Ok(Applied::Unchanged(Some(record))) => {
            let proposed = record.message.clone().filter(|_| record.is_proposed());
            let message = proposed.unwrap_or_else(|| "nothing changes".to_owned());
            (Some(record.status), message, None, None)
        }
        Ok(Applied::Unchanged(None)) => (None, NEVER_DEPLOYED.to_owned(), None, None),
        Ok(Applied::Ended(record)) => {
            let message = record.message.clone().unwrap_or_else(|| {
                let deleted = record.status == DeploymentStatus::DeleteComplete;
                (if deleted { "deleted" } else { "deployed" }).to_owned()
            });
            (Some(record.status), message, None, Some(record.id.clone()))
        }
        Err(refusal) => (None, chain(refusal), refusal.hint(), None),
    };
    TargetOutcome {
        target: deployed.target.clone(),
        stage: target.map_or_else(|| deployed.target.usual_stage(), |target| target.stage),
        account,
        region,
        status,
        message,
        hint,
        deployment,
        outputs,
    }
}
