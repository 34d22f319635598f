//! Runs programs and takes their time and memory.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

use super::figure::Figure;
use crate::Result;

/// What one run of a program cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) time: Duration,
    /// The most memory it held at once, in bytes, as the kernel counted it.
    pub(super) peak: u64,
}

/// Runs a program to its end; one that fails is no measurement.
pub(super) fn cost(command: &mut Command) -> Result<Cost> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit());
    let start = Instant::now();
    let used = command
        .spawn()
        .map_err(|error| format!("cannot start {command:?}: {error}"))?
        .wait4()?;
    let time = start.elapsed();
    if !used.status.success() {
        return Err(format!("{command:?} failed ({})", used.status).into());
    }
    Ok(Cost {
        time,
        peak: used.rusage.maxrss,
    })
}

/// Runs two programs alternately, so that both see the same machine, and returns their median times.
pub(super) fn medians(
    runs: usize,
    ours: impl Fn() -> Command,
    peer: impl Fn() -> Command,
) -> Result<(Figure, Figure)> {
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..runs {
        times.0.push(cost(&mut ours())?.time);
        times.1.push(cost(&mut peer())?.time);
    }
    Ok((median(times.0), median(times.1)))
}

fn median(mut times: Vec<Duration>) -> Figure {
    times.sort_unstable();
    Figure::Time(times[times.len() / 2])
}
