//! The document about a plan run: the comment on its pull request and the job's summary.
//!
//! Danger first, everywhere: what loses resources is named at the top, its targets come first in the table, their folds
//! get room first, and inside a fold the first lines tell what is replaced or removed.

use std::fmt::Write as _;

use crate::markdown::{self, Fold, Limit, blocks, code, details, folds, html, text};
use crate::plan::{Action, Change, Operation, Plan, Recreation};
use crate::plan_file::{FileDiagnostic, PlanFile, PlanResult, PlannedTarget};
use crate::show::{
    by_danger, faults_in_words, headline, masked, names, property_line, resource, totals,
};
use crate::visible::clipped;

/// GitHub's limit for a comment.
pub const COMMENT_LIMIT: Limit = Limit::Characters(65_536);
/// GitHub's limit for a step's summary; more than that and it shows nothing.
pub const SUMMARY_LIMIT: Limit = Limit::Bytes(1024 * 1024);

/// How many resources that are lost are named at the top, and how many faults.
const NAMED: usize = 20;
/// How long a sentence from elsewhere may be.
const SENTENCE: usize = 1_000;

/// What stands beside the plans.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame<'a> {
    /// Tells comments of one pull request apart where several platform folders live in one repository.
    pub key: &'a str,
    /// The commit that the reader knows: the head of the pull request; without it, the commit that was planned.
    pub head: Option<&'a str>,
    /// The run's page.
    pub run_url: Option<&'a str>,
    /// Where the commit's files can be read: `https://github.com/acme/platform/blob/<commit>`.
    pub files_url: Option<&'a str>,
    /// What the reader must know first: that the pull request comes from a fork, for instance.
    pub notice: Option<&'a str>,
}

/// The hidden line by which the comment is found again.
pub fn marker(key: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "._/".contains(character);
    let key: String = key
        .chars()
        .map(|character| if plain(character) { character } else { '_' })
        .collect();
    format!("<!-- nucleon:plan:{key} -->")
}

/// The document about a plan run, never longer than the limit.
pub fn document(file: &PlanFile, frame: Frame<'_>, limit: Limit) -> String {
    let targets = by_danger(&file.targets);
    let (same, changed): (Vec<&PlannedTarget>, Vec<&PlannedTarget>) =
        targets.into_iter().partition(|planned| stays(planned));
    let mut shown = head(file, frame);
    shown.push_str(&losses(&changed));
    shown.push_str(&faults(&file.diagnostics, frame.files_url));
    let reserve = limit.size(&left_out(usize::MAX)) + limit.size(&unchanged(&[], same.len()));
    let room = |shown: &str| limit.room().saturating_sub(limit.size(shown) + reserve);
    shown.push_str(&table(&changed, room(&shown) / 2, limit));
    let all: Vec<Fold> = changed.iter().copied().map(fold).collect();
    let (folded, missing) = folds(&all, room(&shown), limit);
    shown.push_str(&folded);
    if !same.is_empty() {
        shown.push_str(&unchanged_within(&same, room(&shown), limit));
    }
    if missing > 0 {
        shown.push_str(&left_out(missing));
    }
    shown
}

/// The same without the folds: everything that is needed to see whether there is something to see.
pub fn overview(file: &PlanFile, frame: Frame<'_>, limit: Limit) -> String {
    let targets = by_danger(&file.targets);
    let (same, changed): (Vec<&PlannedTarget>, Vec<&PlannedTarget>) =
        targets.into_iter().partition(|planned| stays(planned));
    let mut shown = head(file, frame);
    shown.push_str(&losses(&changed));
    shown.push_str(&faults(&file.diagnostics, frame.files_url));
    let room = |shown: &str| limit.room().saturating_sub(limit.size(shown) + 500);
    shown.push_str(&table(&changed, room(&shown) / 2, limit));
    if !same.is_empty() {
        shown.push_str(&unchanged_within(&same, room(&shown), limit));
    }
    shown
}

fn stays(planned: &PlannedTarget) -> bool {
    matches!(&planned.result, PlanResult::Planned { plan, .. } if plan.is_empty())
}

fn head(file: &PlanFile, frame: Frame<'_>) -> String {
    let folder = match frame.key {
        "" => String::new(),
        key => format!(" {}", code(key)),
    };
    let mut head = format!(
        "{}\n### Nucleon{folder}: {}\n\n",
        marker(frame.key),
        totals(file)
    );
    if let Some(notice) = frame.notice {
        let _infallible = write!(head, "> [!NOTE]\n> {}\n\n", sentence(notice));
    }
    let run = frame
        .run_url
        .map(|url| format!(" · [run]({})", address(url)))
        .unwrap_or_default();
    let commit = frame.head.unwrap_or(&file.commit);
    let _infallible = write!(head, "Commit {}{run}\n\n", commit_id(commit));
    head
}

