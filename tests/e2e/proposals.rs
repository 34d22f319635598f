//! Targets that are provisioned by pull request: what is pushed, what GitHub is asked for, and what the record says.

use nucleon_tests::{Emulator, Finished, Nucleon, Platform, Published, Recorder, Repository};
use serde_json::{Value, json};

use crate::documents::{approval, outcome, plan};

const ENVIRONMENT: &str = "environment/one";
const BRANCH: &str = "nucleon/environment/one";

/// A platform whose environments are provisioned by pull request, and the repository of those.
pub(crate) struct Scene {
    pub(crate) platform: Platform,
    pub(crate) infra: Repository,
    github: Recorder,
    /// The infrastructure repository's address below the API.
    at: String,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let platform = Platform::new(&Emulator::connect());
        let account = platform.account();
        let modules = Published::root().join("tests/modules");
        let repository = platform.repository().copy_from(&modules, "");
        let infra = repository
            .sibling("infra")
            .write("README.md", "infrastructure\n")
            .commit("begin")
            .push();
        let owner = repository.owner();
        let settings = repository.read("nucleon.yaml");
        let settings = settings.replace("111122223333", account.id());
        let settings = format!("{settings}\nprovisioning: {{repository: {owner}/infra}}\n");
        let repository = repository
            .write("nucleon.yaml", settings)
            .commit("modules by pull request")
            .tag("drawer-env/v1.0")
            .tag("drawer-svc/v1.0")
            .push();
        drop(repository);
        let at = format!("/repos/{owner}/infra");
        let opened = json!({"number": 7, "html_url": format!("https://github.com/{owner}/infra/pull/7"), "state": "open"});
        let github = Recorder::github()
            .answer(&format!("GET {at}/pulls"), 200, json!([]))
            .answer(&format!("POST {at}/pulls"), 201, opened);
        let scene = Self {
            platform,
            infra,
            github,
            at,
        };
        scene.spec("text: hi, secret: hunter22")
    }

    pub(crate) fn spec(self, inputs: &str) -> Self {
        self.environment("one", inputs)
    }

    pub(crate) fn environment(mut self, name: &str, inputs: &str) -> Self {
        let spec = format!(
            "proton: EnvironmentSpec\nname: {name}\naccount: main\ntemplate: drawer-env@1.0\nprovisioning: pull-request\nspec: {{{inputs}}}\n"
        );
        let path = format!("environments/{name}.yaml");
        self.platform = self.platform.write(&path, &spec);
        self
    }

    /// GitHub knows a pull request of the branch.
    fn with_pull(mut self, state: &str) -> Self {
        let url = format!("https://github.com{}/pull/7", self.at.replace("/repos", ""));
        let pull = json!({"number": 7, "html_url": url, "state": state});
        let line = |method: &str, path: &str| format!("{method} {}{path}", self.at);
        self.github = self
            .github
            .answer(&line("GET", "/pulls"), 200, json!([pull]))
            .answer(&line("PATCH", "/pulls/7"), 200, pull);
        self
    }

    pub(crate) fn run(&self, binary: &str) -> Nucleon {
        self.platform
            .run(binary)
            .args(["--format", "json"])
            .env("NUCLEON_GITHUB_TOKEN", "github_pat_secret")
            .env("GITHUB_API_URL", self.github.url())
    }

    pub(crate) fn apply(&self, further: &[&str]) -> Finished {
        self.run("nucleon-apply").args(further).run()
    }

    pub(crate) fn record(&self) -> Value {
        self.platform.record(ENVIRONMENT).unwrap()
    }

    /// A file as it is proposed.
    fn proposed(&self, path: &str) -> String {
        self.infra.git(["fetch", "--quiet", "--prune", "origin"]);
        self.infra.git(["show", &format!("origin/{BRANCH}:{path}")])
    }

    fn branches(&self) -> Vec<String> {
        let refs = self.infra.remote_refs("refs/heads/nucleon/");
        refs.into_iter().map(|(name, _)| name).collect()
    }

    /// Merges what is proposed, as GitHub would.
    pub(crate) fn merge(&self) {
        self.merge_of(ENVIRONMENT);
    }

    pub(crate) fn merge_of(&self, target: &str) {
        self.infra.git(["fetch", "--quiet", "--prune", "origin"]);
        self.infra.git(["switch", "--quiet", "main"]);
        self.infra.git(["pull", "--quiet"]);
        let branch = format!("origin/nucleon/{target}");
        self.infra
            .git(["merge", "--quiet", "--no-ff", "-m", "merge", &branch]);
        self.infra.git(["push", "--quiet", "origin", "main"]);
    }

    /// The requests to GitHub, without the owner's name, which is another one in each run.
    fn requests(&self) -> Vec<String> {
        let requests = self.github.requests();
        let plain = |line: String| line.replace(&self.platform.repository().owner(), "acme");
        requests
            .iter()
            .map(|request| plain(request.line()))
            .collect()
    }

    /// Ends the deployment as the infrastructure repository's workflow does.
    pub(crate) fn ended(&self, status: &str) {
        let mut record = self.record();
        record["status"] = json!(status);
        record["completed"] = json!("2026-11-23T12:00:00Z");
        self.write(&record);
    }

    pub(crate) fn write(&self, record: &Value) {
        let repository = self.platform.repository();
        let name = format!(
            "refs/nucleon/targets/{}",
            record["target"].as_str().unwrap()
        );
        repository.git(["fetch", "--quiet", "origin", &format!("+{name}:{name}")]);
        let clone = repository.another_clone();
        clone.git(["fetch", "--quiet", "origin", &name]);
        clone.git(["switch", "--quiet", "--detach", "FETCH_HEAD"]);
        let clone = clone
            .write("record.json", serde_json::to_string_pretty(record).unwrap())
            .commit("told");
        clone.git(["push", "--quiet", "origin", &format!("HEAD:{name}")]);
    }
}

