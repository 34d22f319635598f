use comrak::{Options, markdown_to_html};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

fn file(value: &Value) -> PlanFile {
    serde_json::from_value(value.clone()).unwrap()
}

fn target(id: &str, result: &Value) -> Value {
    let mut target = json!({
        "target": id, "stage": "instances-1", "account_name": "prod", "account": "444455556666",
        "region": "eu-west-1", "github_environment": "prod", "template": "fargate-svc@1.4",
    });
    let all = target.as_object_mut().unwrap();
    all.extend(result.as_object().unwrap().clone());
    target
}

fn planned(id: &str, operation: &str, changes: &Value) -> Value {
    let plan =
        json!({"target": id, "operation": operation, "changes": changes, "rendered": DIGEST});
    target(
        id,
        &json!({"planned": {"plan": plan, "approval": "sha256:ab12"}}),
    )
}

fn failed(id: &str, message: &str, hint: &str) -> Value {
    target(id, &json!({"failed": {"message": message, "hint": hint}}))
}

fn change(action: &str, resource: &str, properties: &Value) -> Value {
    json!({"action": action, "resource": resource, "resource_type": "AWS::SQS::Queue", "properties": properties})
}

fn modified(path: &str, before: &str, after: &str) -> Value {
    json!({"path": path, "before": before, "after": after, "recreation": "never"})
}

fn of(targets: &[Value]) -> PlanFile {
    file(
        &json!({"format": 1, "commit": "0123456789abcdef0123456789abcdef01234567", "targets": targets}),
    )
}

/// The page as GitHub's flavour of Markdown has it.
fn page(markdown: &str) -> String {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.alerts = true;
    options.render.r#unsafe = true;
    markdown_to_html(markdown, &options)
}

/// What a reader sees of a page.
fn seen(page: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    for character in page.chars() {
        match character {
            '<' => in_tag = true,
            '>' => in_tag = false,
            other if !in_tag => text.push(other),
            _ => {}
        }
    }
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("\u{200b}", ""),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text, |text, (entity, plain)| text.replace(entity, plain))
}

