//! `nucleon-plan`: what would change.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use nucleon_adapters::github::Access;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::plan::Plan as CorePlan;
use nucleon_core::plan_file::{PlanFile, PlanResult, PlannedTarget};
use nucleon_core::record::Format as FileFormat;
use nucleon_core::repository::Target;
use nucleon_core::show;
use nucleon_core::validate::merge;
use nucleon_engine::candidate::Candidate;
use nucleon_engine::deploy::{Deployed, candidates, emptied};
use nucleon_engine::farewell::Farewell;
use nucleon_engine::plan::plan;
use nucleon_engine::ports::chain;
use nucleon_engine::refusal::Refusal;

use crate::args::{Common, Flag, Format, Selection, StateArgs, removal};
use crate::error::{Failure, Kind, kind_of};
use crate::github::{github, previewed};
use crate::main_of::{Command, block_on};
use crate::workspace::{NEVER_DEPLOYED, Workspace};
use crate::{env, output, run};

/// What is said first of a plan that reviewers of the pull request have not seen.
const UNSEEN: &str = "this is not what the pull request showed: something has changed since";

/// Says what would change, without changing anything
///
/// Plans any number of targets side by side. What a reviewer approves is the digest of each plan:
/// pass it to `nucleon-apply --approved`, which refuses anything else.
#[derive(Debug, Parser)]
#[command(name = "nucleon-plan", version)]
pub struct Plan {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    state: StateArgs,
    /// Plan the removal of the targets
    #[arg(long, env = env::DESTROY, hide_env = true, num_args = 0..=1, default_missing_value = "true", default_value = "false", require_equals = true)]
    destroy: Flag,
    /// Plan to forget targets that their bundle's commands cannot delete
    #[arg(long, env = env::FORCE, hide_env = true, num_args = 0..=1, default_missing_value = "true", default_value = "false", require_equals = true)]
    force: Flag,
    /// Write the plans to a file, as JSON
    #[arg(long, value_name = "FILE", env = env::OUT, hide_env = true)]
    out: Option<PathBuf>,
}

impl Command for Plan {
    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> Result<ExitCode, Failure> {
        block_on(self.planned())?
    }
}

impl Plan {
    async fn planned(self) -> Result<ExitCode, Failure> {
        let removal = removal(self.destroy, self.force)?;
        let workspace = Workspace::open(&self.common, &self.state).await?;
        let targets = workspace.chosen(&self.selection, self.destroy).await?;
        let tips = workspace.tips(&targets).await?;
        let ids = || uuid::Uuid::new_v4().to_string();
        let (candidates, refused) = if self.destroy.0 {
            for target in targets.iter().filter(|target| !tips.contains_key(target)) {
                output::say(&format!("note: {target}: {NEVER_DEPLOYED}"));
            }
            let templates = workspace.templates();
            let farewell = Farewell {
                fleet: &workspace.fleet,
                templates: &templates,
                ids: &ids,
                removal,
            };
            let (candidates, mut refused) = farewell.candidates(&targets, &tips).await;
            let (kept, in_use) = emptied(&workspace.state, &farewell, candidates, &targets).await;
            refused.extend(in_use);
            (kept, refused)
        } else {
            candidates(&workspace.fleet, &targets, &tips, &ids)
        };
        let provisioner = workspace.provisioner(&targets, Access::Read).await?;
        let plans = plan(&provisioner, &candidates).await;
        let plans = self.compared(&workspace, plans).await?;
        let mut planned = Self::file(&workspace, &candidates, plans, refused);
        planned.kind = planned.kind.max(workspace.faults(&self.selection));
        self.tell(&workspace, &planned)
    }

    /// Says first where a plan is not what the pull request showed that brought the commit.
    async fn compared(
        &self,
        workspace: &Workspace,
        mut plans: Vec<Result<CorePlan, Refusal>>,
    ) -> Result<Vec<Result<CorePlan, Refusal>>, Failure> {
        let is_deploying = env::get(env::GITHUB_EVENT_NAME).as_deref() == Some("push");
        let Some(github) = github()?.ok().filter(|_| is_deploying) else {
            return Ok(plans);
        };
        match previewed(&github, workspace, &self.common).await {
            Ok(Some(previewed)) => {
                for plan in plans
                    .iter_mut()
                    .flatten()
                    .filter(|plan| previewed.differs(plan))
                {
                    plan.notes.insert(0, UNSEEN.to_owned());
                }
            }
            // Most repositories allow pushes without one.
            Ok(None) => {}
            Err(error) => output::say(&format!(
                "note: what the pull request showed is not known: {}",
                chain(&error)
            )),
        }
        Ok(plans)
    }

