//! What fuzzing found is found no more: every input in `tests/fuzz/seeds` is read soon, and without harm.

#![expect(
    clippy::disallowed_methods,
    reason = "the inputs stand in files outside of the crate, and a test measures its own time"
)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

#[expect(unreachable_pub, reason = "it is a crate of its own, too")]
#[path = "../../../tests/fuzz/src/lib.rs"]
mod fuzz;

/// A debug build is slower than what users run, and other tests run beside this one.
const LONGEST: Duration = Duration::from_secs(10);

#[test]
fn what_fuzzing_found_does_no_harm() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/seeds");
    let mut late = Vec::new();
    for folder in fs::read_dir(seeds).unwrap() {
        let folder = folder.unwrap();
        let name = folder.file_name().into_string().unwrap();
        let target = fuzz::TARGETS.iter().find(|(target, _)| *target == name);
        let (_, run) = target.unwrap_or_else(|| panic!("`{name}` is no fuzz target"));
        for seed in fs::read_dir(folder.path()).unwrap() {
            let path = seed.unwrap().path();
            let input = fs::read(&path).unwrap();
            println!("{}", path.display());
            let start = Instant::now();
            run(fuzz::text(&input));
            let took = start.elapsed();
            if took > LONGEST {
                late.push((path, took));
            }
        }
    }
    assert!(late.is_empty(), "took too long: {late:#?}");
}
