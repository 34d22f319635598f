//! The example repository, stage by stage into two accounts, as a workflow run deploys it.

use nucleon_tests::{Account, Emulator, Example};
use serde_json::Value;

use crate::documents::{target, targets};

const STAGES: [&str; 5] = [
    "environments",
    "components",
    "instances-1",
    "instances-2",
    "pipelines",
];
const ALL: [&str; 6] = [
    "environment/dev",
    "environment/prod",
    "component/uploads",
    "service/orders/service-instance/dev",
    "service/orders/service-instance/prod",
    "service/orders/pipeline",
];

#[test]
fn the_example_is_deployed_stage_by_stage_into_the_accounts_where_it_belongs() {
    let example = Example::new(&Emulator::connect());
    example.prepare_accounts();

    let deployed: Vec<Vec<String>> = STAGES.iter().map(|stage| deploy(&example, stage)).collect();

    assert_eq!(
        deployed,
        [
            vec!["environment/dev", "environment/prod"],
            vec!["component/uploads"],
            vec!["service/orders/service-instance/dev"],
            vec!["service/orders/service-instance/prod"],
            vec!["service/orders/pipeline"],
        ]
    );
    let (dev, prod) = (
        entered(example.dev(), example.dev()),
        entered(example.dev(), example.prod()),
    );
    assert_eq!(
        named(&dev),
        [
            "nucleon",
            "AWSProton-dev",
            "AWSProton-orders-dev",
            "AWSProton-orders-pipeline"
        ]
    );
    assert_eq!(
        named(&prod),
        [
            "nucleon",
            "AWSProton-orders-prod",
            "AWSProton-prod",
            "AWSProton-uploads-component"
        ]
    );
    the_environments_outputs_are_in_its_service(&dev, "dev");
    the_environments_outputs_are_in_its_service(&prod, "prod");
    every_target_has_a_record_and_a_history(&example);
    a_second_run_changes_nothing(&example);
}

/// One stage as a run does it: what is pending, its plan, and then exactly that.
fn deploy(example: &Example, stage: &str) -> Vec<String> {
    let pending = example
        .run("nucleon-render")
        .args(["--stage", stage, "--pending", "--format", "json"])
        .run()
        .succeeds();
    let targets = targets(&pending.json());
    let planned = example
        .run("nucleon-plan")
        .args(&targets)
        .args(["--format", "json"])
        .run()
        .succeeds();
    let approval = |id: &String| {
        format!(
            "{id}={}",
            target(&planned.json(), id)["planned"]["approval"]
                .as_str()
                .unwrap()
        )
    };
    let approved: Vec<String> = targets.iter().map(approval).collect();
    let _ = example
        .run("nucleon-apply")
        .env("NUCLEON_TARGETS", targets.join("\n"))
        .env("NUCLEON_APPROVED", approved.join("\n"))
        .run()
        .succeeds();
    targets
}

/// An account, entered from another one with credentials of STS.
fn entered(from: &Account, account: &Account) -> Account {
    let role = format!("arn:aws:iam::{}:role/nucleon-verify", account.id());
    let there = from.clone().assume(&role);
    if account.id() == from.id() {
        there
    } else {
        there.in_region("eu-west-1")
    }
}

/// The names of an account's stacks without the digests at their ends.
fn named(account: &Account) -> Vec<String> {
    let mut names = account.stacks();
    names.sort_by_key(|name| name.to_lowercase().starts_with("awsproton"));
    let short = |name: String| match name.rsplit_once('-') {
        Some((short, _)) if name.starts_with("AWSProton-") => short.to_owned(),
        _ => name,
    };
    names.into_iter().map(short).collect()
}

fn the_environments_outputs_are_in_its_service(account: &Account, name: &str) {
    let stack = |start: String| {
        account
            .stacks()
            .into_iter()
            .find(|stack| stack.starts_with(&start))
            .unwrap()
    };
    let outputs = account.outputs(&stack(format!("AWSProton-{name}-")));
    let template = account.template(&stack(format!("AWSProton-orders-{name}-")));
    for key in ["DataKeyArn", "SubnetIds", "SecurityGroupId"] {
        let (_, value) = outputs.iter().find(|(known, _)| known == key).unwrap();
        assert!(
            template.contains(value),
            "{key} = {value} is not in:\n{template}"
        );
    }
}

fn every_target_has_a_record_and_a_history(example: &Example) {
    let status = example
        .run("nucleon")
        .args(["status", "--format", "json"])
        .run()
        .succeeds()
        .json();
    assert_eq!(targets(&status), ALL);
    let text = example.run("nucleon").args(["status"]).run().succeeds();
    assert_eq!(
        text.stdout().matches("SUCCEEDED").count(),
        ALL.len(),
        "{text}"
    );
    for id in ALL {
        assert_eq!(target(&status, id)["record"]["status"], "SUCCEEDED");
        let history = example
            .run("nucleon")
            .args(["history", id, "--format", "json"])
            .run()
            .succeeds()
            .json();
        assert_eq!(
            history["targets"].as_array().map(Vec::len),
            Some(1),
            "{history:#}"
        );
        let events: Vec<Value> = example
            .repository()
            .records(id)
            .iter()
            .map(|record| record["status"].clone())
            .collect();
        assert_eq!(events.first().unwrap(), "SUCCEEDED");
        assert_eq!(events.last().unwrap(), "IN_PROGRESS");
    }
}

fn a_second_run_changes_nothing(example: &Example) {
    let before = example.repository().remote_refs("refs/nucleon/");
    let pending = example
        .run("nucleon-render")
        .args(["--pending", "--format", "json"])
        .run()
        .succeeds();
    assert_eq!(targets(&pending.json()), [""; 0]);
    let applied = example
        .run("nucleon-apply")
        .args(["--format", "json"])
        .run()
        .succeeds();
    for id in ALL {
        assert_eq!(
            target(&applied.json(), id)["message"],
            "nothing changes",
            "{id}"
        );
    }
    assert_eq!(example.repository().remote_refs("refs/nucleon/"), before);
}
