//! Which targets use a template version that is not the newest.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use crate::lifecycle::Lifecycle;
use crate::repository::Repository;
use crate::target::{Name, TargetId};
use crate::version::VersionRef;

/// The minor versions that were published, ascending, by template and major version.
pub type PublishedMinors = BTreeMap<(Name, u32), Vec<u32>>;

/// A target, the version it uses, and what there is besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The target.
    pub target: TargetId,
    /// The version that it is to have; without a minor one it is the newest content of the major.
    pub version: VersionRef,
    /// The newest minor version of its major, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer_minor: Option<VersionRef>,
    /// The newest version of a later major, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer_major: Option<VersionRef>,
    /// The version that its template recommends, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended: Option<VersionRef>,
    /// Why it should be left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Deprecated>,
}

/// Why a version should be left, and by when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deprecated {
    /// What to do.
    pub message: String,
    /// From when on nobody should use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
}

impl Standing {
    /// Whether there is anything to do.
    pub fn is_behind(&self) -> bool {
        self.newer_minor.is_some() || self.newer_major.is_some() || self.deprecated.is_some()
    }
}

/// How every target that has a template stands, by target.
pub fn standings(repository: &Repository, published: &PublishedMinors) -> Vec<Standing> {
    let newest = newest_of(repository, published);
    let targets = repository.targets().values();
    let standing = |(target, version): (&TargetId, &VersionRef)| {
        let lifecycle = repository.lifecycle(&version.name);
        let version_of = |major: u32, minor: u32| VersionRef {
            name: version.name.clone(),
            major,
            minor: Some(minor),
        };
        let majors = newest.get(&version.name);
        let newest_minor = majors.and_then(|majors| majors.get(&version.major).copied());
        let newest_major = majors.and_then(|majors| majors.last_key_value());
        let newer_minor = newest_minor
            .zip(version.minor)
            .filter(|(newest, used)| newest > used)
            .map(|(newest, _)| version_of(version.major, newest));
        let newer_major = newest_major
            .filter(|(major, _)| **major > version.major)
            .map(|(major, minor)| version_of(*major, *minor));
        Standing {
            target: target.clone(),
            recommended: recommended(lifecycle, version, majors),
            deprecated: deprecated(lifecycle, version),
            version: version.clone(),
            newer_minor,
            newer_major,
        }
    };
    targets
        .filter_map(|target| Some((&target.id, target.template.as_ref()?)))
        .map(standing)
        .collect()
}

/// The newest minor version of each major that is no draft, by template.
fn newest_of<'r>(
    repository: &Repository,
    published: &'r PublishedMinors,
) -> BTreeMap<&'r Name, BTreeMap<u32, u32>> {
    let mut newest: BTreeMap<&Name, BTreeMap<u32, u32>> = BTreeMap::new();
    for ((name, major), minors) in published {
        let lifecycle = repository.lifecycle(name);
        let is_draft = lifecycle.is_some_and(|it| it.drafts.contains(major));
        if let (false, Some(minor)) = (is_draft, minors.last()) {
            newest.entry(name).or_default().insert(*major, *minor);
        }
    }
    newest
}

fn recommended(
    lifecycle: Option<&Lifecycle>,
    version: &VersionRef,
    majors: Option<&BTreeMap<u32, u32>>,
) -> Option<VersionRef> {
    let (major, minor) = lifecycle?.recommended?;
    let newest = || majors.and_then(|majors| majors.get(&major).copied());
    let recommended = VersionRef {
        name: version.name.clone(),
        major,
        minor: minor.or_else(newest),
    };
    // `name@1` is whatever v1 holds.
    let is_it = recommended == *version || version.minor.is_none() && major == version.major;
    (!is_it).then_some(recommended)
}

fn deprecated(lifecycle: Option<&Lifecycle>, version: &VersionRef) -> Option<Deprecated> {
    let deprecation = lifecycle?.deprecation(version)?;
    Some(Deprecated {
        message: deprecation.message.clone(),
        date: deprecation.date,
    })
}
