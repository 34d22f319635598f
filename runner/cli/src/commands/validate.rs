//! `nucleon validate`: everything that can be known without a network.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use nucleon_core::diagnostic::{Diagnostic, Severity};
use nucleon_core::report;

use crate::args::{Common, Format};
use crate::error::{Failure, Kind};
use crate::output;
use crate::workspace;

/// Arguments of `nucleon validate`.
#[derive(Debug, Args)]
pub struct Validate {
    /// Only report faults in these files and folders
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Validate {
    /// Does it.
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        let checked = workspace::check(common)?;
        let diagnostics: Vec<Diagnostic> = checked
            .diagnostics
            .iter()
            .filter(|diagnostic| self.reports(diagnostic))
            .cloned()
            .collect();
        match common.format() {
            Format::Json => output::json(&report::json(&diagnostics)),
            format @ (Format::Text | Format::Github) => {
                output::diagnostics(&diagnostics, format, &|file| checked.source(file));
            }
        }
        let count = |severity| {
            diagnostics
                .iter()
                .filter(|diagnostic| diagnostic.severity == severity)
                .count()
        };
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        output::say(&format!(
            "{} and {} checked: {} and {}",
            counted(checked.targets, "target"),
            counted(checked.files, "file"),
            counted(errors, "error"),
            counted(warnings, "warning"),
        ));
        if errors > 0 {
            Err(Failure::told(Kind::Files))
        } else {
            Ok(ExitCode::SUCCESS)
        }
    }

    fn reports(&self, diagnostic: &Diagnostic) -> bool {
        let Some(location) = &diagnostic.location else {
            return true;
        };
        let below = |path: &PathBuf| {
            let path = path.strip_prefix(".").unwrap_or(path);
            path.as_os_str().is_empty() || std::path::Path::new(&*location.file).starts_with(path)
        };
        self.paths.is_empty() || self.paths.iter().any(below)
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
