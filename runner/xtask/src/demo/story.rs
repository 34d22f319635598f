//! The chapters of the demo.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Instant;

use nucleon_tests::{Account, Act, Example, Prism, Published, Recorder, Repository, Run};
use serde_json::{Value, json};

use super::show::{line, quote, title};
use crate::Result;
use crate::workspace::Workspace;

const SLUG: &str = "acme/platform";
/// What act calls the job of a pull request.
const PREVIEW: &str = "nucleon/Nucleon pull request/preview";
/// What act calls the jobs of a deployment, before their own names.
const DEPLOY: &str = "nucleon/Nucleon deploy/";
const TARGETS: &str = "refs/nucleon/targets/";
const SPEC: &str = "services/orders.yaml";

/// One platform team's day.
#[derive(Debug)]
pub(super) struct Story {
    example: Example,
    published: Published,
    programs: PathBuf,
    prism: Prism,
    runs: Cell<u32>,
    verbose: bool,
}

impl Story {
    pub(super) fn new(
        workspace: &Workspace,
        example: Example,
        prism: Prism,
        verbose: bool,
    ) -> Self {
        let programs = workspace.binaries("debug");
        Self {
            example,
            published: Published::copy(),
            programs,
            prism,
            runs: Cell::new(100),
            verbose,
        }
    }

    pub(super) fn the_first_push(&self) -> Result<()> {
        title("The first push deploys the platform, stage by stage, into two accounts");
        self.deploy(&self.example.repository());
        let of_prod = |stack: &String| stack.contains("prod");
        demand(
            !self.example.dev().stacks().iter().any(of_prod),
            "nothing of prod is in dev's account",
        )?;
        demand(
            self.example.prod().stacks().iter().any(of_prod),
            "prod stands in its own account",
        )
    }

    pub(super) fn a_faulty_pull_request(&self) -> Result<()> {
        title("A developer opens a pull request with two slips");
        let repository = self.propose("slips", |repository| {
            repository
                .replace(SPEC, "log_level: debug", "log_levle: debug")
                .replace(SPEC, "visibility_timeout: 120", "visibility_timeout: soon")
        });
        let github = Recorder::github_at(&self.prism);
        let run = self.pull_request(&repository, "slips", &github);
        let printed = run.printed_by(PREVIEW).join("\n");
        quote(&printed);
        let _ = run.fails();
        demand(printed.contains(SPEC), "the diagnostics name the file")
    }

    pub(super) fn a_pull_request(&self) -> Result<()> {
        title("Mended, the pull request gets one comment: what the merge would deploy");
        let repository = self.propose("longer-timeout", |repository| {
            repository.replace(SPEC, "visibility_timeout: 120", "visibility_timeout: 300")
        });
        let github = Recorder::github_at(&self.prism);
        let _ = self
            .pull_request(&repository, "longer-timeout", &github)
            .succeeds();
        let comments = |request: &nucleon_tests::Request| {
            request.method == "POST" && request.path.ends_with("/comments")
        };
        let comment = github
            .requests()
            .into_iter()
            .find(comments)
            .ok_or("no comment was written")?;
        quote(comment.body["body"].as_str().unwrap_or_default());
        Ok(())
    }

    pub(super) fn the_merge(&self) -> Result<()> {
        title("Its merge deploys that change, and nothing else");
        let repository = self.example.repository();
        let before = repository.remote_refs(TARGETS);
        repository.git(["switch", "--quiet", "main"]);
        repository.git([
            "merge",
            "--quiet",
            "--no-ff",
            "-m",
            "Merge #7",
            "longer-timeout",
        ]);
        let repository = repository.push();
        self.deploy(&repository);
        let moved = repository
            .remote_refs(TARGETS)
            .into_iter()
            .filter(|tip| !before.contains(tip));
        let moved: Vec<_> = moved.map(|(name, _)| name.replace(TARGETS, "")).collect();
        line(&format!("new records: {}", moved.join(", ")));
        demand(
            moved == ["service/orders/service-instance/prod"],
            "only the changed instance has a new record",
        )
    }

    pub(super) fn what_stands_now(&self) -> Result<()> {
        title("Stacks, each account listed through credentials of its own roles");
        for account in [self.example.dev(), self.example.prod()] {
            let role = format!("arn:aws:iam::{}:role/nucleon-verify", account.id());
            let session = account.assume(&role);
            let caller = session.aws(&["sts", "get-caller-identity"]);
            line(caller["Arn"].as_str().unwrap_or_default());
            stacks(&session);
        }
        title("Outputs of the environment, as the service's stack got them");
        let worker = self.example.prod().aws(&[
            "ssm",
            "get-parameter",
            "--name",
            "/orders/prod/environment",
        ]);
        let worker = worker["Parameter"]["Value"].as_str().unwrap_or_default();
        quote(worker);
        demand(
            worker.contains("SECURITY_GROUP: sg-"),
            "the worker knows its security group",
        )?;
        title("nucleon status");
        let status = self
            .example
            .run("nucleon")
            .args(["status"])
            .run()
            .succeeds();
        quote(status.stdout());
        title("The state: one ref a target, its history the ledger");
        let repository = self.example.repository();
        repository.git([
            "fetch",
            "--quiet",
            "origin",
            "+refs/nucleon/*:refs/nucleon/*",
        ]);
        quote(&repository.git([
            "log",
            "--glob=refs/nucleon/targets",
            "--format=%h %ad %s",
            "--date=format:%H:%M:%S",
        ]));
        Ok(())
    }

