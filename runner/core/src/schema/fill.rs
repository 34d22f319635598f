//! From a spec's values to [`Inputs`]: unknown ones out, defaults in, all in the order of the schema.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Map;

use super::check::Checker;
use super::explain::Misfit;
use super::habits;
use super::path::Path;
use super::rule::{Additional, Rule};
use super::{InputType, Schema};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location};
use crate::inputs::Inputs;
use crate::suggest::closest;
use crate::yaml::{Node, Span, Value};

/// After so many unknown inputs, no likely names are looked for: that alone would take long.
const SUGGESTIONS: usize = 50;
/// How deep rules may lead to others that name inputs.
const DEPTH: u32 = 64;

pub(super) fn inputs(
    schema: &Schema,
    input: InputType,
    values: Option<&Node>,
    at: &Location,
) -> (Option<Inputs>, Vec<Diagnostic>) {
    let Some(rule) = schema.name(input).and_then(|name| schema.rule(name)) else {
        return no_inputs(input, values, at);
    };
    let mut checker = Checker::new(schema, &at.file);
    checker.missing_at = Some(at);
    let mut filler = Filler::of(schema, rule);
    let filled = filler.fill(&mut checker, values, at);
    checker.check(rule, &filled, &Path::Root);
    let (secrets, mut faults) = checker.finish(&filled);
    faults.extend(habits::warnings(&at.file, &filled, &faults, &secrets));
    for fault in &mut faults {
        secrets.guard(fault);
    }
    faults.sort_by(|one, other| one.location.cmp(&other.location));
    let good = !faults.iter().any(Diagnostic::is_error);
    let inputs = good.then(|| Inputs::new(filler.ordered(&filled), secrets.paths, secrets.texts));
    (inputs, faults)
}

/// What a template without that input type makes of values.
fn no_inputs(
    input: InputType,
    values: Option<&Node>,
    at: &Location,
) -> (Option<Inputs>, Vec<Diagnostic>) {
    let given = values.and_then(Node::as_mapping).unwrap_or_default();
    let fault = |(key, _): &(Node, Node)| {
        let message = format!("`{}` is not an input of the template", key.text());
        let help = format!("remove it: the template's schema has no `{}`", input.key());
        let fault = Diagnostic::warning(Code::SpecUnknownInput, message);
        fault.at(key.location(&at.file)).help(help)
    };
    (Some(Inputs::empty()), given.iter().map(fault).collect())
}

/// The properties of an input type, wherever its rule has them.
pub(super) struct Filler<'s> {
    schema: &'s Schema,
    rule: &'s Rule,
    known: IndexMap<&'s str, Property<'s>>,
    /// Whether the type says itself what else there may be.
    open: bool,
    seen: HashSet<(&'s str, bool)>,
}

#[derive(Clone, Copy)]
struct Property<'s> {
    rule: &'s Rule,
    /// Whether every value has it, so that its default holds.
    certain: bool,
}

impl<'s> Filler<'s> {
    pub(super) fn of(schema: &'s Schema, rule: &'s Rule) -> Self {
        let mut filler = Self {
            schema,
            rule,
            known: IndexMap::with_capacity(rule.properties.len()),
            open: false,
            seen: HashSet::new(),
        };
        filler.learn(rule, true, 0);
        filler
    }

    /// The properties, their rules, and whether every value has them.
    pub(super) fn properties(&self) -> impl Iterator<Item = (&'s str, &'s Rule, bool)> {
        let known = self.known.iter();
        known.map(|(name, property)| (*name, property.rule, property.certain))
    }

    /// Whether the type says itself what else there may be.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Whether the type itself requires a property.
    pub(super) fn requires(&self, name: &str) -> bool {
        let mut required = self.rule.required.iter();
        required.any(|required| required.as_ref() == name)
    }

