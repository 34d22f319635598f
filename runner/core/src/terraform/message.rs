//! What Terraform prints with `-json`: one object a line while it works, one document where it validates.

use std::fmt;

use serde::Deserialize;
use serde_json::Value as Json;

/// A place in one of the files that Terraform was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The file, from the module's folder.
    pub file: String,
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
    /// How many characters of that line belong to it.
    pub length: u32,
}

/// What Terraform calls a diagnostic of severity `error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// One line.
    pub summary: String,
    /// What it says besides, which may be long.
    pub detail: String,
    /// Where it stands.
    pub position: Option<Position>,
    /// The resource it is about.
    pub address: Option<String>,
}

/// Who holds the lock of a state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// By what it is released.
    pub id: String,
    /// `user@machine`.
    pub who: String,
    /// What for: `OperationTypeApply`.
    pub operation: String,
    /// Since when, as Terraform writes it.
    pub created: String,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Something to show: the resource, and what is said of it.
    Progress {
        /// The resource's address.
        resource: Option<String>,
        /// What happens to it: `apply_start`.
        kind: String,
        /// Terraform's own words.
        text: String,
    },
    /// Something is wrong.
    Fault(Fault),
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.summary)?;
        if let Some(address) = &self.address {
            write!(formatter, ", with {address}")?;
        }
        let detail = self.detail.trim();
        if !detail.is_empty() {
            write!(formatter, ": {detail}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            who,
            operation,
            created,
        } = self;
        write!(formatter, "{who} since {created} ({operation}, lock {id})")
    }
}

impl Fault {
    /// Who holds the lock of the state, where that is what is wrong.
    pub fn lock(&self) -> Option<Lock> {
        if !self.summary.contains("state lock") {
            return None;
        }
        let mut lock = Lock::default();
        for line in self.detail.lines() {
            let Some((key, value)) = line.trim().split_once(':') else {
                continue;
            };
            let value = value.trim().to_owned();
            match key {
                "ID" => lock.id = value,
                "Who" => lock.who = value,
                "Operation" => lock.operation = value,
                "Created" => lock.created = value,
                _ => {}
            }
        }
        (!lock.id.is_empty()).then_some(lock)
    }

    /// Whether a saved plan is no longer for the state that is there.
    pub fn is_stale_plan(&self) -> bool {
        self.summary.contains("Saved plan is stale")
    }
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "@message", default)]
    message: String,
    #[serde(rename = "type", default)]
    kind: String,
    diagnostic: Option<Diagnostic>,
    hook: Option<Hook>,
    change: Option<Hook>,
}

#[derive(Deserialize)]
struct Hook {
    resource: Option<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    addr: Option<String>,
}

#[derive(Deserialize)]
struct Diagnostic {
    severity: String,
    summary: String,
    #[serde(default)]
    detail: String,
    address: Option<String>,
    range: Option<Range>,
}

#[derive(Deserialize)]
struct Range {
    filename: String,
    start: Point,
    end: Point,
}

#[derive(Deserialize)]
struct Point {
    line: u32,
    column: u32,
}

impl From<Diagnostic> for Fault {
    fn from(from: Diagnostic) -> Self {
        Self {
            summary: from.summary,
            detail: from.detail,
            address: from.address,
            position: from.range.map(|range| Position {
                file: range.filename,
                line: range.start.line,
                column: range.start.column,
                length: if range.end.line == range.start.line {
                    range.end.column.saturating_sub(range.start.column).max(1)
                } else {
                    1
                },
            }),
        }
    }
}

/// Reads one line; nothing where it is not for people, or no message at all.
fn read(line: &str) -> Option<Message> {
    let line: Line = serde_json::from_str(line).ok()?;
    match line.diagnostic {
        Some(diagnostic) if diagnostic.severity == "error" => {
            return Some(Message::Fault(diagnostic.into()));
        }
        Some(diagnostic) => {
            return Some(Message::Progress {
                resource: diagnostic.address,
                kind: "warning".to_owned(),
                text: diagnostic.summary,
            });
        }
        None => {}
    }
    let shown = matches!(
        line.kind.as_str(),
        "apply_start"
            | "apply_progress"
            | "apply_complete"
            | "apply_errored"
            | "provision_start"
            | "provision_progress"
            | "provision_complete"
            | "provision_errored"
            | "refresh_start"
            | "change_summary"
    );
    let hook = line.hook.or(line.change);
    shown.then(|| Message::Progress {
        resource: hook.and_then(|hook| hook.resource?.addr),
        kind: line.kind,
        text: line.message,
    })
}

/// Reads what was printed, line by line; other lines come as they are.
pub fn read_messages(line: &str) -> Option<Message> {
    if line.starts_with('{') {
        return read(line);
    }
    let text = line.trim_end();
    (!text.is_empty()).then(|| Message::Progress {
        resource: None,
        kind: "output".to_owned(),
        text: text.to_owned(),
    })
}

/// The errors that `validate -json` tells; nothing where it told no such document.
pub fn read_validation(document: &str) -> Option<Vec<Fault>> {
    #[derive(Deserialize)]
    struct Validation {
        diagnostics: Vec<Json>,
    }
    let validation: Validation = serde_json::from_str(document).ok()?;
    let diagnostics = validation.diagnostics.into_iter();
    let diagnostics = diagnostics.filter_map(|one| serde_json::from_value::<Diagnostic>(one).ok());
    let errors = diagnostics.filter(|one| one.severity == "error");
    Some(errors.map(Fault::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_a_lock_is_read_from_what_is_said_of_it() {
        let line = r#"{"@level":"error","@message":"Error: Error acquiring the state lock","type":"diagnostic","diagnostic":{"severity":"error","summary":"Error acquiring the state lock","detail":"Error message: conflict\nLock Info:\n  ID:        27a4b2\n  Path:      bucket/key\n  Operation: OperationTypeApply\n  Who:       me@box\n  Version:   1.11.4\n  Created:   2026-11-23 18:00:00.1 +0000 UTC\n  Info:      \n\nTerraform acquires a state lock: see"}}"#;
        let Some(Message::Fault(fault)) = read_messages(line) else {
            panic!("it is a fault");
        };
        assert_eq!(
            fault.lock().map(|lock| lock.to_string()).as_deref(),
            Some("me@box since 2026-11-23 18:00:00.1 +0000 UTC (OperationTypeApply, lock 27a4b2)")
        );
    }

    #[test]
    fn what_is_for_programs_only_is_not_shown() {
        let version = r#"{"@message":"Terraform 1.11.4","type":"version"}"#;
        assert_eq!(read_messages(version), None);
        assert!(read_messages("Initializing the backend...").is_some());
    }

    #[test]
    fn faults_of_a_validation_have_their_places() {
        let document = r#"{"valid":false,"diagnostics":[{"severity":"warning","summary":"w"},{"severity":"error","summary":"Unclosed configuration block","detail":"There is no closing brace.","range":{"filename":"bad.tf","start":{"line":1,"column":14,"byte":13},"end":{"line":1,"column":15,"byte":14}}}]}"#;
        let faults = read_validation(document).unwrap();
        assert_eq!(faults.len(), 1);
        assert_eq!(
            faults[0].to_string(),
            "Unclosed configuration block: There is no closing brace."
        );
        let position = faults[0].position.as_ref().unwrap();
        assert_eq!((position.file.as_str(), position.line), ("bad.tf", 1));
    }
}