    pub(super) fn nothing_changes(&self) -> Result<()> {
        title("The same push again: nothing is pending, nothing runs");
        let repository = self.example.repository();
        let before = repository.remote_refs(TARGETS);
        self.deploy(&repository);
        demand(
            repository.remote_refs(TARGETS) == before,
            "no record was written",
        )
    }

    pub(super) fn how_to_look_around(&self) {
        title("Look around, then press Ctrl-C");
        line(&format!(
            "cd {}",
            self.example.repository().folder().display()
        ));
        for (name, value) in self.example.dev().variables() {
            line(&format!("export {name}={value}"));
        }
        line(&format!("export PATH={}:$PATH", self.programs.display()));
        line("nucleon status");
    }

    /// Makes a branch with a change, and checks out its merge into main as GitHub does.
    fn propose(&self, branch: &str, edit: impl FnOnce(Repository) -> Repository) -> Repository {
        let repository = self.example.repository();
        repository.git(["switch", "--quiet", "main"]);
        let repository = edit(repository.branch(branch)).commit(branch).push();
        quote(&repository.git(["diff", "--unified=1", "--no-prefix", "HEAD^", "--", SPEC]));
        repository.git(["switch", "--quiet", "--detach", "main"]);
        repository.git([
            "merge",
            "--quiet",
            "--no-ff",
            "-m",
            "Merge the pull request",
            branch,
        ]);
        repository
    }

    fn pull_request(&self, repository: &Repository, branch: &str, github: &Recorder) -> Run {
        let payload = json!({
            "number": 7,
            "pull_request": {
                "number": 7,
                "head": {"ref": branch, "sha": repository.git(["rev-parse", branch]), "repo": {"full_name": SLUG}},
                "base": {"ref": "main", "repo": {"full_name": SLUG}},
            },
            "repository": {"full_name": SLUG, "default_branch": "main"},
        });
        self.act(
            repository,
            "nucleon-pull-request.yml",
            github,
            "pull_request",
            &payload,
        )
    }

    /// Runs the deploy workflow for a push to main, and tells which jobs ran.
    fn deploy(&self, repository: &Repository) {
        let github = Recorder::github_at(&self.prism);
        let run = self.push(repository, &github).succeeds();
        let jobs = run.jobs("succeeded");
        // What applies is named after its target; act adds the entry's number.
        let of_target = |job: &&str| Some(job.strip_prefix(DEPLOY)?.to_owned());
        let applied: Vec<_> = jobs
            .iter()
            .filter_map(of_target)
            .filter(|job| job.contains('/'))
            .collect();
        line(&format!(
            "{} jobs went well, {} of them applied something",
            jobs.len(),
            applied.len()
        ));
        for job in applied {
            line(&format!("  {job}"));
        }
    }

    fn push(&self, repository: &Repository, github: &Recorder) -> Run {
        let repository_seen = json!({"full_name": SLUG, "default_branch": "main"});
        let payload = json!({"ref": "refs/heads/main", "repository": repository_seen});
        self.act(repository, "nucleon-deploy.yml", github, "push", &payload)
    }

    fn act(
        &self,
        repository: &Repository,
        file: &str,
        github: &Recorder,
        event: &str,
        payload: &Value,
    ) -> Run {
        let start = Instant::now();
        let workflow = format!(".github/workflows/{file}");
        let programs = format!("    with: {{binary-path: {}}}\n", self.programs.display());
        let text = repository.read(&workflow);
        let repository = repository
            .clone()
            .write(&workflow, format!("{text}{programs}"));
        self.runs.set(self.runs.get() + 1);
        let mut act = Act::new(&repository, SLUG)
            .workflow(&workflow)
            .local_repository(Published::REFERENCE, self.published.folder())
            .secret("GITHUB_TOKEN", "a-token")
            .env("GITHUB_API_URL", github.url())
            .env("GITHUB_RUN_ID", &self.runs.get().to_string());
        for (name, value) in self.example.dev().variables() {
            act = act.env(&name, &value);
        }
        let run = act.run(event, payload);
        let _ = repository.write(&workflow, text);
        if self.verbose {
            quote(run.log());
        }
        line(&format!(
            "({event}, {file}: {:.1} s)",
            start.elapsed().as_secs_f64()
        ));
        run
    }
}

fn stacks(account: &Account) {
    for stack in account.stacks() {
        line(&format!("  {stack}"));
        for (key, value) in account.outputs(&stack) {
            line(&format!("    {key} = {value}"));
        }
    }
}

fn demand(is_so: bool, what: &str) -> Result<()> {
    if is_so {
        Ok(())
    } else {
        Err(format!("the demo went wrong: {what}, but it is not so").into())
    }
}
