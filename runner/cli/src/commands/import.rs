//! `nucleon import`: takes over a stack that lives already.

use std::process::ExitCode;

use clap::Args;
use nucleon_core::deployment::Body;
use nucleon_core::record::Format as FileFormat;
use nucleon_core::show;
use nucleon_core::target::TargetId;
use nucleon_engine::deploy::candidates;
use nucleon_engine::import::{Tools, import};
use nucleon_engine::refusal::Refusal;

use crate::args::{Common, Format, StateArgs};
use crate::error::{Failure, Kind};
use crate::main_of::block_on;
use crate::workspace::Workspace;
use crate::{output, run};

/// Arguments of `nucleon import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The target, such as environment/dev
    target: TargetId,
    /// The living stack's name
    #[arg(long, value_name = "NAME")]
    stack: String,
    #[command(flatten)]
    state: StateArgs,
}

impl Import {
    /// Does it.
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        block_on(self.imported(common))?
    }

    async fn imported(self, common: &Common) -> Result<ExitCode, Failure> {
        let workspace = Workspace::open(common, &self.state).await?;
        let target = &self.target;
        workspace.check_known(target)?;
        let targets = std::slice::from_ref(target);
        let tips = workspace.tips(targets).await?;
        let ids = || uuid::Uuid::new_v4().to_string();
        let (mut found, mut refused) = candidates(&workspace.fleet, targets, &tips, &ids);
        match refused.pop().and_then(|refused| refused.result.err()) {
            Some(Refusal::Faulty { diagnostics, .. }) => {
                workspace.show(&diagnostics, common.format());
                return Err(Failure::told(Kind::Files));
            }
            Some(refusal) => return Err(refusal.into()),
            None => {}
        }
        let Some(mut candidate) = found.pop() else {
            return Err(Failure::told(Kind::Files));
        };
        if let Some(unknown) = candidate.unknown.first() {
            return Err(Failure::new(
                Kind::Outside,
                format!("{target} uses `{unknown}`, which is not known yet"),
            )
            .hint("import or deploy what gives it out first"));
        }
        if let Body::Stack(stack) = &mut candidate.deployment.body {
            stack.name.clone_from(&self.stack);
        }
        candidate.deployment.adopted = true;
        let provisioner = workspace.provisioner(targets).await?;
        let run = run::current(workspace.commit.clone())?;
        let tools = Tools {
            provisioner: &provisioner,
            state: &workspace.state,
            clock: &*workspace.clock,
            run: &run,
        };
        let imported = import(tools, &candidate, tips.get(target)).await?;
        if common.format() == Format::Json {
            output::json(
                &serde_json::json!({ "format": FileFormat, "record": imported.record, "plan": imported.plan }),
            );
        } else {
            output::data(&format!(
                "{target} is stack `{}` now; deploying it would do this:\n{}",
                self.stack,
                show::plan(&imported.plan)
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}
