//! Two repositories at GitHub and two accounts: what happens when somebody pushes, opens, merges or closes.

use std::fmt::Write as _;
use std::process::Command;

use nucleon_tests::{Account, Act, Emulator, Published, Recorder, Repository, Run, Tools, binary};
use serde_json::{Value, json};

const PLATFORM: &str = "acme/platform";
const INFRA: &str = "acme/infra";
/// Where folders go: their files do not say it.
const PLACES: &str = "environments:
  one: {account: far}
  two: {account: near}
  three: {account: far}
  four: {account: near}
  five: {account: far}
  six: {account: near}";
/// What the app's tokens are.
pub(crate) const MINTED: &str = "ghs_minted";

/// A platform team, the repository that gets its Terraform folders, and the accounts.
pub(crate) struct Team {
    pub(crate) platform: Repository,
    pub(crate) infra: Repository,
    pub(crate) github: Recorder,
    /// Where the runner is, and `near` is deployed.
    pub(crate) near: Account,
    /// Where `far` is deployed.
    pub(crate) far: Account,
    published: Published,
    key: String,
}

impl Team {
    /// The platform's templates are published, and both repositories have their workflow file.
    pub(crate) fn new() -> Self {
        let emulator = Emulator::connect();
        let (near, far) = (emulator.fresh_account(), emulator.fresh_account());
        for account in [&near, &far] {
            let bucket = format!("tfstate-{}", account.id());
            account.aws(&["s3api", "create-bucket", "--bucket", &bucket]);
        }
        let platform = platform(&near, &far);
        let settings = platform.read("nucleon.yaml");
        let infra = platform
            .sibling("infra")
            .write(
                "nucleon.yaml",
                settings.replace("provisioning:", &format!("{PLACES}\n# ")),
            )
            .write(
                ".github/workflows/nucleon.yml",
                users_file("infrastructure"),
            )
            .commit("an infrastructure repository")
            .push();
        Self {
            key: key(&platform),
            platform,
            infra,
            github: github(),
            near,
            far,
            published: Published::copy(),
        }
    }

    /// A developer's spec of an environment, in one of the accounts.
    pub(crate) fn environment(self, name: &str, account: &str) -> Self {
        let spec = format!(
            "proton: EnvironmentSpec\nname: {name}\naccount: {account}\ntemplate: drawer-env@1.0\nprovisioning: pull-request\nspec: {{text: hi, secret: hunter22}}\n"
        );
        self.with(&format!("environments/{name}.yaml"), &spec)
    }

    /// A developer's spec of a service, with an instance in each of some environments.
    pub(crate) fn service(self, name: &str, environments: &[&str]) -> Self {
        let mut spec =
            format!("proton: ServiceSpec\nname: {name}\ntemplate: notes-svc@1.0\ninstances:\n");
        for environment in environments {
            let _ = writeln!(
                spec,
                "  - {{name: {environment}, environment: {environment}, spec: {{team: web}}}}"
            );
        }
        self.with(&format!("services/{name}.yaml"), &spec)
    }

    fn with(mut self, path: &str, text: &str) -> Self {
        self.platform = self.platform.write(path, text);
        self
    }

    /// Commits all specs at once and runs the platform's workflow for that.
    pub(crate) fn push_specs(&mut self) -> Run {
        self.platform = self.platform.clone().commit("specs").push();
        let payload = json!({"ref": "refs/heads/main", "repository": seen(PLATFORM)});
        self.act(PLATFORM, "push", &payload).succeeds()
    }

    /// Runs the platform's workflow for what was dispatched.
    pub(crate) fn dispatched(&self, event: &Value) -> Run {
        let payload = json!({
            "action": event["event_type"], "client_payload": event["client_payload"],
            "branch": "main", "repository": seen(PLATFORM),
        });
        self.act(PLATFORM, "repository_dispatch", &payload)
            .succeeds()
    }

    /// Runs the infrastructure repository's workflow for a pull request, on what GitHub checks out: its merge.
    pub(crate) fn opened(&self, target: &str) -> Run {
        self.on_pull_request(target, "opened")
    }

