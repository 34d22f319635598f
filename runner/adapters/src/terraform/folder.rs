//! Where Terraform runs: the target's folder, written to a place of its own, gone when it is no longer needed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use nucleon_core::terraform::{BACKEND_FILE, RootModule};
use tempfile::TempDir;

use crate::commands::write_files;

/// A module's folder on this machine.
#[derive(Debug)]
pub(super) struct Folder {
    /// The module.
    pub(super) module: PathBuf,
    /// What `init` is told about the backend.
    pub(super) backend: PathBuf,
    /// The saved plan.
    pub(super) plan: PathBuf,
    _all: TempDir,
}

impl Folder {
    /// Writes a module; `backend` is what is said about its backend.
    pub(super) fn new(module: &RootModule, backend: &BTreeMap<String, String>) -> io::Result<Self> {
        let all = tempfile::Builder::new().prefix("nucleon-").tempdir()?;
        // The folder's own name stays what it is in a repository: modules may look at `path.module`.
        let folder = all.path().join(module.path.as_str());
        std::fs::create_dir_all(&folder)?;
        write_files(&folder, &module.files)?;
        if let Some(kind) = module
            .backend_type
            .as_ref()
            .filter(|_| !module.names_backend)
        {
            let text = format!("terraform {{\n  backend {} {{}}\n}}\n", quoted(kind));
            std::fs::write(folder.join(BACKEND_FILE), text)?;
        }
        let settings = all.path().join("nucleon.tfbackend");
        std::fs::write(&settings, text(backend))?;
        Ok(Self {
            module: folder,
            backend: settings,
            plan: all.path().join("nucleon.tfplan"),
            _all: all,
        })
    }

    /// Where the state is, as `init` has written it down; nothing where it is a file on this machine.
    pub(super) fn has_backend(&self) -> bool {
        let text = std::fs::read_to_string(self.module.join(".terraform/terraform.tfstate"));
        let written: Option<serde_json::Value> =
            text.ok().and_then(|text| serde_json::from_str(&text).ok());
        let Some(written) = written else { return false };
        let backend = &written["backend"];
        let path = backend["config"]["path"].as_str();
        match backend["type"].as_str() {
            None => false,
            // A file in a folder that is about to go is no place for a state.
            Some("local") => path.is_some_and(|path| PathBuf::from(path).is_absolute()),
            Some(_) => true,
        }
    }
}

fn text(settings: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for (key, value) in settings {
        // Writing to a text cannot fail.
        let _written = writeln!(text, "{key} = {}", quoted(value));
    }
    text
}

/// A text as HCL writes it.
fn quoted(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.replace("${", "$${").replace("%{", "%%{")
}
