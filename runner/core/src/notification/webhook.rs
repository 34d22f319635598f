//! What webhooks are told: a document of ours, and the form that Slack's incoming webhooks take. No values of properties are
//! among it: whoever reads a channel may not be who may read a plan.
//!
//! The document's JSON Schema is published: [`SCHEMA`].

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::outcome::DeploymentStatus;
use crate::outcome_file::{OutcomeFile, TargetOutcome};
use crate::plan::Action;
use crate::plan_file::{PlanFile, PlanResult, PlannedTarget};
use crate::record::Format;
use crate::secret::hide_credentials;
use crate::show;
use crate::target::{Stage, TargetId};
use crate::visible::{clipped, visible};

/// The JSON Schema of the document.
pub const SCHEMA: &str = include_str!("../editor/webhook.schema.json");

/// The most blocks of a message that Slack takes.
const BLOCKS: usize = 50;
/// The most characters of a section that Slack takes.
const SECTION: usize = 3_000;
/// The most characters of a header that Slack takes.
const HEADER: usize = 150;
/// The most characters of a message in one line: a section's share, were each written as five (`&amp;`).
const LINE: usize = 500;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Targets were planned.
    Plan,
    /// Targets were deployed.
    Outcome,
}

impl Event {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Outcome => "outcome",
        }
    }
}

/// Where it happened.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Origin {
    /// The platform repository, `owner/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The run's page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_url: Option<String>,
    /// The pull request's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<u64>,
}

/// One delivery.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    /// The format of this document.
    pub format: Format,
    /// The delivery's id; the same when it is sent again.
    pub delivery: String,
    /// What happened.
    pub event: Event,
    /// Where it happened.
    #[serde(flatten)]
    pub origin: Origin,
    /// One sentence.
    pub summary: String,
    /// The targets, danger first.
    pub targets: Vec<Told>,
}

/// What is told of one target.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    target: TargetId,
    stage: Stage,
    account: String,
    region: String,
    /// A word for programs: what the plan says, or Proton's word for the status.
    result: &'static str,
    /// Whether somebody should look.
    danger: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Changes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment: Option<String>,
}

/// How many resources change in which way.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Changes {
    add: usize,
    modify: usize,
    replace: usize,
    remove: usize,
}

impl Delivery {
    /// Tells what was planned.
    pub fn of_plans(file: &PlanFile, id: String, origin: Origin) -> Self {
        let targets = show::by_danger(&file.targets);
        Self {
            format: Format,
            delivery: id,
            event: Event::Plan,
            origin: Origin {
                commit: Some(file.commit.clone()).filter(|commit| !commit.is_empty()),
                ..origin
            },
            summary: show::totals(file),
            targets: targets.into_iter().map(planned).collect(),
        }
    }

    /// Tells what was deployed.
    pub fn of_outcomes(files: &[OutcomeFile], id: String, origin: Origin) -> Self {
        let outcomes = files.iter().flat_map(|file| &file.targets);
        let mut targets: Vec<Told> = outcomes.map(deployed).collect();
        targets.sort_by_key(|told| (!told.danger, told.stage, told.target.clone()));
        let failed = targets.iter().filter(|told| told.danger).count();
        let summary = match (targets.len(), failed) {
            (0, _) => "nothing was deployed".to_owned(),
            (all, 0) => format!("{all} deployed"),
            (all, failed) => format!("{failed} failed, {} deployed", all - failed),
        };
        Self {
            format: Format,
            delivery: id,
            event: Event::Outcome,
            origin,
            summary,
            targets,
        }
    }

    /// The document's text.
    ///
    /// # Panics
    ///
    /// Never: its keys are text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("the document has text keys")
    }

    /// The message for Slack, within its limits; what is cut is counted.
    pub fn to_slack(&self) -> String {
        let title = format!("Nucleon {}: {}", self.event.as_str(), self.summary);
        let mut blocks = vec![json!({
            "type": "header",
            "text": {"type": "plain_text", "text": head(&title)},
        })];
        let origin = self.origin.to_mrkdwn();
        if !origin.is_empty() {
            blocks.push(json!({"type": "context", "elements": [mrkdwn(&origin)]}));
        }
        let lines: Vec<String> = self.targets.iter().map(Told::to_mrkdwn).collect();
        // One is kept for what is left out.
        let room = BLOCKS - blocks.len() - 1;
        let (sections, shown) = sections(&lines, room);
        blocks.extend(sections.iter().map(|text| section(text)));
        if shown < lines.len() {
            let left = lines.len() - shown;
            blocks.push(
                json!({"type": "context", "elements": [mrkdwn(&format!("… and {left} more"))]}),
            );
        }
        json!({"text": escaped(&title), "blocks": blocks}).to_string()
    }
}

