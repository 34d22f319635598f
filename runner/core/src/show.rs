//! How plans and outcomes look to people. Danger first, everywhere.

use std::fmt::Write as _;

use crate::outcome_file::OutcomeFile;
use crate::plan::{Action, Change, Operation, Plan, PropertyChange, Recreation};
use crate::plan_file::{FileDiagnostic, PlanFile, PlanResult, PlannedTarget};
use crate::visible::{clipped, clipped_pair, visible};

/// How many characters of a value are shown: enough for an ARN, not for a policy.
const VALUE_WIDTH: usize = 240;
/// How many names stand in a sentence before the rest is counted.
const NAMES: usize = 3;

/// The plans of a run for a terminal: a line of totals, then each target.
pub fn terminal(file: &PlanFile) -> String {
    let mut text = String::new();
    for planned in by_danger(&file.targets) {
        let template = planned
            .template
            .as_ref()
            .map(|template| format!(", {template}"))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "{} in {} ({}, {}{template})",
            planned.target, planned.account_name, planned.account, planned.region
        );
        match &planned.result {
            PlanResult::Planned {
                plan: shown,
                approval,
            } => {
                text.push_str(&plan(shown));
                let _ = writeln!(text, "  digest {approval}");
            }
            PlanResult::Failed { message, hint } => {
                let _ = writeln!(text, "  cannot be planned: {}", visible(message));
                if let Some(hint) = hint {
                    let _ = writeln!(text, "  help: {}", visible(hint));
                }
            }
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{}", totals(file));
    text
}

/// The targets of a plan run, those that lose something first, then failures, changes, and what stays as it is.
pub fn by_danger(targets: &[PlannedTarget]) -> Vec<&PlannedTarget> {
    let mut sorted: Vec<&PlannedTarget> = targets.iter().collect();
    sorted.sort_by_key(|planned| (rank(&planned.result), planned.stage, planned.target.clone()));
    sorted
}

/// How much a result asks of its reader, the most first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Dangerous,
    Failed,
    Changed,
    Same,
}

fn rank(result: &PlanResult) -> Rank {
    match result {
        PlanResult::Planned { plan, .. } if plan.is_dangerous() => Rank::Dangerous,
        PlanResult::Failed { .. } => Rank::Failed,
        PlanResult::Planned { plan, .. } if !plan.is_empty() => Rank::Changed,
        PlanResult::Planned { .. } => Rank::Same,
    }
}

/// One sentence about all plans of a run.
pub fn totals(file: &PlanFile) -> String {
    let ranks = file.targets.iter().map(|planned| rank(&planned.result));
    let count = |wanted: Rank| ranks.clone().filter(|rank| *rank == wanted).count();
    let (dangerous, failed) = (count(Rank::Dangerous), count(Rank::Failed));
    let (changed, same) = (count(Rank::Changed), count(Rank::Same));
    let faults = faults_in_words(&file.diagnostics);
    if changed + dangerous + failed == 0 {
        return match (file.targets.len(), file.diagnostics.len()) {
            (_, 0) => "nothing changes".to_owned(),
            (0, _) => faults,
            _ => format!("nothing changes, {faults}"),
        };
    }
    let provisional = file.targets.iter().filter(|planned| {
        matches!(&planned.result, PlanResult::Planned { plan, .. } if plan.is_provisional())
    });
    let all = file.targets.len();
    let mut parts = vec![format!(
        "{} of {all} {} {}",
        dangerous + changed,
        if all == 1 { "target" } else { "targets" },
        verb(dangerous + changed, "changes", "change")
    )];
    let further = [
        (dangerous, "loses resources", "lose resources"),
        (failed, "cannot be planned", "cannot be planned"),
        (provisional.count(), "is provisional", "are provisional"),
        (same, "stays as it is", "stay as they are"),
    ];
    let told = further.iter().filter(|(count, ..)| *count > 0);
    parts.extend(told.map(|(count, one, many)| format!("{count} {}", verb(*count, one, many))));
    parts.extend(Some(faults).filter(|faults| !faults.is_empty()));
    parts.join(", ")
}

