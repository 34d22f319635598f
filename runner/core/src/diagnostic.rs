//! What is wrong in the user's files, as data; how it is shown is another matter.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::codes::Code;

/// Whether a diagnostic stops the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The files cannot be used as they are.
    Error,
    /// Worth a look; the work goes on.
    Warning,
}

/// A place in a file; lines and columns start at 1, columns and length count characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The file, relative to the repository's root.
    pub file: Arc<str>,
    /// The line.
    pub line: u32,
    /// The column of the first character.
    pub column: u32,
    /// How many characters on that line belong to it; at least 1.
    pub length: u32,
}

impl Location {
    /// The first character of a file: for faults that belong to the file as a whole.
    pub fn start_of(file: impl Into<Arc<str>>) -> Self {
        Self {
            file: file.into(),
            line: 1,
            column: 1,
            length: 1,
        }
    }
}

/// One fault: what is wrong, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The kind of fault.
    pub code: Code,
    /// Whether it stops the work.
    pub severity: Severity,
    /// One sentence that is enough on its own; lower case, no full stop.
    pub message: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// The text to write, or what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Whether the line must not be shown, because a secret is on it.
    #[serde(skip)]
    pub hides_source: bool,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            location: None,
            help: None,
            hides_source: false,
        }
    }

    /// A warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether it stops the work.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Sorts diagnostics by file and line, and takes out what was reported twice.
pub fn tidy(diagnostics: &mut Vec<Diagnostic>) {
    let key = |diagnostic: &Diagnostic| {
        let Diagnostic {
            location,
            severity,
            code,
            message,
            ..
        } = diagnostic;
        (location.clone(), *severity, *code, message.clone())
    };
    diagnostics.sort_by_cached_key(key);
    diagnostics.dedup();
}
