//! Template versions and changed files with real git: whole clones, shallow ones, and none.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

mod repo;

use std::collections::BTreeSet;
use std::path::Path;

use nucleon_adapters::git::{Checkout, GitTemplates};
use nucleon_core::files::{Content, Refusal};
use nucleon_core::target::Name;
use nucleon_engine::ports::{PortError, Published, PublishedVersion, Templates as _};

use repo::{Remote, git};

const SCHEMA: &str = "environment-templates/vpc/v1/schema/schema.yaml";
const TEMPLATE: &str = "environment-templates/vpc/v1/infrastructure/cloudformation.yaml";

/// A remote that has published `vpc` 1.0 and 1.1, and has moved on since.
fn catalog() -> Remote {
    let remote = Remote::new();
    remote.commit(
        &[(SCHEMA, "schema: 1"), (TEMPLATE, "one")],
        Some("vpc/v1.0"),
    );
    remote.commit(&[(TEMPLATE, "two")], Some("vpc/v1.1"));
    remote.commit(&[(TEMPLATE, "three")], None);
    remote
}

fn vpc(minor: u32) -> PublishedVersion {
    (Name::new("vpc").unwrap(), 1, minor)
}

fn templates(folder: &Path) -> GitTemplates {
    GitTemplates::new(Checkout::new(folder, "origin"))
}

/// The one version that was asked for.
async fn published(templates: &GitTemplates, version: PublishedVersion) -> Published {
    let mut found = templates
        .published(&BTreeSet::from([version.clone()]))
        .await
        .unwrap();
    found.remove(&version).unwrap().unwrap()
}

#[tokio::test]
async fn versions_are_known_from_a_shallow_clone() {
    let remote = catalog();
    remote.commit(&[], Some("vpc/v1.10"));
    remote.commit(&[], Some("release-7"));
    let versions = templates(&remote.clone_shallow()).versions().await.unwrap();
    let expected = ((Name::new("vpc").unwrap(), 1), vec![0, 1, 10]);
    assert_eq!(versions.into_iter().collect::<Vec<_>>(), [expected]);
}

#[tokio::test]
async fn a_version_is_what_was_tagged_and_not_what_stands_there_now() {
    let remote = catalog();
    for clone in [
        remote.clone_whole(),
        remote.clone_shallow(),
        remote.clone_bare(),
    ] {
        let one = published(&templates(&clone), vpc(0)).await;
        assert_eq!(one.folder, "environment-templates/vpc/v1");
        assert_eq!(
            one.files.text("infrastructure/cloudformation.yaml"),
            Some("one")
        );
        assert_eq!(one.files.len(), 2);
    }
}

#[tokio::test]
async fn many_versions_are_read_together_and_unknown_ones_left_out() {
    let remote = catalog();
    let wanted = BTreeSet::from([vpc(0), vpc(1), vpc(2)]);
    let found = templates(&remote.clone_shallow())
        .published(&wanted)
        .await
        .unwrap();
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [vpc(0), vpc(1)]);
}

#[tokio::test]
async fn a_version_of_the_clone_needs_no_remote() {
    let remote = catalog();
    let whole = remote.clone_whole();
    git(
        &whole,
        &["remote", "set-url", "origin", "/nowhere/catalog.git"],
    );
    published(&templates(&whole), vpc(0)).await;
    git(&whole, &["remote", "remove", "origin"]);
    assert_eq!(templates(&whole).versions().await.unwrap().len(), 1);
}

