//! 256 processes that write the start and the end of a deployment to one bare repository at once.
//!
//! The peer is git alone, called by a shell that does no more than the writing.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nucleon_tests::Repository;

use super::Bench;
use super::figure::{Figure, Limit, Row};
use crate::Result;

const PROCESSES: usize = 256;
const LIMIT: Duration = Duration::from_secs(30);

pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    let ours = measure(&bench.example("write_deployment")?)?;
    let git = measure(&bench.workspace.path("tests/bench/write_deployment.sh"))?;
    let row = Row::new(
        "256 processes write start and end",
        ours,
        Limit::AtMost(Figure::Time(LIMIT)),
    );
    Ok(vec![row.against("git alone", git)])
}

fn measure(program: &Path) -> Result<Figure> {
    let repository = Repository::empty()
        .write("nucleon.yaml", "nucleon: 1\n")
        .commit("set up")
        .push();
    let clones: Vec<_> = (0..PROCESSES).map(|_| repository.shallow_clone()).collect();
    let start = Instant::now();
    let children: Vec<_> = clones
        .iter()
        .enumerate()
        .map(|(number, clone)| begin(program, clone, number))
        .collect();
    // All have begun before the first is waited for, and all are waited for before a failure is told.
    let ends: Vec<_> = children
        .into_iter()
        .map(|child| Ok(child?.wait()?.success()))
        .collect::<Vec<Result<bool>>>();
    let time = start.elapsed();
    let failed = ends.iter().filter(|end| !matches!(end, Ok(true))).count();
    if failed > 0 {
        return Err(format!("{failed} of {PROCESSES} processes failed").into());
    }
    everything_is_there(&repository)?;
    Ok(Figure::Time(time))
}

fn begin(program: &Path, clone: &Repository, number: usize) -> Result<Child> {
    let mut command = Command::new(program);
    nucleon_tests::hermetic(&mut command)
        .current_dir(clone.folder())
        .arg(target(number));
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?)
}

fn target(number: usize) -> String {
    format!("service/web-{number:03}/service-instance/prod")
}

/// Nothing may be lost and nothing doubled: every target has its start and its end.
fn everything_is_there(repository: &Repository) -> Result<()> {
    repository.git([
        "fetch",
        "--quiet",
        "origin",
        "+refs/nucleon/*:refs/nucleon/*",
    ]);
    for number in 0..PROCESSES {
        let name = format!("refs/nucleon/targets/{}", target(number));
        let subjects = repository.git(["log", "--format=%s", &name]);
        let ends: Vec<_> = subjects
            .lines()
            .filter_map(|line| line.rsplit(' ').next())
            .collect();
        if ends != ["SUCCEEDED", "IN_PROGRESS"] {
            return Err(format!("the history of {} is {ends:?}", target(number)).into());
        }
    }
    Ok(())
}
