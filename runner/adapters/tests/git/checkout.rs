//! The checkout, and what it was at other revisions.

use std::path::Path;

use nucleon_adapters::git::Checkout;

use crate::repo::{self, Remote, git};

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

#[tokio::test]
async fn a_shallow_clone_finds_a_revision_by_each_of_its_names_and_is_left_as_it_was() {
    let (remote, _) = pull_request();
    let shallow = remote.clone_shallow_of("change");
    let before = repo::snapshot(&shallow);
    for revision in ["origin/main", "main", &remote.refs()["refs/heads/main"]] {
        let files = checkout(&shallow).tree_at(revision).await.unwrap();
        assert_eq!(
            files.text("environments/dev.yaml"),
            Some("moved on"),
            "{revision}"
        );
    }
    assert_eq!(repo::snapshot(&shallow), before);
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
}

#[tokio::test]
async fn a_revision_that_nobody_knows_is_named() {
    let (remote, _) = pull_request();
    let error = checkout(&remote.clone_shallow())
        .tree_at("nightly")
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"git refused to read another revision: neither the clone nor the remote knows `nightly`");
}

#[tokio::test]
async fn a_checkout_without_a_commit_has_no_head() {
    let remote = Remote::empty();
    let error = checkout(&remote.clone_whole()).head().await.unwrap_err();
    insta::assert_snapshot!(error, @"git refused to find the commit that is checked out: there is none yet");
}
