//! `nucleon status` and `nucleon history`: what the state tells people.

use nucleon_tests::{Emulator, Platform};
use serde_json::json;

use crate::documents::{target, targets};

#[test]
fn status_lists_every_target_that_was_deployed() {
    let platform = Platform::new(&Emulator::connect())
        .environment("one", "")
        .environment("two", "broken: true");
    let _ = platform
        .run("nucleon-apply")
        .env("GITHUB_ACTOR", "dana")
        .run()
        .fails_with(3);

    let text = platform.run("nucleon").args(["status"]).run().succeeds();
    let json = platform
        .run("nucleon")
        .args(["status", "--format", "json"])
        .run()
        .succeeds()
        .json();

    let words = |line: &str| {
        line.split_whitespace()
            .take(5)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let account = platform.account().id();
    assert_eq!(
        words(text.stdout().lines().nth(1).unwrap()),
        [
            "environment/one",
            account,
            "us-east-1",
            "notes-env@1.0",
            "SUCCEEDED"
        ]
    );
    assert_eq!(
        words(text.stdout().lines().nth(2).unwrap()),
        [
            "environment/two",
            account,
            "us-east-1",
            "notes-env@1.0",
            "FAILED"
        ]
    );
    assert!(text.stdout().contains("dana"), "{text}");
    assert_eq!(
        (&json["format"], targets(&json)),
        (
            &json!(1),
            vec!["environment/one".to_owned(), "environment/two".to_owned()]
        )
    );
    let record = target(&json, "environment/one")["record"].clone();
    assert_eq!(record["template"]["minor"], 0);
    assert_eq!(
        record["outputs"][0],
        json!({"key": "Shelf", "valueString": "one-notes"})
    );
    assert_eq!(record["commit"], platform.repository().head());
}

#[test]
fn status_before_the_first_deployment_is_empty() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");

    let json = platform
        .run("nucleon")
        .args(["status", "--format", "json"])
        .run()
        .succeeds()
        .json();

    assert_eq!(json["targets"], json!([]));
}

#[test]
fn history_tells_every_deployment_of_a_target_newest_first() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let _ = platform.run("nucleon-apply").run().succeeds();
    let platform = platform.environment("one", "broken: true");
    let _ = platform.run("nucleon-apply").run().fails_with(3);
    let platform = platform.environment("one", "text: mended");
    let _ = platform.run("nucleon-apply").run().succeeds();

    let history = |format: &str| {
        platform
            .run("nucleon")
            .args(["history", "environment/one", "--format", format])
            .run()
            .succeeds()
    };

    let json = history("json").json();
    let statuses: Vec<_> = json["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["record"]["status"].clone())
        .collect();
    assert_eq!(statuses, ["SUCCEEDED", "FAILED", "SUCCEEDED"]);
    assert_eq!(history("text").stdout().lines().count(), 4);
}

#[test]
fn the_history_of_a_target_that_was_never_deployed_is_an_error() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");

    let refused = platform
        .run("nucleon")
        .args(["history", "environment/one"])
        .run()
        .fails_with(1);

    assert!(
        refused
            .stderr()
            .contains("environment/one was never deployed"),
        "{refused}"
    );
}

#[test]
fn a_shallow_clone_without_tags_shows_and_deploys_the_same() {
    let platform = Platform::new(&Emulator::connect()).environment("one", "");
    let clone = platform.repository().shallow_clone();

    let _ = platform.run_in(&clone, "nucleon-apply").run().succeeds();

    let json = platform
        .run_in(&clone, "nucleon")
        .args(["status", "--format", "json"])
        .run()
        .succeeds()
        .json();
    assert_eq!(targets(&json), ["environment/one"]);
    assert_eq!(clone.git(["status", "--porcelain"]), "");
    assert_eq!(
        clone.git(["for-each-ref", "--format=%(refname)"]),
        "refs/heads/main\nrefs/remotes/origin/HEAD\nrefs/remotes/origin/main"
    );
}

#[test]
fn a_corrupt_record_is_told_kept_and_stops_no_other_target() {
    let platform = Platform::new(&Emulator::connect())
        .environment("one", "")
        .environment("two", "");
    let commit = corrupt(&platform, "environment/one");

    let applied = platform
        .run("nucleon-apply")
        .args(["--format", "json"])
        .run()
        .fails_with(1);

    let told = target(&applied.json(), "environment/one");
    assert!(
        told["message"]
            .as_str()
            .unwrap()
            .contains("refs/nucleon/targets/environment/one"),
        "{told:#}"
    );
    assert_eq!(platform.stack("one"), None);
    assert_eq!(
        target(&applied.json(), "environment/two")["status"],
        "SUCCEEDED"
    );
    let refs = platform
        .repository()
        .remote_refs("refs/nucleon/targets/environment/one");
    assert_eq!(
        refs,
        [("refs/nucleon/targets/environment/one".to_owned(), commit)]
    );
    let status = platform.run("nucleon").args(["status"]).run().succeeds();
    assert!(
        status
            .stdout()
            .lines()
            .nth(1)
            .unwrap()
            .starts_with("environment/one  ?"),
        "{status}"
    );
    assert!(
        status
            .stdout()
            .contains("[state/corrupt-record] the record of environment/one"),
        "{status}"
    );
}

/// Writes a record that nobody can read, and returns its commit.
fn corrupt(platform: &Platform, target: &str) -> String {
    let repository = platform
        .repository()
        .another_clone()
        .write("record.json", "{\"format\": 1, \"status\":");
    repository.git(["add", "record.json"]);
    let tree = repository.git(["write-tree"]);
    let commit = repository.git(["commit-tree", "-m", "half written", &tree]);
    repository.git([
        "push",
        "--quiet",
        "origin",
        &format!("{commit}:refs/nucleon/targets/{target}"),
    ]);
    commit
}
