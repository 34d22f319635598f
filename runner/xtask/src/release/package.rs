//! The archive of one platform.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use clap::Args;

use crate::{Outcome, Result, root, say};

/// The programs of an archive.
const PROGRAMS: [&str; 5] = [
    "nucleon",
    "nucleon-apply",
    "nucleon-notify",
    "nucleon-plan",
    "nucleon-render",
];

/// Build the archive of one platform.
#[derive(Args, Debug)]
pub(crate) struct Package {
    /// Platform, such as `x86_64-unknown-linux-musl`
    #[arg(long)]
    target: String,
    /// Folder to write the archive to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Folder with programs that are built already
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
}

impl Package {
    /// Builds the programs, unless they are given, and packs them.
    pub(crate) fn run(&self) -> Outcome {
        let programs = match &self.programs {
            Some(folder) => folder.clone(),
            None => self.build()?,
        };
        fs::create_dir_all(&self.out)?;
        let archive = self.out.join(format!(
            "nucleon-{}-{}.tar.gz",
            env!("CARGO_PKG_VERSION"),
            self.target
        ));
        pack(&programs, &archive)?;
        say(&format!("wrote {}", archive.display()));
        Ok(())
    }

    fn build(&self) -> Result<PathBuf> {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(root()).args([
            "build",
            "--release",
            "--locked",
            "--package",
            "nucleon-cli",
            "--bins",
        ]);
        cargo.args(["--target", &self.target]);
        if self.target.ends_with("-musl") {
            // ring is partly C: the compiler of the musl-tools package links it against musl.
            cargo.env(format!("CC_{}", self.target.replace('-', "_")), "musl-gcc");
        }
        run(&mut cargo)?;
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        Ok(target.join(&self.target).join("release"))
    }
}

/// Packs the programs so that the same programs give the same bytes.
fn pack(programs: &Path, archive: &Path) -> Outcome {
    let mut tar = Command::new("tar");
    tar.args([
        "--sort=name",
        "--mtime=@0",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--mode=0755",
    ]);
    tar.arg("--use-compress-program=gzip --no-name --best")
        .arg("--create")
        .arg("--file")
        .arg(archive);
    tar.arg("--directory").arg(programs).args(PROGRAMS);
    run(&mut tar)
}

fn run(command: &mut Command) -> Outcome {
    let status = command
        .status()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?} ended with {status}").into())
    }
}
