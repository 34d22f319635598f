//! What is done with a fuzzer's input, target by target.
//!
//! `cargo xtask fuzz` looks for inputs that crash, hang or take too much memory. What it finds is kept in
//! `tests/fuzz/seeds/TARGET`, and `runner/core/tests/seeds.rs` runs it through the same functions ever after.
//!
//! An input is text. Where a target wants more than one text, lines of [`CUT`] stand between them;
//! where it wants files, every text begins with a line that is its path.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;

use nucleon_core::bundle::{Bundle, SCHEMA};
use nucleon_core::comment::{COMMENT_LIMIT, Frame, document};
use nucleon_core::context::Context;
use nucleon_core::cores::OneCore;
use nucleon_core::diagnostic::{Diagnostic, Location};
use nucleon_core::editor::spec_schema;
use nucleon_core::facts::TemplateFacts;
use nucleon_core::files::{Content, Files, RelPath};
use nucleon_core::fix::fixes;
use nucleon_core::notification::{Previewed, preview};
use nucleon_core::outcome_file::OutcomeFile;
use nucleon_core::plan_file::PlanFile;
use nucleon_core::record::Record;
use nucleon_core::reported::ReportedOutputs;
use nucleon_core::repository::Repository;
use nucleon_core::schema::{InputType, Schema};
use nucleon_core::secret::{hide_credentials, holds_credential};
use nucleon_core::spec::Spec;
use nucleon_core::target::Name;
use nucleon_core::template::TemplateSource;
use nucleon_core::terraform::{
    Message, named_backend, needs_downloads, read_messages, read_outputs, read_plan,
    read_validation,
};
use nucleon_core::validate::{self, Catalog};
use nucleon_core::version::VersionRef;
use nucleon_core::yaml::{self, Node};
use nucleon_core::{lint, render, report};
use serde_json::{Value as Json, json};

/// The line between two texts of an input.
pub const CUT: &str = "=====";

/// What is done with an input.
pub type Target = fn(&str);

/// Every target by its name.
pub const TARGETS: [(&str, Target); 9] = [
    ("bundle", bundle),
    ("pattern", pattern),
    ("record", record),
    ("render", render),
    ("repository", repository),
    ("schema", schema),
    ("spec", spec),
    ("terraform", terraform),
    ("yaml", yaml),
];

/// As much of an input as is text.
#[must_use]
pub fn text(input: &[u8]) -> &str {
    let good = std::str::from_utf8(input).map_or_else(|error| error.valid_up_to(), str::len);
    std::str::from_utf8(&input[..good]).unwrap_or_default()
}

/// A bundle is read, its templates are tried, and what could be mended is.
pub fn bundle(input: &str) {
    let files = files(input);
    let Ok(name) = Name::new("fuzzed") else {
        return;
    };
    let (bundle, mut diagnostics) = Bundle::parse(&name, 1, "", &files);
    black_box(fixes(&files));
    if let Some(bundle) = bundle {
        let schema = files.text(SCHEMA).unwrap_or_default();
        black_box(spec_schema(&bundle, schema));
        let bundles = BTreeMap::from([((name, 1), bundle)]);
        diagnostics.extend(lint::check(&OneCore, &bundles));
    }
    told(&diagnostics, &files);
}

/// The first text is a pattern, the second what it is searched for in.
pub fn pattern(input: &str) {
    let (pattern, value) = halves(input);
    let text = json!({"schema": {
        "format": {"openapi": "3.0.0"},
        "environment_input_type": "Input",
        "types": {"Input": {
            "type": "object",
            "properties": {"value": {"type": "string", "pattern": pattern}},
        }},
    }});
    checked(&text.to_string(), &json!({"value": value}).to_string());
}

/// What our own programs hand to each other.
///
/// # Panics
///
/// Where a record is not read as it was written.
pub fn record(input: &str) {
    if let Ok(record) = Record::parse(input) {
        let again = Record::parse(&record.to_text()).ok();
        assert_eq!(again, Some(record), "a record is read as it was written");
    }
    if let Ok(plan) = serde_json::from_str::<PlanFile>(input) {
        black_box(document(&plan, Frame::default(), COMMENT_LIMIT));
        black_box(preview(&plan, Frame::default()));
    }
    black_box(serde_json::from_str::<OutcomeFile>(input).ok());
    black_box(Previewed::parse(input));
}

/// The first text is a template, the second its context as JSON.
pub fn render(input: &str) {
    let (template, context) = halves(input);
    let context = serde_json::from_str(context).unwrap_or_else(|_| json!({}));
    let Ok(context) = Context::from_json(context) else {
        return;
    };
    let template = TemplateSource {
        file: "template.yaml".into(),
        text: template.into(),
    };
    let facts = render::render(&template, &context)
        .and_then(|rendered| TemplateFacts::of(&rendered).map(drop));
    if let Err(diagnostics) = facts {
        told_of(&diagnostics, &template.file, &template.text);
    }
}

