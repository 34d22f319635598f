//! Terraform targets: what Nucleon adds to the programs it runs, alone and with many targets.
//!
//! The peer runs the same commands over the same rendered folders: alone one after the other, many by `xargs -P4`. Ours also
//! verifies its credentials, renders, compares plans, and writes the state refs of each target. It runs Terraform with a
//! roomier garbage collector than people do; a row shows how it would be without.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nucleon_tests::{ACCOUNTS, Emulator, Repository, hermetic};

use super::Bench;
use super::figure::{Figure, Limit, Row};
use super::measure::cost;
use crate::Result;

const TARGETS: usize = 30;
const RUNS: usize = 5;
/// How often many targets are run, by us and by the peer in turn; the medians count.
const TURNS: usize = 3;
/// What Go's programs come with.
const USUAL_COLLECTOR: (&str, &str) = ("GOGC", "100");
/// What a person runs, and what Nucleon runs.
const STEPS: &str = "terraform init -input=false -no-color -backend-config=../$1.tfbackend >/dev/null \
    && terraform plan -input=false -no-color -json -out=plan >/dev/null \
    && terraform show -json -no-color plan >/dev/null \
    && terraform apply -input=false -no-color -json plan >/dev/null \
    && terraform output -json -no-color >/dev/null";

pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    let folder = bench.workspace.path("tests/bench/modules");
    let emulator = Emulator::start();
    let mut alone: Option<(Duration, Duration)> = None;
    for _ in 0..RUNS {
        let pair = pair(bench, &folder, &emulator, (1, &[]))?;
        let added = |pair: (Duration, Duration)| pair.0.saturating_sub(pair.1);
        if alone.is_none_or(|best| added(pair) < added(best)) {
            alone = Some(pair);
        }
    }
    let (one, bare) = alone.ok_or("nothing was measured")?;
    let (many, loops) = medians(bench, &folder, &emulator, &[])?;
    let (plain, plain_loops) = medians(bench, &folder, &emulator, &[USUAL_COLLECTOR])?;
    Ok(vec![
        Row::new(
            "one Terraform target, beyond its bare commands",
            Figure::Time(one.saturating_sub(bare)),
            Limit::AtMost(Figure::Time(Duration::from_millis(150))),
        ),
        Row::new("  in all", Figure::Time(one), Limit::None)
            .against("bare commands", Figure::Time(bare)),
        Row::new(
            "30 Terraform targets",
            Figure::Time(many),
            Limit::TimesPeer(1.1),
        )
        .against("xargs -P4", Figure::Time(loops)),
        Row::new(
            "  with Go's usual collector",
            Figure::Time(plain),
            Limit::None,
        )
        .against("xargs -P4", Figure::Time(plain_loops)),
    ])
}

/// The median times of many targets, ours and the peer's.
fn medians(
    bench: &Bench,
    folder: &Path,
    emulator: &Emulator,
    variables: &[(&str, &str)],
) -> Result<(Duration, Duration)> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let (one, other) = pair(bench, folder, emulator, (TARGETS, variables))?;
        ours.push(one);
        theirs.push(other);
    }
    ours.sort_unstable();
    theirs.sort_unstable();
    Ok((ours[TURNS / 2], theirs[TURNS / 2]))
}

/// Our time and the peer's for so many new targets; the variables are ours.
fn pair(
    bench: &Bench,
    folder: &Path,
    emulator: &Emulator,
    (count, variables): (usize, &[(&str, &str)]),
) -> Result<(Duration, Duration)> {
    let scratch = tempfile::tempdir()?;
    let states = |name: &str| scratch.path().join(name).display().to_string();
    let account = emulator.account(ACCOUNTS[0]);
    let mut repository = Repository::from_folder(folder);
    let settings = repository
        .read("nucleon.yaml")
        .replace("STATES", &states("ours"));
    repository = repository.write("nucleon.yaml", settings);
    for number in 0..count {
        let spec = format!(
            "proton: EnvironmentSpec\nname: drawer-{number:02}\naccount: main\ntemplate: drawer-env@1.0\nspec: {{text: number {number}}}\n"
        );
        repository = repository.write(&format!("environments/drawer-{number:02}.yaml"), spec);
    }
    let repository = repository
        .commit("add the targets")
        .tag("drawer-env/v1.0")
        .push();
    let folders = scratch.path().join("folders");
    let mut render = bench.ours("nucleon-render", repository.folder());
    cost(render.arg("--out").arg(&folders))?;
    let mut names = String::new();
    for number in 0..count {
        let name = format!("drawer-{number:02}");
        let path = format!("path = \"{}/{name}/terraform.tfstate\"\n", states("theirs"));
        fs::write(folders.join(format!("{name}.tfbackend")), path)?;
        names.push_str(&name);
        names.push('\n');
    }
    let list = scratch.path().join("names");
    fs::write(&list, names)?;

    let mut apply = bench.ours("nucleon-apply", repository.folder());
    apply
        .envs(account.variables())
        .envs(variables.iter().copied());
    let ours = cost(&mut apply)?.time;
    let mut peer = Command::new("xargs");
    hermetic(&mut peer)
        .args(["-a".as_ref(), list.as_os_str()])
        .args(["-P4", "-I{}", "sh", "-c"])
        .arg(format!("cd {{}} && set -- {{}} && {STEPS}"))
        .current_dir(&folders)
        .env("HOME", scratch.path())
        .env("CHECKPOINT_DISABLE", "1")
        .env("TF_IN_AUTOMATION", "1")
        .env("TF_VAR_aws_region", "us-east-1");
    let theirs = cost(&mut peer)?.time;
    for number in 0..count {
        for whose in ["ours", "theirs"] {
            let state = format!("{}/drawer-{number:02}/terraform.tfstate", states(whose));
            if !Path::new(&state).exists() {
                return Err(format!("{state} was not written").into());
            }
        }
    }
    Ok((ours, theirs))
}
