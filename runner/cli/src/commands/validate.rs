//! `nucleon validate`: everything that can be known without a network.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use nucleon_adapters::files::read_tree;
use nucleon_core::bundle::SCHEMA;
use nucleon_core::diagnostic::{Diagnostic, Severity};
use nucleon_core::fix::{self, Fix};
use nucleon_core::{editor, report};

use crate::args::{Common, Format};
use crate::error::{Failure, Kind};
use crate::output;
use crate::workspace::{self, Checked};

/// Arguments of `nucleon validate`.
#[derive(Debug, Args)]
pub struct Validate {
    /// Only report faults in these files and folders
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Rewrite what bundles have from Proton's preview: `engine:`, old names, old folders
    #[arg(long)]
    fix: bool,
    /// Write JSON Schemas for editors: of nucleon.yaml, and of each template version's specs
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, default_missing_value = SCHEMAS)]
    write_schemas: Option<PathBuf>,
}

/// Where schemas for editors go, below the repository's root.
const SCHEMAS: &str = ".nucleon/schemas";

impl Validate {
    /// Does it.
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        if self.fix {
            fix(&common.root)?;
        }
        let checked = workspace::check(common)?;
        if let Some(folder) = &self.write_schemas {
            write_schemas(&common.root, folder, &checked)?;
        }
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
            path.as_os_str().is_empty() || Path::new(&*location.file).starts_with(path)
        };
        self.paths.is_empty() || self.paths.iter().any(below)
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Rewrites the files, and says which.
fn fix(root: &Path) -> Result<(), Failure> {
    for fix in fix::fixes(&read_tree(root)?) {
        match fix {
            Fix::Rewrite { file, text } => {
                output::file(&root.join(&file), &text)?;
                output::say(&format!("rewrote {file}"));
            }
            Fix::Rename { from, to } => {
                output::rename(&root.join(&from), &root.join(&to))?;
                output::say(&format!("renamed {from} to {to}"));
            }
        }
    }
    Ok(())
}

/// Writes the schemas, and says what to put on top of a file so that editors find them.
fn write_schemas(root: &Path, folder: &Path, checked: &Checked) -> Result<(), Failure> {
    let write = |path: &str, text: &str| {
        let file = folder.join(path);
        output::file(&root.join(&file), text)?;
        output::say(&format!(
            "# yaml-language-server: $schema={}",
            file.display()
        ));
        Ok::<(), Failure>(())
    };
    write("nucleon.schema.json", editor::CONFIG_SCHEMA)?;
    for ((name, major), bundle) in &checked.bundles {
        let file = format!("{}/{SCHEMA}", bundle.folder);
        let text = checked.source(&file);
        let schema = text.and_then(|text| editor::spec_schema(bundle, &text));
        if let Some(schema) = schema {
            write(
                &format!("{name}@{major}.schema.json"),
                &format!("{schema:#}\n"),
            )?;
        }
    }
    Ok(())
}