#[test]
fn a_folder_is_proposed_and_the_record_waits_for_it() {
    let scene = Scene::new();
    let planned = scene.run("nucleon-plan").run().succeeds();
    let shown = plan(&planned, ENVIRONMENT);
    assert_eq!(shown["operation"], "create");
    assert!(
        !planned.stdout().contains("hunter22"),
        "{}",
        planned.stdout()
    );
    let approved = approval(&planned, ENVIRONMENT);

    let applied = scene.apply(&["--approved", &approved]).succeeds();

    let (status, message) = outcome(&applied, ENVIRONMENT);
    assert_eq!(status, "IN_PROGRESS");
    assert!(
        message.starts_with("proposed: https://github.com/"),
        "{message}"
    );
    let record = scene.record();
    assert_eq!(record["status"], "IN_PROGRESS");
    assert_eq!(record["lease"], Value::Null);
    assert_eq!(record["completed"], Value::Null);
    assert_eq!(record["provisioned"]["provisioner"], "pull-request");
    let metadata = scene.proposed("one/.proton/deployment-metadata.json");
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    assert_eq!(metadata["deploymentId"], record["id"]);
    assert!(
        scene
            .proposed("one/main.tf")
            .starts_with("/*\nThis file is managed by AWS Proton.")
    );
    let subject = scene
        .infra
        .git(["log", "-1", "--format=%s", &format!("origin/{BRANCH}")]);
    assert_eq!(subject, "Update requested for Proton - environment/one");
    let behind = scene
        .infra
        .git(["rev-list", "--count", &format!("main..origin/{BRANCH}")]);
    assert_eq!(behind, "1");

    assert_eq!(
        scene.requests(),
        [
            "GET /repos/acme/infra/pulls?head=acme:nucleon%2Fenvironment%2Fone&state=all&sort=created&direction=desc&per_page=1",
            "POST /repos/acme/infra/pulls",
        ]
    );
    let asked = &scene.github.requests()[1].body;
    assert_eq!(
        asked["title"],
        "Update requested for Proton - environment/one"
    );
    assert_eq!(
        (&asked["head"], &asked["base"]),
        (&json!(BRANCH), &json!("main"))
    );
    let body = asked["body"].as_str().unwrap();
    assert!(body.contains("drawer-env&#64;1.0"), "{body}");
    assert!(body.contains("environment.inputs.text"), "{body}");
    assert!(body.contains("Rendered difference"), "{body}");
    assert!(!body.contains("hunter22"), "{body}");
    let shown = format!("{}{}{}", applied.stdout(), applied.stderr(), record);
    assert!(
        !shown.contains("hunter22") && !shown.contains("github_pat_secret"),
        "{shown}"
    );
}

