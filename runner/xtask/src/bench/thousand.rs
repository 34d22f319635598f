//! A thousand service instances, validated and rendered to disk.
//!
//! The peer is a Python process that does the same with `PyYAML`'s C
//! loader, `jsonschema` and Jinja2. Both must write the same templates, byte for byte.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

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
    let (ours, peer) = (Output::new()?, Output::new()?);
    let mut best: Option<(Cost, Cost)> = None;
    for _ in 0..RUNS {
        let costs = (
            cost(&mut nucleon(bench, &repository, &ours)?)?,
            cost(&mut python(bench, &repository, &peer)?)?,
        );
        best = Some(best.map_or(costs, |best| {
            (cheaper(best.0, costs.0), cheaper(best.1, costs.1))
        }));
    }
    same(&ours.templates()?, &peer.templates()?)?;
    let (ours, peer) = best.ok_or("nothing was measured")?;
    let name = "1,000 instances validated and rendered";
    Ok(vec![
        Row::new(name, Figure::Time(ours.time), Limit::TimesFaster(20.0))
            .against("Python", Figure::Time(peer.time)),
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

fn nucleon(bench: &Bench, repository: &Repository, output: &Output) -> Result<Command> {
    let mut command = bench.ours("nucleon-render", repository.folder());
    command.arg("--out").arg(output.fresh()?);
    Ok(command)
}

fn python(bench: &Bench, repository: &Repository, output: &Output) -> Result<Command> {
    let mut command = Command::new(bench.tools.python("python"));
    command
        .arg(bench.workspace.path("tests/bench/render_1000.py"))
        .arg(repository.folder())
        .arg(output.fresh()?);
    Ok(command)
}

/// A folder that is rendered into.
#[derive(Debug)]
struct Output(tempfile::TempDir);

impl Output {
    fn new() -> Result<Self> {
        Ok(Self(tempfile::tempdir()?))
    }

    /// Returns the folder, empty.
    fn fresh(&self) -> Result<std::path::PathBuf> {
        let folder = self.0.path().join("out");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        Ok(folder)
    }

    /// Returns every rendered template and how often it was written.
    ///
    /// The peer chooses simpler folders, so only the texts are compared.
    fn templates(&self) -> Result<BTreeMap<String, usize>> {
        let mut texts = BTreeMap::new();
        let mut folders = vec![self.0.path().join("out")];
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