    /// Learns what a rule and those that it leads to name; each type once.
    fn learn(&mut self, rule: &'s Rule, certain: bool, depth: u32) {
        for (name, rule) in &rule.properties {
            self.known.entry(name).or_insert(Property { rule, certain });
        }
        self.open |= !matches!(rule.additional, Additional::Unsaid);
        let Some(forms) = rule.forms.as_deref().filter(|_| depth < DEPTH) else {
            return;
        };
        let reference = forms.reference.as_deref();
        let unseen = reference.filter(|name| self.seen.insert((name, certain)));
        let reference = unseen.and_then(|name| self.schema.rule(name));
        for below in reference.into_iter().chain(&forms.all_of) {
            self.learn(below, certain, depth + 1);
        }
        for below in forms.any_of.iter().chain(&forms.one_of) {
            self.learn(below, false, depth + 1);
        }
    }

    /// The values that count, and the defaults of those that nobody set.
    fn fill(&mut self, checker: &mut Checker<'_>, values: Option<&Node>, at: &Location) -> Node {
        let Some(values) = values.filter(|values| !values.is_null()) else {
            let span = Span {
                line: at.line,
                column: at.column,
                length: at.length,
            };
            return Node::new(Value::Mapping(self.defaults(&[])), span);
        };
        let Some(entries) = values.as_mapping() else {
            return values.clone();
        };
        let mut unknown = 0;
        let mut filled = Vec::with_capacity(self.known.len());
        for (key, value) in entries {
            if self.open || self.is_known(key.text()) {
                filled.push((key.clone(), value.clone()));
                continue;
            }
            unknown += 1;
            let fault = self.unknown(checker.file(), values, key, unknown <= SUGGESTIONS);
            if self.looks_sensitive(key.text()) {
                checker.secrets.hide(value);
            }
            checker.faults.push(fault);
        }
        let defaults = self.defaults(&filled);
        filled.extend(defaults);
        Node::new(Value::Mapping(filled), values.span)
    }

    fn is_known(&self, name: &str) -> bool {
        self.known.contains_key(name)
            || self
                .rule
                .required
                .iter()
                .any(|known| known.as_ref() == name)
    }

    fn defaults(&self, set: &[(Node, Node)]) -> Vec<(Node, Node)> {
        let set: HashSet<&str> = set.iter().map(|(key, _)| key.text()).collect();
        let entry = |(name, property): (&&str, &Property<'_>)| {
            let default = property
                .rule
                .default
                .as_ref()
                .filter(|_| property.certain)?;
            let key = Node::new(Value::String((*name).into()), Span::default());
            Some((key, placeless(default)))
        };
        let unset = self.known.iter().filter(|(name, _)| !set.contains(**name));
        unset.filter_map(entry).collect()
    }

    fn unknown(&self, file: &Arc<str>, values: &Node, key: &Node, suggest: bool) -> Diagnostic {
        let known: Vec<&str> = if suggest {
            self.known.keys().copied().collect()
        } else {
            Vec::new()
        };
        let misfit = Misfit {
            file,
            path: &Path::Root,
            node: values,
            rule: self.rule,
            secret: false,
        };
        misfit.unknown(key, suggest.then_some(&known), false)
    }

    /// Whether somebody may have meant a secret.
    fn looks_sensitive(&self, name: &str) -> bool {
        let sensitive = self
            .known
            .iter()
            .filter(|(_, property)| property.rule.sensitive);
        closest(name, sensitive.map(|(name, _)| *name)).is_some()
    }

    /// The values in the order of the schema, then what it allows besides, in the order of the file.
    fn ordered(&self, filled: &Node) -> Map<String, serde_json::Value> {
        let mut values = Map::from(filled);
        let mut ordered = Map::new();
        for name in self.known.keys() {
            if let Some(value) = values.remove(*name) {
                ordered.insert((*name).to_owned(), value);
            }
        }
        ordered.extend(values);
        ordered
    }
}

/// A copy that stands nowhere in the user's files.
fn placeless(node: &Node) -> Node {
    let value = match &node.value {
        Value::Sequence(items) => Value::Sequence(items.iter().map(placeless).collect()),
        Value::Mapping(entries) => {
            let entry = |(key, value): &(Node, Node)| (placeless(key), placeless(value));
            Value::Mapping(entries.iter().map(entry).collect())
        }
        scalar => scalar.clone(),
    };
    Node {
        value,
        span: Span::default(),
        ..node.clone()
    }
}
