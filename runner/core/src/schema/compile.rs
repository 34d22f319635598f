//! From a schema object as it was written to a [`Rule`].
//!
//! A keyword whose value does not fit has no effect and is a warning: Proton registered such schemas, and
//! their templates work. What leaves a value's type open is an error.

use std::sync::Arc;

use super::format::Format;
use super::number::Number;
use super::pattern::{BadPattern, Pattern};
use super::pointer::type_name;
use super::rule::{Additional, Forms, Kind, Rule};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::suggest::closest;
use crate::yaml::Node;

/// Every keyword, with the types that it says something about; none means all.
const KEYWORDS: &[(&str, &[Kind])] = &[
    ("type", &[]),
    ("title", &[]),
    ("description", &[]),
    ("default", &[]),
    ("example", &[]),
    ("enum", &[]),
    ("nullable", &[]),
    ("format", &[]),
    ("readOnly", &[]),
    ("writeOnly", &[]),
    ("deprecated", &[]),
    ("externalDocs", &[]),
    ("xml", &[]),
    ("discriminator", &[]),
    ("allOf", &[]),
    ("anyOf", &[]),
    ("oneOf", &[]),
    ("not", &[]),
    ("$ref", &[]),
    ("minLength", &[Kind::String]),
    ("maxLength", &[Kind::String]),
    ("pattern", &[Kind::String]),
    ("minimum", &[Kind::Number, Kind::Integer]),
    ("maximum", &[Kind::Number, Kind::Integer]),
    ("exclusiveMinimum", &[Kind::Number, Kind::Integer]),
    ("exclusiveMaximum", &[Kind::Number, Kind::Integer]),
    ("multipleOf", &[Kind::Number, Kind::Integer]),
    ("items", &[Kind::Array]),
    ("minItems", &[Kind::Array]),
    ("maxItems", &[Kind::Array]),
    ("uniqueItems", &[Kind::Array]),
    ("properties", &[Kind::Object]),
    ("required", &[Kind::Object]),
    ("minProperties", &[Kind::Object]),
    ("maxProperties", &[Kind::Object]),
    ("additionalProperties", &[Kind::Object]),
];

/// Compiles schema objects of one file.
pub(super) struct Compiler<'a> {
    pub(super) file: &'a Arc<str>,
    /// The names that `$ref` may name.
    pub(super) types: Vec<&'a str>,
    pub(super) faults: Vec<Diagnostic>,
}

