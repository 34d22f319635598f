//! The comment on a pull request and the job's summary: one document, two limits.

use std::fmt::Write as _;

use crate::markdown::{code, fence, fold, text, within};
use crate::plan::Plan;
use crate::plan_file::{FileDiagnostic, PlanFile, PlanResult, PlannedTarget};
use crate::show::{by_danger, headline, plan as plain, totals};

/// GitHub's limit for a comment, in characters.
pub const COMMENT_LIMIT: usize = 65_536;
/// GitHub's limit for a step's summary is 1 MiB; characters may take four bytes.
pub const SUMMARY_LIMIT: usize = 1024 * 1024 / 4;

/// What stands beside the plans.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame<'a> {
    /// Tells comments of one pull request apart where several platform folders live in one repository.
    pub key: &'a str,
    /// The run's page.
    pub run_url: Option<&'a str>,
    /// What the reader must know first: that the pull request comes from a fork, for instance.
    pub notice: Option<&'a str>,
}

/// The hidden line by which the comment is found again.
pub fn marker(key: &str) -> String {
    format!("<!-- nucleon:plan:{} -->", key.replace("--", "-"))
}

/// The document about a plan run, at most `limit` characters long: the table of all targets first, then a fold a target,
/// danger first in both.
pub fn document(file: &PlanFile, frame: Frame<'_>, limit: usize) -> String {
    let targets = by_danger(&file.targets);
    let mut head = format!("{}\n### Nucleon: {}\n\n", marker(frame.key), totals(file));
    if let Some(notice) = frame.notice {
        let _ = write!(head, "> {}\n\n", text(notice));
    }
    let run = frame
        .run_url
        .map(|url| format!(", [run]({url})"))
        .unwrap_or_default();
    let _ = write!(head, "Commit {}{run}\n\n", code(&file.commit));
    let mut blocks = faults(&file.diagnostics);
    if !targets.is_empty() {
        let rows: Vec<String> = targets.iter().map(|planned| row(planned)).collect();
        blocks.extend(table(&rows, limit));
    }
    blocks.extend(targets.iter().filter_map(|planned| details(planned)));
    within(limit, &head, &blocks, |count| {
        format!(
            "\n_{count} more parts do not fit here; the job's summary and `plan.json` have them._\n"
        )
    })
}

const HEADER: &str =
    "| Target | Account | Region | Template | What will happen |\n|---|---|---|---|---|\n";

/// The table; where even the table would not fit, its first rows, danger first, and how many follow.
fn table(rows: &[String], limit: usize) -> Vec<String> {
    let room = limit / 2;
    let mut shown = String::from(HEADER);
    for (index, row) in rows.iter().enumerate() {
        if shown.chars().count() + row.chars().count() > room {
            let _ = write!(shown, "\n_and {} more targets_\n", rows.len() - index);
            return vec![shown];
        }
        shown.push_str(row);
    }
    shown.push('\n');
    vec![shown]
}

fn row(planned: &PlannedTarget) -> String {
    let template = planned.template.as_deref().map(code).unwrap_or_default();
    format!(
        "| {} | {} {} | {} | {template} | {} |\n",
        code(&planned.target.to_string()),
        text(&planned.account_name),
        code(&planned.account),
        code(&planned.region),
        what(&planned.result),
    )
}

fn what(result: &PlanResult) -> String {
    match result {
        PlanResult::Planned { plan, .. } if plan.is_dangerous() => {
            format!("⚠️ **{}**", text(&headline(plan)))
        }
        PlanResult::Planned { plan, .. } => text(&headline(plan)),
        PlanResult::Failed { message, .. } => format!("❌ {}", text(message)),
    }
}

/// The fold of a target; one that stays as it is has none.
fn details(planned: &PlannedTarget) -> Option<String> {
    let heading = format!(
        "{} · {}",
        code(&planned.target.to_string()),
        what(&planned.result)
    );
    let body = match &planned.result {
        PlanResult::Planned { plan, .. } if plan.is_empty() => return None,
        PlanResult::Planned { plan, approval } => {
            format!("{}\nDigest {}\n", changes(plan), code(approval))
        }
        PlanResult::Failed { message, hint } => {
            let hint = hint
                .as_ref()
                .map(|hint| format!("\n\n{}", text(hint)))
                .unwrap_or_default();
            format!("{}{hint}\n", text(message))
        }
    };
    Some(fold(&heading.replace("**", ""), &body))
}

fn changes(plan: &Plan) -> String {
    let lines: Vec<String> = plain(plan).lines().map(mark).collect();
    fence("diff", &lines.join("\n"))
}

/// Puts the sign of a change into the first column, where the colours of `diff` are made.
fn mark(line: &str) -> String {
    let trimmed = line.trim_start();
    match trimmed.split_once(' ') {
        Some(("-/+" | "-", _)) => format!("- {line}"),
        Some(("+", _)) => format!("+ {line}"),
        Some(("~", _)) => format!("! {line}"),
        _ => format!("  {line}"),
    }
}

/// The faults in the user's files, in one block.
fn faults(diagnostics: &[FileDiagnostic]) -> Vec<String> {
    if diagnostics.is_empty() {
        return Vec::new();
    }
    let line = |fault: &FileDiagnostic| {
        let place = fault
            .location
            .as_ref()
            .map(|at| format!("{}:{}:{} ", at.file, at.line, at.column))
            .unwrap_or_default();
        let help = fault
            .help
            .as_ref()
            .map(|help| format!("; {}", text(help)))
            .unwrap_or_default();
        format!(
            "- {} {} {}{help}\n",
            code(place.trim_end()),
            code(&fault.code),
            text(&fault.message)
        )
    };
    let shown: String = diagnostics.iter().take(50).map(line).collect();
    let more = diagnostics.len().saturating_sub(50);
    let more = if more > 0 {
        format!("\n_and {more} more_\n")
    } else {
        String::new()
    };
    vec![format!(
        "#### {} in the files\n\n{shown}{more}\n",
        if diagnostics.len() == 1 {
            "1 fault"
        } else {
            "Faults"
        }
    )]
}