#[tokio::test]
async fn offline_only_the_clone_is_asked() {
    let remote = catalog();
    let offline = GitTemplates::offline(Checkout::new(&remote.clone_shallow(), "origin"));
    assert!(offline.versions().await.unwrap().is_empty());
    assert!(
        offline
            .published(&BTreeSet::from([vpc(0)]))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn an_annotated_tag_publishes_its_commit() {
    let remote = catalog();
    let clone = remote.clone_whole();
    git(
        &clone,
        &["tag", "--annotate", "--message", "third", "vpc/v1.2"],
    );
    git(&clone, &["push", "--quiet", "origin", "vpc/v1.2"]);
    let found = published(&templates(&remote.clone_shallow()), vpc(2)).await;
    assert_eq!(found.commit, git(&clone, &["rev-parse", "HEAD"]));
}

#[tokio::test]
async fn a_tag_without_its_bundle_says_what_is_missing() {
    let remote = catalog();
    remote.commit(&[], Some("queue/v1.0"));
    let queue = (Name::new("queue").unwrap(), 1, 0);
    let wanted = BTreeSet::from([queue.clone(), vpc(0)]);
    let mut found = templates(&remote.clone_shallow())
        .published(&wanted)
        .await
        .unwrap();
    let fault = found.remove(&queue).unwrap().unwrap_err();
    insta::assert_snapshot!(fault.message, @"tag `queue/v1.0` holds no folder `queue/v1` with a bundle");
    assert!(found.remove(&vpc(0)).unwrap().is_ok());
}

#[tokio::test]
async fn a_tag_with_two_bundles_of_one_name_is_refused() {
    let remote = catalog();
    remote.commit(
        &[("other/vpc/v1/schema/schema.yaml", "schema: 1")],
        Some("vpc/v1.2"),
    );
    let found = templates(&remote.clone_shallow())
        .published(&BTreeSet::from([vpc(2)]))
        .await
        .unwrap();
    let fault = found.into_values().next().unwrap().unwrap_err();
    insta::assert_snapshot!(fault.message, @"tag `vpc/v1.2` holds template `vpc` in `environment-templates/vpc/v1` and in `other/vpc/v1`");
}

#[tokio::test]
async fn a_symbolic_link_in_a_bundle_is_not_followed() {
    let remote = catalog();
    remote.link(
        "environment-templates/vpc/v1/infrastructure/secrets",
        "/etc/passwd",
        "vpc/v1.2",
    );
    let found = published(&templates(&remote.clone_shallow()), vpc(2)).await;
    let content = found.files.get("infrastructure/secrets");
    assert_eq!(content, Some(&Content::Refused(Refusal::Symlink)));
}

#[tokio::test]
async fn a_remote_that_does_not_answer_is_an_error_and_not_an_empty_catalog() {
    let remote = catalog();
    let shallow = remote.clone_shallow();
    git(
        &shallow,
        &[
            "remote",
            "set-url",
            "origin",
            "http://127.0.0.1:1/catalog.git",
        ],
    );
    let error = templates(&shallow)
        .published(&BTreeSet::from([vpc(0)]))
        .await
        .unwrap_err();
    assert!(matches!(error, PortError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn outside_of_a_repository_git_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let error = templates(folder.path())
        .published(&BTreeSet::from([vpc(0)]))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"git refused to read objects: not a git repository (or any of the parent directories): .git");
}

/// A remote whose `main` has moved on after a branch left it, and the branch's clone.
fn pull_request() -> (Remote, String) {
    let remote = Remote::new();
    remote.commit(
        &[("services/web.yaml", "one"), ("services/shop.yaml", "one")],
        None,
    );
    let base = remote.refs()["refs/heads/main"].clone();
    let clone = remote.clone_whole();
    git(&clone, &["checkout", "--quiet", "-b", "change"]);
    std::fs::write(clone.join("services/web.yaml"), "two").unwrap();
    git(&clone, &["mv", "services/shop.yaml", "services/store.yaml"]);
    git(
        &clone,
        &["commit", "--quiet", "--all", "--message", "change"],
    );
    git(&clone, &["push", "--quiet", "origin", "change"]);
    remote.commit(&[("environments/dev.yaml", "moved on")], None);
    (remote, base)
}

fn checkout(folder: &Path) -> Checkout {
    Checkout::new(folder, "origin")
}

async fn changed(folder: &Path, revision: &str) -> Vec<String> {
    let paths = checkout(folder).changed_since(revision).await.unwrap();
    paths.into_iter().map(|path| path.to_string()).collect()
}

const CHANGED: [&str; 3] = [
    "services/shop.yaml",
    "services/store.yaml",
    "services/web.yaml",
];

#[tokio::test]
async fn a_branch_changed_what_differs_from_where_it_left() {
    let (remote, _) = pull_request();
    let whole = remote.clone_whole();
    git(&whole, &["checkout", "--quiet", "change"]);
    assert_eq!(changed(&whole, "origin/main").await, CHANGED);
}

#[tokio::test]
async fn a_shallow_clone_of_a_branch_finds_where_it_left() {
    let (remote, base) = pull_request();
    let shallow = remote.clone_shallow_of("change");
    let before = repo::snapshot(&shallow);
    for revision in ["origin/main", "main", &remote.refs()["refs/heads/main"]] {
        assert_eq!(changed(&shallow, revision).await, CHANGED, "{revision}");
    }
    assert_eq!(checkout(&shallow).merge_base("main").await.unwrap(), base);
    assert_eq!(repo::snapshot(&shallow), before);
}

#[tokio::test]
async fn a_shallow_clone_of_the_merge_that_github_makes_is_compared_with_the_base() {
    let (remote, _) = pull_request();
    let merger = remote.clone_whole();
    git(&merger, &["merge", "--quiet", "--no-edit", "origin/change"]);
    git(
        &merger,
        &["push", "--quiet", "origin", "HEAD:refs/heads/merge"],
    );
    let base = remote.refs()["refs/heads/main"].clone();
    assert_eq!(
        changed(&remote.clone_shallow_of("merge"), &base).await,
        CHANGED
    );
}

#[tokio::test]
async fn a_squashed_branch_changed_the_same_files() {
    let (remote, _) = pull_request();
    let before = remote.refs()["refs/heads/main"].clone();
    let squasher = remote.clone_whole();
    git(
        &squasher,
        &["merge", "--quiet", "--squash", "origin/change"],
    );
    git(&squasher, &["commit", "--quiet", "--message", "squashed"]);
    git(&squasher, &["push", "--quiet", "origin", "main"]);
    assert_eq!(changed(&remote.clone_shallow(), &before).await, CHANGED);
}

#[tokio::test]
async fn the_tree_of_another_revision_is_read_without_checking_it_out() {
    let (remote, base) = pull_request();
    let shallow = remote.clone_shallow_of("change");
    let files = checkout(&shallow).tree_at(&base).await.unwrap();
    assert_eq!(files.text("services/web.yaml"), Some("one"));
    let below = checkout(&shallow.join("services"))
        .tree_at(&base)
        .await
        .unwrap();
    assert_eq!((below.len(), below.text("shop.yaml")), (2, Some("one")));
}

#[tokio::test]
async fn before_the_first_commit_of_a_branch_there_was_nothing() {
    let (remote, _) = pull_request();
    let checkout = checkout(&remote.clone_shallow());
    let zero = "0".repeat(40);
    assert!(checkout.tree_at(&zero).await.unwrap().is_empty());
    assert_eq!(checkout.changed_since(&zero).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_commit_that_was_never_pushed_is_compared_with_the_revision_itself() {
    let (remote, _) = pull_request();
    let shallow = remote.clone_shallow_of("change");
    std::fs::write(shallow.join("README.md"), "not pushed").unwrap();
    git(
        &shallow,
        &["commit", "--quiet", "--all", "--message", "not pushed"],
    );
    let main = remote.refs()["refs/heads/main"].clone();
    assert_eq!(checkout(&shallow).merge_base("main").await.unwrap(), main);
}

#[tokio::test]
async fn a_revision_that_nobody_knows_is_named() {
    let (remote, _) = pull_request();
    let error = checkout(&remote.clone_shallow())
        .changed_since("nightly")
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"git refused to find what changed: neither the clone nor the remote knows `nightly`");
}

#[tokio::test]
async fn a_checkout_without_a_commit_has_no_head() {
    let remote = Remote::empty();
    let error = checkout(&remote.clone_whole()).head().await.unwrap_err();
    insta::assert_snapshot!(error, @"git refused to find the commit that is checked out: there is none yet");
}
