//! The reusable workflows, run by act with stand-ins for the binaries: in which order they run what.

mod programs;

use std::fs;

use nucleon_tests::{Act, Published, Repository, Run};
use programs::Programs;
use serde_json::{Value, json};

#[test]
fn a_users_files_have_at_most_fifteen_lines() {
    for name in ["pull-request.yml", "deploy.yml", "infrastructure.yml"] {
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

#[test]
fn the_app_and_webhooks_are_handed_on() {
    let programs = Programs::new()
        .renders("all", &[("dev", &["environment/dev"])])
        .renders("environments", &[("dev", &["environment/dev"])]);
    let further = ["app-id: \"7\"", "webhook: true"];
    let secrets = [
        "app-private-key: KEY",
        "webhooks: http://hook",
        "webhook-secret: whsec",
    ];

    let _ = run_with(
        "deploy.yml",
        &programs,
        (&further, &secrets),
        "push",
        &push(),
    )
    .succeeds();

    assert_eq!(
        programs.log()[2..5],
        [
            "plan environment/dev app=7 KEY",
            "apply environment/dev approved=environment/dev=digest app=7 KEY",
            "notify webhook outcome=outcome.json url=http://hook key=whsec"
        ]
    );

    let programs = Programs::new().renders("all", &[("dev", &["environment/dev"])]);
    let given = (&further[..1], &secrets[..1]);
    let event = pull_request("acme/platform");
    let _ = run_with("pull-request.yml", &programs, given, "pull_request", &event).succeeds();
    assert_eq!(programs.log()[1], "plan environment/dev app=7 KEY");
}

#[test]
fn what_is_merged_is_planned_applied_and_told_whether_it_went_well_or_not() {
    let programs = || Programs::new().renders("all", &[("dev", &["environment/dev"])]);
    let told = "environment/dev FAILED outcome=outcome.json to=OWNER/NAME dispatch=event";
    let expected = [
        "render all pending=true since=",
        "plan environment/dev",
        "notify deployment environment/dev IN_PROGRESS outcome= to=OWNER/NAME dispatch=",
        "apply environment/dev approved=environment/dev=digest",
        &format!("notify deployment {told}"),
        "notify status plan=",
    ];
    let well = programs();
    let _ = run("infrastructure.yml", &well, "push", &push()).succeeds();
    assert_eq!(well.log(), expected);

    let ill = programs().fails("apply", "environment/dev");
    let _ = run("infrastructure.yml", &ill, "push", &push()).fails();
    assert_eq!(ill.log(), expected);

    let dead = programs().fails("apply", "environment/dev");
    fs::write(dead.folder().join("apply-dies"), "").unwrap();
    let _ = run("infrastructure.yml", &dead, "push", &push()).fails();
    assert_eq!(
        dead.log()[4],
        expected[4].replace("outcome=outcome.json", "outcome=")
    );
}

#[test]
fn a_pull_request_of_folders_is_shown_and_only_a_proposal_that_is_closed_unmerged_is_cancelled() {
    let programs = Programs::new().renders("all", &[("dev", &["environment/dev"])]);
    let mut event = pull_request("acme/platform");
    event["action"] = json!("opened");
    let _ = run("infrastructure.yml", &programs, "pull_request", &event).succeeds();
    assert_eq!(
        programs.log(),
        [
            "render all pending=false since=HEAD^1",
            "plan environment/dev",
            "notify pr plan=plan.json"
        ]
    );

    let closed = |head: &str, merged: bool| {
        let programs = Programs::new();
        let mut event = event.clone();
        event["action"] = json!("closed");
        event["pull_request"]["head"]["ref"] = json!(head);
        event["pull_request"]["merged"] = json!(merged);
        let _ = run("infrastructure.yml", &programs, "pull_request", &event).succeeds();
        programs.log()
    };
    let branch = "nucleon/environment/dev";
    assert_eq!(
        closed(branch, false),
        [format!(
            "notify deployment {branch} CANCELLED outcome= to=OWNER/NAME dispatch="
        )]
    );
    assert_eq!(closed(branch, true), [""; 0]);
    assert_eq!(closed("change", false), [""; 0]);
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
    run_with(name, programs, (&[], &[]), event, payload)
}

/// The same with further inputs and secrets.
fn run_with(
    name: &str,
    programs: &Programs,
    (inputs, secrets): (&[&str], &[&str]),
    event: &str,
    payload: &Value,
) -> Run {
    let given = format!("binary-path: {}", programs.folder().display());
    let given = [&[&*given], inputs].concat().join(", ");
    let text = users_file(name);
    let file = if text.contains("    with: {") {
        let own = ", app-id: \"APP_ID\"";
        text.replace("with: {", &format!("with: {{{given}, "))
            .replace(own, "")
    } else {
        let secrets = secrets.join(", ");
        format!("{text}    with: {{{given}}}\n    secrets: {{{secrets}}}\n")
    };
    let repository = Repository::empty()
        .write(&format!(".github/workflows/{name}"), file)
        .commit("add workflows")
        .push();
    let published = Published::copy();
    Act::new(&repository, "acme/platform")
        .local_repository(Published::REFERENCE, published.folder())
        .run(event, payload)
}

/// A workflow file of users.
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
