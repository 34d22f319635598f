//! The checker alone, on a warm schema, over more and more specs.

use std::process::Command;
use std::time::Duration;

use super::Bench;
use super::figure::{Figure, Limit, Row};
use crate::Result;

/// What a property may cost.
const MOST: Duration = Duration::from_micros(2);

pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    let output = Command::new(bench.example("check_specs")?).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let printed = String::from_utf8(output.stdout)?;
    printed.lines().map(row).collect()
}

fn row(line: &str) -> Result<Row> {
    let (specs, nanoseconds) = line.split_once(' ').ok_or("a line without a figure")?;
    let time = Duration::from_nanos(nanoseconds.parse()?);
    let name = format!("a property checked, of {specs} specs");
    Ok(Row::new(
        name,
        Figure::Time(time),
        Limit::AtMost(Figure::Time(MOST)),
    ))
}
