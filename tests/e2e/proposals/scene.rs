//! A platform, its infrastructure repository, and GitHub between them.

use nucleon_tests::{Emulator, Finished, Nucleon, Platform, Published, Recorder, Repository};
use serde_json::{Value, json};

use super::{BRANCH, ENVIRONMENT};

/// A platform whose environments are provisioned by pull request, and the repository of those.
pub(crate) struct Scene {
    pub(crate) platform: Platform,
    pub(crate) infra: Repository,
    pub(crate) github: Recorder,
    /// The infrastructure repository's address below the API.
    pub(crate) at: String,
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
    pub(crate) fn with_pull(mut self, state: &str) -> Self {
        let url = format!("https://github.com{}/pull/7", self.at.replace("/repos", ""));
        let pull = json!({"number": 7, "html_url": url, "state": state});
        let line = |method: &str, path: &str| format!("{method} {}{path}", self.at);
        self.github = self
            .github
            .answer(&line("GET", "/pulls"), 200, json!([pull]))
            .answer(&line("GET", "/pulls/7"), 200, pull.clone())
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
    pub(crate) fn proposed(&self, path: &str) -> String {
        self.infra.git(["fetch", "--quiet", "--prune", "origin"]);
        self.infra.git(["show", &format!("origin/{BRANCH}:{path}")])
    }

    pub(crate) fn branches(&self) -> Vec<String> {
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
    pub(crate) fn requests(&self) -> Vec<String> {
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
