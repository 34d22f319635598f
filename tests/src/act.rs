//! Real workflow files, run by `act` on this machine without containers or network.
//!
//! act copies the work tree instead of checking it out, ignores
//! `concurrency:`, and takes actions only from folders it was given.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::daemon::free_port;
use crate::{Repository, Tools, hermetic};

/// What our workflows install Terraform with; act fetches every action, also one that no step comes to.
const SETUP_TERRAFORM: &str = "hashicorp/setup-terraform@5e8dbf3c6d9deaf4193ca7a8fb23f2ac83bb6c85";
/// The machine has Terraform.
const NOTHING_TO_SET_UP: &str = "name: Terraform\ndescription: It is there\ninputs:\n  terraform_version: {description: v}\n  terraform_wrapper: {description: w}\nruns:\n  using: composite\n  steps:\n    - {run: terraform version, shell: bash}\n";

/// A run of workflows that is being prepared.
#[derive(Debug)]
#[must_use]
pub struct Act {
    command: Command,
    home: TempDir,
}

impl Act {
    /// Prepares a run in `repository`, which workflows see as `slug` on GitHub.
    ///
    /// Pushes to `origin` reach the repository's own remote.
    pub fn new(repository: &Repository, slug: &str) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder can be made");
        let address = format!("https://github.com/{slug}");
        let remote = repository.remote();
        repository.git(["remote", "set-url", "origin", &address]);
        repository.git(["config", &format!("url.{remote}.insteadOf"), &address]);
        let rewrite = format!("[url \"{remote}\"]\n\tinsteadOf = {address}\n");
        fs::write(home.path().join(".gitconfig"), rewrite)
            .expect("a temporary folder can be written");
        let setup = home.path().join("setup-terraform");
        fs::create_dir(&setup).expect("a temporary folder can be written");
        fs::write(setup.join("action.yml"), NOTHING_TO_SET_UP)
            .expect("a temporary folder can be written");
        let mut command = Command::new(Tools::find().python("act"));
        hermetic(&mut command)
            .current_dir(repository.folder())
            .env("HOME", home.path())
            .env("GIT_PAGER", "cat")
            .args([
                "--platform",
                "ubuntu-latest=-self-hosted",
                "--no-cache-server",
                "--actor",
                "dana",
                "--concurrent-jobs",
                "4",
            ])
            .args([
                "--artifact-server-addr",
                "127.0.0.1",
                "--artifact-server-port",
                &free_port().to_string(),
            ])
            .arg("--artifact-server-path")
            .arg(home.path().join("artifacts"))
            .arg("--local-repository")
            .arg(format!("{SETUP_TERRAFORM}={}", setup.display()));
        // act would take the rewritten address of the remote for the repository's name.
        Self { command, home }.env("GITHUB_REPOSITORY", slug)
    }

    /// Lets git find another repository where `slug` is on GitHub.
    pub fn remote(self, repository: &Repository, slug: &str) -> Self {
        let file = self.home.path().join(".gitconfig");
        let known = fs::read_to_string(&file).expect("act's home has a configuration of git");
        let remote = repository.remote();
        let rewrite =
            format!("{known}[url \"{remote}\"]\n\tinsteadOf = https://github.com/{slug}\n");
        fs::write(file, rewrite).expect("a temporary folder can be written");
        self
    }

    /// Runs only this workflow file.
    pub fn workflow(mut self, path: &str) -> Self {
        self.command.args(["--workflows", path]);
        self
    }

    /// Uses a folder for `owner/name@ref` wherever a workflow refers to it.
    pub fn local_repository(mut self, reference: &str, folder: &Path) -> Self {
        self.command.args([
            "--local-repository",
            &format!("{reference}={}", folder.display()),
        ]);
        self
    }

    /// Sets a variable for every step.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.args(["--env", &format!("{name}={value}")]);
        self
    }

    /// Sets several variables, such as those of an [`Account`](crate::Account).
    pub fn envs<'a>(self, variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        variables
            .into_iter()
            .fold(self, |act, (name, value)| act.env(name, value))
    }

    /// Sets a secret.
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.command.args(["--secret", &format!("{name}={value}")]);
        self
    }

    /// Sets a configuration variable, `vars.NAME`.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.command.args(["--var", &format!("{name}={value}")]);
        self
    }

    /// Runs the workflows for an event and its payload.
    pub fn run(mut self, event: &str, payload: &Value) -> Run {
        let file = self.home.path().join("event.json");
        fs::write(&file, payload.to_string()).expect("a temporary folder can be written");
        self.command.arg(event).arg("--eventpath").arg(&file);
        let output = self.command.output().expect("act can be started");
        Run::new(&output, self.home)
    }
}