#[test]
fn danger_stands_first_and_every_target_has_its_row_and_its_fold() {
    let replaced = json!([
        {"action": "replace", "resource": "Queue", "resource_type": "AWS::SQS::Queue", "physical_id": "orders", "properties": [
            {"path": "Properties.FifoQueue", "before": "false", "after": "true", "recreation": "always"}]},
        {"action": "modify", "resource": "Topic", "resource_type": "AWS::SNS::Topic", "properties": [
            modified("Properties.DisplayName", "Orders", "Orders of all shops")]},
    ]);
    let plans = of(&[
        planned("environment/dev", "nothing", &json!([])),
        planned(
            "service/shop/service-instance/dev",
            "create",
            &json!([change("add", "Queue", &json!([]))]),
        ),
        failed(
            "service/shop/service-instance/test",
            "GitHub refused",
            "add `roles.plan`",
        ),
        planned("service/shop/service-instance/prod", "update", &replaced),
    ]);
    let frame = Frame {
        run_url: Some("https://github.com/acme/platform/actions/runs/7"),
        ..Frame::default()
    };

    insta::assert_snapshot!(document(&plans, frame, COMMENT_LIMIT), @r"
    <!-- nucleon:plan: -->
    ### Nucleon: 2 of 4 targets change, 1 loses resources, 1 cannot be planned, 1 stays as it is

    Commit 0123456789abcdef0123456789abcdef01234567 · [run](https://github.com/acme/platform/actions/runs/7)

    > [!CAUTION]
    > **Resources are lost:**
    > - <code>service/shop/service-instance/prod</code> **replaces** <code>Queue (AWS::SQS::Queue) orders</code>

    | Target | Account | Region | Template | What will happen |
    |---|---|---|---|---|
    | <code>service/shop/service-instance/prod</code> | prod <code>444455556666</code> | <code>eu-west-1</code> | <code>fargate-svc&#64;1.4</code> | ⚠️ **update: 1 to replace, 1 to modify** |
    | <code>service/shop/service-instance/test</code> | prod <code>444455556666</code> | <code>eu-west-1</code> | <code>fargate-svc&#64;1.4</code> | ❌ GitHub refused |
    | <code>service/shop/service-instance/dev</code> | prod <code>444455556666</code> | <code>eu-west-1</code> | <code>fargate-svc&#64;1.4</code> | create: 1 to add |

    <details><summary><code>service/shop/service-instance/prod</code> · ⚠️ update: 1 to replace, 1 to modify</summary>

    ```diff
    - replace Queue (AWS::SQS::Queue) orders
    -     Properties.FifoQueue: false → true  (replaces)
    ! modify Topic (AWS::SNS::Topic)
    !     Properties.DisplayName: Orders → Orders of all shops
    ```

    Plan <code>sha256:ab12</code>

    </details>

    <details><summary><code>service/shop/service-instance/test</code> · ❌ cannot be planned</summary>

    **Why:** GitHub refused

    **What to do:** add <code>roles.plan</code>

    </details>

    <details><summary><code>service/shop/service-instance/dev</code> · create: 1 to add</summary>

    ```diff
    + add Queue (AWS::SQS::Queue)
    ```

    Plan <code>sha256:ab12</code>

    </details>

    <details><summary>1 target stays as it is</summary>

    - <code>environment/dev</code>

    </details>
    ");
}

#[test]
fn a_provisional_plan_says_what_is_not_known_and_what_was_masked_is_counted() {
    let plan = json!({
        "target": "service/shop/service-instance/dev", "operation": "create", "changes": [], "rendered": DIGEST,
        "unknown": ["environment.outputs.VpcId"], "difference": "@@ -1 +1,2 @@\n-Vpc: old\n+Vpc: <unknown environment.outputs.VpcId>\n context\n",
        "masked": 2, "notes": ["the stack is taken over"],
    });
    let result = json!({"planned": {"plan": plan, "approval": "provisional"}});
    let plans = of(&[target("service/shop/service-instance/dev", &result)]);

    insta::assert_snapshot!(document(&plans, Frame::default(), COMMENT_LIMIT), @r"
    <!-- nucleon:plan: -->
    ### Nucleon: 1 of 1 target changes, 1 is provisional

    Commit 0123456789abcdef0123456789abcdef01234567

    | Target | Account | Region | Template | What will happen |
    |---|---|---|---|---|
    | <code>service/shop/service-instance/dev</code> | prod <code>444455556666</code> | <code>eu-west-1</code> | <code>fargate-svc&#64;1.4</code> | create, provisional: environment.outputs.VpcId not known yet |

    <details><summary><code>service/shop/service-instance/dev</code> · create, provisional: environment.outputs.VpcId not known yet</summary>

    ```diff
    @@ -1 +1,2 @@
    -Vpc: old
    +Vpc: <unknown environment.outputs.VpcId>
     context
    ```

    **Provisional:** environment.outputs.VpcId will be known only when an earlier stage has run. Apply plans again then, and stops if a resource would be replaced or removed.

    **Note:** the stack is taken over

    2 values are secret and shown as <code>&#42;&#42;&#42;</code>.

    Plan <code>provisional</code>

    </details>
    ");
}

#[test]
fn faults_lead_to_their_lines_errors_first() {
    let fault = |severity: &str, line: u32| {
        json!({"code": "spec/wrong-type", "severity": severity, "message": "`desired_count` must be a number",
            "location": {"file": "services/my shop.yaml", "line": line, "column": 20, "length": 5}, "help": "write `desired_count: 2`"})
    };
    let plans = file(&json!({"format": 1, "commit": "abc", "targets": [],
        "diagnostics": [fault("warning", 3), fault("error", 7)]}));
    let frame = Frame {
        files_url: Some("https://github.com/acme/platform/blob/abc"),
        ..Frame::default()
    };

    insta::assert_snapshot!(document(&plans, frame, COMMENT_LIMIT), @r"
    <!-- nucleon:plan: -->
    ### Nucleon: 1 error and 1 warning in the files

    Commit <code>abc</code>

    #### 1 error and 1 warning in the files

    - ❌ [<code>services/my shop.yaml:7:20</code>](https://github.com/acme/platform/blob/abc/services/my%20shop.yaml#L7) <code>desired&#95;count</code> must be a number <code>spec/wrong-type</code> — write <code>desired&#95;count: 2</code>
    - ⚠️ [<code>services/my shop.yaml:3:20</code>](https://github.com/acme/platform/blob/abc/services/my%20shop.yaml#L3) <code>desired&#95;count</code> must be a number <code>spec/wrong-type</code> — write <code>desired&#95;count: 2</code>
    ");
}

#[test]
fn hostile_words_are_shown_and_do_nothing() {
    let hostile = "</details><img src=x onerror=alert(1)> @acme/team #1 | [x](https://evil.example) ``` `a` ~~~ $x$ www.evil.example \u{202e}evil";
    let line = json!([{
        "action": "modify", "resource": hostile, "resource_type": hostile,
        "properties": [{"path": hostile, "before": "a\n```\n- removed", "after": hostile, "recreation": "never"}],
    }]);
    let mut change = planned("service/shop/service-instance/dev", "update", &line);
    change["planned"]["plan"]["notes"] = json!([hostile]);
    change["account_name"] = json!(hostile);
    change["template"] = json!(hostile);
    let mut plans = of(&[change, failed("environment/dev", hostile, hostile)]);
    plans.diagnostics = vec![FileDiagnostic {
        code: "spec/wrong-type".to_owned(),
        severity: "error".to_owned(),
        message: hostile.to_owned(),
        location: Some(crate::diagnostic::Location::start_of(hostile)),
        help: Some(hostile.to_owned()),
    }];

    let page = page(&document(
        &plans,
        Frame {
            notice: Some(hostile),
            ..Frame::default()
        },
        COMMENT_LIMIT,
    ));

    assert!(
        !page.contains("<img") && !page.contains("<a ") && !page.contains('\u{202e}'),
        "{page}"
    );
    assert_eq!(page.matches("<details>").count(), 2);
    assert_eq!(page.matches("</details>").count(), 2);
    assert_eq!(page.matches("<pre").count(), 1);
    assert!(
        !outside_code(&page).contains("@acme") && !outside_code(&page).contains("#1 "),
        "{page}"
    );
    // In the notice, the fault, the account's cell, the failed row, its reason and hint, the note, and the fence.
    let shown = hostile.replace('\u{202e}', r"\u{202e}");
    assert!(seen(&page).matches(&shown).count() >= 8, "{}", seen(&page));
}

/// A page without what stands in `<code>`, where GitHub looks for neither mentions nor issues.
fn outside_code(page: &str) -> String {
    page.split("<code")
        .map(|part| part.split_once("</code>").map_or(part, |(_, rest)| rest))
        .collect()
}

#[test]
fn what_does_not_fit_is_shortened_danger_last() {
    let many: Vec<Value> = (0..2_000)
        .map(|number| {
            change(
                "modify",
                &format!("Queue{number}"),
                &json!([modified("Properties.DelaySeconds", "1", "2")]),
            )
        })
        .collect();
    let mut losing = vec![change("remove", "Kept", &json!([]))];
    losing.extend(many.clone());
    let plans = of(&[
        planned("environment/dev", "update", &json!(many)),
        planned("environment/prod", "update", &json!(losing)),
        failed("environment/test", "no role", "add one"),
    ]);

    let shown = document(&plans, Frame::default(), COMMENT_LIMIT);

    assert!(shown.chars().count() <= 65_536);
    assert!(
        shown.chars().count() > 60_000,
        "the room is used: {}",
        shown.chars().count()
    );
    assert!(shown.contains("- remove Kept"));
    assert!(shown.contains("**Why:** no role"));
    assert_eq!(shown.matches(" more lines: ").count(), 2);
}

#[test]
fn the_rows_of_a_thousand_targets_give_way_to_a_count() {
    let all: Vec<Value> = (0..1_000)
        .map(|number| {
            planned(
                &format!("service/shop/service-instance/i{number}"),
                "update",
                &json!([change("add", "Q", &json!([]))]),
            )
        })
        .collect();
    let shown = document(&of(&all), Frame::default(), COMMENT_LIMIT);
    assert!(shown.chars().count() <= 65_536);
    assert!(shown.contains("1000 of 1000 targets change"));
    assert!(shown.contains("more targets_"));
    let whole = document(&of(&all), Frame::default(), SUMMARY_LIMIT);
    assert!(whole.len() <= 1024 * 1024);
    assert!(!whole.contains("more targets_") && !whole.contains("do not fit here"));
}

#[test]
fn a_key_cannot_close_the_hidden_line() {
    assert_eq!(marker("a --> b"), "<!-- nucleon:plan:a_____b -->");
    assert_ne!(marker("a"), marker("b"));
}

/// Fences and folds that are open at the end of a document; a fence's content counts for neither.
fn open_at_end(document: &str) -> (bool, i64) {
    let mut fence: Option<usize> = None;
    let mut folds = 0;
    for line in document.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(opened) if ticks >= opened && line.trim_start_matches('`').is_empty() => {
                fence = None;
            }
            Some(_) => {}
            None if ticks >= 3 => fence = Some(ticks),
            None => {
                let count = |tag: &str| i64::try_from(line.matches(tag).count()).unwrap();
                folds += count("<details>") - count("</details>");
            }
        }
    }
    (fence.is_some(), folds)
}

prop_compose! {
    fn any_target()(
        id in "(environment|component)/[a-z]{1,9}",
        action in prop::sample::select(vec!["replace", "remove", "modify", "add"]),
        texts in prop::collection::vec("(```|</details>|@|<!--|\\||\\PC|[\n\r\u{202e}]|x{40}){0,60}", 1..6),
        count in 0..20_usize,
        fails in any::<bool>(),
    ) -> Value {
        let text = |index: usize| texts[index % texts.len()].clone();
        if fails {
            return failed(&id, &text(0), &text(1));
        }
        let changes: Vec<Value> = (0..count)
            .map(|index| change(action, &text(index), &json!([modified(&text(index + 1), &text(index + 2), &text(index + 3))])))
            .collect();
        planned(&id, "update", &json!(changes))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_document_of_any_size_is_whole_and_within_its_limit(
        targets in prop::collection::vec(any_target(), 0..24),
        room in 16_000..40_000_usize,
        bytes in any::<bool>(),
    ) {
        let limit = if bytes { Limit::Bytes(room) } else { Limit::Characters(room) };
        let shown = document(&of(&targets), Frame::default(), limit);
        prop_assert!(limit.size(&shown) <= room, "{} > {room}", limit.size(&shown));
        prop_assert_eq!(open_at_end(&shown), (false, 0));
        let page = page(&shown);
        prop_assert_eq!(page.matches("<details>").count(), page.matches("</details>").count());
    }
}
