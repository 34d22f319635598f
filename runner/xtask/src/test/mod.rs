//! Every test there is, one step after the other, and a summary.

mod conformance;
mod sizes;
mod steps;

use std::time::{Duration, Instant};

use nucleon_tests::{Emulator, Prism, Tools, variables};

use crate::workspace::Workspace;
use crate::{Failure, Result};
use steps::{STEPS, Step};

pub(crate) use sizes::BUDGETS;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Steps to run, all when none is given
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(STEPS.iter().map(|step| step.name)))]
    steps: Vec<String>,
}

/// How a step ended.
#[derive(Debug)]
struct Outcome {
    name: &'static str,
    time: Duration,
    /// What its runner said last, or why it failed.
    closing: std::result::Result<Vec<String>, Failure>,
}

/// The servers that all tests share, started when the first step needs them.
#[derive(Debug, Default)]
struct Parts {
    servers: Option<(Emulator, Prism)>,
}

impl Parts {
    /// Returns the variables that tell tests where the parts are.
    fn variables(&mut self) -> Vec<(&'static str, String)> {
        let (emulator, prism) = self
            .servers
            .get_or_insert_with(|| (Emulator::start(), Prism::start()));
        let tools = Tools::find().root().display().to_string();
        vec![
            (variables::EMULATOR, emulator.url()),
            (variables::PRISM, prism.url()),
            (variables::TOOLS, tools),
        ]
    }
}

/// Runs the steps; one that fails does not keep the others from running,
/// except where they would only say the same again.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let wanted = |step: &&Step| {
        arguments.steps.is_empty() || arguments.steps.iter().any(|name| name == step.name)
    };
    let mut parts = Parts::default();
    let mut outcomes = Vec::new();
    for step in STEPS.iter().filter(wanted) {
        eprintln!("\n== {}", step.name);
        let start = Instant::now();
        let closing = (step.run)(workspace, &mut parts);
        if let Err(error) = &closing {
            eprintln!("{}: {error}", step.name);
        }
        let stop = closing.is_err() && step.others_need_it;
        outcomes.push(Outcome {
            name: step.name,
            time: start.elapsed(),
            closing,
        });
        if stop {
            break;
        }
    }
    drop(parts);
    summarise(&outcomes)
}

fn summarise(outcomes: &[Outcome]) -> Result<()> {
    println!();
    for outcome in outcomes {
        let seconds = outcome.time.as_secs_f64();
        let (word, closing) = match &outcome.closing {
            Ok(lines) => ("ok", lines.join("\n")),
            Err(error) => ("FAILED", error.to_string()),
        };
        println!("{:<12} {seconds:>7.1} s  {word}", outcome.name);
        for line in closing.lines() {
            println!("    {}", line.trim());
        }
    }
    let total: f64 = outcomes
        .iter()
        .map(|outcome| outcome.time.as_secs_f64())
        .sum();
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.closing.is_err())
        .map(|outcome| outcome.name)
        .collect();
    println!("{:<12} {total:>7.1} s", "total");
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("failed: {}", failed.join(", ")).into())
    }
}
