//! What Nucleon does, from a faulty spec to stacks in two accounts, on this machine alone.
//!
//! The emulator is AWS, Prism is GitHub's API, act runs the workflow files
//! that `nucleon init` writes, and a bare repository is the remote.

mod interrupt;
mod page;
mod show;
mod story;
mod team;

use std::sync::mpsc::{self, Receiver};
use std::time::Instant;
use std::{panic, thread};

use nucleon_tests::{ACCOUNTS, Emulator, Example, Prism};

use crate::children::show as run_shown;
use crate::workspace::Workspace;
use crate::{Outcome, Result, say};
use interrupt::Interrupt;
use show::{line, step, title};
use story::Story;
use team::Team;

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
    let interrupt = Interrupt::listen()?;
    let start = Instant::now();
    let build = run_shown(&mut workspace.cargo(&["build", "--package", "nucleon-cli", "--bins"]))?;
    if !build.success {
        return Err("the programs do not build; what cargo printed above says why".into());
    }
    let built = start.elapsed();
    complain_briefly();
    title("The set-up: AWS (LocalStack), GitHub's API (Prism) and a platform repository");
    let prism = prism_meanwhile();
    let emulator = step("starting LocalStack", Emulator::start);
    interrupt.check()?;
    let example = Example::in_accounts(&emulator, ACCOUNTS);
    step(
        "deploying the roles that `nucleon init` writes into both accounts",
        || example.prepare_accounts(),
    );
    interrupt.check()?;
    let prism = step(
        "starting Prism with GitHub's description of its API",
        || prism.recv(),
    )?;
    interrupt.check()?;
    line(format!("\nAWS          {}", emulator.url()));
    line(format!("accounts     {}", ACCOUNTS.join(" and ")));
    line(format!("GitHub's API {}", prism.url()));
    line(format!(
        "repository   {}",
        example.repository().folder().display()
    ));
    let programs = workspace.binaries("debug");
    let story = Story::new(Team::new(example, prism, programs, arguments.verbose));
    tell(&story, &interrupt)?;
    let told = start.elapsed().saturating_sub(built);
    line(format!(
        "\nEverything is as it should be. The demo took {:.0} s, the build before it {:.0} s.",
        told.as_secs_f64(),
        built.as_secs_f64()
    ));
    if arguments.keep {
        story.how_to_look_around();
        interrupt.wait();
        line("\nstopping; nothing is left behind");
    }
    Ok(())
}

fn tell(story: &Story, interrupt: &Interrupt) -> Outcome {
    let chapters: [fn(&Story) -> Result<()>; 8] = [
        Story::the_first_push,
        Story::a_faulty_pull_request,
        Story::the_mended_pull_request,
        Story::the_merge,
        Story::stacks_per_account,
        Story::outputs,
        Story::the_state,
        Story::nothing_changes,
    ];
    for chapter in chapters {
        let told = chapter(story);
        // What an interrupted program complains about is not worth telling.
        interrupt.check()?;
        told?;
    }
    Ok(())
}

/// Starts Prism, which has much to read, while others do something else.
fn prism_meanwhile() -> Receiver<Prism> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more where the demo has failed meanwhile.
        let _ = sender.send(Prism::start());
        // A server ends with the thread that started it; this one ends with the process.
        loop {
            thread::park();
        }
    });
    receiver
}

/// Lets the harness, which panics where a part of it is missing, complain in one paragraph.
fn complain_briefly() {
    panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("something panicked");
        say(&format!("\nerror: {message}"));
        say(
            "help: `cargo xtask setup` installs what the demo needs; `cargo xtask demo --verbose` shows everything that act prints",
        );
    }));
}
