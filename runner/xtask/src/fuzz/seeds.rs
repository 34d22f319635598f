//! What fuzzing begins with: the files of the repository's own cases.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::workspace::Workspace;
use crate::{Outcome, Result};

/// The line between two texts of an input, as in `tests/fuzz/src/lib.rs`.
const CUT: &str = "\n=====\n";
/// Larger files only make fuzzing slow.
const LARGEST: usize = 16_384;

/// Writes the seeds of every target to `FOLDER/TARGET/seeds`.
pub(super) fn write(workspace: &Workspace, folder: &Path) -> Outcome {
    let mut seeds = Seeds { folder, count: 0 };
    for file in ["jinja.json", "jinja-more.json"] {
        seeds.jinja(&workspace.path("runner/core/tests/data").join(file))?;
    }
    let cases = workspace.path("runner/core/tests/cases");
    let good = files(&cases.join("a-good-repository"))?;
    seeds.put("repository", &joined(&good))?;
    for case in fs::read_dir(cases)? {
        seeds.case(&files(&case?.path())?)?;
    }
    seeds.files(&files(&workspace.path("templates-examples"))?)?;
    seeds.patterns(&workspace.path("runner/core/src/schema/pattern.rs"))
}

/// Texts of files by their paths, sorted.
type Texts = Vec<(String, String)>;

struct Seeds<'a> {
    folder: &'a Path,
    count: usize,
}

impl Seeds<'_> {
    fn put(&mut self, target: &str, text: &str) -> Outcome {
        if text.len() > LARGEST {
            return Ok(());
        }
        let folder = self.folder.join(target).join("seeds");
        fs::create_dir_all(&folder)?;
        self.count += 1;
        Ok(fs::write(folder.join(self.count.to_string()), text)?)
    }

    fn jinja(&mut self, file: &Path) -> Outcome {
        let cases: Vec<Json> = serde_json::from_str(&fs::read_to_string(file)?)?;
        for case in cases {
            let template = case["template"].as_str().unwrap_or_default();
            self.put("render", &format!("{template}{CUT}{}", case["context"]))?;
        }
        Ok(())
    }

    /// What the files of a case are for is told by their names.
    fn case(&mut self, files: &Texts) -> Outcome {
        let text = |name: &str| {
            files
                .iter()
                .find(|(path, _)| path == name)
                .map(|(_, text)| text)
        };
        let both = |first: &str, second: Option<&String>| {
            format!("{first}{CUT}{}", second.map_or("{}", String::as_str))
        };
        if let Some(template) = text("template.yaml") {
            return self.put("render", &both(template, text("context.json")));
        }
        if let Some(schema) = text("schema.yaml") {
            return self.put("schema", &both(schema, text("spec.yaml")));
        }
        self.put("repository", &joined(files))?;
        self.files(files)
    }

    fn files(&mut self, files: &Texts) -> Outcome {
        let is_yaml = |path: &str| Path::new(path).extension().is_some_and(|end| end == "yaml");
        for (path, text) in files.iter().filter(|(path, _)| is_yaml(path)) {
            self.put("yaml", text)?;
            self.put("spec", text)?;
            if let Some(folder) = path.strip_suffix("schema/schema.yaml") {
                self.put("schema", &format!("{text}{CUT}{{}}"))?;
                let inside = |(path, text): &(String, String)| {
                    Some((path.strip_prefix(folder)?.to_owned(), text.clone()))
                };
                self.put(
                    "bundle",
                    &joined(&files.iter().filter_map(inside).collect()),
                )?;
            }
        }
        Ok(())
    }

    /// The patterns of a table in a test: `(r"^\d+$", "7", true)`.
    fn patterns(&mut self, source: &Path) -> Outcome {
        let source = fs::read_to_string(source)?;
        for line in source
            .lines()
            .filter_map(|line| line.trim().strip_prefix("("))
        {
            let words: Vec<&str> = line.split('"').collect();
            if let [_, pattern, _, text, ..] = words[..] {
                self.put("pattern", &format!("{pattern}{CUT}{text}"))?;
            }
        }
        Ok(())
    }
}

/// Files as one input.
fn joined(files: &Texts) -> String {
    let texts: Vec<String> = files
        .iter()
        .map(|(path, text)| format!("{path}\n{text}"))
        .collect();
    texts.join(CUT)
}

/// The texts below a folder that Nucleon may read.
fn files(folder: &Path) -> Result<Texts> {
    let mut found = Texts::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            let below = files(&entry.path())?;
            found.extend(
                below
                    .into_iter()
                    .map(|(path, text)| (format!("{name}/{path}"), text)),
            );
        } else if let Ok(text) = fs::read_to_string(entry.path())
            && !matches!(name.as_str(), "expected.txt" | "README.md")
        {
            found.push((name, text));
        }
    }
    found.sort();
    Ok(found)
}
