//! Reads a repository and fetches the template versions that it uses.

use std::collections::BTreeMap;
use std::sync::Arc;

use nucleon_core::bundle::Bundle;
use nucleon_core::compose::{Versioned, Versions};
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::files::Files;
use nucleon_core::record::SpecUsed;
use nucleon_core::repository::{Repository, Target};
use nucleon_core::target::Name;
use nucleon_core::validate::{self, Catalog};
use nucleon_core::version::VersionRef;

use crate::cores::AllCores;
use crate::fleet::{Fleet, Tips};
use crate::ports::{PortError, ReadElsewhere, Templates};

/// A repository, and everything that is wrong in it.
#[derive(Debug)]
pub struct Loaded {
    /// Its targets and template versions.
    pub fleet: Fleet,
    /// The specs that were read in other repositories.
    pub elsewhere: Files,
    /// The faults in its files, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Loads a repository whose checked-out commit is `commit`.
pub async fn load(
    files: &Files,
    templates: &dyn Templates,
    commit: &str,
) -> Result<Loaded, PortError> {
    let (mut repository, mut parsed) = Repository::parse_on(&AllCores, files);
    let Elsewhere {
        files: elsewhere,
        used: specs,
        unread,
    } = elsewhere(&repository, templates).await?;
    if !elsewhere.is_empty() {
        let mut all = files.clone();
        all.extend(&elsewhere);
        (repository, parsed) = Repository::parse_on(&AllCores, &all);
    }
    parsed.extend(unread);
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
    let diagnostics = validate::merge(parsed, checked.all());
    let is_faulty = |faults: &Vec<Diagnostic>| faults.iter().any(Diagnostic::is_error);
    let faulty = checked.targets.into_iter();
    let faulty = faulty.filter(|(_, faults)| is_faulty(faults)).collect();
    Ok(Loaded {
        fleet: Fleet {
            repository,
            versions,
            specs,
            faulty,
        },
        elsewhere,
        diagnostics,
    })
}

/// The specs that lie in other repositories.
#[derive(Default)]
struct Elsewhere {
    files: Files,
    /// Where each service's spec was read.
    used: BTreeMap<Name, SpecUsed>,
    /// What is wrong with those that could not be read.
    unread: Vec<Diagnostic>,
}

async fn elsewhere(
    repository: &Repository,
    templates: &dyn Templates,
) -> Result<Elsewhere, PortError> {
    let mut all = Elsewhere::default();
    for spec in repository.elsewhere() {
        match (templates.spec(&spec).await?, spec.file()) {
            (ReadElsewhere::Read { commit, content }, Some(file)) => {
                all.files.insert(file, content);
                let repository = spec.repository;
                all.used
                    .insert(spec.service, SpecUsed { repository, commit });
            }
            (ReadElsewhere::Read { .. }, None) => all.unread.push(spec.unread("its path is none")),
            (ReadElsewhere::Refused(why), _) => all.unread.push(spec.unread(&why)),
            (ReadElsewhere::NotAsked, _) => all.unread.push(spec.not_asked()),
        }
    }
    Ok(all)
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

#[cfg(test)]
mod tests {
    use nucleon_core::files::{Content, RelPath};

    use super::*;
    use crate::testing::FakeTemplates;

    const FILE: &str = "acme/shop/.aws-proton/service.yaml";

    /// A repository whose only service has its spec beside its code.
    async fn loaded(templates: FakeTemplates) -> Loaded {
        let settings = "\
nucleon: 1
accounts: {main: {id: \"111122223333\", region: us-east-1}}
environments: {dev: {account: main, template: network-env@1}}
unpinned: [dev]
services: {shop: {template: web-svc@1, repository: acme/shop, spec: .aws-proton/service.yaml}}
";
        let mut files = Files::default();
        let environment = "proton: EnvironmentSpec\nspec: {}\n";
        for (path, text) in [
            ("nucleon.yaml", settings),
            ("environments/dev.yaml", environment),
        ] {
            files.insert(RelPath::new(path).unwrap(), Content::Text(text.into()));
        }
        load(&files, &templates, "head").await.unwrap()
    }

    fn read(spec: &str) -> ReadElsewhere {
        ReadElsewhere::Read {
            commit: "tip".to_owned(),
            content: Content::Text(spec.into()),
        }
    }

    fn about_spec(loaded: &Loaded) -> Vec<String> {
        let shown = loaded.diagnostics.iter().map(|fault| {
            let place = fault.location.as_ref().unwrap();
            format!("{}:{} {}", place.file, place.line, fault.message)
        });
        shown
            .filter(|text| text.contains("spec of") || text.contains("is not checked"))
            .collect()
    }

    #[tokio::test]
    async fn a_spec_beside_the_code_is_read_as_if_it_were_here() {
        let spec = "proton: ServiceSpec\ninstances:\n  - {name: dev, environment: dev}\n";
        let loaded = loaded(FakeTemplates::default().with_spec(FILE, read(spec))).await;
        let targets = loaded.fleet.repository.targets();
        let instance = &targets[&"service/shop/service-instance/dev".parse().unwrap()];
        assert_eq!(&*instance.spec.at.file, FILE);
        assert!(loaded.elsewhere.text(FILE).is_some());
        let used = &loaded.fleet.specs[&Name::new("shop").unwrap()];
        assert_eq!(
            (used.repository.as_str(), used.commit.as_str()),
            ("acme/shop", "tip")
        );
        assert_eq!(about_spec(&loaded), [] as [&str; 0]);
    }

    #[tokio::test]
    async fn a_fault_in_it_is_told_where_it_stands() {
        let spec = "proton: ServiceSpec\ninstances:\n  - {name: dev, environment: nowhere}\n";
        let loaded = loaded(FakeTemplates::default().with_spec(FILE, read(spec))).await;
        let places = loaded
            .diagnostics
            .iter()
            .filter_map(|fault| fault.location.as_ref());
        let found = places
            .clone()
            .any(|place| &*place.file == FILE && place.line == 3);
        assert!(found, "{:?}", places.collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_spec_that_cannot_be_read_is_a_fault_and_one_that_nobody_asks_for_a_warning() {
        let refused = ReadElsewhere::Refused("there is no such file".to_owned());
        let refused = loaded(FakeTemplates::default().with_spec(FILE, refused)).await;
        assert_eq!(
            about_spec(&refused),
            [
                "nucleon.yaml:5 the spec of service `shop` cannot be read, `.aws-proton/service.yaml` on branch `main` of `acme/shop`: there is no such file"
            ]
        );
        assert!(refused.diagnostics.iter().any(Diagnostic::is_error));
        let offline = loaded(FakeTemplates::default()).await;
        assert_eq!(
            about_spec(&offline),
            ["nucleon.yaml:5 service `shop` is not checked: its spec is in `acme/shop`"]
        );
    }
}