/// A platform repository is read and validated.
pub fn repository(input: &str) {
    let files = files(input);
    let (repository, parsed) = Repository::parse(&files);
    let bundles = repository.working_bundles();
    let published: BTreeMap<_, _> = bundles.keys().map(|key| (key.clone(), vec![0])).collect();
    let bundle = |version: &VersionRef| bundles.get(&(version.name.clone(), version.major));
    let catalog = Catalog {
        published: &published,
        bundle: &bundle,
    };
    let checked = validate::check(&OneCore, &repository, catalog);
    told(&validate::merge(parsed, checked.all()), &files);
}

/// The first text is a schema, the second a value that is checked against all its input types, and perhaps an older schema.
pub fn schema(input: &str) {
    let (schema, value) = halves(input);
    checked(schema, value);
    let parsed = |text: &str| Schema::parse(&"schema.yaml".into(), text).0;
    if let (Some(newer), Some(older)) = (parsed(schema), parsed(value)) {
        black_box((newer.narrower_than(&older), older.narrower_than(&newer)));
    }
}

/// A spec is read.
pub fn spec(input: &str) {
    let file: Arc<str> = "spec.yaml".into();
    black_box(Spec::is_spec(input));
    let (spec, diagnostics) = Spec::parse(&file, input);
    black_box(spec);
    told_of(&diagnostics, &file, input);
}

/// The first text is what Terraform prints, the second a file of a module; both may hold credentials.
pub fn terraform(input: &str) {
    let (printed, module) = halves(input);
    black_box(read_plan(printed, false).ok());
    black_box(read_outputs(printed).ok());
    black_box(read_validation(printed));
    for message in printed.lines().filter_map(read_messages) {
        if let Message::Fault(fault) = message {
            black_box((fault.lock(), fault.to_string()));
        }
    }
    black_box(ReportedOutputs::parse(printed).ok());
    let mut module = module.to_owned();
    hide_credentials(&mut module);
    assert!(
        !holds_credential(&module),
        "what was hidden is not there any more"
    );
    let path = RelPath::new("main.tf").expect("it is one name");
    let files: Files = [(path, Content::Text(module.into()))].into_iter().collect();
    black_box((named_backend(&files), needs_downloads(&files)));
}

/// A document is read and turned into JSON.
pub fn yaml(input: &str) {
    let file: Arc<str> = "document.yaml".into();
    match yaml::parse(&file, input) {
        Ok(node) => drop(black_box::<Json>(node.to_json())),
        Err(diagnostics) => told_of(&diagnostics, &file, input),
    }
}

fn checked(schema: &str, value: &str) {
    let file: Arc<str> = "schema.yaml".into();
    let (parsed, mut diagnostics) = Schema::parse(&file, schema);
    told_of(&diagnostics, &file, schema);
    let Some(parsed) = parsed else { return };
    let file: Arc<str> = "spec.yaml".into();
    let value: Option<Node> = yaml::parse(&file, value).ok();
    let at = Location::start_of(file.clone());
    diagnostics.clear();
    for input in InputType::ALL {
        let (inputs, told) = parsed.check(input, value.as_ref(), &at);
        black_box(inputs.map(|inputs| inputs.digest()));
        diagnostics.extend(told);
    }
    told_of(&diagnostics, &file, value.as_ref().map_or("", Node::text));
}

/// The two texts of an input.
fn halves(input: &str) -> (&str, &str) {
    let cut = format!("\n{CUT}\n");
    input.split_once(&cut).unwrap_or((input, ""))
}

/// The files of an input; those with a path that leads elsewhere are left out.
fn files(input: &str) -> Files {
    let cut = format!("\n{CUT}\n");
    let file = |text: &str| {
        let (path, text) = text.split_once('\n')?;
        Some((RelPath::new(path).ok()?, Content::Text(text.into())))
    };
    input.split(&cut).filter_map(file).collect()
}

/// The diagnostics as people and as GitHub see them.
fn told(diagnostics: &[Diagnostic], files: &Files) {
    let source = |path: &str| files.text(path).map(Arc::from);
    black_box(report::text(diagnostics, &source, false));
    black_box(report::github(diagnostics));
}

fn told_of(diagnostics: &[Diagnostic], file: &Arc<str>, text: &str) {
    let source = |path: &str| (path == &**file).then(|| text.into());
    black_box(report::text(diagnostics, &source, false));
    black_box(report::github(diagnostics));
}
