//! Remembers what a step was last done for.

use std::fs;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::steps::Step;
use crate::Result;
use crate::workspace::Workspace;

/// A file that holds the digest of everything a step depends on.
#[derive(Debug)]
pub(super) struct Stamp {
    file: PathBuf,
    digest: Vec<u8>,
}

impl Stamp {
    pub(super) fn of(workspace: &Workspace, step: &Step) -> Result<Self> {
        let mut hasher = Sha256::new();
        for input in step.inputs {
            let bytes = fs::read(workspace.path(input))
                .map_err(|error| format!("cannot read {input}: {error}"))?;
            hasher.update(bytes.len().to_le_bytes());
            hasher.update(bytes);
        }
        let digest = hasher.finalize().to_vec();
        let file = workspace
            .tools()
            .join("stamps")
            .join(step.name.replace(' ', "-"));
        Ok(Self { file, digest })
    }

    pub(super) fn stands(&self) -> bool {
        fs::read(&self.file).is_ok_and(|digest| digest == self.digest)
    }

    pub(super) fn write(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(&self.file, &self.digest)?)
    }
}
