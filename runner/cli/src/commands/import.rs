//! `nucleon import`: takes over a stack that lives already.

use std::process::ExitCode;

use clap::Args;
use nucleon_adapters::github::Access;
use nucleon_core::deployment::Body;
use nucleon_core::record::{Format as FileFormat, Provisioned};
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
    #[arg(long, value_name = "NAME", required_unless_present = "state_key")]
    stack: Option<String>,
    /// The key of the Terraform state that is there, where it is not the one that nucleon.yaml gives
    #[arg(long, value_name = "KEY", num_args = 0..=1, default_missing_value = "", conflicts_with = "stack")]
    state_key: Option<String>,
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
        self.name(&mut candidate.deployment.body)?;
        candidate.deployment.adopted = true;
        let provisioner = workspace.provisioner(targets, Access::Read).await?;
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
            let what = match &imported.record.provisioned {
                Some(Provisioned::Cloudformation { stack_name, .. }) => {
                    format!("stack `{stack_name}`")
                }
                Some(Provisioned::Terraform { backend, path, .. }) => {
                    format!("the state `{}`", backend.get("key").unwrap_or(path))
                }
                Some(Provisioned::Commands { .. } | Provisioned::PullRequest { .. }) | None => {
                    "what is there".to_owned()
                }
            };
            output::data(&format!(
                "{target} is {what} now; deploying it would do this:\n{}",
                show::plan(&imported.plan)
            ));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Names what is there already.
    fn name(&self, body: &mut Body) -> Result<(), Failure> {
        match (body, &self.stack, &self.state_key) {
            (Body::Stack(stack), Some(name), _) => stack.name.clone_from(name),
            (Body::Module(module), None, Some(key)) => module.keep_state_at(key),
            (Body::Stack(_), None, _) => {
                let message = "it is made by CloudFormation";
                return Err(
                    Failure::new(Kind::CommandLine, message).hint("name its stack: --stack NAME")
                );
            }
            (Body::Module(_), ..) => {
                let message = "it is made by Terraform";
                return Err(Failure::new(Kind::CommandLine, message)
                    .hint("write --state-key, with the key of its state where nucleon.yaml gives another one"));
            }
            // The engine says why not.
            (Body::Script(_) | Body::Proposal(_), ..) => {}
        }
        Ok(())
    }
}
