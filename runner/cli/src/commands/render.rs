//! `nucleon-render`: templates with their inputs filled in.

mod bundle;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use nucleon_core::compose::Composition;
use nucleon_core::context::Context;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::folder;
use nucleon_core::render::render;
use nucleon_core::repository::Target;
use nucleon_core::target::{Stage, TargetId};
use nucleon_core::template::TemplateSource;
use nucleon_core::validate::merge;
use serde::Serialize;

use crate::args::{Common, Format, Selection, StateArgs};
use crate::error::{Failure, Kind};
use crate::main_of::{Command, block_on};
use crate::matrix::matrix;
use crate::workspace::Workspace;
use crate::{env, output, product};

/// Renders targets, or one template, or one bundle
///
/// Without a sub-command, renders targets of the repository: those that are named, all of a stage,
/// those that render differently since a revision, or those that are pending.
#[derive(Debug, Parser)]
#[command(
    name = "nucleon-render",
    version,
    subcommand_precedence_over_arg = true
)]
pub struct Render {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    one: Option<One>,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    state: StateArgs,
    /// Write what is rendered below this folder
    #[arg(long, value_name = "DIR", env = env::OUT, hide_env = true)]
    out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum One {
    /// Render one template with a context, to standard output
    Template(TemplateArgs),
    /// Render one bundle with one spec, without a repository
    Bundle(bundle::BundleArgs),
}

#[derive(Debug, Args)]
struct TemplateArgs {
    /// The template
    file: PathBuf,
    /// What the template sees, as JSON
    #[arg(long, value_name = "CONTEXT.json")]
    context: PathBuf,
}

impl Command for Render {
    fn common(&self) -> &Common {
        &self.common
    }

    fn run(self) -> Result<ExitCode, Failure> {
        let format = self.common.format();
        match self.one {
            Some(One::Template(template)) => template.run(format),
            Some(One::Bundle(bundle)) => bundle.run(format),
            None => block_on(self.rendered())?,
        }
    }
}

impl TemplateArgs {
    fn run(&self, format: Format) -> Result<ExitCode, Failure> {
        let text = bundle::read(&self.file)?;
        let json = bundle::read(&self.context)?;
        let context = serde_json::from_str(&json).map_err(|error| error.to_string());
        let context =
            context.and_then(|json| Context::from_json(json).map_err(|error| error.to_string()));
        let context = context.map_err(|error| {
            Failure::new(Kind::Files, format!("{}: {error}", self.context.display()))
        })?;
        let source = TemplateSource {
            file: self.file.display().to_string().into(),
            text: text.into(),
        };
        match render(&source, &context) {
            Ok(rendered) => {
                output::data(rendered.text());
                Ok(ExitCode::SUCCESS)
            }
            Err(diagnostics) => {
                output::diagnostics(&diagnostics, format, &|_| Some(source.text.clone()));
                Err(Failure::told(Kind::Files))
            }
        }
    }
}

impl Render {
    async fn rendered(self) -> Result<ExitCode, Failure> {
        let workspace = Workspace::open(&self.common, &self.state).await?;
        let targets = workspace.select(&self.selection).await?;
        let tips = workspace.outputs_for(&targets).await?;
        let known: Vec<&Target> = targets
            .iter()
            .filter_map(|id| workspace.fleet.repository.targets().get(id))
            .collect();
        let written = |target: &Target, composition: Option<Composition>, faults| {
            let listed = composition.map(|composition| self.written(target, &composition));
            (listed, faults)
        };
        let (mut found, mut listed) = (Vec::new(), Vec::new());
        for (entry, faults) in workspace.fleet.compose_with(&known, &tips, written) {
            found.extend::<Vec<Diagnostic>>(faults);
            listed.extend(entry.transpose()?);
        }
        let diagnostics = merge(workspace.diagnostics.clone(), found);
        self.tell(&workspace, &known, &listed, &diagnostics)
    }

    /// Writes one target's files below `--out`, and describes it.
    fn written(&self, target: &Target, composition: &Composition) -> Result<Listed, Failure> {
        let path = folder::path(&target.id, target.environment.as_ref());
        let files = product::write(self.out.as_deref(), &path, &composition.product)?;
        Ok(Listed {
            target: target.id.clone(),
            stage: target.stage,
            account: target.place.account.clone(),
            region: target.place.region.clone(),
            template: target.template.as_ref().map(ToString::to_string),
            digest: composition.product.digest().to_string(),
            unknown: composition.product.unknown().to_vec(),
            files,
        })
    }

    fn tell(
        &self,
        workspace: &Workspace,
        known: &[&Target],
        listed: &[Listed],
        diagnostics: &[Diagnostic],
    ) -> Result<ExitCode, Failure> {
        let format = self.common.format();
        workspace.show(diagnostics, format);
        let matrix = matrix(known);
        let document = Document {
            format: 1,
            commit: &workspace.commit,
            targets: listed,
            matrix: &matrix,
        };
        match format {
            Format::Json => output::json(&document),
            Format::Text | Format::Github => {
                let lines: String = listed.iter().map(Listed::line).collect();
                output::data(&lines);
            }
        }
        let path = output::kept("render");
        if let Some(path) = &path {
            output::json_file(path, &document)?;
        }
        let targets: Vec<String> = known.iter().map(|target| target.id.to_string()).collect();
        let stages = workspace.fleet.stages(known);
        let stages: Vec<String> = stages.iter().map(ToString::to_string).collect();
        let matrix = serde_json::to_string(&matrix).expect("our documents have text keys");
        let path = path.map(|path| path.display().to_string());
        output::outputs(&[
            ("targets", &targets.join("\n")),
            ("matrix", &matrix),
            ("stages", &stages.join("\n")),
            ("count", &targets.len().to_string()),
            ("json", &path.unwrap_or_default()),
        ])?;
        if diagnostics.iter().any(Diagnostic::is_error) {
            Err(Failure::told(Kind::Files))
        } else {
            Ok(ExitCode::SUCCESS)
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    commit: &'a str,
    targets: &'a [Listed],
    matrix: &'a [crate::matrix::Entry],
}

#[derive(Serialize)]
struct Listed {
    target: TargetId,
    stage: Stage,
    account: String,
    region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    digest: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<String>,
    files: Vec<String>,
}

impl Listed {
    fn line(&self) -> String {
        format!(
            "{}\t{}\t{}\t{}\t{}\n",
            self.target,
            self.stage,
            self.account,
            self.region,
            self.files.join(" ")
        )
    }
}
