//! Cases as folders: what a user's files say, and `expected.txt` for what Nucleon says to them.
//!
//! What is in `tests/cases/<name>/` decides what is done with it:
//! `template.yaml` is rendered with `context.json`; `document.yaml` is parsed; `schema.yaml` is parsed, and `spec.yaml`
//! checked against it, or compared with `older.yaml`; anything else is laid over `a-good-repository` and validated. `refused.txt` names files that
//! an adapter would not read (`symlink PATH` or `too-large BYTES PATH`), `removed.txt` those that are not there.
//! Where `expected.txt` is missing it is written, and the test fails so that somebody reads it.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the cases stand in files outside of the crate, and a case that cannot be read is a failure"
)]

mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nucleon_core::bundle::Bundle;
use nucleon_core::codes::Code;
use nucleon_core::context::Context;
use nucleon_core::cores::OneCore;
use nucleon_core::diagnostic::{Diagnostic, Location};
use nucleon_core::facts::TemplateFacts;
use nucleon_core::files::{Content, Files, Refusal, RelPath};
use nucleon_core::lint;
use nucleon_core::render::render;
use nucleon_core::report;
use nucleon_core::repository::Repository;
use nucleon_core::schema::{InputType, Schema};
use nucleon_core::template::TemplateSource;
use nucleon_core::validate::{self, Catalog};
use nucleon_core::version::VersionRef;
use nucleon_core::yaml;

const GOOD: &str = "a-good-repository";

/// Codes that no file of a case can bring about, and where they are tested.
const ELSEWHERE: [(Code, &str); 4] = [
    (Code::FolderMetadata, "tests/e2e/folders.rs"),
    (Code::FolderPlace, "tests/e2e/folders.rs"),
    (Code::StateCorruptRecord, "tests/e2e/status.rs"),
    (Code::TerraformRefused, "tests/e2e/modules/faults.rs"),
];
/// The table of all codes, beside their pages.
const TABLE: &str = "README.md";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder("tests/cases")).unwrap();
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// The files of a case, without those that only describe it.
fn files(case: &Path) -> Files {
    let mut all = Files::default();
    if !["template.yaml", "document.yaml", "schema.yaml"]
        .iter()
        .any(|name| case.join(name).exists())
    {
        tree::add(&mut all, &folder("tests/cases").join(GOOD), "");
    }
    tree::add(&mut all, case, "");
    for line in lines(&case.join("refused.txt")) {
        let (path, refusal) = match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["symlink", path] => (path, Refusal::Symlink),
            ["too-large", bytes, path] => (path, Refusal::TooLarge(bytes.parse().unwrap())),
            _ => panic!("{line}"),
        };
        all.insert(RelPath::new(path).unwrap(), Content::Refused(refusal));
    }
    let removed = lines(&case.join("removed.txt"));
    let describing = ["expected.txt", "refused.txt", "removed.txt"].map(str::to_owned);
    let gone: BTreeSet<String> = removed.into_iter().chain(describing).collect();
    let kept = all.iter().filter(|(path, _)| !gone.contains(path.as_str()));
    kept.map(|(path, content)| (path.clone(), content.clone()))
        .collect()
}

