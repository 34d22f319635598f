//! Writes what targets render to: a template beside nothing, a folder over what is there.

use std::path::Path;

use nucleon_adapters::files::read_folder;
use nucleon_core::compose::Product;
use nucleon_core::files::{Content, Files};
use nucleon_core::folder::Folder;

use crate::error::Failure;
use crate::output;

/// The files that a product has, relative to where it is written; with `out` they are written there.
pub fn write(out: Option<&Path>, path: &str, product: &Product) -> Result<Vec<String>, Failure> {
    match product {
        Product::Template(template) => {
            let name = template.source.file.rsplit('/').next().unwrap_or_default();
            let file = format!("{path}/{name}");
            if let Some(out) = out {
                output::file(&out.join(&file), template.rendered.text())?;
            }
            Ok(vec![file])
        }
        Product::Folder(folder) => write_folder(out, folder),
    }
}

fn write_folder(out: Option<&Path>, folder: &Folder) -> Result<Vec<String>, Failure> {
    let path = folder.path().as_str();
    let target = out.map(|out| out.join(path));
    let existing = match target.as_deref().filter(|target| target.is_dir()) {
        Some(target) => read_folder(target)?,
        None => Files::default(),
    };
    let files = folder.files(&folder.deployment_id(), &existing);
    if let Some(target) = &target {
        for (file, content) in files.iter() {
            let bytes = match content {
                Content::Text(text) => text.as_bytes(),
                Content::Bytes(bytes) => bytes,
                // A fault of the bundle, which was reported.
                Content::Refused(_) => continue,
            };
            output::bytes(&target.join(file.as_str()), bytes)?;
            if files.is_executable(file) || bytes.starts_with(b"#!") {
                output::make_executable(&target.join(file.as_str()))?;
            }
        }
        for left in folder.left_over(&existing) {
            output::remove(&target.join(left.as_str()))?;
        }
    }
    let file = |(file, _): (&_, &_)| format!("{path}/{file}");
    Ok(files.iter().map(file).collect())
}
