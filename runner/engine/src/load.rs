//! Reads a repository and fetches the template versions that it uses.

use std::collections::BTreeMap;
use std::sync::Arc;

use nucleon_core::bundle::Bundle;
use nucleon_core::compose::{Versioned, Versions};
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::files::Files;
use nucleon_core::repository::{Repository, Target};
use nucleon_core::validate::{self, Catalog};
use nucleon_core::version::VersionRef;

use crate::cores::AllCores;
use crate::fleet::{Fleet, Tips};
use crate::ports::{PortError, Templates};

/// A repository, and everything that is wrong in it.
#[derive(Debug)]
pub struct Loaded {
    /// Its targets and template versions.
    pub fleet: Fleet,
    /// The faults in its files, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Loads a repository whose checked-out commit is `commit`.
pub async fn load(
    files: &Files,
    templates: &dyn Templates,
    commit: &str,
) -> Result<Loaded, PortError> {
    let (repository, mut parsed) = Repository::parse_on(&AllCores, files);
    let wanted = repository.wanted_versions();
    let found = if wanted.is_empty() {
        BTreeMap::new()
    } else {
        templates.published(&wanted).await?
    };
    let mut versions = working_tree(&repository, commit);
    for ((name, major, minor), found) in found {
        match found {
            Ok(found) => {
                let (bundle, faults) = Bundle::parse(&name, major, &found.folder, &found.files);
                // What is wrong in a published version cannot be mended there: only errors are worth telling.
                parsed.extend(faults.into_iter().filter(Diagnostic::is_error));
                let version = VersionRef {
                    name,
                    major,
                    minor: Some(minor),
                };
                if let Some(bundle) = bundle {
                    versions.insert(
                        version,
                        Versioned {
                            bundle: Arc::new(bundle),
                            commit: found.commit,
                        },
                    );
                }
            }
            Err(fault) => parsed.push(fault),
        }
    }
    // What else there is matters only where something is missing; asking for it is a round trip to the remote.
    let all_found = repository
        .used_versions()
        .all(|version| versions.get(version).is_some());
    let published = if wanted.is_empty() || all_found {
        BTreeMap::new()
    } else {
        templates.versions().await?
    };
    let bundle = |version: &VersionRef| versions.get(version).map(|versioned| &*versioned.bundle);
    let checked = validate::check(
        &AllCores,
        &repository,
        Catalog {
            published: &published,
            bundle: &bundle,
        },
    );
    let diagnostics = validate::merge(parsed, checked);
    Ok(Loaded {
        fleet: Fleet {
            repository,
            versions,
        },
        diagnostics,
    })
}

impl Loaded {
    /// Renders every target with outputs that nobody knows yet, and adds what is wrong.
    #[must_use]
    pub fn rendered(mut self) -> Self {
        let targets: Vec<&Target> = self.fleet.repository.targets().values().collect();
        let faults = self
            .fleet
            .compose_with(&targets, &Tips::new(), |_, _, faults| faults);
        let faults = faults.into_iter().flatten().collect();
        self.diagnostics = validate::merge(self.diagnostics, faults);
        self
    }
}

fn working_tree(repository: &Repository, commit: &str) -> Versions {
    let mut versions = Versions::default();
    for ((name, major), bundle) in repository.working_bundles() {
        let version = VersionRef {
            name: name.clone(),
            major: *major,
            minor: None,
        };
        versions.insert(
            version,
            Versioned {
                bundle: Arc::new(bundle.clone()),
                commit: commit.to_owned(),
            },
        );
    }
    versions
}
