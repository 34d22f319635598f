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
    /// Only these files and folders
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
        let paths = below(&common.root, &self.paths)?;
        if self.fix {
            fix(&common.root, &paths)?;
        }
        let checked = workspace::check(common)?;
        if let Some(folder) = &self.write_schemas {
            write_schemas(&common.root, folder, &checked)?;
        }
        let diagnostics: Vec<Diagnostic> = checked
            .diagnostics
            .iter()
            .filter(|diagnostic| is_asked_for(diagnostic, &paths))
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
}

/// The paths that were named, from the repository's root.
fn below(root: &Path, paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let below = |path: &PathBuf| {
        let whole = root.join(path).canonicalize().ok()?;
        let root = root.canonicalize().ok()?;
        whole.strip_prefix(root).ok().map(Path::to_owned)
    };
    let refuse = |path: &PathBuf| {
        let message = format!("there is no `{}` in this repository", path.display());
        Failure::new(Kind::CommandLine, message).hint("name files and folders from its root")
    };
    let named = paths.iter();
    named
        .map(|path| below(path).ok_or_else(|| refuse(path)))
        .collect()
}

fn is_asked_for(diagnostic: &Diagnostic, paths: &[PathBuf]) -> bool {
    let location = diagnostic.location.as_ref();
    location.is_none_or(|location| covers(paths, &location.file))
}

fn covers(paths: &[PathBuf], file: &str) -> bool {
    paths.is_empty() || paths.iter().any(|path| Path::new(file).starts_with(path))
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Rewrites the files, and says which.
fn fix(root: &Path, paths: &[PathBuf]) -> Result<(), Failure> {
    let fixes = fix::fixes(&read_tree(root)?).into_iter();
    for fix in fixes.filter(|fix| covers(paths, fix.path())) {
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
    write("versions.schema.json", editor::VERSIONS_SCHEMA)?;
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