/// GitHub makes a link of a commit's whole id.
fn commit_id(commit: &str) -> String {
    let whole = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    if whole {
        commit.to_owned()
    } else {
        code(&clipped(commit, 80))
    }
}

fn sentence(message: &str) -> String {
    markdown::sentence(&clipped(message, SENTENCE))
}

/// An address that ends where its link ends.
fn address(url: &str) -> String {
    let mut safe = String::with_capacity(url.len());
    for byte in url.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/?#@&=+,;%".contains(&byte) {
            safe.push(char::from(byte));
        } else {
            let _infallible = write!(safe, "%{byte:02X}");
        }
    }
    safe
}

/// What is lost, by name, before anything else.
fn losses(targets: &[&PlannedTarget]) -> String {
    let lines: Vec<String> = targets.iter().copied().flat_map(lost).collect();
    if lines.is_empty() {
        return String::new();
    }
    let mut shown = String::from("> [!CAUTION]\n> **Resources are lost:**\n");
    for line in lines.iter().take(NAMED) {
        let _infallible = writeln!(shown, "> - {line}");
    }
    if let more @ 1.. = lines.len().saturating_sub(NAMED) {
        let _infallible = writeln!(shown, "> - and {more} more");
    }
    shown.push('\n');
    shown
}

fn lost(planned: &PlannedTarget) -> Vec<String> {
    let PlanResult::Planned { plan, .. } = &planned.result else {
        return Vec::new();
    };
    let target = code(&planned.target.to_string());
    let mut lines = Vec::new();
    if plan.operation == Operation::Destroy {
        lines.push(format!("{target} **is destroyed**"));
    }
    let line =
        |verb: &str, change: &Change| format!("{target} **{verb}** {}", code(&resource(change)));
    lines.extend(
        plan.changes
            .iter()
            .filter_map(|change| match change.action {
                Action::Replace => Some(line("replaces", change)),
                Action::Remove => Some(line("removes", change)),
                Action::Modify | Action::Add | Action::Import | Action::Read => None,
            }),
    );
    lines
}

const HEADER: &str =
    "| Target | Account | Region | Template | What will happen |\n|---|---|---|---|---|\n";

/// The table, danger first; where not all rows fit, how many are missing.
fn table(targets: &[&PlannedTarget], room: usize, limit: Limit) -> String {
    if targets.is_empty() {
        return String::new();
    }
    let rows: Vec<String> = targets.iter().map(|planned| row(planned)).collect();
    let (shown, missing) = blocks(&rows, room, limit);
    let more = match missing {
        0 => String::new(),
        missing => format!("\n_and {missing} more targets_\n"),
    };
    format!("{HEADER}{shown}{more}\n")
}

fn row(planned: &PlannedTarget) -> String {
    let short = |name: &str| clipped(name, 120).into_owned();
    let template = planned
        .template
        .as_deref()
        .map(|template| code(&short(template)))
        .unwrap_or_default();
    format!(
        "| {} | {} {} | {} | {template} | {} |\n",
        code(&planned.target.to_string()),
        text(&short(&planned.account_name)),
        code(&short(&planned.account)),
        code(&short(&planned.region)),
        match &planned.result {
            PlanResult::Planned { plan, .. } if plan.is_dangerous() =>
                format!("⚠️ **{}**", text(&headline(plan))),
            PlanResult::Planned { plan, .. } => text(&headline(plan)),
            PlanResult::Failed { message, .. } =>
                format!("❌ {}", markdown::sentence(&clipped(message, 200))),
        },
    )
}

fn fold(planned: &PlannedTarget) -> Fold {
    let target = code(&planned.target.to_string());
    match &planned.result {
        PlanResult::Planned { plan, approval } => {
            let sign = if plan.is_dangerous() { "⚠️ " } else { "" };
            let heading = format!("{target} · {sign}{}", html(&headline(plan)));
            Fold::new(heading, &lines(plan)).after(&notes(plan, approval))
        }
        PlanResult::Failed { message, hint } => {
            let hint = hint
                .as_ref()
                .map(|hint| format!("\n**What to do:** {}\n", sentence(hint)));
            Fold::new(format!("{target} · ❌ cannot be planned"), &[])
                .after(&format!("**Why:** {}\n", sentence(message)))
                .after(&hint.unwrap_or_default())
        }
    }
}

