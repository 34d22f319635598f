//! `nucleon outdated`: which targets use a template version that is not the newest.

use std::process::ExitCode;

use clap::Args;
use nucleon_adapters::files::read_tree;
use nucleon_adapters::git::GitTemplates;
use nucleon_core::outdated::{Standing, standings};
use nucleon_core::record::Format as FileFormat;
use nucleon_core::repository::Repository;
use nucleon_core::version::VersionRef;
use nucleon_engine::cores::AllCores;
use nucleon_engine::ports::Templates as _;

use crate::args::{Common, Format};
use crate::error::Failure;
use crate::main_of::block_on;
use crate::table::table;
use crate::{env, output, workspace};

/// Arguments of `nucleon outdated`.
#[derive(Debug, Args)]
pub struct Outdated {
    /// Also the targets that use the newest version
    #[arg(long)]
    all: bool,
    /// Git remote that holds the published versions
    #[arg(long, value_name = "REMOTE", env = env::STATE_REMOTE, default_value = "origin", hide_env = true)]
    remote: String,
}

impl Outdated {
    /// Does it.
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        let files = read_tree(&common.root)?;
        let templates = GitTemplates::new(workspace::checkout_of(common, &self.remote));
        let published = block_on(templates.versions())??;
        // What is wrong in the files is for `nucleon validate` to tell.
        let (repository, _) = Repository::parse_on(&AllCores, &files);
        let mut found = standings(&repository, &published);
        let all = found.len();
        if !self.all {
            found.retain(Standing::is_behind);
        }
        let behind = found.iter().filter(|it| it.is_behind()).count();
        if common.format() == Format::Json {
            output::json(&serde_json::json!({ "format": FileFormat, "targets": found }));
        } else if !found.is_empty() {
            let heads = [
                "target",
                "version",
                "minor",
                "major",
                "recommended",
                "deprecated",
            ];
            let rows: Vec<Vec<String>> = found.iter().map(row).collect();
            output::data(&table(&heads, &rows));
        }
        output::say(&format!("{behind} of {all} targets are behind"));
        Ok(ExitCode::SUCCESS)
    }
}

fn row(standing: &Standing) -> Vec<String> {
    let number = |version: &Option<VersionRef>| {
        let version = version.as_ref().map(ToString::to_string);
        let number = version.and_then(|it| Some(it.split_once('@')?.1.to_owned()));
        number.unwrap_or_default()
    };
    let deprecated = standing.deprecated.as_ref().map(|it| match it.date {
        Some(date) => format!("until {date}: {}", it.message),
        None => it.message.clone(),
    });
    vec![
        standing.target.to_string(),
        standing.version.to_string(),
        number(&standing.newer_minor),
        number(&standing.newer_major),
        number(&standing.recommended),
        deprecated.unwrap_or_default(),
    ]
}
