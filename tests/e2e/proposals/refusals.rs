//! What GitHub refuses, and the tokens with which it is asked.

use nucleon_tests::Finished;
use serde_json::{Value, json};

use super::{ENVIRONMENT, Scene, outcome};

/// Why nothing was proposed, and what to do about it.
fn refusal(refused: &Finished) -> String {
    let target = crate::documents::target(&refused.json(), ENVIRONMENT);
    format!(
        "{}\nhelp: {}",
        target["message"].as_str().unwrap(),
        target["hint"].as_str().unwrap_or("-")
    )
}

#[test]
fn the_workflows_own_token_is_refused_with_the_reason() {
    let scene = Scene::new();

    let run = scene.run("nucleon-apply");
    let refused = run
        .env("GITHUB_ACTIONS", "true")
        .env("NUCLEON_GITHUB_TOKEN", "ghs_workflow")
        .run()
        .fails_with(3);

    let why = refusal(&refused);
    assert!(
        why.contains("start no workflows") && why.contains("app-private-key"),
        "{why}"
    );
    assert_eq!(scene.platform.record(ENVIRONMENT), None);
    assert_eq!(scene.branches(), [] as [&str; 0]);
}

#[test]
fn an_archived_repository_and_a_token_without_permission_are_told_as_such() {
    let archived = json!({"message": "Repository was archived so is read-only."});
    for (status, answer, expected) in [
        (403, archived, "unarchive"),
        (
            403,
            json!({"message": "Resource not accessible by personal access token"}),
            "install the GitHub App",
        ),
        (
            404,
            json!({"message": "Not Found"}),
            "install the GitHub App",
        ),
    ] {
        let mut scene = Scene::new();
        let line = format!("POST {}/pulls", scene.at);
        scene.github = scene.github.answer(&line, status, answer.clone());

        let refused = scene.apply(&[]).fails_with(3);

        let why = refusal(&refused);
        assert!(why.contains(expected), "{why}");
        assert!(why.contains(answer["message"].as_str().unwrap()), "{why}");
        let record = scene.record();
        assert_eq!(record["status"], "CANCELLED", "{record}");
        assert_eq!(record["rendered_digest"], Value::Null);
    }
}

#[test]
fn rate_limits_are_waited_for_or_told() {
    let mut scene = Scene::new();
    let line = format!("POST {}/pulls", scene.at);
    scene.github = scene
        .github
        .answer_once(&line, 403, &[("retry-after", "1")]);
    let _ = scene.apply(&[]).succeeds();

    let mut scene = Scene::new();
    let line = format!("POST {}/pulls", scene.at);
    scene.github = scene
        .github
        .answer_once(&line, 429, &[("retry-after", "3600")]);
    let refused = scene.apply(&[]).fails_with(3);
    let why = refusal(&refused);
    assert!(why.contains("run it again in 60 minutes"), "{why}");
}

#[test]
fn an_app_mints_a_token_for_one_repository_and_proves_itself_by_its_key() {
    for form in [["genrsa", "-traditional"], ["genrsa", "-rand"]] {
        let mut scene = Scene::new();
        let key = scene.infra.folder().join("key.pem");
        let mut command = std::process::Command::new("openssl");
        command.arg(form[0]);
        if form[1] == "-traditional" {
            command.arg(form[1]);
        }
        let made = command.arg("-out").arg(&key).arg("2048").output().unwrap();
        assert!(made.status.success());
        let pem = std::fs::read_to_string(&key).unwrap();
        let at = scene.at.clone();
        scene.github = scene
            .github
            .answer(&format!("GET {at}/installation"), 200, json!({"id": 5}))
            .answer(
                "POST /app/installations/5/access_tokens",
                201,
                json!({"token": "ghs_minted"}),
            );

        let applied = scene
            .run("nucleon-apply")
            .env("GITHUB_ACTIONS", "true")
            .env("NUCLEON_APP_ID", "1234")
            .env("NUCLEON_APP_PRIVATE_KEY", &pem)
            .run()
            .succeeds();

        assert_eq!(outcome(&applied, ENVIRONMENT).0, "IN_PROGRESS");
        let requests = scene.github.requests();
        assert_eq!(
            requests[1].body,
            json!({"repositories": ["infra"], "permissions": {"contents": "write", "pull_requests": "write"}})
        );
        let token = requests[0].header("authorization").unwrap();
        verify(&scene, token.strip_prefix("Bearer ").unwrap(), &key);
        let asked = requests.last().unwrap();
        assert_eq!(asked.header("authorization"), Some("Bearer ghs_minted"));
    }
}

/// Checks a token's signature with the public half of a key.
fn verify(scene: &Scene, token: &str, key: &std::path::Path) {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let script = format!(
        "set -e; cd {}; openssl rsa -in {} -pubout -out public.pem; printf %s '{signed}' > signed; \
         printf %s '{signature}==' | tr '_-' '/+' | base64 -d > signature; \
         openssl dgst -sha256 -verify public.pem -signature signature signed",
        scene.infra.folder().display(),
        key.display()
    );
    let verified = std::process::Command::new("bash")
        .args(["-c", &script])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(said.contains("Verified OK"), "{verified:?}");
}
