//! 40 new stacks in two accounts, each way against an emulator of its own.
//!
//! The peer with a limit is a bare loop over the SDK that issues the same
//! calls with the same concurrency. `aws cloudformation deploy`, one stack
//! after the other, is there for the reader; it is measured on a few stacks.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nucleon_tests::{ACCOUNTS, Account, Emulator, Repository, hermetic};
use serde_json::{Value, json};

use super::Bench;
use super::figure::{Figure, Limit, Row};
use super::measure::cost;
use crate::Result;

const STACKS: u32 = 40;
/// How many stacks the slow peer deploys; its time is multiplied.
const SAMPLE: u32 = 2;
const ENVIRONMENT: &str = "templates/blank-env/v1/infrastructure/cloudformation.yaml";
const TEMPLATE: &str = "templates/queue-svc/v1/instance_infrastructure/cloudformation.yaml";

pub(super) fn run(bench: &Bench) -> Result<Vec<Row>> {
    let folder = bench.workspace.path("tests/bench/stacks");
    let ours = Figure::Time(nucleon(bench, &folder)?);
    let loop_alone = Figure::Time(bare_loop(bench, &folder)?);
    let in_turn = Figure::Time(command_line(bench, &folder)? * (STACKS / SAMPLE));
    let name = "40 stacks in two accounts";
    Ok(vec![
        Row::new(name, ours, Limit::TimesPeer(1.25)).against("bare SDK loop", loop_alone),
        Row::new(name, ours, Limit::None).against(
            &format!("aws deploy in turn ({SAMPLE} × {})", STACKS / SAMPLE),
            in_turn,
        ),
    ])
}

fn nucleon(bench: &Bench, folder: &Path) -> Result<Duration> {
    let emulator = Emulator::start();
    let repository = Repository::from_folder(folder)
        .write("services/queues.yaml", spec()?)
        .commit("add the service")
        .tag("blank-env/v1.0")
        .tag("queue-svc/v1.0")
        .push();
    let account = emulator.account(ACCOUNTS[0]);
    let apply = |targets: Vec<String>| {
        let mut command = bench.ours("nucleon-apply", repository.folder());
        command.args(targets).envs(account.variables());
        cost(&mut command)
    };
    apply(vec![
        "environment/one".to_owned(),
        "environment/other".to_owned(),
    ])?;
    let instances =
        (0..STACKS).map(|number| format!("service/queues/service-instance/{}", instance(number)));
    let time = apply(instances.collect())?.time;
    all_stand(&emulator, 2 + STACKS as usize)?;
    Ok(time)
}

fn bare_loop(bench: &Bench, folder: &Path) -> Result<Duration> {
    let program = bench.example("deploy_stacks")?;
    let emulator = Emulator::start();
    let scratch = tempfile::tempdir()?;
    let stack = |number: u32, name: &str, template: String| {
        let role = format!("arn:aws:iam::{}:role/apply", account_of(number));
        json!({"role": role, "stack": name, "template": template})
    };
    let list = scratch.path().join("stacks.json");
    let deploy = |stacks: Vec<Value>| {
        fs::write(&list, json!(stacks).to_string())?;
        let mut command = Command::new(&program);
        hermetic(&mut command)
            .arg(&list)
            .envs(emulator.account(ACCOUNTS[0]).variables());
        cost(&mut command)
    };
    // Ours has its environments first; an emulator is slow with what it has not done before.
    let environment = folder.join(ENVIRONMENT).display().to_string();
    let environments = [(0, "one"), (1, "other")];
    deploy(
        environments
            .map(|(number, name)| stack(number, name, environment.clone()))
            .to_vec(),
    )?;
    let stacks: Result<Vec<_>> = (0..STACKS)
        .map(|number| {
            let template = template(folder, scratch.path(), number)?;
            Ok(stack(number, &instance(number), template))
        })
        .collect();
    let time = deploy(stacks?)?.time;
    all_stand(&emulator, 2 + STACKS as usize)?;
    Ok(time)
}

fn command_line(bench: &Bench, folder: &Path) -> Result<Duration> {
    let emulator = Emulator::start();
    let scratch = tempfile::tempdir()?;
    (0..SAMPLE)
        .map(|number| {
            let mut command = Command::new(bench.tools.emulator("python"));
            let account: Account = emulator.account(account_of(number));
            hermetic(&mut command)
                .arg(bench.tools.emulator("aws"))
                .args([
                    "cloudformation",
                    "deploy",
                    "--stack-name",
                    &instance(number),
                    "--template-file",
                ])
                .arg(template(folder, scratch.path(), number)?)
                .envs(account.variables());
            Ok(cost(&mut command)?.time)
        })
        .sum()
}

/// Renders the template for one instance, which takes no Jinja.
fn template(folder: &Path, scratch: &Path, number: u32) -> Result<String> {
    let text = fs::read_to_string(folder.join(TEMPLATE))?
        .replace("{{ service_instance.name }}", &instance(number));
    let path = scratch.join(format!("{}.yaml", instance(number)));
    fs::write(&path, text)?;
    Ok(path.display().to_string())
}

fn spec() -> Result<String> {
    let mut text = "proton: ServiceSpec\n\ninstances:\n".to_owned();
    for number in 0..STACKS {
        let environment = ["one", "other"][number as usize % 2];
        write!(
            text,
            "  - name: {}\n    environment: {environment}\n    spec: {{}}\n",
            instance(number)
        )?;
    }
    Ok(text)
}

fn instance(number: u32) -> String {
    format!("queue-{number:02}")
}

fn account_of(number: u32) -> &'static str {
    ACCOUNTS[number as usize % 2]
}

fn all_stand(emulator: &Emulator, wanted: usize) -> Result<()> {
    let found: usize = ACCOUNTS
        .iter()
        .map(|account| emulator.account(account).stacks().len())
        .sum();
    if found == wanted {
        Ok(())
    } else {
        Err(format!("{found} of {wanted} stacks stand").into())
    }
}
