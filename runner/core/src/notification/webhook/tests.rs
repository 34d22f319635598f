use super::*;

fn plans() -> PlanFile {
    let digest = format!("sha256:{}", "0".repeat(64));
    let of = |name: &str, result: Json| {
        let mut target = json!({
            "target": format!("environment/{name}"), "stage": "environments", "account_name": "dev", "account": "111122223333",
            "region": "eu-west-1", "github_environment": name, "template": "vpc@1.0",
        });
        target
            .as_object_mut()
            .unwrap()
            .extend(result.as_object().unwrap().clone());
        target
    };
    let plan = |name: &str, operation: &str, changes: Json| {
        let plan = json!({"target": format!("environment/{name}"), "operation": operation, "rendered": digest, "changes": changes});
        of(name, json!({"planned": {"approval": digest, "plan": plan}}))
    };
    let change = |action: &str| json!({"action": action, "resource": "Q", "resource_type": "AWS::SQS::Queue"});
    serde_json::from_value(json!({
        "format": 1, "commit": "c0ffee", "targets": [
            plan("same", "nothing", json!([])),
            plan("more", "update", json!([change("add"), change("modify")])),
            plan("less", "update", json!([change("replace"), change("remove")])),
            of("none", json!({"failed": {"message": "no role <!channel> & AKIAIOSFODNN7EXAMPLE"}})),
        ],
    }))
    .unwrap()
}

fn outcomes(targets: &[(&str, Option<&str>, &str)]) -> OutcomeFile {
    let told = |(name, status, message): &(&str, Option<&str>, &str)| {
        json!({
            "target": format!("environment/{name}"), "stage": "environments", "account": "111122223333", "region": "eu-west-1",
            "status": status, "message": message, "deployment": "0b5e7c1a",
        })
    };
    let targets: Vec<Json> = targets.iter().map(told).collect();
    serde_json::from_value(json!({"format": 1, "targets": targets})).unwrap()
}

fn origin() -> Origin {
    Origin {
        repository: Some("acme/platform".to_owned()),
        commit: None,
        run_url: Some("https://github.com/acme/platform/actions/runs/42".to_owned()),
        pull_request: Some(7),
    }
}

fn of_plans() -> Delivery {
    Delivery::of_plans(&plans(), "1".to_owned(), origin())
}

fn checked(delivery: &Delivery) -> Json {
    let schema: Json = serde_json::from_str(SCHEMA).unwrap();
    let document: Json = serde_json::from_str(&delivery.to_json()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(&document)
        .map(|fault| fault.to_string())
        .collect();
    assert!(faults.is_empty(), "{faults:?}\n{document:#}");
    document
}

#[test]
fn what_is_sent_is_what_the_schema_says() {
    let document = checked(&of_plans());
    let results: Vec<&str> = document["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|told| told["result"].as_str().unwrap())
        .collect();
    assert_eq!(
        results,
        [
            "loses-resources",
            "cannot-be-planned",
            "changes",
            "unchanged"
        ]
    );
    assert_eq!(
        document["targets"][1]["message"],
        "no role <!channel> & ***"
    );
    let file = outcomes(&[
        ("a", Some("SUCCEEDED"), "deployed"),
        ("b", Some("FAILED"), "no right"),
        ("c", None, "not begun"),
    ]);
    let document = checked(&Delivery::of_outcomes(
        &[file],
        "2".to_owned(),
        Origin::default(),
    ));
    assert_eq!(document["targets"][0]["target"], "environment/b");
    assert_eq!(document["summary"], "2 failed, 1 deployed");
}

#[test]
fn slack_is_told_danger_first_and_nothing_of_a_text_is_a_command() {
    let message: Json = serde_json::from_str(&of_plans().to_slack()).unwrap();
    let text = message["blocks"][2]["text"]["text"].as_str().unwrap();
    let expected = [
        ":warning: *environment/less* loses resources: 1 replaced, 1 removed",
        ":warning: *environment/none* cannot be planned: no role &lt;!channel&gt; &amp; ***",
        "*environment/more* changes: 1 added, 1 modified",
        "*environment/same* unchanged",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    assert_eq!(
        message["blocks"][1]["elements"][0]["text"],
        "acme/platform · pull request 7 · c0ffee · <https://github.com/acme/platform/actions/runs/42|run>"
    );
}

#[test]
fn a_message_for_slack_stays_within_its_limits_and_counts_what_is_left_out() {
    let long = "&".repeat(5_000);
    let names: Vec<String> = (0..3_000).map(|number| format!("e{number}")).collect();
    let targets: Vec<(&str, Option<&str>, &str)> = names
        .iter()
        .map(|name| (name.as_str(), Some("FAILED"), long.as_str()))
        .collect();
    let delivery = Delivery::of_outcomes(&[outcomes(&targets)], "1".to_owned(), origin());
    let message: Json = serde_json::from_str(&delivery.to_slack()).unwrap();
    let blocks = message["blocks"].as_array().unwrap();
    assert!(blocks.len() <= BLOCKS, "{}", blocks.len());
    for block in blocks {
        let text = block["text"]["text"].as_str().unwrap_or_default();
        assert!(text.chars().count() <= SECTION, "{}", text.len());
    }
    let last = blocks.last().unwrap()["elements"][0]["text"]
        .as_str()
        .unwrap();
    assert!(
        last.starts_with("… and ") && last.ends_with(" more"),
        "{last}"
    );
}
