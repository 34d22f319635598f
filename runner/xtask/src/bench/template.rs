//! One template, validated and rendered by a whole process.

use std::process::Command;
use std::time::Duration;

use super::Bench;
use super::figure::{Figure, Limit, Row};
use super::measure::medians;
use crate::Result;

const RUNS: usize = 101;

pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    let example = bench.workspace.path("templates-examples/network-env");
    let out = tempfile::tempdir()?;
    let ours = || {
        let mut command = bench.ours("nucleon-render", &example);
        command
            .args(["bundle", "v1", "--spec", "spec/spec.yaml", "--out"])
            .arg(out.path());
        command
    };
    let node = || {
        let mut command = Command::new("node");
        command.args(["-e", "0"]);
        command
    };
    let (ours, node) = medians(RUNS, ours, node)?;
    let name = "one template validated and rendered";
    Ok(vec![
        Row::new(
            name,
            ours,
            Limit::AtMost(Figure::Time(Duration::from_millis(5))),
        ),
        Row::new(name, ours, Limit::TimesFaster(10.0)).against("node -e 0", node),
    ])
}