#[test]
fn what_is_proposed_already_is_left_alone_and_a_changed_spec_rewrites_it_in_place() {
    let scene = Scene::new();
    let _ = scene.apply(&[]).succeeds();
    let first = scene.record();
    let scene = scene.with_pull("open");

    let pending = scene.apply(&["--pending"]).succeeds();
    assert_eq!(pending.json()["targets"], json!([]));
    let again = scene.apply(&[]).succeeds();
    assert_eq!(outcome(&again, ENVIRONMENT).0, "IN_PROGRESS");
    assert_eq!(scene.record(), first);

    let scene = scene.spec("text: hello");
    let _ = scene.apply(&["--pending"]).succeeds();

    let second = scene.record();
    assert_ne!(second["id"], first["id"]);
    assert_eq!(second["provisioned"]["number"], 7);
    assert!(
        scene
            .proposed("one/proton.auto.tfvars.json")
            .contains("hello")
    );
    let behind = scene
        .infra
        .git(["rev-list", "--count", &format!("main..origin/{BRANCH}")]);
    assert_eq!(behind, "1");
    let last = scene.requests().pop().unwrap();
    assert_eq!(last, "PATCH /repos/acme/infra/pulls/7");
}

#[test]
fn a_pull_request_that_was_closed_unmerged_is_opened_anew() {
    let scene = Scene::new();
    let _ = scene.apply(&[]).succeeds();
    let first = scene.record();
    let scene = scene.with_pull("closed");

    let _ = scene.apply(&[]).succeeds();

    assert_ne!(scene.record()["id"], first["id"]);
    let last = scene.requests().pop().unwrap();
    assert_eq!(last, "POST /repos/acme/infra/pulls");
}

#[test]
fn what_is_merged_and_deployed_stays_and_what_is_withdrawn_is_closed() {
    let scene = Scene::new();
    let _ = scene.apply(&[]).succeeds();
    scene.merge();
    scene
        .infra
        .git(["push", "--quiet", "origin", &format!(":{BRANCH}")]);
    let waiting = scene.with_pull("closed");
    let _ = waiting.apply(&[]).succeeds();
    assert_eq!(waiting.record()["status"], "IN_PROGRESS");
    waiting.ended("SUCCEEDED");
    let unchanged = waiting.apply(&[]).succeeds();
    assert_eq!(
        outcome(&unchanged, ENVIRONMENT),
        ("SUCCEEDED".to_owned(), "nothing changes".to_owned())
    );

    let scene = waiting.spec("text: another");
    let _ = scene.apply(&[]).succeeds();
    assert_eq!(scene.record()["status"], "IN_PROGRESS");
    assert_eq!(scene.branches(), [format!("refs/heads/{BRANCH}")]);
    let scene = scene.with_pull("open").spec("text: hi, secret: hunter22");
    let planned = scene.run("nucleon-plan").run().succeeds();
    let note = plan(&planned, ENVIRONMENT)["notes"][0].clone();
    assert!(
        note.as_str().unwrap().starts_with("withdraws https://"),
        "{note}"
    );
    let withdrawn = scene.apply(&[]).succeeds();

    assert_eq!(outcome(&withdrawn, ENVIRONMENT).0, "SUCCEEDED");
    assert_eq!(scene.branches(), [] as [&str; 0]);
    let last = scene.github.requests().pop().unwrap();
    assert_eq!(last.body, json!({"state": "closed"}));
}

