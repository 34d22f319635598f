//! What GitHub refuses where a folder is proposed, or where the platform is told: what a user reads, and what the record says.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use nucleon_tests::{Recorder, Repository};
use serde_json::{Value, json};

use crate::documents::{outcome, target};
use crate::proposals::Scene;

const ENVIRONMENT: &str = "environment/one";

/// Lets a remote refuse every push with these words.
fn refuse_pushes(repository: &Repository, words: &str) {
    let remote = repository.remote();
    let hook = format!("{}/hooks/pre-receive", remote.trim_start_matches("file://"));
    fs::write(&hook, format!("#!/bin/sh\necho '{words}' >&2\nexit 1\n")).unwrap();
    fs::set_permissions(hook, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_push_that_is_refused_is_told_with_what_to_do_and_nothing_stays_open() {
    for (words, expected) in [
        (
            "remote: Permission to acme/infra.git denied to app[bot].",
            "`contents: write` and `pull requests: write`",
        ),
        (
            "This repository was archived so it is read-only.",
            "unarchive",
        ),
    ] {
        let scene = Scene::new();
        refuse_pushes(&scene.infra, words);

        let refused = scene.apply(&[]).fails_with(3);

        let told = target(&refused.json(), ENVIRONMENT);
        assert!(
            told["message"].as_str().unwrap().contains(words),
            "{told:#}"
        );
        assert!(
            told["hint"].as_str().unwrap().contains(expected),
            "{told:#}"
        );
        let record = scene.record();
        assert_eq!(record["status"], "CANCELLED", "{record}");
        assert_eq!(record["rendered_digest"], Value::Null);
    }
}

#[test]
fn a_proposal_that_conflicts_is_made_anew_in_place_on_what_is_there() {
    let scene = Scene::new();
    let _ = scene.apply(&[]).succeeds();
    scene.merge();
    scene.ended("SUCCEEDED");
    // Two people change the same lines: the spec here, the folder there.
    let scene = scene.spec("text: hello");
    let _ = scene.apply(&[]).succeeds();
    let first = scene.record()["id"].clone();
    let path = "one/proton.auto.tfvars.json";
    let infra = scene.infra.clone();
    let edited = infra.read(path).replace("\"hi\"", "\"edited\"");
    let infra = infra.write(path, edited).commit("an edit").push();
    let merging =
        "git merge --no-commit origin/nucleon/environment/one && exit 9 || git merge --abort";
    infra.git(["fetch", "--quiet", "origin"]);
    infra.git(["-c", &format!("alias.try=!{merging}"), "try"]);

    let scene = scene.with_pull("open");
    let mut pull = json!({"number": 7, "html_url": "https://github.com/pull/7", "state": "open", "mergeable": null});
    let line = format!("GET {}/pulls/7", scene.at);
    scene.github.answer_now(&line, 200, pull.clone());
    let _ = scene.apply(&[]).succeeds();
    assert_eq!(scene.record()["id"], first);

    pull["mergeable"] = json!(false);
    scene.github.answer_now(&line, 200, pull);
    let applied = scene.apply(&[]).succeeds();

    assert_eq!(outcome(&applied, ENVIRONMENT).0, "IN_PROGRESS");
    assert_ne!(scene.record()["id"], first);
    let last = scene.github.requests().pop().unwrap();
    assert_eq!(last.line(), format!("PATCH {}/pulls/7", scene.at));
    scene.merge();
    assert!(scene.infra.read(path).contains("hello"));
    assert!(!scene.infra.read(path).contains("edited"));
}

#[test]
fn a_platform_that_an_app_may_not_write_to_is_named() {
    let platform = Repository::empty().commit("a platform").push();
    let key = platform.folder().join("../key.pem");
    let made = std::process::Command::new("openssl")
        .args(["genrsa", "-out"])
        .arg(&key)
        .arg("2048")
        .output()
        .unwrap();
    assert!(made.status.success());
    let pem = fs::read_to_string(key).unwrap();
    let told = |github: &Recorder| {
        let run = platform.run("nucleon-notify");
        let run = run.args(["deployment", ENVIRONMENT, "--status", "FAILED"]);
        run.args(["--repository", "acme/platform"])
            .env("GITHUB_API_URL", github.url())
            .env("NUCLEON_APP_ID", "1234")
            .env("NUCLEON_APP_PRIVATE_KEY", &pem)
            .run()
            .fails_with(3)
    };
    let install = "GET /repos/acme/platform/installation";
    let github = Recorder::github().answer(install, 404, json!({"message": "Not Found"}));
    let nowhere = told(&github);
    let expected = "install app 1234 in acme/platform";
    assert!(nowhere.stderr().contains(expected), "{nowhere}");

    let github = Recorder::github()
        .answer(install, 200, json!({"id": 5}))
        .answer(
            "POST /app/installations/5/access_tokens",
            422,
            json!({"message": "The permissions requested are not granted to this installation."}),
        );
    let too_little = told(&github);
    let expected = "give the app `contents: write`, and accept that in acme/platform";
    assert!(too_little.stderr().contains(expected), "{too_little}");
    let asked = github.requests()[1].body.clone();
    assert_eq!(
        asked,
        json!({"repositories": ["platform"], "permissions": {"contents": "write"}})
    );
}
