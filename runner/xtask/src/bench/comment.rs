//! The comment and the summary of a pull request that changes 200 targets, the whole process.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::Bench;
use super::figure::{Figure, Limit, Row};
use super::measure::cost;
use crate::Result;

const TARGETS: usize = 200;
const CHANGES: usize = 20;
const RUNS: usize = 5;
/// GitHub's limits, in characters and in bytes.
const COMMENT: usize = 65_536;
const SUMMARY: usize = 1_048_576;

pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    let scratch = tempfile::tempdir()?;
    let (plan, summary) = (
        scratch.path().join("plan.json"),
        scratch.path().join("summary.md"),
    );
    fs::write(&plan, plans().to_string())?;
    let mut best = Duration::MAX;
    for _ in 0..RUNS {
        fs::write(&summary, "")?;
        let mut notify = bench.ours("nucleon-notify", scratch.path());
        notify
            .arg("pr")
            .arg("--plan")
            .arg(&plan)
            .env("GITHUB_STEP_SUMMARY", &summary);
        best = best.min(cost(&mut notify)?.time);
    }
    let written = fs::read_to_string(&summary)?;
    let mut shown = bench.ours("nucleon-notify", scratch.path());
    let comment = printed(shown.arg("pr").arg("--plan").arg(&plan))?;
    // The worst is told first, and nothing is cut in the middle of a target.
    let dangers = comment.matches("replace").count();
    if written.len() > SUMMARY || comment.chars().count() > COMMENT || dangers == 0 {
        return Err("the comment or the summary does not keep GitHub's limits".into());
    }
    let limit = Limit::AtMost(Figure::Time(Duration::from_millis(200)));
    Ok(vec![Row::new(
        "comment and summary of 200 targets",
        Figure::Time(best),
        limit,
    )])
}

fn printed(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    if !output.status.success() {
        return Err(format!("{command:?} failed ({})", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// What `nucleon-plan` writes of 200 targets with twenty changes each; every tenth replaces something.
fn plans() -> Value {
    let digest = format!("sha256:{:064x}", 1);
    let target = |number: usize| {
        let id = format!("service/shop-{number:03}/service-instance/prod");
        let changes: Vec<Value> = (0..CHANGES)
            .map(|change| self::change(number, change))
            .collect();
        json!({
            "target": id, "stage": "instances-1", "account_name": "prod", "account": "111122223333",
            "region": "us-east-1", "github_environment": "prod", "template": "worker-svc@1.4",
            "planned": {
                "approval": digest, "digest": digest,
                "plan": {"target": id, "operation": "update", "changes": changes, "rendered": digest, "masked": 1},
            },
        })
    };
    let targets: Vec<Value> = (0..TARGETS).map(target).collect();
    json!({"format": 1, "commit": "c0ffee", "targets": targets, "diagnostics": []})
}

fn change(target: usize, change: usize) -> Value {
    let dangerous = target % 10 == 9 && change == 0;
    json!({
        "action": if dangerous { "replace" } else { "modify" },
        "resource": format!("Queue{change}"), "resource_type": "AWS::SQS::Queue",
        "physical_id": format!("shop-{target}-{change}"),
        "properties": [
            {"path": "Properties.DelaySeconds", "before": "1", "after": "2", "recreation": "never"},
            {"path": "Properties.Tags.0.Value", "before": "a | b", "after": "<c> `d`", "recreation": if dangerous { "always" } else { "never" }},
        ],
    })
}
