//! From `schema.yaml` to a [`Schema`].

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::check::Checker;
use super::compile::Compiler;
use super::habits;
use super::rule::{Additional, Rule};
use super::{InputType, Schema};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::suggest::closest;
use crate::yaml::{self, Node};

const KEYS: [&str; 5] = [
    "format",
    "environment_input_type",
    "service_input_type",
    "pipeline_input_type",
    "types",
];

const EXAMPLE: &str = "write `schema:` and below it `format`, `environment_input_type` or `service_input_type`, and `types`";

pub(super) fn schema(file: &Arc<str>, text: &str) -> (Option<Schema>, Vec<Diagnostic>) {
    let root = match yaml::parse(file, text) {
        Ok(root) => root,
        Err(faults) => return (None, faults),
    };
    let Some(body) = root
        .get("schema")
        .filter(|body| body.as_mapping().is_some())
    else {
        let message = "a schema must have the key `schema` with a mapping";
        let fault = Diagnostic::error(Code::SchemaMalformed, message);
        return (None, vec![fault.at(root.location(file)).help(EXAMPLE)]);
    };
    let Some((key, types)) = body.entry("types") else {
        let fault = Diagnostic::error(Code::SchemaMalformed, "`schema` has no `types`");
        return (None, vec![fault.at(body.location(file)).help(EXAMPLE)]);
    };
    let Some(entries) = types.as_mapping() else {
        let message = format!("`types` must be a mapping, found {}", types.kind());
        let fault = Diagnostic::error(Code::SchemaMalformed, message);
        return (None, vec![fault.at(key.location(file)).help(EXAMPLE)]);
    };
    let mut compiler = Compiler {
        file,
        types: entries.iter().map(|(name, _)| name.text()).collect(),
        faults: Vec::new(),
    };
    unknown_keys(&mut compiler, &root, body);
    version(&mut compiler, body);
    let mut compiled: IndexMap<Arc<str>, Rule> = entries
        .iter()
        .map(|(name, node)| (name.text().into(), compiler.named(name, node)))
        .collect();
    spread_sensitivity(&mut compiled);
    let schema = Schema {
        file: file.clone(),
        inputs: InputType::ALL.map(|input| input_type(&mut compiler, body, input)),
        types: Arc::new(compiled),
    };
    let mut faults = compiler.faults;
    bad_defaults(&schema, file, &mut faults);
    faults.extend(habits::in_schema(file, types, &faults));
    faults.sort_by(|one, other| one.location.cmp(&other.location));
    (Some(schema), faults)
}

fn unknown_keys(compiler: &mut Compiler<'_>, root: &Node, body: &Node) {
    let beside = root.as_mapping().unwrap_or_default();
    for (key, _) in beside.iter().filter(|(key, _)| key.text() != "schema") {
        let message = format!("`{}` has no effect beside `schema`", key.text());
        compiler.warning(key, message, "remove it, or move it below `schema`");
    }
    let inside = body.as_mapping().unwrap_or_default();
    for (key, _) in inside.iter().filter(|(key, _)| !KEYS.contains(&key.text())) {
        let message = format!(
            "`{}` is not a key of `schema`; it has no effect",
            key.text()
        );
        let help = closest(key.text(), KEYS).map_or_else(
            || format!("write one of `{}`", KEYS.join("`, `")),
            |meant| format!("write `{meant}`"),
        );
        compiler.warning(key, message, help);
    }
}

fn version(compiler: &mut Compiler<'_>, body: &Node) {
    let stated = body.get("format").and_then(|format| format.get("openapi"));
    let good = stated.is_some_and(|version| version.text().starts_with("3.0"));
    if !good {
        let place = stated.or_else(|| body.get("format")).unwrap_or(body);
        let message = "the format is not OpenAPI 3.0; the schema is read as if it were";
        compiler.warning(place, message, "write `format: {openapi: \"3.0.0\"}`");
    }
}

