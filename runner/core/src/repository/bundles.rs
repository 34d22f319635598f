//! Finds the bundles of the working tree: `…/<name>/v<major>/`, at any depth.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{Bundle, Part, SCHEMA};
use crate::codes::Code;
use crate::config::TemplatesConfig;
use crate::cores;
use crate::diagnostic::{Diagnostic, Location};
use crate::files::Files;
use crate::lifecycle::{self, Lifecycle};
use crate::repository::{Parser, arc};
use crate::target::Name;
use crate::version::number;

/// The folder of one major version of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct VersionFolder {
    /// `…/<name>/v<major>`.
    folder: String,
    /// The length of `…/<name>` in it.
    template: usize,
    /// What the template's folder is called.
    name: String,
    major: u32,
}

impl VersionFolder {
    pub(super) fn folder(&self) -> &str {
        &self.folder
    }

    pub(super) fn template_folder(&self) -> &str {
        &self.folder[..self.template]
    }
}

impl Parser<'_> {
    /// Reads the bundles of the working tree.
    pub(super) fn bundles(&mut self, folders: &BTreeSet<VersionFolder>) {
        let mut seen: BTreeMap<Name, String> = BTreeMap::new();
        let sources = local(&self.config().templates);
        let mut wanted = Vec::new();
        for found in folders {
            let source = source_of(&sources, found);
            if source.is_none() && !sources.is_empty() {
                continue;
            }
            let renamed = source.and_then(|source| source.renamed.get(&found.name));
            let Some(name) = self.template_name(found, renamed) else {
                continue;
            };
            let first = seen
                .entry(name.clone())
                .or_insert_with(|| found.template_folder().to_owned());
            let other = *first != found.template_folder();
            // `v1` and `1` beside each other are one major version, too.
            let new = self.repository.folders.insert((name.clone(), found.major));
            if other || !new {
                let fault = name_clash(&name, first, found);
                self.report(fault);
            } else {
                wanted.push((name, found));
            }
        }
        for (name, folder) in seen {
            self.lifecycle(name, &folder);
        }
        let read = cores::map(self.cores, &wanted, |(name, found)| {
            let files = self.files.below(&found.folder);
            Bundle::parse(name, found.major, &found.folder, &files)
        });
        for ((name, found), (bundle, faults)) in wanted.into_iter().zip(read) {
            self.diagnostics.extend(faults);
            if let Some(bundle) = bundle {
                self.repository.bundles.insert((name, found.major), bundle);
            }
        }
    }

    /// Reads what a template's folder says about its versions.
    fn lifecycle(&mut self, name: Name, folder: &str) {
        let path = format!("{folder}/{}", lifecycle::FILE);
        match self.files.read(&path, "") {
            Some(Ok(text)) => {
                let (lifecycle, faults) = Lifecycle::parse(&arc(&path), text);
                self.diagnostics.extend(faults);
                self.repository.lifecycles.insert(name, lifecycle);
            }
            Some(Err(fault)) => self.report(fault),
            None => {}
        }
    }

    fn template_name(&mut self, found: &VersionFolder, renamed: Option<&Name>) -> Option<Name> {
        if let Some(name) = renamed {
            return Some(name.clone());
        }
        match Name::new(&found.name) {
            Ok(name) => Some(name),
            Err(error) => {
                let at = Location::start_of(format!("{}/{SCHEMA}", found.folder));
                let fault = Diagnostic::error(Code::SpecBadName, error.to_string()).at(at);
                self.report(fault.help("rename the template's folder"));
                None
            }
        }
    }
}

fn name_clash(name: &Name, first: &str, found: &VersionFolder) -> Diagnostic {
    let message = format!(
        "template `{name}` is in `{first}` and in `{}`",
        found.template_folder()
    );
    Diagnostic::error(Code::BundleNameClash, message)
        .at(Location::start_of(format!("{}/{SCHEMA}", found.folder)))
        .help("rename one of the folders; a template's name is unique in a catalog")
}

/// The sources that are in this repository; none means that templates may be anywhere.
fn local(sources: &[TemplatesConfig]) -> Vec<TemplatesConfig> {
    let here = sources.iter().filter(|source| source.repository.is_none());
    here.cloned().collect()
}

/// The source that a folder is in.
fn source_of<'s>(
    sources: &'s [TemplatesConfig],
    found: &VersionFolder,
) -> Option<&'s TemplatesConfig> {
    sources.iter().find(|source| {
        let mut paths = source.paths.iter();
        source.paths.is_empty() || paths.any(|path| is_below(&found.folder, path.as_str()))
    })
}

/// Whether a path is a folder or below it.
pub(super) fn is_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    folder.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The folders that hold a schema or a manifest where a bundle has it.
pub(super) fn version_folders(files: &Files) -> BTreeSet<VersionFolder> {
    let paths = files.iter().map(|(path, _)| path.as_str());
    paths
        .filter_map(bundle_folder)
        .filter_map(version_folder)
        .collect()
}

/// The folders of one major version of a template, among the paths of a commit; more than one is a clash.
pub fn folders_of<'p>(
    paths: impl Iterator<Item = &'p str>,
    name: &Name,
    major: u32,
) -> BTreeSet<&'p str> {
    let wanted = |folder: &&str| {
        let found = version_folder(folder);
        found.is_some_and(|found| found.name == name.as_str() && found.major == major)
    };
    paths.filter_map(bundle_folder).filter(wanted).collect()
}

fn bundle_folder(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    let (bundle, part) = folder.rsplit_once('/')?;
    let parts = [Part::Environment, Part::Instance, Part::Pipeline];
    let good = match name {
        "schema.yaml" => part == "schema",
        "manifest.yaml" => parts.iter().any(|known| known.folder() == part),
        _ => false,
    };
    good.then_some(bundle)
}

fn version_folder(folder: &str) -> Option<VersionFolder> {
    let (template, version) = folder.rsplit_once('/')?;
    let major = number(version.strip_prefix('v').unwrap_or(version))?;
    let name = template.rsplit('/').next().unwrap_or_default();
    Some(VersionFolder {
        folder: folder.to_owned(),
        template: template.len(),
        name: name.to_owned(),
        major,
    })
}

#[cfg(test)]
mod tests {
    use super::{bundle_folder, is_below, version_folder};

    #[test]
    fn a_version_folder_may_be_at_any_depth() {
        let folder = |path| bundle_folder(path).and_then(version_folder);
        let found = folder("a/b/fargate-env/v2/schema/schema.yaml").unwrap();
        assert_eq!(
            (found.template_folder(), found.major),
            ("a/b/fargate-env", 2)
        );
        assert_eq!(folder("x/1/infrastructure/manifest.yaml").unwrap().major, 1);
    }

    #[test]
    fn other_folders_are_not_versions() {
        for path in [
            "v1/schema/schema.yaml",
            "x/v/schema/schema.yaml",
            "x/v01/schema/schema.yaml",
            "x/latest/schema/schema.yaml",
            "x/v1/schema/other.yaml",
            "components/bucket/manifest.yaml",
        ] {
            assert_eq!(bundle_folder(path).and_then(version_folder), None, "{path}");
        }
    }

    #[test]
    fn a_folder_is_not_below_one_that_begins_like_it() {
        assert!(is_below("a/b", "a") && is_below("a", "a") && is_below("a", ""));
        assert!(!is_below("ab", "a"));
    }
}
