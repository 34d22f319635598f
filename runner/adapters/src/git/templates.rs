//! Template versions: the tags `name/v<major>.<minor>`, of the clone or of the remote.
//!
//! A published version never changes, so a tag that the clone has is not asked for again.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use nucleon_core::codes::Code;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::files::Content;
use nucleon_core::record::TemplateUsed;
use nucleon_core::repository::{SpecElsewhere, folders_of};
use nucleon_core::target::Name;
use nucleon_core::version::VersionRef;
use nucleon_engine::ports::{PortError, Published, PublishedVersion, ReadElsewhere, Templates};
use tokio::sync::OnceCell;

use super::Checkout;
use super::objects::Objects;
use super::remote::{Depth, Remote};
use super::revision::is_id;
use super::tree::{Leaf, Trees};

const ACTION: &str = "read template versions";

/// The template versions that a repository has published.
#[derive(Debug)]
pub struct GitTemplates {
    checkout: Checkout,
    offline: bool,
    remote: OnceCell<Option<Remote>>,
    tags: OnceCell<BTreeSet<String>>,
}

type Found = BTreeMap<PublishedVersion, Result<Published, Diagnostic>>;

impl GitTemplates {
    /// The versions of a checkout and its remote.
    pub fn new(checkout: Checkout) -> Self {
        Self {
            checkout,
            offline: false,
            remote: OnceCell::new(),
            tags: OnceCell::new(),
        }
    }

    /// The versions whose tags the clone has; the remote is never asked.
    pub fn offline(checkout: Checkout) -> Self {
        Self {
            offline: true,
            ..Self::new(checkout)
        }
    }

    async fn remote(&self) -> Result<Option<&Remote>, PortError> {
        if self.offline {
            return Ok(None);
        }
        let open = async || Remote::find(&self.checkout).await;
        Ok(self.remote.get_or_try_init(open).await?.as_ref())
    }

    /// The tags of the remote; none where there is no remote.
    async fn remote_tags(&self) -> Result<&BTreeSet<String>, PortError> {
        let list = async || match self.remote().await? {
            Some(remote) => Ok(remote
                .list(ACTION, &["refs/tags/*"])
                .await?
                .into_keys()
                .collect()),
            None => Ok(BTreeSet::new()),
        };
        self.tags.get_or_try_init(list).await
    }

    async fn local_tags(&self) -> Result<Vec<String>, PortError> {
        let arguments = ["for-each-ref", "--format=%(refname)", "refs/tags"];
        let text = self.checkout.program.run(ACTION, &arguments).await?;
        Ok(text.lines().map(str::to_owned).collect())
    }
}

#[async_trait]
impl Templates for GitTemplates {
    async fn versions(&self) -> Result<BTreeMap<(Name, u32), Vec<u32>>, PortError> {
        let local = self.local_tags().await?;
        let tags: BTreeSet<&String> = local.iter().chain(self.remote_tags().await?).collect();
        let mut versions: BTreeMap<(Name, u32), BTreeSet<u32>> = BTreeMap::new();
        for (name, major, minor) in tags.into_iter().filter_map(|tag| version(tag)) {
            versions.entry((name, major)).or_default().insert(minor);
        }
        let ascending = |(major, minors): (_, BTreeSet<u32>)| (major, minors.into_iter().collect());
        Ok(versions.into_iter().map(ascending).collect())
    }

    async fn published(&self, wanted: &BTreeSet<PublishedVersion>) -> Result<Found, PortError> {
        let mut found = Found::new();
        if wanted.is_empty() {
            return Ok(found);
        }
        let missing = read(Objects::open(&self.checkout.program)?, wanted, &mut found).await?;
        if missing.is_empty() {
            return Ok(found);
        }
        let tags = self.remote_tags().await?;
        let there: BTreeSet<PublishedVersion> = missing
            .into_iter()
            .filter(|version| tags.contains(&tag(version)))
            .collect();
        if let (Some(remote), false) = (self.remote().await?, there.is_empty()) {
            let refspecs: Vec<String> = there
                .iter()
                .map(tag)
                .map(|tag| format!("+{tag}:{tag}"))
                .collect();
            remote.fetch(ACTION, &refspecs, Depth::Tips).await?;
            read(remote.objects()?, &there, &mut found).await?;
        }
        Ok(found)
    }

    async fn used(&self, used: &TemplateUsed) -> Result<Result<Published, String>, PortError> {
        let commit = &used.commit;
        let gone = || Ok(Err(format!("commit {commit} is gone")));
        if !is_id(commit) {
            return gone();
        }
        let mut here = Trees::new(Objects::open(&self.checkout.program)?);
        if let Some(commit) = here.commit(commit).await? {
            return used_in(&mut here, used, commit).await;
        }
        let Some(remote) = self.remote().await? else {
            return gone();
        };
        let refspec = format!("+{commit}:refs/used");
        match remote.fetch(ACTION, &[refspec], Depth::Tips).await {
            Err(PortError::Refused { .. }) => return gone(),
            fetched => fetched?,
        };
        let mut there = Trees::new(remote.objects()?);
        match there.commit(commit).await? {
            Some(commit) => used_in(&mut there, used, commit).await,
            None => gone(),
        }
    }

    async fn spec(&self, spec: &SpecElsewhere) -> Result<ReadElsewhere, PortError> {
        if self.offline {
            return Ok(ReadElsewhere::NotAsked);
        }
        let Some(remote) = self.remote().await? else {
            let why = "this clone has no remote whose host could be asked".to_owned();
            return Ok(ReadElsewhere::Refused(why));
        };
        if !is_branch(&spec.branch) {
            return Ok(ReadElsewhere::Refused(
                "this is no branch's name".to_owned(),
            ));
        }
        match tip(remote, spec).await {
            Ok(Some((commit, content))) => Ok(ReadElsewhere::Read { commit, content }),
            Ok(None) => Ok(ReadElsewhere::Refused("there is no such file".to_owned())),
            Err(PortError::Refused { message, .. }) => Ok(ReadElsewhere::Refused(message)),
            Err(error) => Err(error),
        }
    }
}

