//! The steps of the set-up.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::children::{exists, quiet};
use crate::workspace::{RELEASED, Workspace};

/// Something to install, once for each content of `inputs`.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: &'static str,
    /// Files of the repository that say what to install.
    pub(super) inputs: &'static [&'static str],
    /// Whether what was installed has not been taken away since.
    pub(super) still_there: fn(&Workspace) -> bool,
    pub(super) install: fn(&Workspace) -> Result<()>,
}

const TARGETS: [&str; 2] = ["wasm32-unknown-unknown", RELEASED];

/// Programs, and the Debian packages that bring them.
const PACKAGES: [(&str, &str); 6] = [
    ("musl-gcc", "musl-tools"),
    ("python3.11", "python3.11-venv"),
    ("node", "nodejs"),
    ("npm", "npm"),
    ("git", "git"),
    ("setpriv", "util-linux"),
];

/// Returns the steps that change the machine, in order.
pub(super) fn of_the_machine() -> impl Iterator<Item = Step> {
    let targets = Step {
        name: "Rust targets",
        inputs: &["rust-toolchain.toml"],
        still_there: |workspace| {
            installed_targets(workspace)
                .is_ok_and(|list| TARGETS.iter().all(|target| list.contains(target)))
        },
        install: add_targets,
    };
    let packages = Step {
        name: "system packages",
        inputs: &[],
        still_there: |_| missing_packages().is_empty(),
        install: |_| install_packages(&missing_packages()),
    };
    [targets, packages].into_iter()
}

/// Returns the steps that write below `target/nucleon`; they do not depend on each other.
pub(super) fn of_the_repository() -> impl Iterator<Item = Step> {
    let emulator = Step {
        name: "emulator",
        inputs: &["tests/emulator/requirements.txt"],
        still_there: |workspace| workspace.tools().join("emulator/bin/aws").exists(),
        install: |workspace| python(workspace, "tests/emulator/requirements.txt", "emulator"),
    };
    let tools = Step {
        name: "Python tools",
        inputs: &["tests/requirements.txt"],
        still_there: |workspace| workspace.tools().join("tools/bin/act").exists(),
        install: |workspace| python(workspace, "tests/requirements.txt", "tools"),
    };
    let node = Step {
        name: "npm packages",
        inputs: &[
            "tests/package.json",
            "tests/package-lock.json",
            "tests/.npmrc",
        ],
        still_there: |workspace| workspace.tools().join("node/node_modules").exists(),
        install: npm,
    };
    [emulator, tools, node].into_iter()
}

fn installed_targets(workspace: &Workspace) -> Result<String> {
    quiet(
        workspace
            .command("rustup")
            .args(["target", "list", "--installed"]),
    )
}

fn add_targets(workspace: &Workspace) -> Result<()> {
    quiet(
        workspace
            .command("rustup")
            .args(["target", "add"])
            .args(TARGETS),
    )
    .map(drop)
}

fn missing_packages() -> Vec<&'static str> {
    PACKAGES
        .iter()
        .filter(|(program, _)| !exists(program))
        .map(|(_, package)| *package)
        .collect()
}

fn install_packages(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    if !exists("apt-get") {
        return Err(format!(
            "install what these Debian packages hold: {}",
            packages.join(" ")
        )
        .into());
    }
    let install = || -> Result<String> {
        quiet(apt().args(["update", "--quiet"]))?;
        let options = ["install", "--yes", "--quiet", "--no-install-recommends"];
        quiet(apt().args(options).args(packages))
    };
    let by_hand = |error| {
        let packages = packages.join(" ");
        format!("{error}\nhelp: install them yourself: apt-get install {packages}")
    };
    Ok(install().map(drop).map_err(by_hand)?)
}

/// Prepares a call of apt-get with the rights that it needs.
fn apt() -> Command {
    let is_root = quiet(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let mut command = Command::new(if is_root { "apt-get" } else { "sudo" });
    if !is_root {
        command.args(["--non-interactive", "apt-get"]);
    }
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Makes a Python environment of exactly the listed packages.
fn python(workspace: &Workspace, requirements: &str, name: &str) -> Result<()> {
    let folder = workspace.tools().join(name);
    remove(&folder)?;
    quiet(
        workspace
            .command("python3.11")
            .args(["-m", "venv"])
            .arg(&folder),
    )?;
    // The list is complete. Without looking for dependencies pip is faster,
    // and nothing that is not pinned gets in.
    let mut pip = workspace.command(folder.join("bin/python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--no-compile",
        "--no-deps",
    ]);
    quiet(pip.arg("--requirement").arg(requirements)).map(drop)
}

fn npm(workspace: &Workspace) -> Result<()> {
    let folder = workspace.tools().join("node");
    remove(&folder)?;
    fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        fs::copy(workspace.path("tests").join(file), folder.join(file))?;
    }
    quiet(workspace.command("npm").current_dir(&folder).args([
        "ci",
        "--ignore-scripts",
        "--loglevel",
        "error",
    ]))
    .map(drop)
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}
