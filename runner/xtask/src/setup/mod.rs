//! What the tasks need, installed below `target/nucleon` and nowhere else
//! (Rust targets and system packages aside).
//!
//! A step is done once for each content of the files it depends on; a stamp
//! remembers that.

mod stamp;
mod steps;

use std::fs::{self, File};
use std::thread;
use std::time::Instant;

use crate::Result;
use crate::workspace::Workspace;
use steps::Step;

/// Brings the machine to the state that the tasks need.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    fs::create_dir_all(workspace.tools())?;
    // Two tasks started at once must not install into the same folder.
    let lock = File::create(workspace.tools().join("lock"))?;
    lock.lock()?;
    for step in steps::of_the_machine() {
        perform(workspace, &step)?;
    }
    let results: Vec<Result<()>> = thread::scope(|scope| {
        let threads: Vec<_> = steps::of_the_repository()
            .map(|step| scope.spawn(move || perform(workspace, &step)))
            .collect();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .map(|result| result.unwrap_or_else(|_| Err("a set-up step panicked".into())))
            .collect()
    });
    results.into_iter().collect()
}

fn perform(workspace: &Workspace, step: &Step) -> Result<()> {
    let stamp = stamp::Stamp::of(workspace, step)?;
    if stamp.stands() && (step.still_there)(workspace) {
        return Ok(());
    }
    eprintln!("setup: {} …", step.name);
    let start = Instant::now();
    (step.install)(workspace).map_err(|error| format!("setup of {}: {error}", step.name))?;
    stamp.write()?;
    eprintln!(
        "setup: {} is ready ({:.1} s)",
        step.name,
        start.elapsed().as_secs_f64()
    );
    Ok(())
}
