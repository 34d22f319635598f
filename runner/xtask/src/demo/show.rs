//! How the demo speaks: on standard output, in colour where there is a terminal and nobody minds.

use std::fmt::Display;
use std::io::Write as _;
use std::time::Instant;

use anstream::{print, println, stdout};

use crate::Result;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const GREEN: &str = "\x1b[32m";
const PLAIN: &str = "\x1b[0m";

/// Begins a chapter.
pub(super) fn title(text: &str) {
    println!("\n{BOLD}── {text}{PLAIN}\n");
}

/// Tells one thing.
pub(super) fn line(text: impl Display) {
    println!("{text}");
}

/// Shows what somebody would see, set off from what the demo says.
pub(super) fn quote(text: &str) {
    for line in text.trim_end().lines() {
        println!("  {DIM}│{PLAIN} {line}{PLAIN}");
    }
}

/// Does what takes a while, and tells how long it took.
pub(super) fn step<T>(text: impl Display, work: impl FnOnce() -> T) -> T {
    print!("{text} … ");
    // Whoever reads has gone away; the next line will notice as well.
    let _closed = stdout().flush();
    let start = Instant::now();
    let done = work();
    println!("{DIM}{:.1} s{PLAIN}", start.elapsed().as_secs_f64());
    done
}

/// Tells what was checked; the demo ends where it is not so.
pub(super) fn check(what: impl Display, is_so: bool) -> Result<()> {
    if !is_so {
        return Err(format!("the demo went wrong. This should be so and is not: {what}").into());
    }
    println!("{GREEN}✓{PLAIN} {what}");
    Ok(())
}