/// How many errors and warnings there are in the user's files: `1 error and 2 warnings in the files`.
pub fn faults_in_words(diagnostics: &[FileDiagnostic]) -> String {
    let errors = diagnostics.iter().filter(|one| one.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let said = |count: usize, noun: &str| match count {
        0 => None,
        1 => Some(format!("1 {noun}")),
        more => Some(format!("{more} {noun}s")),
    };
    match (said(errors, "error"), said(warnings, "warning")) {
        (None, None) => String::new(),
        (Some(one), None) | (None, Some(one)) => format!("{one} in the files"),
        (Some(errors), Some(warnings)) => format!("{errors} and {warnings} in the files"),
    }
}

/// The form of a verb that goes with a count.
fn verb<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// Names in a sentence: the first few, then how many more there are.
pub fn names(all: &[String]) -> String {
    let shown: Vec<String> = all
        .iter()
        .take(NAMES)
        .map(|name| visible(&clipped(name, VALUE_WIDTH)).into_owned())
        .collect();
    match all.len().saturating_sub(NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// One plan for a terminal.
pub fn plan(plan: &Plan) -> String {
    let mut text = format!("  {}\n", headline(plan));
    for change in &plan.changes {
        text.push_str(&change_lines(change));
    }
    for line in plan
        .difference
        .iter()
        .flat_map(|difference| difference.lines())
    {
        let _ = writeln!(text, "    {}", visible(line));
    }
    for note in &plan.notes {
        let _ = writeln!(text, "  note: {}", visible(note));
    }
    if let Some(masked) = masked(plan) {
        let _ = writeln!(text, "  {masked} ***");
    }
    text
}

/// How many values are not shown; what they are shown as follows.
pub fn masked(plan: &Plan) -> Option<String> {
    match plan.masked {
        0 => None,
        1 => Some("1 value is secret and shown as".to_owned()),
        more => Some(format!("{more} values are secret and shown as")),
    }
}

/// What a plan does, in one line: `update: 1 to replace, 2 to modify`.
pub fn headline(plan: &Plan) -> String {
    let operation = match plan.operation {
        Operation::Create => "create",
        Operation::Update => "update",
        Operation::Destroy => "destroy",
        Operation::Nothing => return "nothing changes".to_owned(),
    };
    let counts = [
        (Action::Replace, "replace"),
        (Action::Remove, "remove"),
        (Action::Modify, "modify"),
        (Action::Add, "add"),
        (Action::Import, "import"),
    ];
    let count = |action| {
        plan.changes
            .iter()
            .filter(|change| change.action == action)
            .count()
    };
    let parts: Vec<String> = counts
        .iter()
        .filter_map(|(action, word)| Some((count(*action), word)).filter(|(count, _)| *count > 0))
        .map(|(count, word)| format!("{count} to {word}"))
        .collect();
    match (plan.is_provisional(), parts.is_empty()) {
        (true, _) => format!(
            "{operation}, provisional: {} not known yet",
            names(&plan.unknown)
        ),
        (false, true) => format!("{operation}: outputs or tags only"),
        (false, false) => format!("{operation}: {}", parts.join(", ")),
    }
}

/// The sign of an action.
pub fn sign(action: Action) -> &'static str {
    match action {
        Action::Replace => "-/+",
        Action::Remove => "-",
        Action::Modify => "~",
        Action::Add => "+",
        Action::Import => "<-",
        Action::Read => "?",
    }
}

fn change_lines(change: &Change) -> String {
    let mut text = format!("    {:>3} {}\n", sign(change.action), resource(change));
    for property in &change.properties {
        let _ = writeln!(text, "          {}", property_line(property));
    }
    text
}

/// A resource by its name, its type, and its id where it exists already.
pub fn resource(change: &Change) -> String {
    let short = |text: &str| visible(&clipped(text, VALUE_WIDTH)).into_owned();
    let id = change.physical_id.as_deref().map(short);
    let id = id.map(|id| format!(" {id}")).unwrap_or_default();
    format!(
        "{} ({}){id}",
        short(&change.resource),
        short(&change.resource_type)
    )
}

/// One property's change in one line; long values are cut to where they differ.
pub fn property_line(property: &PropertyChange) -> String {
    let (before, after) = match (&property.before, &property.after) {
        (Some(before), Some(after)) => clipped_pair(before, after, VALUE_WIDTH),
        (before, after) => (alone(before.as_deref()), alone(after.as_deref())),
    };
    let recreation = match property.recreation {
        Recreation::Never => "",
        Recreation::Conditionally => "  (may replace)",
        Recreation::Always => "  (replaces)",
    };
    let (before, after) = (visible(&before), visible(&after));
    let path = clipped(&property.path, VALUE_WIDTH);
    format!("{}: {before} → {after}{recreation}", visible(&path))
}

fn alone(value: Option<&str>) -> String {
    value.map_or_else(
        || "(none)".to_owned(),
        |value| clipped(value, VALUE_WIDTH).into_owned(),
    )
}

/// The outcomes of a run for a terminal.
pub fn outcomes(file: &OutcomeFile) -> String {
    let mut text = String::new();
    for outcome in &file.targets {
        let status = outcome
            .status
            .map_or("NOT BEGUN", crate::outcome::DeploymentStatus::as_str);
        let message = visible(&outcome.message);
        let _ = writeln!(text, "{}  {status}  {message}", outcome.target);
        if let Some(hint) = &outcome.hint {
            let _ = writeln!(text, "  help: {}", visible(hint));
        }
    }
    text
}