fn input_type(compiler: &mut Compiler<'_>, body: &Node, input: InputType) -> Option<Arc<str>> {
    let value = body.get(input.key())?;
    let name = value.text();
    if compiler.types.contains(&name) {
        return Some(name.into());
    }
    let help = closest(name, compiler.types.iter().copied()).map_or_else(
        || format!("define `{name}` under `types`"),
        |meant| format!("write `{}: {meant}`", input.key()),
    );
    let message = format!(
        "`{}` names the type `{name}`, which `types` does not have",
        input.key()
    );
    let fault = Diagnostic::error(Code::SchemaUnknownType, message);
    compiler
        .faults
        .push(fault.at(value.location(compiler.file)).help(help));
    None
}

/// Makes a rule sensitive where a rule that looks at the same value is.
fn spread_sensitivity(types: &mut IndexMap<Arc<str>, Rule>) {
    let mut known = 0;
    loop {
        let sensitive: HashSet<Arc<str>> = types
            .iter()
            .filter(|(_, rule)| rule.sensitive)
            .map(|(name, _)| name.clone())
            .collect();
        for rule in types.values_mut() {
            spread_below(rule, &sensitive);
        }
        if sensitive.len() == known {
            return;
        }
        known = sensitive.len();
    }
}

fn spread_below(rule: &mut Rule, sensitive: &HashSet<Arc<str>>) {
    rule.properties
        .values_mut()
        .for_each(|rule| spread_below(rule, sensitive));
    if let Some(items) = &mut rule.items {
        spread_below(items, sensitive);
    }
    if let Additional::Like(rule) = &mut rule.additional {
        spread_below(rule, sensitive);
    }
    let Some(forms) = &mut rule.forms else { return };
    rule.sensitive |= forms
        .reference
        .as_ref()
        .is_some_and(|name| sensitive.contains(name));
    let lists = forms.all_of.iter_mut().chain(&mut forms.any_of);
    for below in lists.chain(&mut forms.one_of).chain(&mut forms.not) {
        spread_below(below, sensitive);
        rule.sensitive |= below.sensitive;
    }
}

/// Checks every default against its own rule; Proton filled in what was written, so these are warnings.
fn bad_defaults(schema: &Schema, file: &Arc<str>, faults: &mut Vec<Diagnostic>) {
    for rule in schema.types.values() {
        defaults_below(schema, rule, file, faults);
    }
}

/// `{a = true}` is a mapping in Terraform; in YAML it has a key without a value.
fn foreign_mapping(default: &Node, file: &Arc<str>) -> Option<Diagnostic> {
    let mut entries = default.as_mapping()?.iter();
    let (key, name, value) = entries.find_map(|(key, value)| {
        let (name, written) = key.text().split_once('=')?;
        value
            .is_null()
            .then_some((key, name.trim(), written.trim()))
    })?;
    let message = format!("`{}` is read as a key without a value", key.text());
    let fault = Diagnostic::warning(Code::SchemaBadDefault, message);
    let help = format!("write `{name}: {value}`: `=` is Terraform's");
    Some(fault.at(key.location(file)).help(help))
}

fn defaults_below(schema: &Schema, rule: &Rule, file: &Arc<str>, faults: &mut Vec<Diagnostic>) {
    if let Some(default) = &rule.default {
        faults.extend(foreign_mapping(default, file));
        let mut checker = Checker::new(schema, file);
        let refused = checker.default_fault(rule, default);
        faults.extend(refused.map(|fault| Diagnostic {
            code: Code::SchemaBadDefault,
            severity: Severity::Warning,
            location: Some(default.location(file)),
            ..fault
        }));
    }
    for below in below(rule) {
        defaults_below(schema, below, file, faults);
    }
}

fn below(rule: &Rule) -> impl Iterator<Item = &Rule> {
    let additional = match &rule.additional {
        Additional::Like(rule) => Some(rule.as_ref()),
        Additional::Unsaid | Additional::Allowed | Additional::Forbidden => None,
    };
    let forms = rule.forms.iter().flat_map(|forms| {
        let lists = forms.all_of.iter().chain(&forms.any_of);
        lists.chain(&forms.one_of).chain(&forms.not)
    });
    let items = rule.items.iter().map(AsRef::as_ref);
    rule.properties
        .values()
        .chain(items)
        .chain(additional)
        .chain(forms)
}