/// What a run printed, and what it left behind.
#[derive(Debug)]
#[must_use]
pub struct Run {
    success: bool,
    log: String,
    home: TempDir,
}

impl Run {
    fn new(output: &Output, home: TempDir) -> Self {
        let mut log = String::from_utf8_lossy(&output.stdout).into_owned();
        log.push_str(&String::from_utf8_lossy(&output.stderr));
        Self {
            success: output.status.success(),
            log,
            home,
        }
    }

    /// Demands that every job went well.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert!(self.success, "the workflow failed:\n{}", self.log);
        self
    }

    /// Demands that a job failed.
    #[track_caller]
    pub fn fails(self) -> Self {
        assert!(!self.success, "the workflow went well:\n{}", self.log);
        self
    }

    /// Whether every job went well.
    pub fn is_success(&self) -> bool {
        self.success
    }

    /// Returns everything act printed.
    pub fn log(&self) -> &str {
        &self.log
    }

    /// Returns what the steps of one job printed, line by line.
    ///
    /// `job` is the name at the head of act's lines, as `deploy.yml/plan`.
    pub fn printed_by(&self, job: &str) -> Vec<&str> {
        let of_job = |head: &str| head.trim().trim_matches(['[', ']']).trim() == job;
        let lines = self.log.lines().filter_map(|line| line.split_once("  | "));
        lines
            .filter(|(head, _)| of_job(head))
            .map(|(_, printed)| printed)
            .collect()
    }

    /// Returns the names of the jobs that ended with `result`, `succeeded` or `failed`, sorted.
    pub fn jobs(&self, result: &str) -> Vec<&str> {
        let end = format!("Job {result}");
        let lines = self.log.lines().filter(|line| line.ends_with(&end));
        let mut names: Vec<_> = lines
            .filter_map(|line| line.strip_prefix('[')?.split(']').next())
            .map(str::trim)
            .collect();
        names.sort_unstable();
        names
    }

    /// Returns the folder with the artifacts that were uploaded.
    pub fn artifacts(&self) -> PathBuf {
        self.home.path().join("artifacts")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CALLER: &str = "
on: push
jobs:
  deploy:
    uses: acme/shared/.github/workflows/called.yml@v1
    with: {greeting: hello}
";

    const CALLED: &str = r#"
on: {workflow_call: {inputs: {greeting: {type: string}}}}
jobs:
  list:
    runs-on: ubuntu-latest
    outputs: {matrix: "${{ steps.list.outputs.matrix }}"}
    steps:
      - uses: actions/checkout@v4
      - id: list
        run: echo "matrix=$(cat names.json)" >> "$GITHUB_OUTPUT"
  each:
    needs: list
    if: ${{ !cancelled() && needs.list.outputs.matrix != '[]' }}
    strategy: {matrix: {name: "${{ fromJSON(needs.list.outputs.matrix) }}"}}
    runs-on: ubuntu-latest
    steps:
      - uses: acme/shared/actions/greet@v1
        with: {text: "${{ inputs.greeting }} ${{ matrix.name }}"}
      - uses: actions/checkout@v4
      - run: git ls-remote origin refs/heads/main
"#;

    const ACTION: &str = r#"
name: greet
description: Greets
inputs: {text: {required: true, description: what to say}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {TEXT: "${{ inputs.text }}"}
      run: printf '%s from %s\n' "$TEXT" "$WHO"
"#;

    #[test]
    fn a_reusable_workflow_runs_a_composite_action_once_per_matrix_entry() {
        let shared = tempfile::tempdir().unwrap();
        fs::create_dir_all(shared.path().join(".github/workflows")).unwrap();
        fs::create_dir_all(shared.path().join("actions/greet")).unwrap();
        fs::write(shared.path().join(".github/workflows/called.yml"), CALLED).unwrap();
        fs::write(shared.path().join("actions/greet/action.yml"), ACTION).unwrap();
        let repository = Repository::empty()
            .write(".github/workflows/deploy.yml", CALLER)
            .write("names.json", r#"["Ada", "Bo"]"#)
            .commit("a workflow")
            .push();

        let run = Act::new(&repository, "acme/platform")
            .local_repository("acme/shared@v1", shared.path())
            .env("WHO", "acme")
            .run("push", &json!({"ref": "refs/heads/main"}))
            .succeeds();

        assert_eq!(
            run.jobs("succeeded"),
            [
                "deploy/called.yml/each-1",
                "deploy/called.yml/each-2",
                "deploy/called.yml/list"
            ]
        );
        let first = run.printed_by("deploy/called.yml/each-1");
        assert_eq!(first[0], "hello Ada from acme");
        assert!(
            first.contains(&&*format!("{}\trefs/heads/main", repository.head())),
            "{first:?}"
        );
    }
}
