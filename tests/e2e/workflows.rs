//! The reusable workflows, run by act with stand-ins for the binaries: in which order they run what.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use nucleon_tests::{Act, Published, Repository, Run};
use serde_json::{Value, json};
use tempfile::TempDir;

#[test]
fn a_users_files_have_at_most_fifteen_lines() {
    for name in ["pull-request.yml", "deploy.yml"] {
        let file = users_file(name);
        assert!(
            file.lines().count() <= 15,
            "{name} has {} lines",
            file.lines().count()
        );
    }
}

#[test]
fn a_pull_request_is_rendered_planned_and_shown() {
    let programs = Programs::new().renders("all", &[("dev", &["environment/dev"])]);

    let _ = run(
        "pull-request.yml",
        &programs,
        "pull_request",
        &pull_request("acme/platform"),
    )
    .succeeds();

    assert_eq!(
        programs.log(),
        [
            "render all pending=false since=HEAD^1",
            "plan environment/dev",
            "notify pr plan=plan.json"
        ]
    );
}

#[test]
fn a_pull_request_that_changes_no_target_is_said_to_change_nothing() {
    let programs = Programs::new();

    let _ = run(
        "pull-request.yml",
        &programs,
        "pull_request",
        &pull_request("acme/platform"),
    )
    .succeeds();

    assert_eq!(
        programs.log(),
        ["render all pending=false since=HEAD^1", "notify pr plan="]
    );
}

#[test]
fn a_pull_request_is_shown_even_when_a_target_cannot_be_planned() {
    let programs = Programs::new()
        .renders("all", &[("dev", &["environment/dev"])])
        .fails("plan", "environment/dev");

    let _ = run(
        "pull-request.yml",
        &programs,
        "pull_request",
        &pull_request("acme/platform"),
    )
    .fails();

    assert_eq!(programs.log().last().unwrap(), "notify pr plan=plan.json");
}

#[test]
fn a_pull_request_with_wrong_files_is_not_planned() {
    let programs = Programs::new().fails("render", "all");

    let _ = run(
        "pull-request.yml",
        &programs,
        "pull_request",
        &pull_request("acme/platform"),
    )
    .fails();

    assert_eq!(programs.log(), ["render all pending=false since=HEAD^1"]);
}

#[test]
fn a_fork_is_rendered_and_told_that_nothing_more_is_done() {
    let programs = Programs::new().renders("all", &[("dev", &["environment/dev"])]);

    let run = run(
        "pull-request.yml",
        &programs,
        "pull_request",
        &pull_request("somebody/platform"),
    )
    .succeeds();

    assert_eq!(programs.log(), ["render all pending=false since=HEAD^1"]);
    assert!(
        run.log()
            .contains("Summary - This pull request comes from a fork"),
        "{}",
        run.log()
    );
}

#[test]
fn nothing_pending_starts_no_stage() {
    let programs = Programs::new();

    let _ = run("deploy.yml", &programs, "push", &push()).succeeds();

    assert_eq!(
        programs.log(),
        ["render all pending=true since=", "notify status plan="]
    );
}

#[test]
fn wrong_files_start_no_stage() {
    let programs = Programs::new().fails("render", "all");

    let _ = run("deploy.yml", &programs, "push", &push()).fails();

    assert_eq!(
        programs.log(),
        ["render all pending=true since=", "notify status plan="]
    );
}

#[test]
fn a_stage_in_which_something_may_happen_asks_what_is_pending_and_applies_what_it_planned() {
    let web = "service/web/service-instance/dev";
    let programs = Programs::new()
        .renders("all", &[("dev", &["environment/dev", web])])
        .renders("environments", &[("dev", &["environment/dev"])])
        .renders("instances-1", &[("dev", &[web])]);

    let _ = run("deploy.yml", &programs, "push", &push()).succeeds();

    let expected = [
        "render all pending=true since=",
        "render environments pending=true since=",
        "plan environment/dev",
        "apply environment/dev approved=environment/dev=digest",
        "render instances-1 pending=true since=",
        &format!("plan {web}"),
        &format!("apply {web} approved={web}=digest"),
        "notify status plan=",
    ];
    assert_eq!(programs.log(), expected);
}

