//! What Nucleon does, from a faulty spec to stacks in two accounts, on this machine alone.
//!
//! The emulator is AWS, Prism is GitHub's API, act runs the workflow files
//! that `nucleon init` writes, and a bare repository is the remote.

mod show;
mod story;

use std::thread;
use std::time::{Duration, Instant};

use nucleon_tests::{ACCOUNTS, Emulator, Example, Prism};

use crate::children::show as run_shown;
use crate::workspace::Workspace;
use crate::{Outcome, Result};
use story::Story;

#[derive(clap::Args, Debug)]
pub(crate) struct Arguments {
    /// Leave the emulator and the repository in place until interrupted
    #[arg(long)]
    keep: bool,
    /// Show everything that act prints
    #[arg(long, short)]
    verbose: bool,
}

/// Tells the story, checking at each step that what it tells is so.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Outcome {
    let start = Instant::now();
    let build = run_shown(&mut workspace.cargo(&["build", "--package", "nucleon-cli", "--bins"]))?;
    if !build.success {
        return Err("the programs do not build".into());
    }
    show::title("The set-up: AWS (LocalStack), GitHub's API (Prism) and a platform repository");
    let emulator = Emulator::start();
    let prism = Prism::start();
    let example = Example::in_accounts(&emulator, ACCOUNTS);
    example.prepare_accounts();
    show::line(&format!(
        "AWS          {}  accounts {} and {}",
        emulator.url(),
        ACCOUNTS[0],
        ACCOUNTS[1]
    ));
    show::line(&format!("GitHub's API {}", prism.url()));
    show::line(&format!(
        "repository   {}",
        example.repository().folder().display()
    ));
    let story = Story::new(workspace, example, prism, arguments.verbose);
    tell(&story)?;
    show::line(&format!(
        "\nThe demo took {:.0} s.",
        start.elapsed().as_secs_f64()
    ));
    if arguments.keep {
        keep(&story);
    }
    Ok(())
}

fn tell(story: &Story) -> Result<()> {
    story.the_first_push()?;
    story.a_faulty_pull_request()?;
    story.a_pull_request()?;
    story.the_merge()?;
    story.what_stands_now()?;
    story.nothing_changes()
}

/// Waits until the process is interrupted; the emulator ends with it.
fn keep(story: &Story) {
    story.how_to_look_around();
    loop {
        thread::sleep(Duration::from_hours(1));
    }
}