/// A plan's changes, each line with the sign that colours it.
fn lines(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for change in &plan.changes {
        let (sign, verb) = verb(change.action);
        lines.push(format!("{sign} {verb} {}", resource(change)));
        for property in &change.properties {
            let sign = if property.recreation == Recreation::Always {
                '-'
            } else {
                '!'
            };
            lines.push(format!("{sign}     {}", property_line(property)));
        }
    }
    let difference = plan.difference.iter().flat_map(|text| text.lines());
    lines.extend(difference.map(|line| clipped(line, SENTENCE).into_owned()));
    lines
}

fn verb(action: Action) -> (char, &'static str) {
    match action {
        Action::Replace => ('-', "replace"),
        Action::Remove => ('-', "remove"),
        Action::Modify => ('!', "modify"),
        Action::Add => ('+', "add"),
        Action::Import => ('+', "import"),
        Action::Read => (' ', "read"),
    }
}

/// What is to be known beside the changes.
fn notes(plan: &Plan, approval: &str) -> String {
    let mut notes = String::new();
    if plan.is_provisional() {
        let _infallible = write!(
            notes,
            "\n**Provisional:** {} will be known only when an earlier stage has run. Apply plans again then, and stops if a resource would be replaced or removed.\n",
            text(&names(&plan.unknown))
        );
    }
    for note in plan.notes.iter().take(NAMED) {
        let _infallible = writeln!(notes, "\n**Note:** {}", sentence(note));
    }
    if let Some(masked) = masked(plan) {
        let _infallible = writeln!(notes, "\n{} {}.", text(&masked), code("***"));
    }
    let _infallible = writeln!(notes, "\nPlan {}", code(&clipped(approval, 100)));
    notes
}

/// The targets that stay as they are, folded away.
fn unchanged_within(targets: &[&PlannedTarget], room: usize, limit: Limit) -> String {
    let names: Vec<String> = targets
        .iter()
        .map(|planned| format!("- {}\n", code(&planned.target.to_string())))
        .collect();
    let (_, missing) = blocks(&names, room, limit);
    unchanged(&names[..names.len() - missing], targets.len())
}

fn unchanged(names: &[String], all: usize) -> String {
    let heading = match all {
        1 => "1 target stays as it is".to_owned(),
        all => format!("{all} targets stay as they are"),
    };
    let more = match all - names.len() {
        0 => String::new(),
        more => format!("\n_and {more} more_\n"),
    };
    details(&heading, &format!("{}{more}", names.concat()))
}

fn left_out(count: usize) -> String {
    format!(
        "_The details of {count} targets do not fit here; the job's summary or `plan.json` has them._\n"
    )
}

/// The faults in the user's files, with their places.
fn faults(diagnostics: &[FileDiagnostic], files_url: Option<&str>) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let (errors, warnings): (Vec<_>, Vec<_>) = diagnostics.iter().partition(|one| one.is_error());
    let mut shown = format!("#### {}\n\n", faults_in_words(diagnostics));
    for diagnostic in errors.into_iter().chain(warnings).take(NAMED) {
        shown.push_str(&fault(diagnostic, files_url));
    }
    if let more @ 1.. = diagnostics.len().saturating_sub(NAMED) {
        let _infallible = writeln!(shown, "- and {more} more, in the log");
    }
    shown.push('\n');
    shown
}

fn fault(diagnostic: &FileDiagnostic, files_url: Option<&str>) -> String {
    let sign = if diagnostic.is_error() {
        "❌"
    } else {
        "⚠️"
    };
    let place = diagnostic.location.as_ref().map(|at| {
        let file = clipped(&at.file, 240);
        let shown = code(&format!("{file}:{}:{}", at.line, at.column));
        match files_url {
            Some(url) => format!(
                " [{shown}]({}/{}#L{})",
                address(url),
                path(&at.file),
                at.line
            ),
            None => format!(" {shown}"),
        }
    });
    let help = diagnostic
        .help
        .as_ref()
        .map(|help| format!(" — {}", sentence(help)))
        .unwrap_or_default();
    format!(
        "- {sign}{} {} {}{help}\n",
        place.unwrap_or_default(),
        sentence(&diagnostic.message),
        code(&clipped(&diagnostic.code, 80)),
    )
}

/// A file's path inside an address, where `#`, `?` and `:` mean something else.
fn path(file: &str) -> String {
    let mut escaped = String::with_capacity(file.len());
    for byte in file.bytes().take(1_000) {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _infallible = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
