//! What a deploying run did: the job's summary, and a check run a stage.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{CHECK_LIMIT, Check, Conclusion, named, title};
use crate::markdown::{Limit, blocks, code, sentence, text};
use crate::outcome::DeploymentStatus;
use crate::outcome_file::TargetOutcome;
use crate::record::{Provisioned, Record};
use crate::target::{Stage, TargetId};
use crate::visible::clipped;

/// How one target fared in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fared {
    /// The target.
    pub target: TargetId,
    /// Its stage.
    pub stage: Stage,
    /// The account's id.
    pub account: String,
    /// The region.
    pub region: String,
    /// The template version, `name@1.4`.
    pub template: Option<String>,
    /// The stack.
    pub stack: Option<String>,
    /// The status; nothing where nothing was begun.
    pub status: Option<DeploymentStatus>,
    /// One sentence.
    pub message: Option<String>,
    /// What to do.
    pub hint: Option<String>,
    /// When it began and when it ended.
    #[serde(skip)]
    pub times: Option<(Timestamp, Option<Timestamp>)>,
}

impl Fared {
    /// What the state says.
    pub fn of_record(record: &Record, stage: Stage) -> Self {
        let stack = match &record.provisioned {
            Some(Provisioned::Cloudformation { stack_name, .. }) => Some(stack_name.clone()),
            Some(
                Provisioned::Commands { .. }
                | Provisioned::Terraform { .. }
                | Provisioned::PullRequest { .. },
            )
            | None => None,
        };
        Self {
            target: record.target.clone(),
            stage,
            account: record.account.clone(),
            region: record.region.clone(),
            template: record.template.as_ref().map(ToString::to_string),
            stack,
            status: Some(record.status),
            message: record.message.clone(),
            hint: None,
            times: Some((record.started, record.completed)),
        }
    }

    /// What an apply process said.
    pub fn of_outcome(outcome: &TargetOutcome) -> Self {
        Self {
            target: outcome.target.clone(),
            stage: outcome.stage,
            account: outcome.account.clone(),
            region: outcome.region.clone(),
            template: None,
            stack: None,
            status: outcome.status,
            message: Some(outcome.message.clone()),
            hint: outcome.hint.clone(),
            times: None,
        }
    }

    fn failed(&self) -> bool {
        !self.status.is_some_and(DeploymentStatus::is_success)
    }
}

/// What stands beside the targets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame<'a> {
    /// Tells runs apart where several platform folders live in one repository.
    pub key: &'a str,
    /// The commit that was deployed.
    pub commit: &'a str,
    /// The run's page.
    pub run_url: Option<&'a str>,
    /// What the reader must know first.
    pub notice: Option<&'a str>,
}

/// The job's summary: every stage with its targets, failures first.
pub fn summary(fared: &[Fared], frame: Frame<'_>, limit: Limit) -> String {
    let mut shown = format!("### Nucleon: {}\n\n", totals(fared));
    if let Some(notice) = frame.notice {
        let _infallible = write!(shown, "> [!NOTE]\n> {}\n\n", sentence(notice));
    }
    let _infallible = write!(shown, "Commit {}\n\n", code(frame.commit));
    for (stage, targets) in stages(fared) {
        let heading = format!("#### {stage}: {}\n\n", totals(&targets));
        let room = limit
            .room()
            .saturating_sub(limit.size(&shown) + limit.size(&heading));
        if room > SMALLEST {
            shown.push_str(&heading);
            shown.push_str(&table(&targets, room, limit));
        }
    }
    shown
}

/// A check run for every stage that had targets.
pub fn checks(fared: &[Fared], frame: Frame<'_>) -> Vec<Check> {
    let check = |(stage, targets): (Stage, Vec<Fared>)| Check {
        name: named(&format!("Nucleon {stage}"), frame.key),
        conclusion: conclusion(&targets),
        title: title(&totals(&targets)),
        summary: table(&targets, CHECK_LIMIT.room(), CHECK_LIMIT),
        text: String::new(),
        url: frame.run_url.map(str::to_owned),
    };
    stages(fared).into_iter().map(check).collect()
}

/// Less room than this is not worth a table.
const SMALLEST: usize = 1_000;

fn stages(fared: &[Fared]) -> BTreeMap<Stage, Vec<Fared>> {
    let mut stages: BTreeMap<Stage, Vec<Fared>> = BTreeMap::new();
    for one in fared {
        stages.entry(one.stage).or_default().push(one.clone());
    }
    for targets in stages.values_mut() {
        targets.sort_by_key(|one| (!one.failed(), one.target.clone()));
    }
    stages
}