#[test]
fn every_entry_of_a_stage_is_a_job_of_its_own() {
    let programs = Programs::new()
        .renders("all", &[("dev", &["environment/dev"])])
        .renders(
            "environments",
            &[
                ("dev", &["environment/dev", "environment/dev2"]),
                ("prod", &["environment/prod"]),
            ],
        );

    let _ = run("deploy.yml", &programs, "push", &push()).succeeds();

    let approved =
        "approved=environment/dev=digest environment/dev2=digest environment/prod=digest";
    assert_eq!(
        programs.applied(),
        [
            format!("apply environment/dev environment/dev2 {approved}"),
            format!("apply environment/prod {approved}")
        ]
    );
}

#[test]
fn a_target_that_fails_stops_neither_its_stage_nor_the_next() {
    let programs = Programs::new()
        .renders("all", &[("dev", &["environment/dev"])])
        .renders(
            "environments",
            &[
                ("dev", &["environment/dev"]),
                ("prod", &["environment/prod"]),
            ],
        )
        .renders("pipelines", &[("tools", &["service/web/pipeline"])])
        .fails("apply", "environment/dev");

    let _ = run("deploy.yml", &programs, "push", &push()).fails();

    let approved = "approved=environment/dev=digest environment/prod=digest";
    assert_eq!(
        programs.applied(),
        [
            format!("apply environment/dev {approved}"),
            format!("apply environment/prod {approved}"),
            "apply service/web/pipeline approved=service/web/pipeline=digest".to_owned(),
        ]
    );
    assert_eq!(programs.log().last().unwrap(), "notify status plan=");
}

#[test]
fn a_target_that_cannot_be_planned_is_not_approved_and_stops_no_other() {
    let programs = Programs::new()
        .renders("all", &[("dev", &["environment/dev"])])
        .renders(
            "environments",
            &[
                ("dev", &["environment/dev"]),
                ("prod", &["environment/prod"]),
            ],
        )
        .renders("components", &[("dev", &["component/uploads"])])
        .fails("plan", "environment/dev");

    let _ = run("deploy.yml", &programs, "push", &push()).fails();

    assert_eq!(
        programs.applied(),
        [
            "apply component/uploads approved=component/uploads=digest",
            "apply environment/dev approved=environment/prod=digest",
            "apply environment/prod approved=environment/prod=digest",
        ]
    );
}

#[test]
fn a_stage_that_cannot_be_rendered_does_not_stop_the_next() {
    let programs = Programs::new()
        .renders("all", &[("dev", &["environment/dev"])])
        .fails("render", "environments")
        .renders("pipelines", &[("tools", &["service/web/pipeline"])]);

    let _ = run("deploy.yml", &programs, "push", &push()).fails();

    assert_eq!(
        programs.applied(),
        ["apply service/web/pipeline approved=service/web/pipeline=digest"]
    );
}

/// act knows neither, so their text is all there is to test.
#[test]
fn every_apply_job_waits_for_its_environment_and_for_its_target() {
    let path = Published::root().join(".github/workflows/deploy.yml");
    let workflow = fs::read_to_string(path).unwrap();
    let lines = [
        "      fail-fast: false\n",
        "    environment: ${{ matrix.environment }}\n",
        "      group: nucleon-${{ matrix.name }}\n      cancel-in-progress: false\n",
        "      contents: write # the state refs\n      id-token: write # the apply roles\n      actions: read # who approved this run\n      pull-requests: read # which one brought the commit\n      checks: read # what it showed\n    steps:\n",
    ];
    assert_eq!(lines.map(|line| workflow.matches(line).count()), [8; 4]);
}

/// Runs a user's workflow file.
fn run(name: &str, programs: &Programs, event: &str, payload: &Value) -> Run {
    let file = format!(
        "{}    with: {{binary-path: {}}}\n",
        users_file(name),
        programs.folder().display()
    );
    let repository = Repository::empty()
        .write(&format!(".github/workflows/{name}"), file)
        .commit("add workflows")
        .push();
    let published = Published::copy();
    Act::new(&repository, "acme/platform")
        .local_repository(Published::REFERENCE, published.folder())
        .run(event, payload)
}

