//! The table of checksums that the actions carry.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest as _, Sha256};

use crate::{Outcome, Result, root, say};

const HEAD: &str = "\
# SHA-256 of the archives that this ref of the actions installs. Releases write it (`cargo xtask checksums`);
# on main it is empty, because a commit cannot hold the checksums of what is built from it.
";

/// Write the checksums of a release's archives.
#[derive(Args, Debug)]
pub(crate) struct Checksums {
    /// Folder with the archives of every platform
    folder: PathBuf,
    /// File to write
    #[arg(long, value_name = "FILE", default_value_os_t = root().join("actions/checksums.txt"))]
    out: PathBuf,
}

impl Checksums {
    /// Writes the table, in the order of the archives' names.
    pub(crate) fn run(&self) -> Outcome {
        let archives = archives(&self.folder)?;
        if archives.is_empty() {
            return Err(format!("{} holds no archive", self.folder.display()).into());
        }
        fs::write(&self.out, table(&archives)?)?;
        say(&format!("wrote {}", self.out.display()));
        Ok(())
    }
}

fn archives(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    let mut archives: Vec<_> = entries
        .into_iter()
        .filter(|path| name_of(path).ends_with(".tar.gz"))
        .collect();
    archives.sort();
    Ok(archives)
}

fn table(archives: &[PathBuf]) -> Result<String> {
    let mut table = HEAD.to_owned();
    for archive in archives {
        let digest = Sha256::digest(fs::read(archive)?);
        let digest = digest
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        writeln!(table, "{digest}  {}", name_of(archive))?;
    }
    Ok(table)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
