//! From a developer's spec to a service that uses what Terraform made in another repository: both repositories' real
//! workflows, run by act.

mod team;

use serde_json::json;
use team::{MINTED, Team};

const ENVIRONMENT: &str = "environment/one";
const SERVICE: &str = "service/notes/service-instance/one";
const DISPATCHES: &str = "POST /repos/acme/platform/dispatches";
const PULLS: &str = "POST /repos/acme/infra/pulls";
const COMMENTS: &str = "POST /repos/acme/infra/issues/7/comments";

#[test]
fn a_spec_is_proposed_planned_merged_applied_told_and_what_waited_goes_on() {
    let mut team = Team::new()
        .environment("one", "far")
        .service("notes", &["one"]);

    let proposed = team.push_specs();

    let waits = "service/notes/service-instance/one waits for the pull request of environment/one";
    assert!(proposed.log().contains(waits), "{}", proposed.log());
    let body = team.bodies(PULLS)[0]["body"].to_string();
    assert!(
        body.contains("drawer-env") && !body.contains("hunter22"),
        "{body}"
    );
    let record = team.platform.record(ENVIRONMENT).unwrap();
    assert_eq!(record["status"], "IN_PROGRESS");
    assert_eq!(team.platform.record(SERVICE), None);

    let _shown = team.opened(ENVIRONMENT);

    let comment = team.bodies(COMMENTS)[0]["body"].to_string();
    assert!(comment.contains("terraform_data.drawer"), "{comment}");

    let applied = team.merged(&[ENVIRONMENT]).succeeds();

    let far = team.far.id();
    let identity = format!("arn:aws:sts::{far}:assumed-role/nucleon-apply/");
    assert!(applied.log().contains(&identity), "{}", applied.log());
    let told = team.platform.record(ENVIRONMENT).unwrap();
    assert_eq!(
        (&told["status"], &told["id"]),
        (&json!("SUCCEEDED"), &record["id"])
    );
    assert!(
        told["outputs"].to_string().contains("one-drawer-hi"),
        "{told}"
    );
    let events = team.bodies(DISPATCHES);
    assert_eq!(
        events,
        [json!({"event_type": "nucleon-deployment", "client_payload": {"target": ENVIRONMENT}})]
    );
    assert_eq!(team.platform.record(SERVICE), None);

    let _deployed = team.dispatched(&events[0]);

    let service = team.platform.record(SERVICE).unwrap();
    assert_eq!(service["status"], "SUCCEEDED", "{service}");
    assert_eq!(service["account"], json!(far));
    let outputs = service["outputs"].to_string();
    assert!(outputs.contains("one-drawer-hi"), "{outputs}");
    assert_eq!(team.far.stacks().len(), 1);
    assert_eq!(team.near.stacks(), [""; 0]);
    let log = team.log(&[ENVIRONMENT, SERVICE]);
    println!("{log}{}", team.sent().join("\n"));
    assert!(!log.contains("hunter22") && !log.contains(MINTED), "{log}");
    for token in minted(&team) {
        assert!(
            token["repositories"] == json!(["infra"])
                || token["permissions"] == json!({"contents": "write"}),
            "{token}"
        );
    }
}

#[test]
fn five_environments_of_one_commit_go_the_same_way() {
    let names = ["two", "three", "four", "five", "six"];
    let team = Team::new().service("notes", &names);
    let account = |name: &str| {
        if ["three", "five"].contains(&name) {
            "far"
        } else {
            "near"
        }
    };
    let mut team = names
        .iter()
        .fold(team, |team, name| team.environment(name, account(name)));
    let environments = names.map(|name| format!("environment/{name}"));
    let environments = environments.each_ref().map(String::as_str);
    let services = names.map(|name| format!("service/notes/service-instance/{name}"));
    let services = services.each_ref().map(String::as_str);

    let _proposed = team.push_specs();
    assert_eq!(team.bodies(PULLS).len(), 5);
    let applied = team.merged(&environments).succeeds();

    for (name, environment) in names.iter().zip(environments) {
        let record = team.platform.record(environment).unwrap();
        assert_eq!(record["status"], "SUCCEEDED", "{record}");
        let id = if account(name) == "far" {
            team.far.id()
        } else {
            team.near.id()
        };
        assert_eq!(record["account"], json!(id));
    }
    for account in [&team.near, &team.far] {
        let identity = format!("arn:aws:sts::{}:assumed-role/nucleon-apply/", account.id());
        assert!(applied.log().contains(&identity), "{}", applied.log());
    }
    let events = team.bodies(DISPATCHES);
    assert_eq!(events.len(), 5);

    let _deployed = team.dispatched(&events[0]);

    println!("{}", team.log(&environments));
    println!("{}", team.log(&services));
    for service in services {
        let record = team.platform.record(service).unwrap();
        assert_eq!(record["status"], "SUCCEEDED", "{record}");
    }
    assert_eq!((team.far.stacks().len(), team.near.stacks().len()), (2, 3));
}

#[test]
fn a_proposal_that_is_closed_unmerged_is_cancelled_and_one_that_fails_is_told_as_such() {
    let mut team = Team::new()
        .environment("one", "far")
        .environment("two", "near");
    let _proposed = team.push_specs();

    let _closed = team.closed(ENVIRONMENT);

    let record = team.platform.record(ENVIRONMENT).unwrap();
    assert_eq!(record["status"], "CANCELLED");
    assert_eq!(record["message"], "its pull request was closed");

    team.infra.git(["switch", "--quiet", "main"]);
    let branch = "nucleon/environment/two";
    team.infra.git([
        "switch",
        "--quiet",
        "--create",
        branch,
        &format!("origin/{branch}"),
    ]);
    let broken = team.infra.read("two/fill.sh") + "exit 9\n";
    team.infra = team
        .infra
        .clone()
        .write("two/fill.sh", broken)
        .commit("break it")
        .push();
    let _failed = team.merged(&["environment/two"]).fails();

    let record = team.platform.record("environment/two").unwrap();
    assert_eq!(record["status"], "FAILED", "{record}");
    assert!(record["message"].as_str().unwrap().len() > 10, "{record}");
    assert!(team.bodies(DISPATCHES).is_empty());
    println!("{}", team.log(&[ENVIRONMENT, "environment/two"]));
}

/// What was asked of each token.
fn minted(team: &Team) -> Vec<serde_json::Value> {
    team.bodies("POST /app/installations/5/access_tokens")
}
