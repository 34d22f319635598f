//! Reads a folder of test data as the adapters read a repository.

use std::fs;
use std::path::Path;

use nucleon_core::files::{Content, Files, RelPath};

/// The files below a folder, under their paths below another.
pub(crate) fn add(files: &mut Files, folder: &Path, below: &str) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        if entry.file_type().unwrap().is_dir() {
            add(files, &entry.path(), &path);
        } else {
            let content = match String::from_utf8(fs::read(entry.path()).unwrap()) {
                Ok(text) => Content::Text(text.into()),
                Err(error) => Content::Bytes(error.into_bytes().into()),
            };
            files.insert(RelPath::new(&path).unwrap(), content);
        }
    }
}
