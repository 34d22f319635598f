//! Template versions: from whole clones, shallow ones, and none.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use nucleon_adapters::git::{Checkout, GitTemplates};
use nucleon_core::diagnostic::Location;
use nucleon_core::files::{Content, Refusal, RelPath};
use nucleon_core::record::TemplateUsed;
use nucleon_core::repository::SpecElsewhere;
use nucleon_core::target::Name;
use nucleon_engine::ports::{
    PortError, Published, PublishedVersion, ReadElsewhere, Templates as _,
};

use crate::repo::{Remote, git};

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

/// Two repositories of one host, and a clone of the first.
fn host() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    for (repository, path, text) in [
        ("acme/platform", "nucleon.yaml", "nucleon: 1"),
        (
            "corp/shop",
            ".aws-proton/service.yaml",
            "proton: ServiceSpec",
        ),
    ] {
        let bare = root.path().join(format!("{repository}.git"));
        std::fs::create_dir_all(&bare).unwrap();
        git(&bare, &["init", "--quiet", "--bare"]);
        let work = root.path().join(format!("work/{repository}"));
        std::fs::create_dir_all(work.join(path).parent().unwrap()).unwrap();
        std::fs::write(work.join(path), text).unwrap();
        git(&work, &["init", "--quiet"]);
        git(&work, &["add", "--all"]);
        git(&work, &["commit", "--quiet", "--message", "first"]);
        git(
            &work,
            &["push", "--quiet", bare.to_str().unwrap(), "HEAD:main"],
        );
        git(
            &work,
            &[
                "remote",
                "add",
                "origin",
                &format!("file://{}", bare.display()),
            ],
        );
    }
    let clone = root.path().join("work/acme/platform");
    (root, clone)
}

fn in_shop(branch: &str, path: &str) -> SpecElsewhere {
    SpecElsewhere {
        service: Name::new("shop").unwrap(),
        repository: "corp/shop".to_owned(),
        branch: branch.to_owned(),
        path: RelPath::new(path).unwrap(),
        at: Location::start_of("nucleon.yaml"),
    }
}

#[tokio::test]
async fn a_spec_beside_the_code_is_read_at_the_tip_of_its_branch() {
    let (root, clone) = host();
    let spec = in_shop("main", ".aws-proton/service.yaml");
    let tip = git(&root.path().join("work/corp/shop"), &["rev-parse", "HEAD"]);
    assert_eq!(
        templates(&clone).spec(&spec).await.unwrap(),
        ReadElsewhere::Read {
            commit: tip,
            content: Content::Text("proton: ServiceSpec".into())
        }
    );
    let offline = GitTemplates::offline(Checkout::new(&clone, "origin"));
    assert_eq!(offline.spec(&spec).await.unwrap(), ReadElsewhere::NotAsked);
}

#[tokio::test]
async fn a_spec_that_is_not_there_says_what_is_missing() {
    let (_root, clone) = host();
    let templates = templates(&clone);
    for (spec, expected) in [
        (in_shop("main", "service.yaml"), "there is no such file"),
        (in_shop("next", "service.yaml"), "refs/heads/next"),
        (in_shop("a\nb", "service.yaml"), "no branch's name"),
        (
            SpecElsewhere {
                repository: "corp/other".to_owned(),
                ..in_shop("main", "service.yaml")
            },
            "corp/other.git",
        ),
    ] {
        match templates.spec(&spec).await.unwrap() {
            ReadElsewhere::Refused(why) => assert!(why.contains(expected), "{why}"),
            other => panic!("{other:?}"),
        }
    }
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
async fn what_was_deployed_is_found_by_its_commit_as_long_as_anybody_has_it() {
    let remote = catalog();
    let commit = git(&remote.path(), &["rev-parse", "vpc/v1.1^{commit}"]);
    let used = |commit: &str| -> TemplateUsed {
        serde_json::from_value(serde_json::json!({
            "name": "vpc", "major": 1, "minor": 1, "commit": commit.trim(),
            "digest": format!("sha256:{}", "0".repeat(64)),
        }))
        .unwrap()
    };
    for clone in [remote.clone_whole(), remote.clone_shallow()] {
        let templates = templates(&clone);
        let found = templates.used(&used(&commit)).await.unwrap().unwrap();
        let text = found.files.text("infrastructure/cloudformation.yaml");
        assert_eq!(text, Some("two"));
        for gone in [&"0123456789".repeat(4), "--upload-pack=x"] {
            let why = templates.used(&used(gone)).await.unwrap().unwrap_err();
            assert_eq!(why, format!("commit {gone} is gone"));
        }
    }
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

#[cfg(unix)]
#[tokio::test]
async fn a_program_of_a_bundle_is_told_from_its_other_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let remote = catalog();
    let clone = remote.clone_whole();
    let file = "environment-templates/vpc/v1/infrastructure/deploy";
    std::fs::create_dir_all(clone.join(file).parent().unwrap()).unwrap();
    std::fs::write(clone.join(file), "exit").unwrap();
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(clone.join(file), mode).unwrap();
    git(&clone, &["add", "--all"]);
    git(&clone, &["commit", "--quiet", "--message", "a program"]);
    git(&clone, &["tag", "vpc/v1.2"]);
    let found = published(&templates(&clone), vpc(2)).await;
    let programs: Vec<_> = found
        .files
        .iter()
        .filter(|(path, _)| found.files.is_executable(path))
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(programs, ["infrastructure/deploy"]);
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
