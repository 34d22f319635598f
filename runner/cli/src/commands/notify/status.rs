//! `nucleon-notify status`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use nucleon_adapters::files::read_tree;
use nucleon_adapters::git::GitState;
use nucleon_core::notification::run::{Fared, Frame, checks, summary, totals};
use nucleon_core::outcome_file::{OutcomeFile, TargetOutcome};
use nucleon_core::record::Format as FileFormat;
use nucleon_core::repository::Repository;
use nucleon_core::target::{Stage, TargetId};
use nucleon_engine::notify::{fared, put};
use nucleon_engine::ports::{PortError, State as _};
use nucleon_engine::view::view;

use super::{finish, key, notice, read, summary_limit};
use crate::args::{Common, Format, Line, StateArgs, parse_path};
use crate::error::Failure;
use crate::github::github;
use crate::main_of::block_on;
use crate::table::table;
use crate::{env, output, run, workspace};

/// Arguments of `nucleon-notify status`.
#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    state: StateArgs,
    /// Files that nucleon-apply wrote: they tell of targets that never began
    #[arg(long, value_name = "FILE", env = env::OUTCOME, hide_env = true, value_delimiter = '\n', value_parser = parse_path)]
    outcome: Vec<Line<PathBuf>>,
}

impl Status {
    pub(super) fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        block_on(self.told(common))?
    }

    async fn told(self, common: &Common) -> Result<ExitCode, Failure> {
        let format = common.format();
        // The files may be at fault by now; the state is told all the same.
        let repository = read_tree(&common.root)
            .map(|files| Repository::parse(&files).0)
            .ok();
        let checkout = workspace::checkout(common, &self.state);
        let commit = match env::get(env::GITHUB_SHA) {
            Some(commit) => commit,
            None => checkout.head().await?,
        };
        let branch = repository
            .as_ref()
            .map(|one| one.config().state.branch.clone());
        let state = workspace::state(common, &self.state, branch)?;
        let run = run::current(commit.clone())?;
        let stage = |target: &TargetId| stage_of(repository.as_ref(), target);
        let told = fared(&state, &run, &self.outcomes()?, &stage).await?;

        let github = github()?;
        let kept = github
            .as_ref()
            .err()
            .map(|reason| format!("{reason}: no check runs are written"));
        let key = key(&common.root);
        let frame = Frame {
            key: &key,
            commit: &commit,
            run_url: run.run_url.as_deref(),
            notice: kept.as_deref(),
        };
        output::summary(&summary(&told, frame, summary_limit()))?;
        show(&told, format);

        let mut failures: Vec<PortError> = fold(&state, &commit).await.err().into_iter().collect();
        match github {
            Err(_) => notice(kept.as_deref().unwrap_or_default(), format),
            Ok(github) => {
                for check in checks(&told, frame) {
                    failures.extend(put(&github, &commit, &check).await.err());
                }
            }
        }
        finish(failures, format)
    }

    fn outcomes(&self) -> Result<Vec<TargetOutcome>, Failure> {
        let named = self.outcome.iter().filter_map(|line| line.0.as_ref());
        let read = |path: &PathBuf| read(path, "outcomes", "nucleon-apply");
        let files: Vec<OutcomeFile> = named.map(read).collect::<Result<_, _>>()?;
        Ok(files.into_iter().flat_map(|file| file.targets).collect())
    }
}

/// Shows the state to people who browse the repository.
async fn fold(state: &GitState, commit: &str) -> Result<(), PortError> {
    state
        .fold(&view, &format!("what is deployed after {commit}"))
        .await
}

fn stage_of(repository: Option<&Repository>, target: &TargetId) -> Stage {
    let known = repository.and_then(|repository| repository.targets().get(target));
    known.map_or_else(|| target.usual_stage(), |target| target.stage)
}

fn show(told: &[Fared], format: Format) {
    if format == Format::Json {
        return output::json(&serde_json::json!({ "format": FileFormat, "targets": told }));
    }
    let row = |one: &Fared| {
        let status = one
            .status
            .map_or("NOT BEGUN", nucleon_core::outcome::DeploymentStatus::as_str);
        let message = one.message.clone().unwrap_or_default();
        vec![
            one.stage.to_string(),
            one.target.to_string(),
            one.account.clone(),
            one.region.clone(),
            status.to_owned(),
            message,
        ]
    };
    let rows: Vec<Vec<String>> = told.iter().map(row).collect();
    if !rows.is_empty() {
        output::data(&table(
            &["stage", "target", "account", "region", "status", "message"],
            &rows,
        ));
    }
    output::say(&totals(told));
}
