//! Text that is made from other text in the repository.
//!
//! An action's inputs and outputs stand once, in its `action.yml`; the files of
//! a user's repository stand once, where `nucleon init` has them; a stage of
//! the deployment stands once, at the head of `deploy.yml`. What follows from
//! them is written between markers by `cargo xtask docs`, and `--check` fails
//! while it is out of date.

mod action;
mod marked;
mod readme;
mod stages;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::{Outcome, Result, root, say};

/// The actions, each a folder of `actions/`.
const ACTIONS: [&str; 5] = ["render", "plan", "apply", "notify", "publish"];

/// Write the generated parts of READMEs and workflows.
#[derive(Args, Debug)]
pub(crate) struct Docs {
    /// Change nothing, and fail when something is out of date
    #[arg(long)]
    check: bool,
    /// Folder of the repository
    #[arg(long, value_name = "DIR", default_value_os_t = root())]
    root: PathBuf,
}

impl Docs {
    /// Writes what is out of date, or reports it.
    pub(crate) fn run(&self) -> Outcome {
        let mut stale = Vec::new();
        for (path, text) in generated(&self.root)? {
            if read(&path)? != text {
                stale.push(path.display().to_string());
                if !self.check {
                    fs::write(&path, text)?;
                    say(&format!("wrote {}", path.display()));
                }
            }
        }
        if self.check && !stale.is_empty() {
            return Err(
                format!("out of date: {}; run `cargo xtask docs`", stale.join(", ")).into(),
            );
        }
        Ok(())
    }
}

/// Returns every file with generated parts, as it should be.
fn generated(root: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    for name in ACTIONS {
        let folder = root.join("actions").join(name);
        let action = action::Action::parse(&read(&folder.join("action.yml"))?)?;
        let path = folder.join("README.md");
        let text = readme::fill(&read(&path)?, &action)?;
        files.push((path, text));
    }
    let path = root.join("actions/README.md");
    let mut text = read(&path)?;
    for name in ["pull-request", "deploy", "infrastructure"] {
        let file = read(&root.join(format!("runner/cli/src/init/nucleon-{name}.yml")))?;
        text = readme::show(&text, name, &file)?;
    }
    files.push((path, text));
    let path = root.join(".github/workflows/deploy.yml");
    let text = stages::fill(&read(&path)?)?;
    files.push((path, text));
    Ok(files)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()).into())
}
