//! `nucleon status`: how the targets stand.

use std::process::ExitCode;

use clap::Args;
use nucleon_core::record::Format as FileFormat;
use nucleon_core::target::TargetId;
use nucleon_engine::status::{Entry, status};

use crate::args::{Common, Format, StateArgs};
use crate::error::Failure;
use crate::main_of::block_on;
use crate::table::table;
use crate::{output, workspace};

/// Arguments of `nucleon status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Targets, such as environment/dev; all of them when nothing is said
    #[arg(value_name = "TARGET")]
    targets: Vec<TargetId>,
    #[command(flatten)]
    state: StateArgs,
}

impl Status {
    /// Does it.
    pub fn run(self, common: &Common) -> Result<ExitCode, Failure> {
        let state = workspace::state(common, &self.state, None)?;
        let entries = block_on(status(&state, &self.targets))??;
        show(&entries, common.format());
        Ok(ExitCode::SUCCESS)
    }
}

/// Shows entries as a table, or as JSON.
pub fn show(entries: &[Entry], format: Format) {
    if format == Format::Json {
        return output::json(&serde_json::json!({ "format": FileFormat, "targets": entries }));
    }
    let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
    output::data(&table(
        &[
            "target", "account", "region", "template", "status", "when", "by", "message",
        ],
        &rows,
    ));
}

fn row(entry: &Entry) -> Vec<String> {
    let Some(record) = &entry.record else {
        let fault = entry.fault.clone().unwrap_or_default();
        let unknown = ["?"; 6].map(str::to_owned);
        return [vec![entry.target.to_string()], unknown.into(), vec![fault]].concat();
    };
    let template = record.template.as_ref().map(ToString::to_string);
    vec![
        entry.target.to_string(),
        record.account.clone(),
        record.region.clone(),
        template.unwrap_or_default(),
        record.status.to_string(),
        format!("{:.0}", record.completed.unwrap_or(record.started)),
        record.actor.clone(),
        record.message.clone().unwrap_or_default(),
    ]
}
