//! Template versions in memory.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::files::Files;
use nucleon_core::record::TemplateUsed;
use nucleon_core::repository::SpecElsewhere;
use nucleon_core::target::Name;

use crate::ports::{PortError, Published, PublishedVersion, ReadElsewhere, Templates};

type Bundle = Result<Published, Diagnostic>;

/// The versions that were published, and the specs in other repositories.
#[derive(Clone, Debug, Default)]
pub struct FakeTemplates {
    versions: BTreeMap<PublishedVersion, Bundle>,
    specs: BTreeMap<String, ReadElsewhere>,
}

impl FakeTemplates {
    /// Publishes a version whose bundle is at `<name>/v<major>`.
    #[must_use]
    pub fn with(mut self, version: PublishedVersion, files: Files) -> Self {
        let (name, major, minor) = &version;
        let published = Published {
            commit: format!("commit-of-{name}-{major}.{minor}"),
            folder: format!("{name}/v{major}"),
            files,
        };
        self.versions.insert(version, Ok(published));
        self
    }

    /// Says what comes of reading the spec that is called `file` here.
    #[must_use]
    pub fn with_spec(mut self, file: &str, read: ReadElsewhere) -> Self {
        self.specs.insert(file.to_owned(), read);
        self
    }
}

#[async_trait]
impl Templates for FakeTemplates {
    async fn versions(&self) -> Result<BTreeMap<(Name, u32), Vec<u32>>, PortError> {
        let mut versions: BTreeMap<(Name, u32), Vec<u32>> = BTreeMap::new();
        for (name, major, minor) in self.versions.keys() {
            versions
                .entry((name.clone(), *major))
                .or_default()
                .push(*minor);
        }
        Ok(versions)
    }

    async fn published(
        &self,
        wanted: &BTreeSet<PublishedVersion>,
    ) -> Result<BTreeMap<PublishedVersion, Bundle>, PortError> {
        let asked = self
            .versions
            .iter()
            .filter(|(version, _)| wanted.contains(*version));
        Ok(asked
            .map(|(version, bundle)| (version.clone(), bundle.clone()))
            .collect())
    }

    async fn used(&self, used: &TemplateUsed) -> Result<Result<Published, String>, PortError> {
        let mut bundles = self.versions.values().flatten();
        let found = bundles.find(|published| published.commit == used.commit);
        let gone = || format!("commit {} is gone", used.commit);
        Ok(found.cloned().ok_or_else(gone))
    }

    async fn spec(&self, spec: &SpecElsewhere) -> Result<ReadElsewhere, PortError> {
        let file = spec.file().map(|file| file.to_string());
        let known = file.and_then(|file| self.specs.get(&file));
        Ok(known.cloned().unwrap_or(ReadElsewhere::NotAsked))
    }
}