fn planned(planned: &PlannedTarget) -> Told {
    let mut told = Told {
        target: planned.target.clone(),
        stage: planned.stage,
        account: planned.account.clone(),
        region: planned.region.clone(),
        result: "unchanged",
        danger: false,
        template: planned.template.clone(),
        changes: None,
        message: None,
        deployment: None,
    };
    match &planned.result {
        PlanResult::Failed { message, .. } => {
            told.result = "cannot-be-planned";
            told.danger = true;
            told.message = Some(discreet(message));
        }
        PlanResult::Planned { plan, .. } if !plan.is_empty() => {
            told.danger = plan.is_dangerous();
            told.result = if told.danger {
                "loses-resources"
            } else {
                "changes"
            };
            let count = |wanted: &[Action]| {
                let actions = plan.changes.iter().map(|change| change.action);
                actions.filter(|action| wanted.contains(action)).count()
            };
            told.changes = Some(Changes {
                add: count(&[Action::Add, Action::Import]),
                modify: count(&[Action::Modify]),
                replace: count(&[Action::Replace]),
                remove: count(&[Action::Remove]),
            });
        }
        PlanResult::Planned { .. } => {}
    }
    told
}

fn deployed(outcome: &TargetOutcome) -> Told {
    let succeeded = outcome.status.is_some_and(DeploymentStatus::is_success);
    Told {
        target: outcome.target.clone(),
        stage: outcome.stage,
        account: outcome.account.clone(),
        region: outcome.region.clone(),
        result: outcome.status.map_or("NOT_BEGUN", DeploymentStatus::as_str),
        danger: !succeeded,
        template: None,
        changes: None,
        message: Some(discreet(&outcome.message)),
        deployment: outcome.deployment.clone(),
    }
}

fn discreet(message: &str) -> String {
    let mut message = message.to_owned();
    hide_credentials(&mut message);
    message
}

impl Told {
    fn to_mrkdwn(&self) -> String {
        let sign = if self.danger { ":warning: " } else { "" };
        let mut line = format!("{sign}*{}* {}", self.target, self.result.replace('-', " "));
        if let Some(Changes {
            add,
            modify,
            replace,
            remove,
        }) = self.changes
        {
            let counts = [
                (add, "added"),
                (modify, "modified"),
                (replace, "replaced"),
                (remove, "removed"),
            ];
            let told = counts.iter().filter(|(count, _)| *count > 0);
            let told: Vec<String> = told.map(|(count, how)| format!("{count} {how}")).collect();
            if !told.is_empty() {
                line = format!("{line}: {}", told.join(", "));
            }
        }
        if let Some(message) = self
            .message
            .as_deref()
            .filter(|message| !message.is_empty())
        {
            line = format!("{line}: {}", visible(&clipped(message, LINE)));
        }
        escaped(&line)
    }
}

impl Origin {
    fn to_mrkdwn(&self) -> String {
        let run = self
            .run_url
            .as_deref()
            .map(|url| format!("<{}|run>", escaped(url)));
        let number = self
            .pull_request
            .map(|number| format!("pull request {number}"));
        let commit = self
            .commit
            .as_deref()
            .map(|commit| escaped(&commit.chars().take(12).collect::<String>()));
        let parts = [self.repository.as_deref().map(escaped), number, commit, run];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        parts.join(" · ")
    }
}

/// Gathers lines into as few sections as they fit in, and says how many lines that were.
fn sections(lines: &[String], room: usize) -> (Vec<String>, usize) {
    let mut sections: Vec<String> = Vec::new();
    for (shown, line) in lines.iter().enumerate() {
        let length = line.chars().count();
        let is_full = sections.len() == room;
        match sections.last_mut() {
            Some(last) if last.chars().count() + 1 + length <= SECTION => {
                last.push('\n');
                last.push_str(line);
            }
            _ if is_full => return (sections, shown),
            _ => sections.push(line.clone()),
        }
    }
    (sections, lines.len())
}

fn section(text: &str) -> Json {
    json!({"type": "section", "text": mrkdwn(text)})
}

fn mrkdwn(text: &str) -> Json {
    json!({"type": "mrkdwn", "text": text})
}

/// Slack's header is plain text, and may not be longer.
fn head(title: &str) -> String {
    if title.chars().count() <= HEADER {
        return title.to_owned();
    }
    let cut: String = title.chars().take(HEADER - 1).collect();
    format!("{cut}…")
}

/// Slack's three control characters: no text can mention a channel or look like a link.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