impl Compiler<'_> {
    /// Compiles one schema object.
    pub(super) fn rule(&mut self, node: &Node) -> Rule {
        let mut rule = Rule::default();
        let Some(entries) = node.as_mapping() else {
            let message = format!("a schema must be a mapping, found {}", node.kind());
            self.error(
                node,
                message,
                "write `type: string`, or another type, below it",
            );
            return rule;
        };
        if let Some((_, reference)) = node.entry("$ref") {
            self.reference(&mut rule, entries, reference);
            return rule;
        }
        for (key, value) in entries {
            self.keyword(&mut rule, key, value);
        }
        self.idle_keywords(&rule, entries);
        self.options_of_another_type(&rule);
        self.required_but_unknown(&rule, node);
        rule
    }

    /// Compiles a schema object that has a name.
    pub(super) fn named(&mut self, name: &Node, schema: &Node) -> Rule {
        Rule {
            named_at: name.span,
            ..self.rule(schema)
        }
    }

    fn keyword(&mut self, rule: &mut Rule, key: &Node, value: &Node) {
        match key.text() {
            "type" => rule.kind = self.kind(value),
            "title" => rule.title = value.as_str().map(Into::into),
            "default" => rule.default = Some(value.clone()),
            "example" => rule.example = Some(value.clone()),
            "enum" => rule.options = self.list(key, value).map(<[Node]>::to_vec),
            "nullable" => rule.nullable = self.boolean(key, value),
            "writeOnly" => rule.sensitive |= self.boolean(key, value),
            "format" => self.format(rule, key, value),
            "pattern" => rule.pattern = self.pattern(key, value),
            "minLength" => rule.length.minimum = self.count(key, value),
            "maxLength" => rule.length.maximum = self.count(key, value),
            "minItems" => rule.item_count.minimum = self.count(key, value),
            "maxItems" => rule.item_count.maximum = self.count(key, value),
            "minProperties" => rule.property_count.minimum = self.count(key, value),
            "maxProperties" => rule.property_count.maximum = self.count(key, value),
            "minimum" => rule.range.minimum = self.number(key, value),
            "maximum" => rule.range.maximum = self.number(key, value),
            "exclusiveMinimum" => rule.range.exclusive_minimum = self.exclusive(key, value),
            "exclusiveMaximum" => rule.range.exclusive_maximum = self.exclusive(key, value),
            "multipleOf" => rule.range.multiple_of = self.step(key, value),
            "items" => rule.items = Some(Box::new(self.rule(value))),
            "uniqueItems" => rule.unique_items = self.boolean(key, value),
            "properties" => self.properties(rule, value),
            "required" => self.required(rule, key, value),
            "additionalProperties" => rule.additional = self.additional(value),
            "allOf" => forms(rule).all_of = self.rules(key, value),
            "anyOf" => forms(rule).any_of = self.rules(key, value),
            "oneOf" => forms(rule).one_of = self.rules(key, value),
            "not" => forms(rule).not = Some(self.rule(value)),
            name if name.starts_with("x-") => {}
            name if KEYWORDS.iter().any(|(known, _)| *known == name) => {}
            name => self.unknown_keyword(key, name),
        }
    }

    fn kind(&mut self, value: &Node) -> Option<Kind> {
        let name = value.as_str().unwrap_or_default();
        let kind = Kind::named(name);
        if kind.is_none() {
            let message = if name.is_empty() {
                format!("`type` must be the name of a type, found {}", value.kind())
            } else {
                format!("`{name}` is not a type")
            };
            let meant = meant_kind(name).or_else(|| closest(name, Kind::NAMES));
            let help = meant.map_or_else(
                || format!("write one of `{}`", Kind::NAMES.join("`, `")),
                |meant| format!("write `type: {meant}`"),
            );
            self.error(value, message, help);
        }
        kind
    }

    /// Only the type that it names counts, as OpenAPI says.
    fn reference(&mut self, rule: &mut Rule, entries: &[(Node, Node)], reference: &Node) {
        let written = reference.as_str().unwrap_or_default();
        match type_name(written).as_deref() {
            Some(name) if self.types.contains(&name) => forms(rule).reference = Some(name.into()),
            Some(name) => {
                let meant = closest(name, self.types.iter().copied());
                let help = meant.map_or_else(
                    || format!("define `{name}` under `types`"),
                    |meant| format!("write `$ref: \"#/{meant}\"`"),
                );
                let message =
                    format!("`$ref` names the type `{name}`, which `types` does not have");
                let fault = Diagnostic::error(Code::SchemaUnknownType, message);
                self.faults
                    .push(fault.at(reference.location(self.file)).help(help));
            }
            None => self.error(
                reference,
                "`$ref` does not name a type of this schema",
                "write `$ref: \"#/TypeName\"`, where `types` has `TypeName`",
            ),
        }
        let silent = ["$ref", "description", "title", "example"];
        for (key, _) in entries
            .iter()
            .filter(|(key, _)| !silent.contains(&key.text()))
        {
            let message = format!("`{}` has no effect beside `$ref`", key.text());
            self.warning(key, message, "put both into `allOf`, or remove it");
        }
    }

    fn properties(&mut self, rule: &mut Rule, value: &Node) {
        let Some(entries) = value.as_mapping() else {
            if !value.is_null() {
                let message = format!("`properties` must be a mapping, found {}", value.kind());
                self.error(
                    value,
                    message,
                    "write each property's name and below it its schema",
                );
            }
            return;
        };
        for (name, schema) in entries {
            let compiled = self.named(name, schema);
            rule.properties.insert(name.text().into(), compiled);
        }
    }

    fn required(&mut self, rule: &mut Rule, key: &Node, value: &Node) {
        if value.as_bool().is_some() {
            let message = "`required` is a list of names and belongs to the object";
            self.warning(
                key,
                message,
                "write `required: [name]` beside the object's `properties`",
            );
            return;
        }
        let items = self.list(key, value).unwrap_or_default();
        rule.required = items.iter().map(|item| item.text().into()).collect();
    }

    fn additional(&mut self, value: &Node) -> Additional {
        match value.as_bool() {
            Some(true) => Additional::Allowed,
            Some(false) => Additional::Forbidden,
            None => Additional::Like(Box::new(self.rule(value))),
        }
    }

    fn rules(&mut self, key: &Node, value: &Node) -> Vec<Rule> {
        let items = self.list(key, value).unwrap_or_default();
        items.iter().map(|item| self.rule(item)).collect()
    }

    fn format(&mut self, rule: &mut Rule, key: &Node, value: &Node) {
        match value.as_str() {
            Some(name) => {
                rule.format = Format::named(name);
                rule.sensitive |= name == "password";
            }
            None => self.unfit(key, value, "the name of a format"),
        }
    }

    fn pattern(&mut self, key: &Node, value: &Node) -> Option<Pattern> {
        let Some(written) = value.as_str() else {
            self.unfit(key, value, "a regular expression");
            return None;
        };
        let fault = match Pattern::parse(written) {
            Ok(pattern) => return Some(pattern),
            Err(BadPattern::Unsupported(what)) => Diagnostic::warning(
                Code::SchemaBadPattern,
                format!("{what} cannot be checked, so this pattern has no effect"),
            )
            .help("write the pattern without, or use `enum`"),
            Err(BadPattern::Malformed(why)) => Diagnostic::error(
                Code::SchemaBadPattern,
                format!("`{written}` is not a regular expression: {why}"),
            )
            .help("write a regular expression as JavaScript has them"),
        };
        self.faults.push(fault.at(value.location(self.file)));
        None
    }

    fn list<'n>(&mut self, key: &Node, value: &'n Node) -> Option<&'n [Node]> {
        let items = value.as_sequence();
        if items.is_none() {
            self.unfit(key, value, "a list");
        }
        items
    }

    fn boolean(&mut self, key: &Node, value: &Node) -> bool {
        let known = value.as_bool();
        if known.is_none() {
            self.unfit(key, value, "`true` or `false`");
        }
        known.unwrap_or_default()
    }

    /// Newer schemas give a number here; OpenAPI 3.0 wants a boolean beside the bound.
    fn exclusive(&mut self, key: &Node, value: &Node) -> bool {
        if value.as_f64().is_none() {
            return self.boolean(key, value);
        }
        let (name, number) = (key.text(), value.text());
        let bound = name.replace("exclusiveM", "m");
        let message =
            format!("`{name}` must be `true` or `false`, found a number; it has no effect");
        self.warning(
            value,
            message,
            format!("write `{bound}: {number}` and `{name}: true`"),
        );
        false
    }

    fn count(&mut self, key: &Node, value: &Node) -> Option<u64> {
        let count = value.as_i64().and_then(|count| u64::try_from(count).ok());
        if count.is_none() {
            self.unfit(key, value, "a whole number from 0");
        }
        count
    }

    fn number(&mut self, key: &Node, value: &Node) -> Option<Number> {
        let number = Number::of(value);
        if number.is_none() {
            self.unfit(key, value, "a number");
        }
        number
    }

    fn step(&mut self, key: &Node, value: &Node) -> Option<Number> {
        let step = Number::of(value).filter(|step| step.real() > 0.0);
        if step.is_none() {
            self.unfit(key, value, "a number above 0");
        }
        step
    }

    fn unfit(&mut self, key: &Node, value: &Node, expected: &str) {
        let name = key.text();
        let message = format!(
            "`{name}` must be {expected}, found {}; it has no effect",
            value.kind()
        );
        let fault = Diagnostic::warning(Code::SchemaMalformed, message);
        self.faults.push(fault.at(value.location(self.file)));
    }

    fn unknown_keyword(&mut self, key: &Node, name: &str) {
        let known = KEYWORDS.iter().map(|(known, _)| *known);
        let help = closest(name, known).map_or_else(
            || "remove it, or begin its name with `x-`".to_owned(),
            |meant| format!("write `{meant}`"),
        );
        let message = format!("`{name}` is not a keyword of OpenAPI 3.0 schemas; it has no effect");
        self.warning(key, message, help);
    }

    /// Warns of keywords that say nothing about the type they stand beside.
    fn idle_keywords(&mut self, rule: &Rule, entries: &[(Node, Node)]) {
        let Some(kind) = rule.kind else { return };
        for (key, _) in entries {
            let idle = KEYWORDS.iter().any(|(name, kinds)| {
                *name == key.text() && !kinds.is_empty() && !kinds.contains(&kind)
            });
            if idle && !(key.text() == "required" && rule.required.is_empty()) {
                let message = format!("`{}` has no effect on {}", key.text(), kind.words());
                self.warning(key, message, "remove it, or correct `type`");
            }
        }
    }

    fn options_of_another_type(&mut self, rule: &Rule) {
        let (Some(kind), Some(options)) = (rule.kind, &rule.options) else {
            return;
        };
        for option in options.iter().filter(|option| !kind.fits(&option.value)) {
            if option.is_null() && rule.nullable {
                continue;
            }
            let (expected, found) = (kind.words(), option.kind());
            let message = format!(
                "`enum` has a value that never fits: {found}, where the type is {expected}"
            );
            let help = match kind {
                Kind::String => format!("write `\"{}\"`", option.text()),
                _ => "correct it, or correct `type`".to_owned(),
            };
            self.warning(option, message, help);
        }
    }

    fn required_but_unknown(&mut self, rule: &Rule, node: &Node) {
        if rule.properties.is_empty() || rule.forms.is_some() {
            return;
        }
        let items = node
            .get("required")
            .and_then(Node::as_sequence)
            .unwrap_or_default();
        for item in items
            .iter()
            .filter(|item| !rule.properties.contains_key(item.text()))
        {
            let name = item.text();
            let known = rule.properties.keys().map(AsRef::as_ref);
            let help = closest(name, known).map_or_else(
                || format!("define `{name}` under `properties`"),
                |meant| format!("write `{meant}`"),
            );
            let message = format!("`required` names `{name}`, which `properties` does not have");
            self.warning(item, message, help);
        }
    }

    fn error(&mut self, node: &Node, message: impl Into<String>, help: impl Into<String>) {
        let fault = Diagnostic::error(Code::SchemaMalformed, message);
        self.faults
            .push(fault.at(node.location(self.file)).help(help));
    }

    pub(super) fn warning(
        &mut self,
        node: &Node,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let fault = Diagnostic::warning(Code::SchemaMalformed, message);
        self.faults
            .push(fault.at(node.location(self.file)).help(help));
    }
}

fn forms(rule: &mut Rule) -> &mut Forms {
    rule.forms.get_or_insert_default()
}

/// What people who know other languages call a type.
fn meant_kind(name: &str) -> Option<&'static str> {
    match name.to_lowercase().as_str() {
        "string" | "text" | "str" => Some("string"),
        "number" | "float" | "double" => Some("number"),
        "integer" | "int" => Some("integer"),
        "boolean" | "bool" => Some("boolean"),
        "array" | "list" | "list(string)" => Some("array"),
        "object" | "map" | "dict" | "map(string)" => Some("object"),
        _ => None,
    }
}
