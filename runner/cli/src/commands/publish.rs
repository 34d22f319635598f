//! `nucleon publish`: the next minor version of each major whose content changed.

use std::process::ExitCode;

use clap::Args;
use nucleon_adapters::git::{Checkout, GitPublisher};
use nucleon_core::bundle::Bundle;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::record::Format as FileFormat;
use nucleon_core::suggest::closest;
use nucleon_core::target::{BadName, Name};
use nucleon_core::version::VersionRef;
use nucleon_engine::ports::chain;
use nucleon_engine::publish::{NotPublished, Publication, Request, What, publish};
use serde_json::json;

use crate::args::{Common, Format, Line, parse_line};
use crate::error::{Failure, Kind};
use crate::main_of::block_on;
use crate::workspace::{self, Checked};
use crate::{env, output};

/// Arguments of `nucleon publish`.
#[derive(Debug, Args)]
pub struct Publish {
    /// Only these templates; all of them when none is named
    #[arg(value_name = "TEMPLATE", env = env::TEMPLATES, value_delimiter = '\n', hide_env = true, value_parser = template)]
    templates: Vec<Line<Name>>,
    /// The number of a first publication, such as 1.7: numbers go on from Proton's
    #[arg(long = "as", value_name = "VERSION", requires = "templates", value_parser = number)]
    number: Option<(u32, u32)>,
    /// The branch whose tip is published, where it is not the remote's default
    #[arg(long, value_name = "BRANCH", env = env::BRANCH, hide_env = true, value_parser = parse_line::<String>)]
    branch: Option<Line<String>>,
    /// Only say what would be published
    #[arg(long)]
    dry_run: bool,
    /// Git remote that it is published to
    #[arg(long, value_name = "REMOTE", env = env::STATE_REMOTE, default_value = "origin", hide_env = true)]
    remote: String,
}

/// A line of the list, which may be empty.
fn template(text: &str) -> Result<Line<Name>, BadName> {
    let text = text.trim();
    let name = (!text.is_empty()).then(|| Name::new(text));
    Ok(Line(name.transpose()?))
}

/// `1.7`.
fn number(text: &str) -> Result<(u32, u32), String> {
    match format!("template@{text}").parse() {
        Ok(VersionRef {
            major,
            minor: Some(minor),
            ..
        }) => Ok((major, minor)),
        _ => Err("write the major and the minor number, such as 1.7".to_owned()),
    }
}

