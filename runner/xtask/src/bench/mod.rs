//! The figures that the project promises, each beside its peer's in the same run.

mod checker;
mod comment;
mod figure;
mod jinja;
mod measure;
mod modules;
mod repository;
mod sizes;
mod stacks;
mod state;
mod template;
mod thousand;

use std::path::{Path, PathBuf};
use std::process::Command;

use nucleon_tests::Tools;

use crate::children::show;
use crate::workspace::Workspace;
use crate::{Outcome, Result};
use figure::{Row, table};

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Benchmarks to run, all when none is given
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(BENCHMARKS.iter().map(|benchmark| benchmark.name)))]
    names: Vec<String>,
}

/// One benchmark.
#[derive(Debug)]
struct Benchmark {
    name: &'static str,
    run: fn(&Bench) -> Result<Vec<Row>>,
}

const BENCHMARKS: &[Benchmark] = &[
    Benchmark {
        name: "template",
        run: template::run,
    },
    Benchmark {
        name: "thousand",
        run: thousand::run,
    },
    Benchmark {
        name: "stacks",
        run: stacks::run,
    },
    Benchmark {
        name: "state",
        run: state::run,
    },
    Benchmark {
        name: "checker",
        run: checker::run,
    },
    Benchmark {
        name: "repository",
        run: repository::run,
    },
    Benchmark {
        name: "jinja",
        run: jinja::run,
    },
    Benchmark {
        name: "modules",
        run: modules::run,
    },
    Benchmark {
        name: "comment",
        run: comment::run,
    },
    Benchmark {
        name: "sizes",
        run: sizes::run,
    },
];

/// Where benchmarks find what they run.
#[derive(Debug)]
struct Bench {
    workspace: Workspace,
    tools: Tools,
}

impl Bench {
    /// Prepares a run of one of our programs, as users get it.
    fn ours(&self, program: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.binary(program));
        nucleon_tests::hermetic(&mut command).current_dir(folder);
        command
    }

    /// Builds a program that only a benchmark runs.
    fn example(&self, name: &str) -> Result<PathBuf> {
        let mut build = self
            .workspace
            .release(&["--package", "nucleon-tests", "--example", name]);
        let is_built = show(&mut build)?.success;
        let path = self.workspace.released().join("examples").join(name);
        if is_built {
            Ok(path)
        } else {
            Err(format!("{name} does not build").into())
        }
    }

    fn binary(&self, program: &str) -> PathBuf {
        self.workspace.released().join(program)
    }
}

/// Runs the benchmarks and prints their table; a limit that was missed is a failure.
pub(crate) fn run(workspace: Workspace, arguments: &Arguments) -> Outcome {
    let build = show(&mut workspace.release(&["--package", "nucleon-cli", "--bins"]))?;
    if !build.success {
        return Err("the programs do not build".into());
    }
    let bench = Bench {
        workspace,
        tools: Tools::find(),
    };
    let wanted = |benchmark: &&Benchmark| {
        arguments.names.is_empty() || arguments.names.iter().any(|name| name == benchmark.name)
    };
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    for benchmark in BENCHMARKS.iter().filter(wanted) {
        crate::say(&format!("bench: {} …", benchmark.name));
        match (benchmark.run)(&bench) {
            Ok(measured) => rows.extend(measured),
            Err(error) => failed.push(format!("{}: {error}", benchmark.name)),
        }
    }
    print!("{}", table(&rows));
    if !failed.is_empty() {
        return Err(failed.join("\n").into());
    }
    let missed = rows
        .iter()
        .filter(|row| row.is_good() == Some(false))
        .count();
    if missed == 0 {
        Ok(())
    } else {
        Err(format!("{missed} limits were missed").into())
    }
}
