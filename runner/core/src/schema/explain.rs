//! The words for what does not fit, and the text to write instead.

use std::sync::Arc;

use super::number::Number;
use super::path::Path;
use super::rule::{Bounds, Kind, Rule};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location};
use crate::suggest::closest;
use crate::yaml::{Habit, Node, Value, is_plain_text};

/// Longer values are not repeated in a sentence.
const SHOWN: usize = 60;

/// A value that does not fit its rule.
pub(super) struct Misfit<'a> {
    pub(super) file: &'a Arc<str>,
    pub(super) path: &'a Path<'a>,
    pub(super) node: &'a Node,
    pub(super) rule: &'a Rule,
    /// Whether the value must not be shown.
    pub(super) secret: bool,
}

/// What is counted.
#[derive(Clone, Copy)]
pub(super) enum Things {
    Characters,
    Items,
    Properties,
}

impl Things {
    fn words(self, count: u64) -> &'static str {
        match (self, count) {
            (Self::Characters, 1) => "character",
            (Self::Characters, _) => "characters",
            (Self::Items, 1) => "item",
            (Self::Items, _) => "items",
            (Self::Properties, 1) => "property",
            (Self::Properties, _) => "properties",
        }
    }
}

impl Misfit<'_> {
    pub(super) fn wrong_type(&self, kind: Kind) -> Diagnostic {
        let found = match (kind, &self.node.value) {
            (Kind::Integer, Value::Float(_)) if !self.secret => format!("`{}`", self.node.text()),
            (_, Value::Integer(_) | Value::Float(_)) if !self.secret => self.number_found(),
            _ => self.node.kind().to_owned(),
        };
        let message = format!("{} must be {}, found {found}", self.name(), kind.words());
        self.error(Code::SpecWrongType, message)
            .help(self.of_type(kind))
    }

    /// A number, with what was read where its notation hides that.
    fn number_found(&self) -> String {
        let kind = self.node.kind();
        match Habit::of(self.node) {
            Some(habit) => format!("{kind}: `{}` is read as {}", habit.written, habit.value()),
            None => kind.to_owned(),
        }
    }

    pub(super) fn not_in_enum(&self, options: &[Node]) -> Diagnostic {
        let message = match self.shown() {
            Some(value) => format!(
                "{} is {value}, which is none of the values allowed",
                self.name()
            ),
            None => format!("{} is none of the values allowed", self.name()),
        };
        let fault = self.error(Code::SpecNotInEnum, message);
        let allowed = options.iter().map(|option| format!("`{}`", inline(option)));
        let prefix = self.path.prefix();
        let meant =
            closest(self.node.text(), options.iter().map(Node::text)).filter(|_| !self.secret);
        let meant = meant.and_then(|meant| options.iter().find(|option| option.text() == meant));
        match (meant, options) {
            (_, []) => fault.help("the schema allows no value at all: correct its `enum`"),
            (_, [_]) => fault.help(format!("write `{prefix}{}`", inline(&options[0]))),
            (Some(meant), _) => fault.help(format!(
                "write `{prefix}{}`; allowed are {}",
                inline(meant),
                listed(allowed)
            )),
            (None, _) => fault.help(format!("write one of {}", listed(allowed))),
        }
    }

    pub(super) fn pattern(&self, pattern: &str) -> Diagnostic {
        let message = format!("{} does not match the pattern `{pattern}`", self.name());
        let fault = self.error(Code::SpecPattern, message);
        match self.rule.example.as_ref().or(self.rule.default.as_ref()) {
            Some(example) => fault.help(format!(
                "write it like `{}{}`",
                self.path.prefix(),
                inline(example)
            )),
            None => fault.help("the pattern is a regular expression that must occur in the text"),
        }
    }

    pub(super) fn too_long_for_patterns(&self, bytes: usize) -> Diagnostic {
        let name = self.name();
        let message = format!("{name} has a pattern, which is checked in up to {bytes} bytes");
        let help = "shorten it, or take `pattern` out of the template's schema";
        self.error(Code::SpecOutOfRange, message).help(help)
    }

    pub(super) fn too_much_for_patterns(&self, bytes: usize) -> Diagnostic {
        let name = self.name();
        let message =
            format!("{name} has a pattern that takes too long to check in {bytes} bytes of text");
        let help = "shorten the text, or write the pattern with fewer and smaller repetitions in the template's schema";
        self.error(Code::SpecOutOfRange, message).help(help)
    }

    pub(super) fn format(&self, expected: &str, example: &str) -> Diagnostic {
        let message = format!("{} must be {expected}", self.name());
        let help = format!("write it like `{}{example}`", self.path.prefix());
        self.error(Code::SpecSchemaMismatch, message).help(help)
    }

    pub(super) fn out_of_range(
        &self,
        relation: &str,
        bound: Number,
        exclusive: bool,
    ) -> Diagnostic {
        let found = self
            .shown()
            .map(|value| format!(", found {value}"))
            .unwrap_or_default();
        let message = format!(
            "{} must be {relation} {}{found}",
            self.name(),
            written(bound)
        );
        let fault = self.error(Code::SpecOutOfRange, message);
        match bound {
            Number::Whole(value) if exclusive && self.rule.kind == Some(Kind::Integer) => {
                let nearest = if relation == "more than" {
                    value.saturating_add(1)
                } else {
                    value.saturating_sub(1)
                };
                fault.help(format!("write `{}{nearest}`", self.path.prefix()))
            }
            _ if exclusive => fault,
            _ => fault.help(format!("write `{}{}`", self.path.prefix(), written(bound))),
        }
    }

    pub(super) fn not_a_multiple(&self, number: Number, step: Number) -> Diagnostic {
        let found = self
            .shown()
            .map(|value| format!(", found {value}"))
            .unwrap_or_default();
        let message = format!(
            "{} must be a multiple of {}{found}",
            self.name(),
            written(step)
        );
        let fault = self.error(Code::SpecSchemaMismatch, message);
        if self.secret {
            return fault;
        }
        fault.help(format!(
            "write `{}{}`",
            self.path.prefix(),
            number.nearest_multiple(step)
        ))
    }

    /// A length or a count outside its bounds.
    pub(super) fn out_of_bounds(&self, count: usize, bounds: Bounds, things: Things) -> Diagnostic {
        let (relation, bound) = match (bounds.minimum, bounds.maximum) {
            (Some(minimum), _) if (count as u64) < minimum => ("at least", minimum),
            (_, maximum) => ("at most", maximum.unwrap_or_default()),
        };
        let difference = bound.abs_diff(count as u64);
        let help = match relation {
            "at least" => format!("add {difference} more"),
            _ => format!("remove {difference}"),
        };
        let message = format!(
            "{} must have {relation} {bound} {}, has {count}",
            self.name(),
            things.words(bound)
        );
        self.error(Code::SpecOutOfRange, message).help(help)
    }

    pub(super) fn repeated(&self, first: usize, second: usize) -> Diagnostic {
        let (first, second) = (first + 1, second + 1);
        let message = format!(
            "{} must not repeat an item, but item {second} equals item {first}",
            self.name()
        );
        self.error(Code::SpecSchemaMismatch, message)
            .help("remove one of them")
    }

    /// A property that is required and not there.
    pub(super) fn missing(
        &self,
        name: &str,
        rule: Option<&Rule>,
        at: Option<&Location>,
    ) -> Diagnostic {
        let path = Path::Key(self.path, name);
        let message = format!("`{path}` is required");
        let fault = Diagnostic::error(Code::SpecMissingInput, message);
        let place = at.cloned().unwrap_or_else(|| self.node.location(self.file));
        let sample = rule.map_or_else(|| "…".to_owned(), sample);
        fault.at(place).help(format!("add `{name}: {sample}`"))
    }

    /// A property that the rule does not name.
    pub(super) fn unknown(
        &self,
        key: &Node,
        known: Option<&Vec<&str>>,
        forbidden: bool,
    ) -> Diagnostic {
        let name = key.text();
        let path = Path::Key(self.path, name);
        let message = if self.path.is_root() {
            format!("`{path}` is not an input of the template")
        } else {
            format!("`{path}` is not a property of {}", self.name())
        };
        let fault = if forbidden {
            Diagnostic::error(Code::SpecUnknownInput, message)
        } else {
            Diagnostic::warning(Code::SpecUnknownInput, message)
        };
        fault
            .at(key.location(self.file))
            .help(instead_of(name, known))
    }

    pub(super) fn no_form(&self, titles: &[Option<Arc<str>>]) -> Diagnostic {
        let count = titles.len();
        let message = format!(
            "{} fits none of the {count} forms that the schema allows",
            self.name()
        );
        let named: Vec<String> = titles
            .iter()
            .flatten()
            .map(|title| format!("`{title}`"))
            .collect();
        let fault = self.error(Code::SpecSchemaMismatch, message);
        if named.is_empty() {
            fault.help("compare it with the forms in the template's schema")
        } else {
            fault.help(format!("the forms are {}", listed(named.into_iter())))
        }
    }

    pub(super) fn several_forms(&self, count: usize) -> Diagnostic {
        let message = format!(
            "{} fits {count} forms of the schema, but may fit only one",
            self.name()
        );
        let help = "leave out what belongs to the others";
        self.error(Code::SpecSchemaMismatch, message).help(help)
    }

    pub(super) fn excluded(&self) -> Diagnostic {
        let message = format!("{} is what the schema's `not` excludes", self.name());
        let help = "compare it with `not` in the template's schema";
        self.error(Code::SpecSchemaMismatch, message).help(help)
    }

    pub(super) fn exhausted(node: &Node, file: &Arc<str>) -> Diagnostic {
        let message =
            "checking does not come to an end: the schema's types refer to each other too deeply";
        let help = "remove circles of `$ref` and `allOf` from the template's schema";
        let fault = Diagnostic::error(Code::SpecSchemaMismatch, message);
        fault.at(node.location(file)).help(help)
    }

    fn error(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, message).at(self.node.location(self.file))
    }

    fn name(&self) -> String {
        if self.path.is_root() {
            "the set of inputs".to_owned()
        } else {
            format!("`{}`", self.path)
        }
    }

    /// The value for a sentence, where it is short and no secret.
    fn shown(&self) -> Option<String> {
        let short = |text: &str| text.chars().count() <= SHOWN;
        let shown = Some(inline(self.node)).filter(|text| !self.secret && short(text));
        shown.map(|text| format!("`{text}`"))
    }

    /// How to write the value as a type.
    fn of_type(&self, kind: Kind) -> String {
        let prefix = self.path.prefix();
        if let Some(meant) = self.meant(kind).filter(|_| !self.secret) {
            return format!("write `{prefix}{meant}`");
        }
        match (kind, &self.node.value) {
            (Kind::Object, _) if self.path.is_root() => {
                "write each input as `name: value`".to_owned()
            }
            (_, Value::Null) => {
                format!(
                    "write `{prefix}{}`, or remove the line",
                    sample_of(self.rule, kind)
                )
            }
            _ => format!("write `{prefix}{}`", sample_of(self.rule, kind)),
        }
    }

    /// The value as another type, where it is clear what was meant.
    fn meant(&self, kind: Kind) -> Option<String> {
        let text = self.node.text().trim();
        let number = || text.parse::<f64>().ok().filter(|number| number.is_finite());
        match (kind, &self.node.value) {
            (Kind::String, Value::Bool(_) | Value::Integer(_) | Value::Float(_)) => {
                Some(format!("\"{text}\""))
            }
            (Kind::Number, Value::String(_)) => number().map(|number| number.to_string()),
            (Kind::Integer, Value::String(_) | Value::Float(_)) => number()
                .filter(|number| number.fract() == 0.0 && number.abs() < 1e15)
                .map(|number| number.to_string()),
            (Kind::Boolean, _) => truth(text).map(|truth| truth.to_string()),
            (
                Kind::Array,
                Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Bool(_),
            ) => Some(format!("[{}]", inline(self.node))),
            _ => None,
        }
    }
}