impl Publish {
    /// Does it.
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        let checked = workspace::check(common)?;
        let meant = self.chosen(&checked)?;
        let mut left_out = Vec::new();
        let mut sound = Vec::new();
        for (name, major) in meant {
            let faults = faults(&checked, name, *major);
            let version = VersionRef {
                name: name.clone(),
                major: *major,
                minor: None,
            };
            if checked.drafts.contains(&(name.clone(), *major)) {
                let what = What::Draft;
                left_out.push(Publication { version, what });
                continue;
            }
            match checked.bundles.get(&(name.clone(), *major)) {
                Some(bundle) if !faults.iter().any(Diagnostic::is_error) => sound.push(bundle),
                _ => {
                    let what = What::Refused(faults);
                    left_out.push(Publication { version, what });
                }
            }
        }
        let checkout = workspace::checkout_of(common, &self.remote);
        let mut done = block_on(self.published(&checkout, &sound))??;
        done.extend(left_out);
        done.sort_by(|one, other| one.version.cmp(&other.version));
        self.show(&done, &checked, common.format())
    }

    /// The major versions that are meant: those of the templates that are named, else all.
    fn chosen<'c>(&self, checked: &'c Checked) -> Result<Vec<&'c (Name, u32)>, Failure> {
        let named: Vec<&Name> = self.named().collect();
        let all = || checked.bundles.keys().chain(&checked.unread);
        for &name in &named {
            if !all().any(|(known, _)| known == name) {
                let names = all().map(|(name, _)| name.as_str());
                let hint = closest(name.as_str(), names).map_or_else(
                    || "a template is a folder with `v1/schema/schema.yaml`".to_owned(),
                    |meant| format!("did you mean `{meant}`?"),
                );
                let message = format!("there is no template `{name}` in this repository");
                return Err(Failure::new(Kind::Files, message).hint(hint));
            }
        }
        let chosen: Vec<&(Name, u32)> = all()
            .filter(|(name, _)| named.is_empty() || named.contains(&name))
            .filter(|(_, major)| self.number.is_none_or(|(wanted, _)| *major == wanted))
            .collect();
        match self.number {
            Some((major, _)) if chosen.is_empty() => {
                let message = format!("`{}` has no folder `v{major}`", named[0]);
                Err(Failure::new(Kind::CommandLine, message)
                    .hint("--as names the major version of a folder that is there"))
            }
            _ => Ok(chosen),
        }
    }

    fn named(&self) -> impl Iterator<Item = &Name> {
        self.templates.iter().filter_map(|line| line.0.as_ref())
    }

    async fn published(
        &self,
        checkout: &Checkout,
        bundles: &[&Bundle],
    ) -> Result<Vec<Publication>, Failure> {
        let commit = checkout.head().await?;
        let folders: Vec<&str> = bundles.iter().map(|bundle| &*bundle.folder).collect();
        if let Some(path) = checkout.uncommitted(&folders).await? {
            let message =
                format!("`{path}` is not as the commit has it, and commits are published");
            return Err(Failure::new(Kind::Files, message).hint("commit and push it first"));
        }
        let request = Request {
            bundles,
            commit: &commit,
            first: self.number.map(|(_, minor)| minor),
            dry: self.dry_run,
        };
        let publisher = GitPublisher::new(
            checkout.clone(),
            self.branch.clone().and_then(|line| line.0),
        );
        Ok(publish(request, &publisher).await?)
    }

    fn show(
        &self,
        done: &[Publication],
        checked: &Checked,
        format: Format,
    ) -> Result<ExitCode, Failure> {
        let refused: Vec<Diagnostic> = done
            .iter()
            .filter_map(|publication| match &publication.what {
                What::Refused(faults) => Some(faults.clone()),
                What::Unchanged | What::Draft | What::Published { .. } => None,
            })
            .flatten()
            .collect();
        let told: Vec<String> = done.iter().filter_map(|it| self.told(it)).collect();
        if format == Format::Json {
            let publications: Vec<_> = done.iter().map(document).collect();
            output::json(&json!({ "format": FileFormat, "templates": publications }));
        } else {
            output::diagnostics(&refused, format, &|file| checked.source(file));
            output::data(&told.concat());
        }
        let new = done
            .iter()
            .filter(|it| matches!(it.what, What::Published { .. }));
        let tags: Vec<String> = new.map(|it| tag(&it.version)).collect();
        output::outputs(&[("published", &tags.join("\n"))])?;
        let list = |text: String, line: &String| text + "- " + line;
        output::summary(&told.iter().fold(String::new(), list))?;
        if tags.is_empty() && refused.is_empty() {
            output::say("nothing changed since it was published");
        }
        if refused.iter().any(Diagnostic::is_error) {
            return Err(Failure::told(Kind::Files));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What is said of a version that is new.
    fn told(&self, publication: &Publication) -> Option<String> {
        let What::Published { before } = &publication.what else {
            return None;
        };
        let would = if self.dry_run {
            "would publish"
        } else {
            "published"
        };
        let version = &publication.version;
        Some(match before {
            Some(before) => format!("{would} {version} after {before}\n"),
            None => format!("{would} {version}, the first of its major version\n"),
        })
    }
}

/// The faults in a major version's folder, `v1` or `1`.
fn faults(checked: &Checked, name: &Name, major: u32) -> Vec<Diagnostic> {
    let folders = [format!("/{name}/v{major}/"), format!("/{name}/{major}/")];
    let is_inside = |diagnostic: &&Diagnostic| {
        let location = diagnostic.location.as_ref();
        let file = location.map(|location| format!("/{}", location.file));
        file.is_some_and(|file| folders.iter().any(|folder| file.contains(folder)))
    };
    let faults = checked.diagnostics.iter();
    faults.filter(is_inside).cloned().collect()
}

/// The tag of a version.
fn tag(version: &VersionRef) -> String {
    let minor = version.minor.unwrap_or_default();
    format!("{}/v{}.{minor}", version.name, version.major)
}

fn document(publication: &Publication) -> serde_json::Value {
    let version = &publication.version;
    let (status, before, diagnostics) = match &publication.what {
        What::Unchanged => ("unchanged", None, None),
        What::Draft => ("draft", None, None),
        What::Published { before } => ("published", before.as_ref(), None),
        What::Refused(faults) => ("refused", None, Some(faults)),
    };
    let mut document = json!({ "version": version, "status": status });
    if let Some(before) = before {
        document["after"] = json!(before);
    }
    if let Some(faults) = diagnostics {
        document["diagnostics"] = json!(faults);
    }
    document
}

impl From<NotPublished> for Failure {
    fn from(error: NotPublished) -> Self {
        let message = chain(&error);
        match error {
            NotPublished::NotTheTip { .. } => Self::new(Kind::Stale, message)
                .hint("push this commit, or let the run of the newer one publish"),
            NotPublished::NotFirst(_) => Self::new(Kind::CommandLine, message)
                .hint("leave --as out; it is for the first publication of a major version"),
            NotPublished::Crowded(_) => Self::new(Kind::Stale, message).hint("run it again"),
            NotPublished::Port(error) => error.into(),
        }
    }
}