    /// Closes a pull request unmerged.
    pub(crate) fn closed(&self, target: &str) -> Run {
        self.on_pull_request(target, "closed")
    }

    fn on_pull_request(&self, target: &str, action: &str) -> Run {
        self.infra.git(["fetch", "--quiet", "--prune", "origin"]);
        self.infra
            .git(["switch", "--quiet", "--detach", "origin/main"]);
        self.merge(target);
        self.act(INFRA, "pull_request", &self.pull_request(target, action))
            .succeeds()
    }

    /// Merges pull requests, and runs the infrastructure repository's workflow for that.
    pub(crate) fn merged(&self, targets: &[&str]) -> Run {
        self.infra.git(["fetch", "--quiet", "--prune", "origin"]);
        self.infra.git(["switch", "--quiet", "main"]);
        for target in targets {
            self.merge(target);
        }
        self.infra.git(["push", "--quiet", "origin", "main"]);
        let payload = json!({"ref": "refs/heads/main", "repository": seen(INFRA)});
        self.act(INFRA, "push", &payload)
    }

    fn merge(&self, target: &str) {
        let branch = format!("origin/nucleon/{target}");
        self.infra
            .git(["merge", "--quiet", "--no-ff", "-m", "merge", &branch]);
    }

    fn pull_request(&self, target: &str, action: &str) -> Value {
        let branch = format!("nucleon/{target}");
        let sha = self.infra.git(["rev-parse", &format!("origin/{branch}")]);
        json!({
            "action": action,
            "number": 7,
            "pull_request": {
                "number": 7, "merged": false,
                "head": {"ref": branch, "sha": sha, "repo": {"full_name": INFRA}},
                "base": {"ref": "main", "repo": {"full_name": INFRA}},
            },
            "repository": seen(INFRA),
        })
    }

    fn act(&self, slug: &str, event: &str, payload: &Value) -> Run {
        let (here, there, other) = if slug == PLATFORM {
            (&self.platform, &self.infra, INFRA)
        } else {
            (&self.infra, &self.platform, PLATFORM)
        };
        // No commit was brought by a pull request that anybody looked at.
        let line = format!("GET /repos/{slug}/commits/{}/pulls", here.head());
        self.github.answer_now(&line, 200, json!([]));
        let run = payload["number"].as_u64().unwrap_or(100);
        let mut act = Act::new(here, slug)
            .remote(there, other)
            .local_repository(Published::REFERENCE, self.published.folder())
            .secret("GITHUB_TOKEN", "ghs_workflow")
            .secret("NUCLEON_APP_PRIVATE_KEY", &self.key)
            .env("GITHUB_API_URL", self.github.url())
            .env("GITHUB_RUN_ID", &run.to_string());
        for (name, value) in self.near.variables() {
            act = act.env(&name, &value);
        }
        act.run(event, payload)
    }

    /// What was sent to GitHub, as method and path.
    pub(crate) fn sent(&self) -> Vec<String> {
        let requests = self.github.requests();
        let writing = requests.iter().filter(|request| request.method != "GET");
        writing.map(nucleon_tests::Request::line).collect()
    }

    /// The bodies of requests to one place.
    pub(crate) fn bodies(&self, line: &str) -> Vec<Value> {
        let requests = self.github.requests();
        let there = requests.iter().filter(|request| request.line() == line);
        there.map(|request| request.body.clone()).collect()
    }

    /// Every event of targets in the platform's state, oldest first.
    pub(crate) fn log(&self, targets: &[&str]) -> String {
        let mut log = String::new();
        for target in targets {
            let mut records = self.platform.records(target);
            records.reverse();
            for record in &records {
                let message = record["message"].as_str().unwrap_or("-");
                let _ = writeln!(
                    log,
                    "{target} {} in {} ({}): {message} {}",
                    record["status"].as_str().unwrap(),
                    record["account"].as_str().unwrap(),
                    record["id"].as_str().unwrap(),
                    record["outputs"]
                );
            }
        }
        log
    }
}