/// The bundle of a commit that is at hand.
async fn used_in(
    trees: &mut Trees,
    used: &TemplateUsed,
    commit: String,
) -> Result<Result<Published, String>, PortError> {
    let version = (
        used.name.clone(),
        used.major,
        used.minor.unwrap_or_default(),
    );
    let found = bundle(trees, &version, commit).await?;
    Ok(found.map_err(|_| {
        let TemplateUsed {
            name,
            major,
            commit,
            ..
        } = used;
        format!("commit {commit} holds no one folder `{name}/v{major}` with a bundle")
    }))
}

/// A spec at the tip of its branch, and that commit.
async fn tip(
    remote: &Remote,
    spec: &SpecElsewhere,
) -> Result<Option<(String, Content)>, PortError> {
    let (repository, branch) = (&spec.repository, &spec.branch);
    let action = format!("read the spec of service {}", spec.service);
    let reference = format!("refs/elsewhere/{repository}/{branch}");
    remote
        .fetch_branch_of(&action, repository, branch, &reference)
        .await?;
    let mut trees = Trees::new(remote.objects()?);
    let Some(commit) = trees.commit(&reference).await? else {
        return Ok(None);
    };
    let leaves = trees.leaves(&commit).await?;
    let wanted = leaves.get_key_value(spec.path.as_str());
    let files = wanted.into_iter().map(|(path, leaf)| (path.as_str(), leaf));
    let files = trees.read(files).await?;
    let content = files.get(spec.path.as_str()).cloned();
    Ok(content.map(|content| (commit, content)))
}

/// Whether git takes a name for a branch's, and takes it for one name.
fn is_branch(name: &str) -> bool {
    let bad = |character: char| {
        character.is_whitespace() || character.is_control() || ":*?[\\^~".contains(character)
    };
    !name.is_empty() && !name.contains(bad)
}

/// Reads the versions whose tags a repository has; gives those that it has not.
async fn read(
    objects: Objects,
    wanted: &BTreeSet<PublishedVersion>,
    found: &mut Found,
) -> Result<BTreeSet<PublishedVersion>, PortError> {
    let mut trees = Trees::new(objects);
    let mut missing = BTreeSet::new();
    for version in wanted {
        match trees.commit(&tag(version)).await? {
            Some(commit) => {
                let bundle = bundle(&mut trees, version, commit).await?;
                found.insert(version.clone(), bundle);
            }
            None => {
                missing.insert(version.clone());
            }
        }
    }
    Ok(missing)
}

async fn bundle(
    trees: &mut Trees,
    version: &PublishedVersion,
    commit: String,
) -> Result<Result<Published, Diagnostic>, PortError> {
    let leaves = trees.leaves(&commit).await?;
    let folder = match folder(&leaves, version) {
        Ok(folder) => folder,
        Err(fault) => return Ok(Err(fault)),
    };
    let prefix = format!("{folder}/");
    let inside = |(path, leaf)| -> Option<(&str, &Leaf)> {
        let path: &String = path;
        Some((path.strip_prefix(&prefix)?, leaf))
    };
    let files = trees.read(leaves.iter().filter_map(inside)).await?;
    Ok(Ok(Published {
        commit,
        folder,
        files,
    }))
}

fn folder(
    leaves: &BTreeMap<String, Leaf>,
    version: &PublishedVersion,
) -> Result<String, Diagnostic> {
    let (name, major, _) = version;
    let folders = folders_of(leaves.keys().map(String::as_str), name, *major);
    let mut folders = folders.into_iter();
    let tag = tag(version);
    let tag = tag.trim_start_matches("refs/tags/");
    match (folders.next(), folders.next()) {
        (Some(folder), None) => Ok(folder.to_owned()),
        (Some(one), Some(other)) => {
            let message =
                format!("tag `{tag}` holds template `{name}` in `{one}` and in `{other}`");
            let help = "rename one of the folders and publish the version again; a template's name is unique in a catalog";
            Err(Diagnostic::error(Code::BundleNameClash, message).help(help))
        }
        (None, _) => {
            let message = format!("tag `{tag}` holds no folder `{name}/v{major}` with a bundle");
            let help = format!("a bundle has `{name}/v{major}/schema/schema.yaml`, at any depth");
            Err(Diagnostic::error(Code::BundleMissingFile, message).help(help))
        }
    }
}

pub(super) fn tag((name, major, minor): &PublishedVersion) -> String {
    format!("refs/tags/{name}/v{major}.{minor}")
}

/// The version that a tag publishes; other tags are none.
fn version(tag: &str) -> Option<PublishedVersion> {
    let (name, version) = tag.strip_prefix("refs/tags/")?.rsplit_once("/v")?;
    let VersionRef { name, major, minor } = format!("{name}@{version}").parse().ok()?;
    Some((name, major, minor?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_and_its_tag_are_one() {
        let version = version("refs/tags/fargate-env/v1.10").unwrap();
        assert_eq!(tag(&version), "refs/tags/fargate-env/v1.10");
    }

    #[test]
    fn other_tags_publish_nothing() {
        for tag in [
            "refs/tags/v1.0",
            "refs/tags/x/v1",
            "refs/tags/x/1.0",
            "refs/tags/x/v1.0.0",
            "refs/tags/x/v1.0-rc",
            "refs/tags/a/b/v1.0",
        ] {
            assert_eq!(version(tag), None, "{tag}");
        }
    }
}