/// The workflow file that `nucleon init` writes.
fn users_file(name: &str) -> String {
    let path = format!("runner/cli/src/init/nucleon-{name}");
    fs::read_to_string(Published::root().join(path)).unwrap()
}

fn pull_request(head: &str) -> Value {
    json!({
        "pull_request": {"number": 7, "head": {"ref": "change", "repo": {"full_name": head}}, "base": {"ref": "main"}},
        "repository": {"full_name": "acme/platform"},
    })
}

fn push() -> Value {
    json!({"ref": "refs/heads/main", "repository": {"full_name": "acme/platform"}})
}

/// Stand-ins for the four binaries, which write down how they were called.
#[derive(Debug)]
struct Programs {
    folder: TempDir,
}

impl Programs {
    fn new() -> Self {
        let programs = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let scripts = [
            ("render", RENDER),
            ("plan", PLAN),
            ("apply", APPLY),
            ("notify", NOTIFY),
        ];
        for (name, script) in scripts {
            let path = programs.folder().join(format!("nucleon-{name}"));
            fs::write(&path, format!("{HEAD}{script}")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        programs
    }

    /// What render finds in a stage: GitHub environments, each with the targets of its job.
    fn renders(self, stage: &str, entries: &[(&str, &[&str])]) -> Self {
        let matrix: Vec<_> = entries
            .iter()
            .map(|(environment, targets)| json!({"name": targets[0], "environment": environment, "targets": targets.join("\n")}))
            .collect();
        let targets: Vec<_> = entries
            .iter()
            .flat_map(|(_, targets)| targets.iter().copied())
            .collect();
        let outputs = format!(
            "matrix={}\ntargets<<EOF\n{}\nEOF\n",
            json!(matrix),
            targets.join("\n")
        );
        fs::write(self.folder().join(format!("render-{stage}")), outputs).unwrap();
        self
    }

    /// Makes a program fail for a stage or a target.
    fn fails(self, program: &str, subject: &str) -> Self {
        fs::write(
            self.folder()
                .join(format!("{program}-fails-for-{}", subject.replace('/', "-"))),
            "",
        )
        .unwrap();
        self
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder().join("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// The calls of apply, sorted: the jobs of a stage run at the same time.
    fn applied(&self) -> Vec<String> {
        let mut calls = self.log();
        calls.retain(|call| call.starts_with("apply "));
        calls.sort();
        calls
    }
}

const HEAD: &str = r#"#!/bin/bash
here=$(dirname "$0")
log() { echo "$*" >> "$here/log"; }
must_fail() { [ -e "$here/$1-fails-for-${2//\//-}" ]; }
"#;

const RENDER: &str = r#"
stage=${NUCLEON_STAGE:-all}
log "render $stage pending=$NUCLEON_PENDING since=$NUCLEON_CHANGED_SINCE"
# Whatever a test says of a stage makes it one of those in which something may happen.
stages=$(cd "$here" && ls | sed -nE 's/^render-(fails-for-)?//p' | grep -vx all)
printf 'stages<<EOF\n%s\nEOF\n' "$stages" >> "$GITHUB_OUTPUT"
cat "$here/render-$stage" >> "$GITHUB_OUTPUT" 2> /dev/null || printf 'matrix=[]\ntargets=\n' >> "$GITHUB_OUTPUT"
# As in the real one, wrong files do not keep the outputs back.
if must_fail render "$stage"; then exit 1; fi
"#;

const PLAN: &str = r#"
log "plan $(echo $NUCLEON_TARGETS)"
code=0
{
  echo 'plan=plan.json'
  echo 'approved<<EOF'
  for target in $NUCLEON_TARGETS; do
    if must_fail plan "$target"; then code=3; else echo "$target=digest"; fi
  done
  echo EOF
} >> "$GITHUB_OUTPUT"
exit $code
"#;

const APPLY: &str = r#"
log "apply $(echo $NUCLEON_TARGETS) approved=$(echo $NUCLEON_APPROVED)"
for target in $NUCLEON_TARGETS; do
  if must_fail apply "$target"; then exit 3; fi
done
"#;

const NOTIFY: &str = r#"
log "notify $* plan=$NUCLEON_PLAN"
"#;
