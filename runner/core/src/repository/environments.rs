//! Environments: what their specs and `nucleon.yaml` say together.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::codes::Code;
use crate::config::{EnvironmentConfig, unknown_account};
use crate::diagnostic::Diagnostic;
use crate::located::Located;
use crate::repository::discovery::Specs;
use crate::repository::{Draft, Environment, Parser};
use crate::spec::EnvironmentSpec;
use crate::target::{Name, TargetId};

impl Parser<'_> {
    /// Resolves every environment, so that services and components can refer to them.
    pub(super) fn environments(&mut self, specs: &Specs) {
        for (name, spec) in &specs.environments {
            let environment = self.environment(name, spec);
            self.repository
                .environments
                .insert(name.clone(), environment);
        }
    }

    fn environment(&mut self, name: &Name, spec: &EnvironmentSpec) -> Environment {
        let config = self.config().environments.get(name).cloned();
        let config = config.as_ref();
        let account = self.account(name, spec, config);
        let given = config.and_then(|config| config.region.as_ref());
        let region = self.either("region", given, spec.region.as_ref());
        let given = config.and_then(|config| config.template.as_ref());
        let template = self.either("template", given, spec.template.as_ref());
        let id = TargetId::Environment(name.clone());
        let template = self.pinned(&id, template.as_ref());
        let given = config.and_then(|config| config.provisioning.as_ref());
        let own = spec.provisioning.as_ref();
        if let (Some(given), Some(own)) = (given, own)
            && given != own
        {
            let fault = conflict("provisioning", given, own, "another word");
            self.report(fault);
        }
        let github = config.and_then(|config| config.github_environment.clone());
        Environment {
            account: account.map(|account| account.value),
            region: region.map(|region| region.value),
            github: github.unwrap_or_else(|| name.to_string()),
            provisioning: given.or(own).cloned(),
            template,
        }
    }

    fn account(
        &mut self,
        name: &Name,
        spec: &EnvironmentSpec,
        config: Option<&EnvironmentConfig>,
    ) -> Option<Located<String>> {
        let given = config.and_then(|config| config.account.as_ref());
        let account = self.either("account", given, spec.account.as_ref());
        match &account {
            Some(account) if self.config().is_read => {
                self.diagnostics
                    .extend(unknown_account(&self.repository.config, account));
            }
            None if self.config().is_read => {
                let message = format!("nothing says which account environment `{name}` is in");
                let fault = Diagnostic::error(Code::ConfigMissingKey, message);
                let help = format!(
                    "write `environments: {{{name}: {{account: NAME}}}}` in nucleon.yaml, or `account: NAME` here"
                );
                self.report(fault.at(spec.part.at.clone()).help(help));
            }
            Some(_) | None => {}
        }
        account
    }

    /// What `nucleon.yaml` or a spec says; both may, as long as they agree.
    pub(super) fn either<T: Clone + PartialEq + Display>(
        &mut self,
        key: &str,
        config: Option<&Located<T>>,
        spec: Option<&Located<T>>,
    ) -> Option<Located<T>> {
        if let (Some(given), Some(own)) = (config, spec)
            && given != own
        {
            let fault = conflict(key, given, own, &format!("`{}`", given.value));
            self.report(fault);
        }
        config.or(spec).cloned()
    }

    /// The targets of the environments themselves.
    pub(super) fn environment_drafts(
        &mut self,
        specs: BTreeMap<Name, EnvironmentSpec>,
    ) -> Vec<Draft> {
        let mut drafts = Vec::with_capacity(specs.len());
        for (name, spec) in specs {
            let id = TargetId::Environment(name.clone());
            let template = self.repository.environments.get(&name);
            let template = template.and_then(|environment| environment.template.clone());
            drafts.push(Draft {
                template,
                environment: Some(name),
                instance_environments: vec![],
                spec: spec.part,
                component: None,
                dependencies: vec![],
                id,
            });
        }
        drafts
    }
}

fn conflict<T>(key: &str, given: &Located<T>, own: &Located<T>, other: &str) -> Diagnostic {
    let at = &given.at;
    let message = format!("`{key}` is {other} in {}:{}", at.file, at.line);
    Diagnostic::error(Code::ConfigConflict, message)
        .at(own.at.clone())
        .help("keep it in one of the two places")
}
