//! Which files of a folder make a Terraform module.

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location};
use crate::files::{Content, Files, RelPath};

/// What authors leave beside a module and no module needs: Proton never committed any of it.
///
/// Values and state of the author's own trials would change what is deployed.
const LEFT_BEHIND: &[&str] = &[
    "manifest.yaml",
    "README.md",
    ".DS_Store",
    ".gitignore",
    "terraform.tfvars",
    "terraform.tfvars.json",
];

const ENDINGS: &[&str] = &[
    ".auto.tfvars",
    ".auto.tfvars.json",
    ".tfstate",
    ".tfstate.backup",
];

/// The files of a folder that make its module: the `.tf` files that the manifest means, and what they may need beside them.
///
/// Proton took `.tf` files alone, and modules that read an archive or a script from their folder could not be applied.
pub(crate) fn files(folder: &Files, only: Option<&RelPath>) -> Files {
    folder.filtered(|path, _| {
        if is_source(path) {
            only.is_none_or(|only| only == path)
        } else {
            comes_along(path)
        }
    })
}

/// Whether a file is one of the module's own sources, which bear Proton's header.
pub(crate) fn is_source(path: &RelPath) -> bool {
    path.parent().is_empty() && path.ending() == "tf"
}

/// What keeps the files of a folder from being a module; `at` is where the manifest says that they are one.
pub(crate) fn check(files: &Files, folder: &str, at: &Location) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let mut sources = 0;
    for (path, _) in files.iter().filter(|(path, _)| is_source(path)) {
        sources += 1;
        // Links were reported with the bundle.
        if let (Some(Content::Bytes(_)), Some(Err(fault))) =
            (files.get(path.as_str()), files.read(path.as_str(), folder))
        {
            faults.push(fault);
        }
        if is_ours(path.as_str()) {
            faults.push(taken(path, folder));
        }
    }
    if sources == 0 {
        let message = format!("`{folder}` has no `.tf` file");
        let fault = Diagnostic::error(Code::BundleMissingFile, message).at(at.clone());
        faults.push(fault.help("add the module's files there"));
    }
    faults
}

/// Whether Proton wrote a file of this name into every folder.
fn is_ours(name: &str) -> bool {
    name.starts_with("proton.") && name.ends_with(".variables.tf")
}

fn taken(path: &RelPath, folder: &str) -> Diagnostic {
    let file = format!("{folder}/{path}");
    let message = format!("`{file}` has the name of a file that is written anew every time");
    Diagnostic::error(Code::BundleLayout, message)
        .at(Location::start_of(file))
        .help("take it out: the variables are declared when the module is rendered")
}

fn comes_along(path: &RelPath) -> bool {
    let name = path.file_name();
    let mut parts = path.as_str().split('/');
    let hidden = parts.any(|part| matches!(part, ".terraform" | ".proton"));
    !hidden && !LEFT_BEHIND.contains(&name) && !ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(only: Option<&str>) -> Vec<String> {
        let paths = [
            ".terraform/modules/x.tf",
            "README.md",
            "handler.zip",
            "main.tf",
            "manifest.yaml",
            "modules/queue/main.tf",
            "outputs.tf",
            "terraform.tfstate",
            "terraform.tfvars",
            "user-data.sh.tftpl",
        ];
        let file = |path: &str| (RelPath::new(path).unwrap(), Content::Text("".into()));
        let only = only.map(|path| RelPath::new(path).unwrap());
        let files = files(&paths.into_iter().map(file).collect(), only.as_ref());
        files.iter().map(|(path, _)| path.to_string()).collect()
    }

    #[test]
    fn a_module_brings_what_it_needs_and_nothing_of_its_author() {
        assert_eq!(
            kept(None),
            [
                "handler.zip",
                "main.tf",
                "modules/queue/main.tf",
                "outputs.tf",
                "user-data.sh.tftpl"
            ]
        );
    }

    #[test]
    fn a_manifest_may_name_one_file() {
        assert_eq!(
            kept(Some("main.tf")),
            [
                "handler.zip",
                "main.tf",
                "modules/queue/main.tf",
                "user-data.sh.tftpl"
            ]
        );
    }
}
