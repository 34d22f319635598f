use serde_json::json;

use super::*;

fn shown(planned: &Planned) -> String {
    let mut lines = vec![format!(
        "{:?}, {} masked",
        planned.operation, planned.masked
    )];
    for change in &planned.changes {
        let id = change.physical_id.as_deref().unwrap_or("-");
        lines.push(format!(
            "{:?} {} {} {id}",
            change.action, change.resource, change.resource_type
        ));
        lines.extend(change.properties.iter().map(|property| {
            let PropertyChange {
                path,
                before,
                after,
                recreation,
            } = property;
            format!("  {path}: {before:?} -> {after:?}, recreation {recreation:?}")
        }));
    }
    lines.extend(planned.notes.iter().cloned());
    lines.join("\n")
}

fn read(document: &Json) -> Planned {
    read_plan(&document.to_string(), false).unwrap()
}

fn resource(actions: &[&str], before: &Json, after: &Json) -> Json {
    json!({
        "address": "aws_db_instance.main", "mode": "managed", "type": "aws_db_instance", "name": "main",
        "change": {"actions": actions, "before": before, "after": after, "after_unknown": {}, "before_sensitive": {}, "after_sensitive": {}},
    })
}

const LIVING: &str = r#"{"values": {"root_module": {"resources": [{"address": "a"}]}}}"#;

fn living() -> Json {
    serde_json::from_str(LIVING).unwrap()
}

#[test]
fn what_is_marked_sensitive_at_any_depth_is_masked_and_remembered() {
    let mut change = resource(
        &["update"],
        &json!({"id": "db-1", "size": 1, "login": {"user": "a", "password": "hunter1"}, "tags": ["x"]}),
        &json!({"id": "db-1", "size": 2, "login": {"user": "b", "password": "hunter2"}, "tags": ["x", "y"]}),
    );
    change["change"]["before_sensitive"] = json!({"login": {"password": true}});
    change["change"]["after_sensitive"] = json!({"login": {"password": true}});
    let planned = read(&json!({"resource_changes": [change], "prior_state": living()}));
    insta::assert_snapshot!(shown(&planned), @r#"
    Update, 2 masked
    Modify aws_db_instance.main aws_db_instance db-1
      login.password: Some("***") -> Some("***"), recreation Never
      login.user: Some("a") -> Some("b"), recreation Never
      size: Some("1") -> Some("2"), recreation Never
      tags.1: None -> Some("y"), recreation Never
    "#);
    assert_eq!(
        planned.secrets,
        [Secret::new("hunter1"), Secret::new("hunter2")]
    );
}

#[test]
fn a_replacement_tells_which_property_calls_for_it() {
    let mut change = resource(
        &["delete", "create"],
        &json!({"id": "db-1", "zone": {"name": "a"}}),
        &json!({"zone": {"name": "b"}}),
    );
    change["change"]["after_unknown"] = json!({"id": true});
    change["change"]["replace_paths"] = json!([["zone", "name"]]);
    change["action_reason"] = "replace_because_cannot_update".into();
    let planned = read(&json!({"resource_changes": [change], "prior_state": living()}));
    insta::assert_snapshot!(shown(&planned), @r#"
    Update, 0 masked
    Replace aws_db_instance.main aws_db_instance db-1
      id: Some("db-1") -> Some("(known after apply)"), recreation Never
      zone.name: Some("a") -> Some("b"), recreation Always
    "#);
}

#[test]
fn the_actions_of_terraform_become_those_of_every_provisioner() {
    let actions: [&[&str]; 7] = [
        &["create"],
        &["read"],
        &["update"],
        &["delete"],
        &["create", "delete"],
        &["forget"],
        &["no-op"],
    ];
    let changes: Vec<Json> = actions
        .iter()
        .map(|actions| resource(actions, &Json::Null, &Json::Null))
        .collect();
    let planned = read(&json!({"resource_changes": changes}));
    let found: Vec<Action> = planned.changes.iter().map(|change| change.action).collect();
    assert_eq!(
        found,
        [
            Action::Add,
            Action::Read,
            Action::Modify,
            Action::Remove,
            Action::Replace,
            Action::Remove
        ]
    );
    let mut imported = resource(&["no-op"], &Json::Null, &Json::Null);
    imported["change"]["importing"] = json!({"id": "db-1"});
    assert_eq!(
        read(&json!({"resource_changes": [imported]})).changes[0].action,
        Action::Import
    );
}

#[test]
fn reading_alone_is_no_change_and_an_output_alone_is_one() {
    let only_read = read(
        &json!({"resource_changes": [resource(&["read"], &Json::Null, &Json::Null)], "prior_state": living()}),
    );
    assert_eq!(only_read.operation, Operation::Nothing);
    let outputs = json!({
        "url": {"actions": ["update"], "before": "a", "after": "b", "after_unknown": false, "before_sensitive": false, "after_sensitive": false},
        "key": {"actions": ["create"], "before": null, "after": "hunter2", "after_unknown": false, "before_sensitive": false, "after_sensitive": true},
        "old": {"actions": ["delete"], "before": "x", "after": null, "after_unknown": false, "before_sensitive": false, "after_sensitive": false},
    });
    let planned = read(&json!({"output_changes": outputs, "prior_state": living()}));
    insta::assert_snapshot!(shown(&planned), @r#"
    Update, 1 masked
    Add output.key output -
      value: None -> Some("***"), recreation Never
    Modify output.old output -
      value: Some("x") -> None, recreation Never
    Modify output.url output -
      value: Some("a") -> Some("b"), recreation Never
    "#);
}

#[test]
fn what_was_changed_by_hand_is_noted() {
    let drifted = resource(&["update"], &json!({"size": 1}), &json!({"size": 2}));
    let planned = read(&json!({"resource_drift": [drifted], "prior_state": living()}));
    assert_eq!(
        planned.notes,
        ["`aws_db_instance.main` was changed outside of Terraform"]
    );
    assert_eq!(planned.operation, Operation::Nothing);
}

#[test]
fn a_destruction_is_one_even_where_only_the_state_is_left() {
    let gone = json!({"resource_changes": [resource(&["delete"], &json!({"id": "db-1"}), &Json::Null)], "prior_state": living()});
    let planned = read_plan(&gone.to_string(), true).unwrap();
    assert_eq!(planned.operation, Operation::Destroy);
    let empty = read_plan("{}", true).unwrap();
    assert_eq!(empty.operation, Operation::Nothing);
}
