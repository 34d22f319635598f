//! A platform team: its repository on GitHub, its accounts, and what happens when somebody pushes.

use std::cell::Cell;
use std::path::PathBuf;

use nucleon_tests::{Act, Example, Prism, Published, Recorder, Repository, Run};
use serde_json::{Value, json};

use super::show::{quote, step};
use crate::Result;

/// What the repository is called on GitHub.
pub(super) const SLUG: &str = "acme/platform";
/// What act calls the job of a pull request.
pub(super) const PREVIEW: &str = "nucleon/Nucleon pull request/preview";
/// What act calls the jobs of a deployment, before their own names.
pub(super) const DEPLOY: &str = "nucleon/Nucleon deploy/";
/// How many lines of a run that failed are shown.
const LAST: usize = 40;

#[derive(Debug)]
pub(super) struct Team {
    pub(super) example: Example,
    published: Published,
    prism: Prism,
    programs: PathBuf,
    runs: Cell<u32>,
    verbose: bool,
}

impl Team {
    pub(super) fn new(example: Example, prism: Prism, programs: PathBuf, verbose: bool) -> Self {
        Self {
            example,
            published: Published::copy(),
            prism,
            programs,
            runs: Cell::new(100),
            verbose,
        }
    }

    pub(super) fn repository(&self) -> Repository {
        self.example.repository()
    }

    pub(super) fn programs(&self) -> &PathBuf {
        &self.programs
    }

    /// Stands before GitHub's API and writes down what it is asked for.
    pub(super) fn github(&self) -> Recorder {
        Recorder::github_at(&self.prism)
    }

    /// Pushes a change of one file to a branch, as its author sees the change.
    pub(super) fn propose(&self, branch: &str, file: &str, edits: &[(&str, &str)]) {
        let repository = self.repository();
        let known = repository.git(["branch", "--list", branch]);
        let repository = if known.is_empty() {
            repository.git(["switch", "--quiet", "main"]);
            repository.branch(branch)
        } else {
            repository.git(["switch", "--quiet", branch]);
            repository
        };
        let edited = edits.iter().fold(repository, |repository, (old, new)| {
            repository.replace(file, old, new)
        });
        let repository = edited.commit(branch).push();
        quote(&repository.git(["diff", "--unified=1", "--no-prefix", "HEAD^", "--", file]));
    }

    /// Runs the workflow for pull requests on the merge of a branch into main, which is what GitHub checks out.
    pub(super) fn pull_request(&self, branch: &str, github: &Recorder) -> Run {
        let repository = self.repository();
        repository.git(["switch", "--quiet", "--detach", "main"]);
        merge(&repository, branch);
        let payload = json!({
            "number": 7,
            "pull_request": {
                "number": 7,
                "head": {"ref": branch, "sha": repository.git(["rev-parse", branch]), "repo": {"full_name": SLUG}},
                "base": {"ref": "main", "repo": {"full_name": SLUG}},
            },
            "repository": {"full_name": SLUG, "default_branch": "main"},
        });
        self.act("pull_request", "nucleon-pull-request.yml", github, &payload)
    }

    /// Merges a branch into main and pushes that.
    pub(super) fn merge(&self, branch: &str) {
        let repository = self.repository();
        repository.git(["switch", "--quiet", "main"]);
        merge(&repository, branch);
        let _ = repository.push();
    }

    /// Runs the workflow that deploys, for a push to main.
    pub(super) fn push(&self, github: &Recorder) -> Result<Run> {
        let seen = json!({"full_name": SLUG, "default_branch": "main"});
        let payload = json!({"ref": "refs/heads/main", "repository": seen});
        // As far as this GitHub knows, no pull request brought the commit.
        let head = self.repository().head();
        let pulls = format!("GET /repos/{SLUG}/commits/{head}/pulls");
        github.answer_now(&pulls, 200, json!([]));
        well(self.act("push", "nucleon-deploy.yml", github, &payload))
    }

    fn act(&self, event: &str, file: &str, github: &Recorder, payload: &Value) -> Run {
        let repository = self.repository();
        let workflow = format!(".github/workflows/{file}");
        let text = repository.read(&workflow);
        let programs = format!("    with: {{binary-path: {}}}\n", self.programs.display());
        let repository = repository.write(&workflow, format!("{text}{programs}"));
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
        let run = step(format!("act: {event} → {file}"), || {
            act.run(event, payload)
        });
        let _ = repository.write(&workflow, text);
        if self.verbose {
            quote(run.log());
        }
        run
    }
}

/// Returns a run that went well; the end of its log is the error of any other.
pub(super) fn well(run: Run) -> Result<Run> {
    if run.is_success() {
        return Ok(run);
    }
    let lines: Vec<&str> = run.log().lines().collect();
    let end = &lines[lines.len().saturating_sub(LAST)..];
    Err(format!(
        "the workflow failed. The end of its log:\n{}",
        end.join("\n")
    )
    .into())
}

/// Returns what a job's own programs printed: not where they were installed, nor data for other programs.
pub(super) fn printed(run: &Run, job: &str) -> String {
    let mut lines = run.printed_by(job);
    lines.retain(|line| !line.starts_with("nucleon: ") && !line.contains('\t'));
    lines.join("\n")
}

fn merge(repository: &Repository, branch: &str) {
    let message = format!("Merge {branch}");
    repository.git(["merge", "--quiet", "--no-ff", "-m", &message, branch]);
}