fn lines(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// What Nucleon says to a case: its diagnostics, or what came of it.
fn said(files: &Files) -> String {
    let (diagnostics, came_of_it) = outcome(files);
    let source = |path: &str| files.text(path).map(Arc::from);
    let mut said = report::text(&diagnostics, &source, false);
    if let Some(came_of_it) = came_of_it.filter(|_| !diagnostics.iter().any(Diagnostic::is_error)) {
        said.push_str(&came_of_it);
    }
    said
}

fn outcome(files: &Files) -> (Vec<Diagnostic>, Option<String>) {
    if let Some(text) = files.text("template.yaml") {
        return rendered(files, text);
    }
    if let Some(text) = files.text("document.yaml") {
        return match yaml::parse(&"document.yaml".into(), text) {
            Ok(node) => (vec![], Some(format!("{:#}\n", node.to_json()))),
            Err(faults) => (faults, None),
        };
    }
    if let Some(text) = files.text("schema.yaml") {
        return checked(files, text);
    }
    (validated(files), Some("good\n".to_owned()))
}

fn rendered(files: &Files, text: &str) -> (Vec<Diagnostic>, Option<String>) {
    let context = serde_json::from_str(files.text("context.json").unwrap_or("{}")).unwrap();
    let template = TemplateSource {
        file: "template.yaml".into(),
        text: text.into(),
    };
    let rendered = render(&template, &Context::from_json(context).unwrap());
    let checked = rendered.and_then(|rendered| TemplateFacts::of(&rendered).map(|_| rendered));
    match checked {
        Ok(rendered) => (vec![], Some(rendered.text().to_owned())),
        Err(faults) => (faults, None),
    }
}

fn checked(files: &Files, text: &str) -> (Vec<Diagnostic>, Option<String>) {
    let (schema, mut faults) = Schema::parse(&"schema.yaml".into(), text);
    if let (Some(schema), Some(older)) = (&schema, files.text("older.yaml")) {
        let (older, _) = Schema::parse(&"older.yaml".into(), older);
        return (schema.narrower_than(&older.unwrap()), None);
    }
    let (Some(schema), Some(spec)) = (schema, files.text("spec.yaml")) else {
        return (faults, None);
    };
    let file: Arc<str> = "spec.yaml".into();
    let spec = match yaml::parse(&file, spec) {
        Ok(spec) => spec,
        Err(faults) => return (faults, None),
    };
    let (key, values) = spec.entry("spec").unwrap();
    let input = InputType::ALL
        .into_iter()
        .find(|input| schema.has(*input))
        .unwrap();
    let at: Location = key.location(&file);
    let (inputs, told) = schema.check(input, Some(values), &at);
    faults.extend(told);
    let inputs = inputs.map(|inputs| serde_json::to_string_pretty(inputs.values()).unwrap() + "\n");
    (faults, inputs)
}

/// Validates a repository whose working tree is what was published as `.0`.
fn validated(files: &Files) -> Vec<Diagnostic> {
    let (repository, parsed) = Repository::parse(files);
    let bundles = repository.working_bundles();
    let published: BTreeMap<_, _> = bundles.keys().map(|key| (key.clone(), vec![0])).collect();
    let bundle = |version: &VersionRef| -> Option<&Bundle> {
        let known = version.minor.is_none_or(|minor| minor == 0);
        bundles
            .get(&(version.name.clone(), version.major))
            .filter(|_| known)
    };
    let checked = validate::check(
        &OneCore,
        &repository,
        Catalog {
            published: &published,
            bundle: &bundle,
        },
    );
    let mut checked = checked.all();
    checked.extend(lint::check(&OneCore, bundles));
    validate::merge(parsed, checked)
}

#[test]
fn every_case_says_what_is_expected() {
    let mut wrong = Vec::new();
    for case in cases() {
        let said = said(&files(&case));
        let file = case.join("expected.txt");
        if !file.exists() {
            fs::write(&file, &said).unwrap();
            wrong.push(format!(
                "{} was missing and is written; read it",
                file.display()
            ));
        } else if fs::read_to_string(&file).unwrap() != said {
            wrong.push(format!("{} says:\n{said}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// The cases in which a code is told, as links from the folder of pages.
fn links(code: Code, told: &[(String, String)]) -> Vec<String> {
    let mark = format!("[{code}]");
    let here = told.iter().filter(|(_, said)| said.contains(&mark));
    let here = here.map(|(case, _)| format!("[{case}](../tests/cases/{case})"));
    let elsewhere = ELSEWHERE.iter().filter(|(other, _)| *other == code);
    let elsewhere = elsewhere.map(|(_, file)| format!("[{file}](../../../{file})"));
    here.chain(elsewhere).collect()
}

/// Each code with its page, what it means and its cases.
fn table() -> String {
    let told: Vec<(String, String)> = cases()
        .iter()
        .map(|case| {
            let name = case.file_name().unwrap().to_string_lossy().into_owned();
            let said = fs::read_to_string(case.join("expected.txt")).unwrap_or_default();
            (name, said)
        })
        .collect();
    let mut table = "\
# Every diagnostic

A code leads to its page, and its cases are folders with files and what Nucleon says to them.
A test compares this table with both, and writes it when it is deleted.

| code | what it means | cases |
|---|---|---|
"
    .to_owned();
    for code in Code::ALL {
        let (page, title) = (page(*code), code.title());
        let cases = links(*code, &told).join(", ");
        writeln!(table, "| [{code}]({page}) | {title} | {cases} |").unwrap();
    }
    table
}

/// The name of a code's page.
fn page(code: Code) -> String {
    format!("{}.md", code.as_str().replace('/', "-"))
}

#[test]
fn every_code_has_a_case() {
    let table = table();
    let without: Vec<&str> = table.lines().filter(|row| row.ends_with("|  |")).collect();
    assert_eq!(without, Vec::<&str>::new());
    let file = folder("codes").join(TABLE);
    if !file.exists() {
        fs::write(&file, &table).unwrap();
        panic!("{} was missing, and is written now", file.display());
    }
    assert!(
        fs::read_to_string(&file).unwrap() == table,
        "{} is out of date: delete it, and it is written again",
        file.display()
    );
}

#[test]
fn what_is_tested_elsewhere_is_tested_there() {
    for (code, file) in ELSEWHERE {
        let text = fs::read_to_string(folder("../..").join(file)).unwrap();
        assert!(text.contains(code.as_str()), "{code} in {file}");
    }
}

#[test]
fn every_code_has_a_page() {
    let headings = ["## What it means", "## Why", "## Example", "## Use instead"];
    for code in Code::ALL {
        let page = folder("codes").join(page(*code));
        let text =
            fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        assert!(
            text.starts_with(&format!("# {code}\n")),
            "{code}: the title"
        );
        let sections: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("## "))
            .collect();
        assert_eq!(sections, headings, "{code}");
    }
}

#[test]
fn every_page_belongs_to_a_code() {
    let known: BTreeSet<String> = Code::ALL
        .iter()
        .map(|code| page(*code))
        .chain([TABLE.to_owned()])
        .collect();
    let entries = fs::read_dir(folder("codes")).unwrap();
    let pages: BTreeSet<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        pages.difference(&known).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
}