fn conclusion(fared: &[Fared]) -> Conclusion {
    let cancelled = |one: &&Fared| one.status == Some(DeploymentStatus::Cancelled);
    match fared.iter().filter(|one| one.failed()).count() {
        0 => Conclusion::Success,
        failed if failed == fared.iter().filter(cancelled).count() => Conclusion::Cancelled,
        _ => Conclusion::Failure,
    }
}

/// One sentence about all targets: `3 deployed, 1 failed, 1 not begun`.
pub fn totals(fared: &[Fared]) -> String {
    let count = |wanted: &[DeploymentStatus]| {
        let of = |one: &&Fared| one.status.is_some_and(|status| wanted.contains(&status));
        fared.iter().filter(of).count()
    };
    let told = [
        (
            count(&[DeploymentStatus::Failed, DeploymentStatus::DeleteFailed]),
            "failed",
        ),
        (count(&[DeploymentStatus::Cancelled]), "cancelled"),
        (
            fared.iter().filter(|one| one.status.is_none()).count(),
            "not begun",
        ),
        (
            count(&[
                DeploymentStatus::InProgress,
                DeploymentStatus::DeleteInProgress,
                DeploymentStatus::Cancelling,
            ]),
            "still in progress",
        ),
        (count(&[DeploymentStatus::Succeeded]), "deployed"),
        (count(&[DeploymentStatus::DeleteComplete]), "deleted"),
    ];
    let told = told.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = told
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if parts.is_empty() {
        "nothing was deployed".to_owned()
    } else {
        parts.join(", ")
    }
}

const HEADER: &str =
    "| Target | Account | Region | Template | Status | Took | |\n|---|---|---|---|---|---|---|\n";

fn table(fared: &[Fared], room: usize, limit: Limit) -> String {
    let rows: Vec<String> = fared.iter().map(row).collect();
    let more =
        |missing: usize| format!("\n_and {missing} more targets; `nucleon status` has them_\n");
    let reserve = limit.size(HEADER) + limit.size(&more(usize::MAX)) + 1;
    let (shown, missing) = blocks(&rows, room.saturating_sub(reserve), limit);
    let more = if missing > 0 {
        more(missing)
    } else {
        String::new()
    };
    format!("{HEADER}{shown}{more}\n")
}

fn row(fared: &Fared) -> String {
    let stack = fared
        .stack
        .iter()
        .map(|stack| format!("stack {}", code(stack)));
    let words = fared
        .message
        .iter()
        .map(|message| sentence(&clipped(message, 1_000)));
    let hint = fared
        .hint
        .iter()
        .map(|hint| format!("**What to do:** {}", sentence(&clipped(hint, 1_000))));
    let said: Vec<String> = words.chain(hint).chain(stack).collect();
    format!(
        "| {} | {} | {} | {} | {} | {} | {} |\n",
        code(&fared.target.to_string()),
        code(&fared.account),
        code(&fared.region),
        fared.template.as_deref().map(code).unwrap_or_default(),
        status(fared.status),
        text(&took(fared.times)),
        said.join("<br>"),
    )
}

fn status(status: Option<DeploymentStatus>) -> String {
    let sign = match status {
        Some(DeploymentStatus::Succeeded | DeploymentStatus::DeleteComplete) => "✅",
        Some(DeploymentStatus::Failed | DeploymentStatus::DeleteFailed) => "❌",
        Some(DeploymentStatus::Cancelled | DeploymentStatus::Cancelling) => "🚫",
        Some(DeploymentStatus::InProgress | DeploymentStatus::DeleteInProgress) => "⏳",
        None => return "⏭️ not begun".to_owned(),
    };
    format!(
        "{sign} {}",
        status
            .map(DeploymentStatus::as_str)
            .map(code)
            .unwrap_or_default()
    )
}