#[test]
fn a_removal_proposes_the_deletion_form() {
    let scene = Scene::new();
    let _ = scene.apply(&[]).succeeds();
    scene.merge();
    scene.ended("SUCCEEDED");
    let before = scene.infra.read("one/main.tf");

    let planned = scene
        .run("nucleon-plan")
        .args(["--destroy", ENVIRONMENT])
        .run()
        .succeeds();
    assert_eq!(plan(&planned, ENVIRONMENT)["operation"], "destroy");
    let approved = approval(&planned, ENVIRONMENT);
    let removed = scene
        .apply(&["--destroy", ENVIRONMENT, "--approved", &approved])
        .succeeds();

    assert_eq!(outcome(&removed, ENVIRONMENT).0, "DELETE_IN_PROGRESS");
    let after = scene.proposed("one/main.tf");
    assert!(
        after.starts_with("/*\nThis file is no longer managed by AWS Proton."),
        "{after}"
    );
    assert_eq!(
        after.split_once("*/").unwrap().1.trim(),
        before.split_once("*/").unwrap().1.trim()
    );
    let metadata = scene.proposed("one/.proton/deployment-metadata.json");
    assert!(
        metadata.contains("\"isResourceDeleted\" : true"),
        "{metadata}"
    );
    let body = scene.github.requests().pop().unwrap().body["body"].clone();
    assert!(
        body.as_str().unwrap().contains("is to be destroyed"),
        "{body}"
    );

    let pending = scene.apply(&["--pending"]).succeeds();
    assert_eq!(pending.json()["targets"], json!([]));
}

#[test]
fn what_was_never_merged_is_withdrawn_by_its_removal() {
    let scene = Scene::new();
    let _ = scene.apply(&[]).succeeds();
    let scene = scene.with_pull("open");

    let removed = scene.apply(&["--destroy", ENVIRONMENT]).succeeds();

    assert_eq!(outcome(&removed, ENVIRONMENT).0, "DELETE_COMPLETE");
    assert_eq!(scene.branches(), [] as [&str; 0]);
}

#[test]
fn a_deployment_that_failed_is_proposed_again_with_another_id_alone() {
    let scene = Scene::new();
    let _ = scene.apply(&[]).succeeds();
    scene.merge();
    scene.ended("FAILED");
    let id = scene.record()["id"].clone();

    let _ = scene.apply(&[]).succeeds();

    assert_ne!(scene.record()["id"], id);
    let _proposed = scene.proposed("README.md");
    let changed = scene
        .infra
        .git(["diff", "--name-only", "main", &format!("origin/{BRANCH}")]);
    assert_eq!(changed, "one/.proton/deployment-metadata.json");
}

#[test]
fn a_dependant_waits_until_what_it_needs_is_provisioned() {
    let scene = Scene::new();
    let scene = Scene {
        platform: scene.platform.write(
            "services/notes.yaml",
            "proton: ServiceSpec\nname: notes\ntemplate: drawer-svc@1\ninstances:\n  - {name: one, environment: one, spec: {team: web}}\n",
        ),
        ..scene
    };
    let settings = scene.platform.repository().read("nucleon.yaml");
    let scene = Scene {
        platform: scene
            .platform
            .write("nucleon.yaml", &format!("{settings}unpinned: [one]\n")),
        ..scene
    };
    let _ = scene.apply(&[ENVIRONMENT]).succeeds();

    let pending = scene.apply(&["--pending"]).succeeds();
    assert_eq!(pending.json()["targets"], json!([]));
    assert!(
        pending
            .stderr()
            .contains("waits for the pull request of environment/one"),
        "{}",
        pending.stderr()
    );
    let refused = scene
        .apply(&["service/notes/service-instance/one"])
        .fails_with(3);
    let (_, message) = outcome(&refused, "service/notes/service-instance/one");
    assert!(message.contains("which is IN_PROGRESS"), "{message}");
}

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
