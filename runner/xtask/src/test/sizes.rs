//! How large the programs may be that every job downloads.

use std::fs;

use super::steps::closing;
use crate::Result;
use crate::workspace::Workspace;

/// Programs and their budgets in bytes; the benchmarks say how far they are met.
pub(crate) const BUDGETS: [(&str, u64); 2] =
    [("nucleon-render", 3_000_000), ("nucleon-notify", 5_000_000)];

pub(super) fn run(workspace: &Workspace) -> Result<Vec<String>> {
    let mut build = workspace.release(&["--package", "nucleon-cli"]);
    for (name, _) in BUDGETS {
        build.args(["--bin", name]);
    }
    closing(&mut build, |_| false)?;
    let sizes: Result<Vec<_>> = BUDGETS
        .iter()
        .map(|(name, budget)| Ok((name, budget, size(workspace, name)?)))
        .collect();
    let (too_large, fitting): (Vec<_>, Vec<_>) = sizes?
        .into_iter()
        .partition(|(_, budget, size)| size > budget);
    let line =
        |(name, budget, size): &(&&str, &u64, u64)| format!("{name}: {size} of {budget} bytes");
    if too_large.is_empty() {
        Ok(fitting.iter().map(line).collect())
    } else {
        Err(too_large
            .iter()
            .map(line)
            .collect::<Vec<_>>()
            .join("\n")
            .into())
    }
}

fn size(workspace: &Workspace, name: &str) -> Result<u64> {
    Ok(fs::metadata(workspace.released().join(name))?.len())
}
