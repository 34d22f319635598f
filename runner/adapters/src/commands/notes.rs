//! What the `aws` of ours has to know and what it writes down, in a folder that it shares with the runner.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use nucleon_core::outcome::Outputs;
use nucleon_core::record::outputs;
use serde::{Deserialize, Serialize};

/// Holds the target's ARN: nothing else may be reported.
const ARN: &str = "resource-arn";
/// Holds what was reported, a line of JSON each.
const NOTES: &str = "notes.jsonl";

/// What one call reported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    /// Proton's word: `IN_PROGRESS`, `SUCCEEDED`, `FAILED`.
    pub(super) status: Option<String>,
    /// The sentence that came with it.
    pub(super) message: Option<String>,
    /// The outputs that came with it.
    #[serde(with = "outputs")]
    pub(super) outputs: Outputs,
}

/// The folder that both look into.
#[derive(Clone, Debug)]
pub(super) struct Notes(PathBuf);

impl Notes {
    /// The notes of a folder.
    pub(super) fn of(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Says whose they are.
    pub(super) fn begin(&self, arn: &str) -> io::Result<()> {
        std::fs::write(self.0.join(ARN), arn)
    }

    /// Whose they are.
    pub(super) fn arn(&self) -> io::Result<String> {
        std::fs::read_to_string(self.0.join(ARN))
    }

    /// Adds one; calls may come side by side.
    pub(super) fn add(&self, note: &Note) -> io::Result<()> {
        let mut line = serde_json::to_string(note)?;
        line.push('\n');
        let mut file = OpenOptions::new();
        let mut file = file.append(true).create(true).open(self.0.join(NOTES))?;
        file.write_all(line.as_bytes())
    }

    /// All of them together: the last word counts, for each output on its own.
    pub(super) fn read(&self) -> io::Result<Note> {
        let text = match std::fs::read_to_string(self.0.join(NOTES)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Note::default()),
            Err(error) => return Err(error),
        };
        let mut all = Note::default();
        for line in text.lines() {
            let note: Note = serde_json::from_str(line)?;
            all.status = note.status.or(all.status);
            all.message = note.message.or(all.message);
            all.outputs.extend(note.outputs);
        }
        Ok(all)
    }
}
