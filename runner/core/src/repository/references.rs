//! What `nucleon.yaml` says of targets that specs define.

use std::collections::BTreeSet;

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location};
use crate::located::Located;
use crate::repository::{Draft, Parser};
use crate::suggest::closest;
use crate::target::{Name, TargetId};
use crate::version::VersionRef;

impl Parser<'_> {
    /// Checks that every name in `nucleon.yaml` is the name of something, and that every target has a version it may use.
    pub(super) fn check_references(&mut self, drafts: &[Draft]) {
        if !self.config().is_read {
            return;
        }
        self.check_environment_names();
        self.check_specs();
        self.check_pins(drafts);
        for draft in drafts {
            self.check_version(draft);
        }
    }

    fn check_environment_names(&mut self) {
        let config = self.config();
        let promotion = &config.promotion;
        let named = promotion
            .order
            .iter()
            .chain(&promotion.approval)
            .chain(&config.unpinned);
        let known = &self.repository.environments;
        let unknown: Vec<Diagnostic> = named
            .filter(|name| !self.knows_environment(&name.value))
            .map(|name| unknown_environment(name, known.keys()))
            .collect();
        self.diagnostics.extend(unknown);
    }

    // A key in nucleon.yaml without a spec is a slip in its name, or a spec that somebody forgot.
    fn check_specs(&mut self) {
        let mut faults = Vec::new();
        for (name, environment) in &self.config().environments {
            if !self.has_spec(name) {
                let at = environment.spec.as_ref().map(|spec| &spec.at);
                let at = at.unwrap_or(&environment.name.at);
                faults.push(no_spec("environment", "environments", name, at));
            }
        }
        for (name, service) in &self.config().services {
            let repository = &self.repository;
            if repository.instances.contains_key(name) || repository.broken_services.contains(name)
            {
                continue;
            }
            let at = service.spec.as_ref().map(|spec| &spec.at);
            let at = at.unwrap_or(&service.name.at);
            match (&service.repository, &service.spec) {
                // Whoever can read the other repository says what came of it.
                (Some(_), Some(_)) => {}
                (Some(repository), None) => faults.push(no_path(name, repository, at)),
                (None, _) => faults.push(no_spec("service", "services", name, at)),
            }
        }
        self.diagnostics.extend(faults);
    }

    fn check_pins(&mut self, drafts: &[Draft]) {
        let ids: BTreeSet<&TargetId> = drafts.iter().map(|draft| &draft.id).collect();
        let mut faults = Vec::new();
        for (target, version) in &self.repository.config.pins {
            if !ids.contains(target) {
                let known: Vec<String> = ids.iter().map(ToString::to_string).collect();
                let text = target.to_string();
                let help = closest(&text, known.iter().map(String::as_str)).map_or_else(
                    || "take the pin out".to_owned(),
                    |near| format!("write `{near}`"),
                );
                let message = format!("`pins` names `{target}`, which no spec defines");
                let fault = Diagnostic::error(Code::ConfigUnknownTarget, message);
                faults.push(fault.at(version.at.clone()).help(help));
            }
        }
        self.diagnostics.extend(faults);
    }

    fn check_version(&mut self, draft: &Draft) {
        match &draft.template {
            None if draft.component.is_none() => {
                let fault = no_template(draft);
                self.report(fault);
            }
            Some(version) if version.minor.is_none() && !self.may_be_unpinned(draft) => {
                let fault = unpinned(draft, version);
                self.report(fault);
            }
            Some(_) | None => {}
        }
    }

    // A pipeline is in no environment: it may follow the newest content where all its instances may.
    fn may_be_unpinned(&self, draft: &Draft) -> bool {
        match &draft.environment {
            Some(environment) => self.config().is_unpinned(environment),
            None => draft
                .instance_environments
                .iter()
                .all(|name| self.config().is_unpinned(name)),
        }
    }
}

fn service(id: &TargetId) -> Option<&Name> {
    match id {
        TargetId::Instance { service, .. } | TargetId::Pipeline { service } => Some(service),
        TargetId::Environment(_) | TargetId::Component(_) => None,
    }
}

fn unknown_environment<'n>(
    name: &Located<Name>,
    known: impl Iterator<Item = &'n Name>,
) -> Diagnostic {
    let help = closest(name.as_str(), known.map(Name::as_str)).map_or_else(
        || {
            format!(
                "add `environments/{}.yaml`, or take it out here",
                name.value
            )
        },
        |near| format!("write `{near}`"),
    );
    let message = format!("no spec defines environment `{}`", name.value);
    let fault = Diagnostic::error(Code::ConfigUnknownEnvironment, message);
    fault.at(name.at.clone()).help(help)
}

fn no_spec(kind: &str, folder: &str, name: &Name, at: &Location) -> Diagnostic {
    Diagnostic::error(
        Code::FileMissing,
        format!("{kind} `{name}` has no spec here"),
    )
    .at(at.clone())
    .help(format!(
        "add `{folder}/{name}.yaml`, or write where it is: `spec: PATH`"
    ))
}

fn no_path(name: &Name, repository: &str, at: &Location) -> Diagnostic {
    let message = format!(
        "service `{name}` has no spec here, and nothing says where it is in `{repository}`"
    );
    Diagnostic::warning(Code::FileMissing, message)
        .at(at.clone())
        .help("write its path there: `spec: .aws-proton/service.yaml`")
}

fn no_template(draft: &Draft) -> Diagnostic {
    let message = format!("nothing says which template `{}` uses", draft.id);
    let help = match service(&draft.id) {
        Some(service) => format!("write `services: {{{service}: {{template: NAME@1.0}}}}` in nucleon.yaml, or `template: NAME@1.0` at the top of this file"),
        None => "write `template: NAME@1.0` at the top of this file, or in nucleon.yaml under `environments`".to_owned(),
    };
    Diagnostic::error(Code::SpecNoTemplate, message)
        .at(draft.spec.at.clone())
        .help(help)
}

fn unpinned(draft: &Draft, version: &Located<VersionRef>) -> Diagnostic {
    let message = format!(
        "`{}` uses `{}` without a minor version",
        draft.id, version.value
    );
    let help = match &draft.environment {
        Some(name) => format!(
            "write `{}.0`, or allow it: `unpinned: [{name}]` in nucleon.yaml",
            version.value
        ),
        None => format!(
            "write `{}.0`; a pipeline may go without where all its instances may",
            version.value
        ),
    };
    Diagnostic::error(Code::SpecUnpinned, message)
        .at(version.at.clone())
        .help(help)
}