/// The platform repository: a Terraform environment template, a CloudFormation service template, both published.
fn platform(near: &Account, far: &Account) -> Repository {
    let folder = Published::root().join("tests");
    let account = |name: &str, account: &Account| {
        let role = |role: &str| format!("arn:aws:iam::{}:role/nucleon-{role}", account.id());
        format!(
            "  {name}:\n    id: \"{}\"\n    region: us-east-1\n    roles: {{plan: \"{}\", apply: \"{}\", execution: \"{}\"}}\n",
            account.id(),
            role("plan"),
            role("apply"),
            role("execution")
        )
    };
    let text = std::fs::read_to_string(folder.join("modules/nucleon.yaml")).unwrap();
    let (head, rest) = text.split_once("accounts:").unwrap();
    let (_, tail) = rest.split_once("terraform:").unwrap();
    let settings = format!(
        "{head}accounts:\n{}{}\nterraform:{tail}\nprovisioning: {{repository: {INFRA}}}\n",
        account("near", near),
        account("far", far)
    );
    let registration = "compatible_environments:\n  - drawer-env:1\n";
    Repository::empty()
        .copy_from(&folder.join("modules/templates"), "templates")
        .copy_from(
            &folder.join("platform/templates/notes-svc"),
            "templates/notes-svc",
        )
        .write(
            "templates/notes-svc/v1/.template-registration.yaml",
            registration,
        )
        .write(
            "templates/drawer-env/v1/infrastructure/fill.sh",
            format!(
                "echo \"I am $('{}' '{}' sts get-caller-identity --query Arn --output text)\"\n",
                Tools::find().emulator("python").display(),
                Tools::find().emulator("aws").display()
            ),
        )
        .write("nucleon.yaml", settings)
        .write(".github/workflows/nucleon.yml", users_file("deploy"))
        .commit("a platform")
        .tag("drawer-env/v1.0")
        .tag("notes-svc/v1.0")
        .push()
}

/// A workflow file as users have it, with our binaries and the app.
fn users_file(name: &str) -> String {
    let path = format!("runner/cli/src/init/nucleon-{name}.yml");
    let text = std::fs::read_to_string(Published::root().join(path)).unwrap();
    let programs = binary("nucleon").parent().unwrap().display().to_string();
    if name == "infrastructure" {
        return text
            .replace("OWNER/NAME", PLATFORM)
            .replace("APP_ID", "1234")
            .replace("with: {", &format!("with: {{binary-path: {programs}, "));
    }
    format!(
        "{text}    with: {{binary-path: {programs}, app-id: \"1234\"}}\n    secrets: {{app-private-key: \"${{{{ secrets.NUCLEON_APP_PRIVATE_KEY }}}}\"}}\n"
    )
}

/// GitHub with an app that is installed in both repositories, and with no pull request yet.
fn github() -> Recorder {
    let opened = json!({"number": 7, "html_url": format!("https://github.com/{INFRA}/pull/7"), "state": "open"});
    let github = Recorder::github()
        .answer(&format!("GET /repos/{INFRA}/pulls"), 200, json!([]))
        .answer(&format!("POST /repos/{INFRA}/pulls"), 201, opened)
        .answer(
            "POST /app/installations/5/access_tokens",
            201,
            json!({"token": MINTED}),
        );
    [PLATFORM, INFRA].iter().fold(github, |github, slug| {
        let line = format!("GET /repos/{slug}/installation");
        github.answer(&line, 200, json!({"id": 5}))
    })
}

fn key(repository: &Repository) -> String {
    let file = repository.folder().join("../key.pem");
    let made = Command::new("openssl")
        .args(["genrsa", "-out"])
        .arg(&file)
        .arg("2048")
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    std::fs::read_to_string(file).unwrap()
}

fn seen(slug: &str) -> Value {
    json!({"full_name": slug, "default_branch": "main"})
}
