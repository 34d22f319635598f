//! How plans and outcomes look to people. Danger first, everywhere.

use std::fmt::Write as _;

use crate::outcome_file::OutcomeFile;
use crate::plan::{Action, Change, Operation, Plan, PropertyChange, Recreation};
use crate::plan_file::{PlanFile, PlanResult, PlannedTarget};

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
                let _ = writeln!(text, "  cannot be planned: {message}");
                if let Some(hint) = hint {
                    let _ = writeln!(text, "  help: {hint}");
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

fn rank(result: &PlanResult) -> u8 {
    match result {
        PlanResult::Planned { plan, .. } if plan.is_dangerous() => 0,
        PlanResult::Failed { .. } => 1,
        PlanResult::Planned { plan, .. } if !plan.is_empty() => 2,
        PlanResult::Planned { .. } => 3,
    }
}

/// One sentence about all plans of a run.
pub fn totals(file: &PlanFile) -> String {
    let count = |wanted: u8| {
        file.targets
            .iter()
            .filter(|planned| rank(&planned.result) == wanted)
            .count()
    };
    let (dangerous, failed, changed, same) = (count(0), count(1), count(2), count(3));
    let mut parts = vec![format!(
        "{} of {} targets change",
        dangerous + changed,
        file.targets.len()
    )];
    if dangerous > 0 {
        parts.push(format!("{dangerous} lose resources"));
    }
    if failed > 0 {
        parts.push(format!("{failed} cannot be planned"));
    }
    if same > 0 {
        parts.push(format!("{same} stay as they are"));
    }
    parts.join(", ")
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
        let _ = writeln!(text, "    {line}");
    }
    for note in &plan.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    if plan.masked > 0 {
        let _ = writeln!(text, "  {} values are secret and shown as ***", plan.masked);
    }
    text
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
            plan.unknown.join(", ")
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
    let mut text = format!(
        "    {:>3} {} ({})\n",
        sign(change.action),
        change.resource,
        change.resource_type
    );
    for property in &change.properties {
        let _ = writeln!(text, "          {}", property_line(property));
    }
    text
}

/// One property's change in one line.
pub fn property_line(property: &PropertyChange) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
    let recreation = match property.recreation {
        Recreation::Never => "",
        Recreation::Conditionally => "  (may replace)",
        Recreation::Always => "  (replaces)",
    };
    format!(
        "{}: {} → {}{recreation}",
        property.path,
        value(&property.before),
        value(&property.after)
    )
}

/// The outcomes of a run for a terminal.
pub fn outcomes(file: &OutcomeFile) -> String {
    let mut text = String::new();
    for outcome in &file.targets {
        let status = outcome
            .status
            .map_or("NOT BEGUN", crate::outcome::DeploymentStatus::as_str);
        let _ = writeln!(text, "{}  {status}  {}", outcome.target, outcome.message);
        if let Some(hint) = &outcome.hint {
            let _ = writeln!(text, "  help: {hint}");
        }
    }
    text
}
