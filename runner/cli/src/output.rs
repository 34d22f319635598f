//! Writing: stdout is data, stderr is for people, and GitHub's files take outputs and summaries.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::report;
use nucleon_core::visible::visible;
use nucleon_engine::ports::{Event, OUTPUT, Progress};
use serde::Serialize;

use crate::args::Format;
use crate::env;
use crate::error::{Failure, Kind};

/// Looks up the text of a file that a diagnostic points into.
pub type Sources<'a> = &'a dyn Fn(&str) -> Option<Arc<str>>;

/// Writes data.
pub fn data(text: &str) {
    let mut stdout = anstream::stdout().lock();
    // A reader that has gone away is no fault of ours, and there is nobody left to tell.
    let _closed = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
}

/// Writes a line for people.
pub fn say(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _closed = writeln!(stderr, "{text}");
}

/// Writes a document of ours to stdout.
pub fn json(document: &impl Serialize) {
    data(&pretty(document));
}

/// Writes a document of ours to a file.
pub fn json_file(path: &Path, document: &impl Serialize) -> Result<(), Failure> {
    file(path, &pretty(document))
}

fn pretty(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document).expect("our documents have text keys");
    format!("{text}\n")
}

/// Where a workflow step keeps a document for the steps after it, each process its own; outside a run nowhere.
pub fn kept(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(env::get(env::RUNNER_TEMP)?);
    Some(folder.join(format!("nucleon-{name}-{}.json", std::process::id())))
}

/// Shows diagnostics: as text on stderr, and as annotations in a workflow run.
pub fn diagnostics(diagnostics: &[Diagnostic], format: Format, sources: Sources<'_>) {
    if diagnostics.is_empty() {
        return;
    }
    let colour = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    say(report::text(diagnostics, sources, colour).trim_end());
    if format == Format::Github {
        data(&report::github(diagnostics));
    }
}

/// Shows a failure that has not been told yet.
pub fn failure(failure: &Failure, format: Format) {
    let Some(message) = &failure.message else {
        return;
    };
    let style = anstyle::Style::new()
        .bold()
        .fg_color(Some(anstyle::AnsiColor::Red.into()));
    say(&format!("{style}error{style:#}: {}", visible(message)));
    if let Some(hint) = &failure.hint {
        say(&format!("  = help: {}", visible(hint)));
    }
    if format == Format::Github {
        data(&report::annotation(message, failure.hint.as_deref()));
    }
}

/// Sets outputs of a workflow step; outside a run nothing happens.
pub fn outputs(values: &[(&str, &str)]) -> Result<(), Failure> {
    let Some(path) = env::get(env::GITHUB_OUTPUT) else {
        return Ok(());
    };
    let text: String = values
        .iter()
        .map(|(name, value)| output(name, value))
        .collect();
    append(Path::new(&path), &text)
}

/// Adds to the job's summary; outside a run nothing happens.
pub fn summary(markdown: &str) -> Result<(), Failure> {
    match env::get(env::GITHUB_STEP_SUMMARY) {
        Some(path) => append(Path::new(&path), markdown),
        None => Ok(()),
    }
}

/// Gives a folder or a file another name.
pub fn rename(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::rename(from, to).map_err(|error| cannot_write(to, &error))
}

/// Writes a file, whole.
pub fn file(path: &Path, text: &str) -> Result<(), Failure> {
    bytes(path, text.as_bytes())
}

/// Writes a file that may be anything, whole.
pub fn bytes(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let write = || {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, content)
    };
    write().map_err(|error| cannot_write(path, &error))
}

/// Lets a file be run, where files have such a mark.
#[cfg(unix)]
pub fn make_executable(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;

    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, permissions).map_err(|error| cannot_write(path, &error))
}

/// Lets a file be run, where files have such a mark.
#[cfg(not(unix))]
pub fn make_executable(_path: &Path) -> Result<(), Failure> {
    Ok(())
}

/// Removes a file.
pub fn remove(path: &Path) -> Result<(), Failure> {
    std::fs::remove_file(path).map_err(|error| cannot_write(path, &error))
}

fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let open = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path);
    open.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        Kind::Outside,
        format!("could not write `{}`: {error}", path.display()),
    )
}

/// One output in the heredoc form, with a delimiter that the value does not contain.
fn output(name: &str, value: &str) -> String {
    let mut delimiter = String::from("NUCLEON_EOF");
    while value.contains(&delimiter) {
        delimiter.push('_');
    }
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

/// Shows what happens while targets are changed, a line an event.
///
/// In a workflow run, GitHub obeys commands in what a step prints. From the first line that a program of the user's has printed,
/// it is told not to, until this is dropped.
#[derive(Debug)]
pub struct Lines {
    /// What ends the silence; nothing where nobody obeys.
    token: Option<String>,
    stopped: AtomicBool,
}

impl Default for Lines {
    fn default() -> Self {
        let token = || uuid::Uuid::new_v4().simple().to_string();
        Self {
            token: env::in_run().then(token),
            stopped: AtomicBool::new(false),
        }
    }
}

impl Lines {
    fn stop_commands(&self) {
        if let Some(token) = &self.token
            && !self.stopped.swap(true, Ordering::SeqCst)
        {
            say(&format!("::stop-commands::{token}"));
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if let Some(token) = self.token.as_ref().filter(|_| *self.stopped.get_mut()) {
            say(&format!("::{token}::"));
        }
    }
}

impl Progress for Lines {
    fn event(&self, event: &Event) {
        if event.status == OUTPUT {
            self.stop_commands();
        }
        let resource = event.resource.as_deref().unwrap_or("(stack)");
        let reason = event.reason.as_deref().map(visible).unwrap_or_default();
        // Older commands are obeyed in the middle of a line, too.
        let reason = reason.replace("##[", "## [");
        let gap = if reason.is_empty() { "" } else { "  " };
        say(&format!(
            "{}  {}  {resource}{gap}{reason}",
            event.target, event.status
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::output;

    #[test]
    fn a_value_cannot_end_its_own_heredoc() {
        let written = output("plan", "a\nNUCLEON_EOF\ninjected=1");
        assert_eq!(
            written,
            "plan<<NUCLEON_EOF_\na\nNUCLEON_EOF\ninjected=1\nNUCLEON_EOF_\n"
        );
    }
}