fn took(times: Option<(Timestamp, Option<Timestamp>)>) -> String {
    let Some((started, Some(completed))) = times else {
        return String::new();
    };
    let whole = completed
        .duration_since(started)
        .max(SignedDuration::ZERO)
        .as_secs();
    match (whole / 60, whole % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fared(target: &str, stage: Stage, status: Option<DeploymentStatus>) -> Fared {
        Fared {
            target: target.parse().unwrap(),
            stage,
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            template: Some("fargate-env@1.0".to_owned()),
            stack: Some("AWSProton-dev".to_owned()),
            status,
            message: None,
            hint: None,
            times: Some((
                "2026-10-08T09:00:00Z".parse().unwrap(),
                Some("2026-10-08T09:01:05Z".parse().unwrap()),
            )),
        }
    }

    fn run() -> Vec<Fared> {
        let succeeded = Some(DeploymentStatus::Succeeded);
        let mut failed = fared(
            "environment/prod",
            Stage::Environments,
            Some(DeploymentStatus::Failed),
        );
        failed.message = Some("`Queue`: <b>@acme</b> has no right | at all".to_owned());
        let mut refused = fared(
            "service/shop/service-instance/prod",
            Stage::Instances(2),
            None,
        );
        refused.hint = Some("deploy `environment/prod` first".to_owned());
        refused.times = None;
        vec![
            fared("environment/dev", Stage::Environments, succeeded),
            failed,
            fared(
                "component/uploads",
                Stage::Components,
                Some(DeploymentStatus::DeleteComplete),
            ),
            refused,
        ]
    }

    #[test]
    fn every_stage_lists_its_targets_failures_first() {
        let frame = Frame {
            commit: "abc",
            ..Frame::default()
        };
        insta::assert_snapshot!(summary(&run(), frame, Limit::Bytes(1024 * 1024)), @r"
        ### Nucleon: 1 failed, 1 not begun, 1 deployed, 1 deleted

        Commit <code>abc</code>

        #### environments: 1 failed, 1 deployed

        | Target | Account | Region | Template | Status | Took | |
        |---|---|---|---|---|---|---|
        | <code>environment/prod</code> | <code>111122223333</code> | <code>eu-west-1</code> | <code>fargate-env&#64;1.0</code> | ❌ <code>FAILED</code> | 1 min 5 s | <code>Queue</code>: &lt;b&gt;@&#8203;acme&lt;/b&gt; has no right \| at all<br>stack <code>AWSProton-dev</code> |
        | <code>environment/dev</code> | <code>111122223333</code> | <code>eu-west-1</code> | <code>fargate-env&#64;1.0</code> | ✅ <code>SUCCEEDED</code> | 1 min 5 s | stack <code>AWSProton-dev</code> |

        #### components: 1 deleted

        | Target | Account | Region | Template | Status | Took | |
        |---|---|---|---|---|---|---|
        | <code>component/uploads</code> | <code>111122223333</code> | <code>eu-west-1</code> | <code>fargate-env&#64;1.0</code> | ✅ <code>DELETE&#95;COMPLETE</code> | 1 min 5 s | stack <code>AWSProton-dev</code> |

        #### instances-2: 1 not begun

        | Target | Account | Region | Template | Status | Took | |
        |---|---|---|---|---|---|---|
        | <code>service/shop/service-instance/prod</code> | <code>111122223333</code> | <code>eu-west-1</code> | <code>fargate-env&#64;1.0</code> | ⏭️ not begun |  | **What to do:** deploy <code>environment/prod</code> first<br>stack <code>AWSProton-dev</code> |
        ");
    }

    #[test]
    fn a_check_a_stage_says_how_it_ended() {
        let checks = checks(&run(), Frame::default());
        let told: Vec<_> = checks
            .iter()
            .map(|check| {
                (
                    check.name.as_str(),
                    check.conclusion.as_str(),
                    check.title.as_str(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("Nucleon environments", "failure", "1 failed, 1 deployed"),
                ("Nucleon components", "success", "1 deleted"),
                ("Nucleon instances-2", "failure", "1 not begun"),
            ]
        );
    }

    #[test]
    fn a_thousand_targets_fit_into_a_check() {
        let one = |number: usize| {
            fared(
                &format!("environment/e{number}"),
                Stage::Environments,
                Some(DeploymentStatus::Failed),
            )
        };
        let all: Vec<Fared> = (0..1_000).map(one).collect();
        let checks = checks(&all, Frame::default());
        assert!(checks[0].summary.len() <= 65_535);
        assert!(
            checks[0]
                .summary
                .contains("more targets; `nucleon status` has them")
        );
    }

    #[test]
    fn a_run_without_targets_says_so() {
        assert_eq!(totals(&[]), "nothing was deployed");
        assert_eq!(checks(&[], Frame::default()), []);
    }
}
