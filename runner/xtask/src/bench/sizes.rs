//! The programs as they are downloaded.

use std::fs;

use super::Bench;
use super::figure::{Figure, Limit, Row};
use crate::Result;

const PROGRAMS: [&str; 5] = [
    "nucleon-render",
    "nucleon-plan",
    "nucleon-apply",
    "nucleon-notify",
    "nucleon",
];

pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    PROGRAMS.iter().map(|program| row(bench, program)).collect()
}

fn row(bench: &Bench, program: &str) -> Result<Row> {
    let size = fs::metadata(bench.binary(program))?.len();
    let budget = crate::test::BUDGETS
        .iter()
        .find(|(name, _)| *name == program);
    let limit = budget.map_or(Limit::None, |(_, bytes)| {
        Limit::AtMost(Figure::Bytes(*bytes))
    });
    Ok(Row::new(
        format!("size of {program}"),
        Figure::Bytes(size),
        limit,
    ))
}
