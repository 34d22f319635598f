//! A thousand service instances, validated and rendered to disk.
//!
//! The peer is a Python process that does the same with `PyYAML`'s C
//! loader, `jsonschema` and Jinja2. Both must write the same templates, byte for byte.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, iter};

use nucleon_tests::Repository;

use super::Bench;
use super::figure::{Figure, Limit, Row};
use super::measure::{Cost, cost};
use crate::Result;

const SERVICES: usize = 100;
const INSTANCES: usize = 10;
const RUNS: usize = 5;

pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    let repository = platform(&bench.workspace.path("tests/bench/platform"))?;
    let (mut ours, mut peer) = (Output::new()?, Output::new()?);
    let mut bare = Output::new()?;
    let mut best: Option<(Cost, Cost)> = None;
    for _ in 0..RUNS {
        let costs = (
            cost(&mut nucleon(bench, &repository, &mut ours))?,
            cost(&mut python(bench, &repository, &mut peer))?,
        );
        best = Some(best.map_or(costs, |best| {
            (cheaper(best.0, costs.0), cheaper(best.1, costs.1))
        }));
    }
    let texts = ours.templates()?;
    same(&texts, &peer.templates()?)?;
    let writing = writing(&texts, &bare.fresh())?;
    let (ours, peer) = best.ok_or("nothing was measured")?;
    let name = "1,000 instances validated and rendered";
    Ok(vec![
        Row::new(name, Figure::Time(ours.time), Limit::TimesFaster(20.0))
            .against("Python", Figure::Time(peer.time)),
        Row::new(
            "  writing their files, and nothing else",
            Figure::Time(writing),
            Limit::None,
        ),
        Row::new(
            "  peak memory",
            Figure::Bytes(ours.peak),
            Limit::AtMost(Figure::Bytes(100_000_000)),
        )
        .against("Python", Figure::Bytes(peer.peak)),
    ])
}

fn cheaper(one: Cost, other: Cost) -> Cost {
    if other.time < one.time { other } else { one }
}

/// Makes a platform repository of the templates in `folder` and a thousand instances.
fn platform(folder: &Path) -> Result<Repository> {
    let mut repository = Repository::from_folder(folder);
    for service in 0..SERVICES {
        repository = repository.write(
            &format!("services/service-{service:03}.yaml"),
            spec(service)?,
        );
    }
    Ok(repository
        .commit("add a thousand instances")
        .tag("bench-env/v1.0")
        .tag("worker-svc/v1.0")
        .push())
}

/// Writes a service's spec; instances differ, and leave some inputs to their defaults.
fn spec(service: usize) -> Result<String> {
    let mut text = format!(
        "proton: ServiceSpec\nname: service-{service:03}\ntemplate: worker-svc@1.0\n\ninstances:\n"
    );
    for instance in 0..INSTANCES {
        let (size, memory) = (instance % 4 + 1, 512 << (instance % 3));
        write!(
            text,
            "  - name: instance-{instance}\n    environment: bench\n    spec:\n      desired_count: {size}\n      memory: {memory}\n"
        )?;
        write!(
            text,
            "      queues: [orders-{service}, invoices-{instance}]\n      public: {}\n",
            instance % 2 == 0
        )?;
    }
    Ok(text)
}

fn nucleon(bench: &Bench, repository: &Repository, output: &mut Output) -> Command {
    let mut command = bench.ours("nucleon-render", repository.folder());
    command.arg("--out").arg(output.fresh());
    command
}

fn python(bench: &Bench, repository: &Repository, output: &mut Output) -> Command {
    let mut command = Command::new(bench.tools.python("python"));
    command
        .arg(bench.workspace.path("tests/bench/render_1000.py"))
        .arg(repository.folder())
        .arg(output.fresh());
    command
}

/// The folders that are rendered into, one a run.
#[derive(Debug)]
struct Output {
    folder: tempfile::TempDir,
    runs: usize,
}

impl Output {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        Ok(Self { folder, runs: 0 })
    }

    /// Returns a folder that does not exist yet.
    ///
    /// Nothing is deleted before the end: a file system is slower for some time after it deleted many files.
    fn fresh(&mut self) -> PathBuf {
        self.runs += 1;
        self.last()
    }

    fn last(&self) -> PathBuf {
        self.folder.path().join(self.runs.to_string())
    }

    /// Returns every template of the last run and how often it was written.
    ///
    /// The peer chooses simpler folders, so only the texts are compared.
    fn templates(&self) -> Result<BTreeMap<String, usize>> {
        let mut texts = BTreeMap::new();
        let mut folders = vec![self.last()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path
                    .file_name()
                    .is_some_and(|name| name == "cloudformation.yaml")
                {
                    *texts.entry(fs::read_to_string(path)?).or_insert(0) += 1;
                }
            }
        }
        Ok(texts)
    }
}

/// How long it takes to write each template into a folder of its own: the least that any program needs.
fn writing(texts: &BTreeMap<String, usize>, out: &Path) -> Result<Duration> {
    let all = texts
        .iter()
        .flat_map(|(text, number)| iter::repeat_n(text, *number));
    let start = Instant::now();
    fs::create_dir(out)?;
    for (index, text) in all.enumerate() {
        let folder = out.join(index.to_string());
        fs::create_dir(&folder)?;
        fs::write(folder.join("cloudformation.yaml"), text)?;
    }
    Ok(start.elapsed())
}

fn same(ours: &BTreeMap<String, usize>, peer: &BTreeMap<String, usize>) -> Result<()> {
    let count = |texts: &BTreeMap<String, usize>| texts.values().sum::<usize>();
    let wanted = SERVICES * INSTANCES + 1;
    if count(ours) != wanted || count(peer) != wanted {
        return Err(format!(
            "{wanted} templates were to be written, not {} and {}",
            count(ours),
            count(peer)
        )
        .into());
    }
    let differing = ours
        .iter()
        .find(|(text, number)| peer.get(*text) != Some(number));
    differing.map_or(Ok(()), |(text, _)| {
        Err(format!("Python did not render this:\n{text}").into())
    })
}
