//! Files as text, by their paths below a folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files by their paths below a folder.
#[derive(Debug, Default)]
pub(crate) struct Tree(BTreeMap<String, String>);

impl Tree {
    /// Reads all files of a folder; none where it is missing.
    pub(crate) fn read(folder: &Path) -> Self {
        let relative = |file: &PathBuf| {
            let path = file.strip_prefix(folder).unwrap();
            path.to_string_lossy().into_owned()
        };
        let files = files(folder);
        let texts = files
            .iter()
            .map(|file| (relative(file), fs::read_to_string(file).unwrap()));
        Self(texts.collect())
    }

    /// One file.
    pub(crate) fn one(path: &str, text: &str) -> Self {
        Self([(path.to_owned(), text.to_owned())].into())
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }

    pub(crate) fn write(&self, folder: &Path) {
        for (path, text) in &self.0 {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
    }

    /// Which files are not as they are in another tree, and what they are there.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let new = other.0.keys().filter(|path| !self.0.contains_key(*path));
        self.0
            .keys()
            .chain(new)
            .filter(|path| self.0.get(*path) != other.0.get(*path))
            .map(|path| {
                let text = other.0.get(path).map_or("(nothing)", String::as_str);
                format!("{path} is not what is rendered:\n{text}")
            })
            .collect()
    }

    /// The same, and beside each template the one that a stack set carries inside it.
    pub(crate) fn with_nested(mut self) -> Self {
        let nested: Vec<_> = self
            .0
            .iter()
            .filter_map(|(path, text)| Some((path.replace(".yaml", ".nested.yaml"), nested(text)?)))
            .collect();
        self.0.extend(nested);
        self
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// All files below a folder, sorted; none where it is missing.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return vec![];
    };
    let below = |path: PathBuf| {
        if path.is_dir() {
            files(&path)
        } else {
            vec![path]
        }
    };
    let mut files: Vec<PathBuf> = entries
        .flat_map(|entry| below(entry.unwrap().path()))
        .collect();
    files.sort();
    files
}

/// The text of the block behind `TemplateBody: |`.
fn nested(template: &str) -> Option<String> {
    let (_, block) = template.split_once("TemplateBody: |\n")?;
    let depth = block.len() - block.trim_start().len();
    let inside =
        |line: &&str| line.trim().is_empty() || line.len() - line.trim_start().len() >= depth;
    let lines = block.lines().take_while(inside);
    let text = lines.map(|line| line.get(depth..).unwrap_or_default());
    Some(text.collect::<Vec<_>>().join("\n") + "\n")
}