    fn file(
        workspace: &Workspace,
        candidates: &[Candidate],
        plans: Vec<Result<CorePlan, Refusal>>,
        refused: Vec<Deployed>,
    ) -> Planned {
        let mut kinds = Vec::new();
        let mut targets: Vec<PlannedTarget> = Vec::new();
        let mut found = Vec::new();
        for (candidate, result) in candidates.iter().zip(plans) {
            kinds.extend(result.as_ref().err().map(kind_of));
            if let Err(Refusal::Faulty { diagnostics, .. }) = &result {
                found.extend(diagnostics.clone());
            }
            targets.push(planned(candidate, result));
        }
        for Deployed { target, result } in refused {
            let Err(refusal) = result else { continue };
            kinds.push(kind_of(&refusal));
            if let Refusal::Corrupt(fault) = refusal {
                found.push(*fault);
                continue;
            }
            let known = workspace.fleet.repository.targets().get(&target);
            targets.extend(known.map(|target| not_planned(target, &refusal)));
            if let Refusal::Faulty { diagnostics, .. } = refusal {
                found.extend(diagnostics);
            }
        }
        targets.sort_by_key(|planned| (planned.stage, planned.target.clone()));
        let diagnostics = merge(workspace.diagnostics.clone(), found);
        let file = PlanFile {
            format: FileFormat,
            commit: workspace.commit.clone(),
            run_url: run::run_url(),
            targets,
            diagnostics: diagnostics.iter().map(Into::into).collect(),
        };
        Planned {
            file,
            kind: kinds.into_iter().max(),
            diagnostics,
        }
    }

    fn tell(&self, workspace: &Workspace, planned: &Planned) -> Result<ExitCode, Failure> {
        let format = self.common.format();
        let Planned {
            file,
            kind,
            diagnostics,
        } = planned;
        workspace.show(diagnostics, format);
        match format {
            Format::Json => output::json(file),
            Format::Text | Format::Github => output::data(&show::terminal(file)),
        }
        // In a workflow run the plan is always kept, for `nucleon-notify`.
        let path = self.out.clone().or_else(|| output::kept("plan"));
        if let Some(path) = &path {
            output::json_file(path, file)?;
        }
        let approved: Vec<String> = file.targets.iter().filter_map(approval).collect();
        let changes = file.targets.iter().any(changes);
        let path = path
            .map(|path| path.display().to_string())
            .unwrap_or_default();
        output::outputs(&[
            ("approved", &approved.join("\n")),
            ("plan", &path),
            ("changes", if changes { "true" } else { "false" }),
        ])?;
        match kind {
            Some(kind) => Err(Failure::told(*kind)),
            None => Ok(ExitCode::SUCCESS),
        }
    }
}

struct Planned {
    file: PlanFile,
    kind: Option<Kind>,
    diagnostics: Vec<Diagnostic>,
}

fn approval(planned: &PlannedTarget) -> Option<String> {
    match &planned.result {
        PlanResult::Planned { approval, .. } => Some(format!("{}={approval}", planned.target)),
        PlanResult::Failed { .. } => None,
    }
}

fn changes(planned: &PlannedTarget) -> bool {
    match &planned.result {
        PlanResult::Planned { plan, .. } => !plan.is_empty(),
        PlanResult::Failed { .. } => false,
    }
}

fn planned(candidate: &Candidate, result: Result<CorePlan, Refusal>) -> PlannedTarget {
    let result = match result {
        Ok(plan) => PlanResult::Planned {
            approval: plan.approval().to_string(),
            plan,
        },
        Err(refusal) => PlanResult::Failed {
            message: chain(&refusal),
            hint: refusal.hint(),
        },
    };
    PlannedTarget {
        target: candidate.target().clone(),
        stage: candidate.stage,
        account_name: candidate.account_name.clone(),
        account: candidate.deployment.place.account.clone(),
        region: candidate.deployment.place.region.clone(),
        github_environment: candidate.github_environment.clone(),
        template: candidate.template_label(),
        result,
    }
}

/// A target that could not be rendered, or can only be rendered.
fn not_planned(target: &Target, refusal: &Refusal) -> PlannedTarget {
    let (message, hint) = match refusal {
        Refusal::Faulty { .. } => ("its files have faults".to_owned(), None),
        other => (chain(other), other.hint()),
    };
    PlannedTarget {
        target: target.id.clone(),
        stage: target.stage,
        account_name: target.account.clone(),
        account: target.place.account.clone(),
        region: target.place.region.clone(),
        github_environment: target.github_environment.clone(),
        template: target.template.as_ref().map(ToString::to_string),
        result: PlanResult::Failed { message, hint },
    }
}
