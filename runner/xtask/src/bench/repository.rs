//! A large repository, validated: 200 templates and 10,000 specs.

use std::fs;
use std::path::Path;

use nucleon_tests::Repository;

use super::Bench;
use super::figure::{Figure, Limit, Row};
use super::measure::{Cost, cost};
use crate::Result;

const TEMPLATES: usize = 200;
const SPECS: usize = 10_000;
const RUNS: usize = 3;
const PARTS: [&str; 3] = [
    "schema/schema.yaml",
    "instance_infrastructure/manifest.yaml",
    "instance_infrastructure/cloudformation.yaml",
];

pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    let repository = repository(&bench.workspace.path("tests/bench/platform"))?;
    let mut best: Option<Cost> = None;
    for _ in 0..RUNS {
        let mut command = bench.ours("nucleon", repository.folder());
        let cost = cost(command.arg("validate"))?;
        best = Some(best.filter(|best| best.time <= cost.time).unwrap_or(cost));
    }
    let best = best.ok_or("nothing was measured")?;
    let second = Figure::Time(std::time::Duration::from_secs(1));
    Ok(vec![
        Row::new(
            "200 templates and 10,000 specs validated",
            Figure::Time(best.time),
            Limit::AtMost(second),
        ),
        Row::new(
            "  peak memory",
            Figure::Bytes(best.peak),
            Limit::AtMost(Figure::Bytes(150_000_000)),
        ),
    ])
}

/// The platform's service template under many names, and services that use them in turn.
fn repository(folder: &Path) -> Result<Repository> {
    let mut repository = Repository::from_folder(folder);
    let worker = folder.join("templates/worker-svc/v1");
    for template in 0..TEMPLATES - 2 {
        for part in PARTS {
            let path = format!("templates/worker-{template:03}-svc/v1/{part}");
            repository = repository.write(&path, fs::read(worker.join(part))?);
        }
        let registration = "compatible_environments: [bench-env:1]\n";
        let path = format!("templates/worker-{template:03}-svc/v1/.template-registration.yaml");
        repository = repository.write(&path, registration);
    }
    let config = fs::read_to_string(folder.join("nucleon.yaml"))?;
    repository = repository.write("nucleon.yaml", format!("{config}\nunpinned: [bench]\n"));
    for spec in 0..SPECS {
        let template = spec % (TEMPLATES - 2);
        let text = format!(
            "proton: ServiceSpec\nname: service-{spec:05}\ntemplate: worker-{template:03}-svc@1\n\ninstances:\n  - name: only\n    environment: bench\n    spec:\n      desired_count: {}\n      memory: 512\n      queues: [orders-{spec}]\n",
            spec % 4 + 1
        );
        repository = repository.write(&format!("services/service-{spec:05}.yaml"), text);
    }
    Ok(repository
        .commit("add ten thousand services")
        .tag("bench-env/v1.0")
        .push())
}
