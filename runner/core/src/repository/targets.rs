//! Says of every target where it goes.

use std::collections::BTreeSet;

use crate::codes::Code;
use crate::config::{Account, Provisioning};
use crate::deployment::Place;
use crate::diagnostic::Diagnostic;
use crate::repository::{Draft, Parser, Target};
use crate::target::{Stage, TargetId};

/// Where a target goes, and how.
struct Destination {
    stage: Stage,
    account: Account,
    region: String,
    github_environment: String,
    provisioning: Provisioning,
}

impl Parser<'_> {
    /// Places every target that can be placed, and keeps the others for the checks.
    pub(super) fn place(&mut self, drafts: Vec<Draft>) {
        self.check_pipelines(&drafts);
        let known: BTreeSet<TargetId> = drafts.iter().map(|draft| draft.id.clone()).collect();
        for mut draft in drafts {
            draft.dependencies.retain(|id| known.contains(id));
            draft.dependencies.sort();
            match self.destination(&draft) {
                Some(to) if draft.template.is_some() || draft.component.is_some() => {
                    let target = target(draft, to);
                    self.repository.targets.insert(target.id.clone(), target);
                }
                Some(_) | None => self.repository.unplaced.push(draft),
            }
        }
    }

    fn destination(&self, draft: &Draft) -> Option<Destination> {
        match &draft.id {
            TargetId::Environment(_) => self.environment_destination(draft, Stage::Environments),
            TargetId::Component(_) => self.environment_destination(draft, Stage::Components),
            TargetId::Instance { .. } => {
                let stage = self.config().stage_of(draft.environment.as_ref()?);
                self.environment_destination(draft, stage)
            }
            TargetId::Pipeline { .. } => self.pipeline_destination(),
        }
    }

    fn environment_destination(&self, draft: &Draft, stage: Stage) -> Option<Destination> {
        let config = self.config();
        let environment = self
            .repository
            .environments
            .get(draft.environment.as_ref()?)?;
        let account = config.accounts.get(environment.account.as_ref()?)?;
        let region = environment.region.as_ref().or(account.region.as_ref());
        let provisioning = environment.provisioning.as_ref();
        Some(Destination {
            stage,
            region: region.unwrap_or(&config.proton.region).clone(),
            account: account.clone(),
            github_environment: environment.github.clone(),
            provisioning: provisioning
                .map(|written| written.value)
                .unwrap_or_default(),
        })
    }

    fn pipeline_destination(&self) -> Option<Destination> {
        let config = self.config();
        let account = config.accounts.get(config.pipelines_account()?)?;
        let region = account.region.as_ref().unwrap_or(&config.proton.region);
        let github = config.pipelines.github_environment.as_deref();
        Some(Destination {
            stage: Stage::Pipelines,
            region: region.clone(),
            account: account.clone(),
            github_environment: github.unwrap_or("pipelines").to_owned(),
            provisioning: Provisioning::Direct,
        })
    }

    // Reported once, at the first pipeline: all of them go to one account.
    fn check_pipelines(&mut self, drafts: &[Draft]) {
        let config = self.config();
        if !config.is_read
            || config.proton.account.is_empty()
            || config.pipelines_account().is_some()
        {
            return;
        }
        let is_pipeline = |draft: &&Draft| matches!(draft.id, TargetId::Pipeline { .. });
        if let Some(pipeline) = drafts.iter().find(is_pipeline) {
            let id = &config.proton.account;
            let message = format!(
                "pipelines run in Proton's account {id}, which does not stand under `accounts`"
            );
            let fault = Diagnostic::error(Code::ConfigUnknownAccount, message);
            let help =
                "add the account to nucleon.yaml, or write `pipelines: {account: NAME}` there";
            let fault = fault.at(pipeline.spec.at.clone()).help(help);
            self.report(fault);
        }
    }
}

fn target(draft: Draft, to: Destination) -> Target {
    let (template, template_at) = draft
        .template
        .map(|template| (template.value, template.at))
        .unzip();
    Target {
        id: draft.id,
        stage: to.stage,
        environment: draft.environment,
        place: Place {
            account: to.account.id,
            region: to.region,
        },
        roles: to.account.roles,
        account: to.account.name,
        github_environment: to.github_environment,
        provisioning: to.provisioning,
        template,
        template_at,
        spec: draft.spec,
        component: draft.component,
        dependencies: draft.dependencies,
        merged: None,
    }
}