/// What to write instead of an unknown name; without known ones, only that it has to go.
fn instead_of(name: &str, known: Option<&Vec<&str>>) -> String {
    let Some(known) = known else {
        return "remove it".to_owned();
    };
    let likely = closest(name, known.iter().copied()).filter(|_| name.len() <= 100);
    match (likely, known.as_slice()) {
        (Some(likely), _) => format!("write `{likely}`"),
        (None, []) => "remove it: none can be set here".to_owned(),
        (None, known) => {
            let known = known.iter().map(|name| format!("`{name}`"));
            format!("remove it; there are {}", listed(known))
        }
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "1" => Some(true),
        "false" | "no" | "off" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// A value that fits a rule, as one would write it.
fn sample(rule: &Rule) -> String {
    sample_of(rule, rule.kind.unwrap_or(Kind::String))
}

fn sample_of(rule: &Rule, kind: Kind) -> String {
    let options = rule.options.iter().flatten();
    let given = rule.example.iter().chain(&rule.default).chain(options);
    let fitting = given.into_iter().find(|node| kind.fits(&node.value));
    if let Some(node) = fitting.filter(|_| !rule.sensitive) {
        return inline(node);
    }
    match kind {
        Kind::String => match rule.format {
            Some(format) => format.describe().1.to_owned(),
            None => "\"…\"".to_owned(),
        },
        Kind::Number | Kind::Integer => rule.range.minimum.map_or_else(|| "1".to_owned(), written),
        Kind::Boolean => "true".to_owned(),
        Kind::Array => format!(
            "[{}]",
            rule.items.as_deref().map_or_else(|| "…".to_owned(), sample)
        ),
        Kind::Object => "{…: …}".to_owned(),
    }
}

fn written(number: Number) -> String {
    match number {
        Number::Whole(value) => value.to_string(),
        Number::Real(value) => value.to_string(),
    }
}

/// A value on one line, quoted where YAML needs it.
fn inline(node: &Node) -> String {
    match &node.value {
        Value::String(text) if !is_plain_text(text) => {
            serde_json::Value::String(text.as_ref().to_owned()).to_string()
        }
        Value::String(text) => text.as_ref().to_owned(),
        Value::Sequence(items) => {
            let items: Vec<String> = items.iter().take(5).map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(entries) => {
            let entry = |(key, value): &(Node, Node)| format!("{}: {}", inline(key), inline(value));
            let entries: Vec<String> = entries.iter().take(5).map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Integer(_) | Value::Float(_) => node.text().to_owned(),
    }
}

fn listed(items: impl ExactSizeIterator<Item = String>) -> String {
    const MOST: usize = 10;
    let more = items.len().saturating_sub(MOST);
    let shown: Vec<String> = items.take(MOST).collect();
    match shown.as_slice() {
        shown if more > 0 => format!("{} and {more} more", shown.join(", ")),
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        shown => shown.join(", "),
    }
}
