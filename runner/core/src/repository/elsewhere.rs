//! Specs that are kept beside a service's code, in a repository of its own.

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location};
use crate::files::RelPath;
use crate::repository::Repository;
use crate::target::Name;

/// The branch that is read where `nucleon.yaml` names none.
const BRANCH: &str = "main";

/// A service's spec in another repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecElsewhere {
    /// The service.
    pub service: Name,
    /// The repository, `owner/name`.
    pub repository: String,
    /// The branch whose tip counts.
    pub branch: String,
    /// The spec's path there.
    pub path: RelPath,
    /// Where `nucleon.yaml` says so.
    pub at: Location,
}

impl SpecElsewhere {
    /// What the spec is called among the files here: `acme/shop/.aws-proton/service.yaml`.
    pub fn file(&self) -> Option<RelPath> {
        RelPath::new(&format!("{}/{}", self.repository, self.path)).ok()
    }

    /// What is said where nobody may ask the other repository.
    pub fn not_asked(&self) -> Diagnostic {
        let Self {
            service,
            repository,
            ..
        } = self;
        let message = format!("service `{service}` is not checked: its spec is in `{repository}`");
        Diagnostic::warning(Code::FileMissing, message)
            .at(self.at.clone())
            .help("planning and deploying read it there")
    }

    /// What is said where the file could not be had, and why.
    pub fn unread(&self, why: &str) -> Diagnostic {
        let Self {
            service,
            repository,
            branch,
            path,
            ..
        } = self;
        let message = format!(
            "the spec of service `{service}` cannot be read, `{path}` on branch `{branch}` of `{repository}`: {why}"
        );
        Diagnostic::error(Code::FileMissing, message)
            .at(self.at.clone())
            .help("mend `repository`, `branch` or `spec`, or give the run a token that may read it")
    }
}

impl Repository {
    /// The specs that `nucleon.yaml` places in other repositories and that are not among the files.
    pub fn elsewhere(&self) -> Vec<SpecElsewhere> {
        let known =
            |name: &Name| self.instances.contains_key(name) || self.broken_services.contains(name);
        let services = self.config.services.iter();
        let elsewhere = services.filter(|(name, _)| !known(name));
        elsewhere
            .filter_map(|(name, service)| {
                let spec = service.spec.as_ref()?;
                Some(SpecElsewhere {
                    service: name.clone(),
                    repository: service.repository.clone()?,
                    branch: service.branch.clone().unwrap_or_else(|| BRANCH.to_owned()),
                    path: spec.value.clone(),
                    at: spec.at.clone(),
                })
            })
            .collect()
    }
}
