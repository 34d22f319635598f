//! YAML with the place of every value, bounded so that a hostile document costs no more than a long one.
//!
//! Scalars mean what YAML 1.2's core schema says: `yes` and `on` are text, `012` is twelve. How a plain
//! scalar was written stays in [`Node::raw`], so that habits from YAML 1.1 can be pointed out.

mod build;
mod fault;
mod habit;
mod scalar;

use std::sync::Arc;

use serde_json::{Map, Number, Value as Json};

use crate::diagnostic::Location;

pub use build::parse;
pub use build::{MAX_BYTES, MAX_COPIES, MAX_DEPTH, MAX_NODES};
pub(crate) use habit::Habit;

/// Where a node stands; columns count characters, both start at 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first line.
    pub line: u32,
    /// The first column.
    pub column: u32,
    /// Characters on the first line.
    pub length: u32,
}

/// One value of a document and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its place; what an alias stands for has the place of its anchor.
    pub span: Span,
    /// Its tag, as `!Ref` or `!GetAtt`, where it has one of its own; such a scalar is always text.
    pub tag: Option<Arc<str>>,
    /// The text of a plain scalar as it was written; nothing where it was quoted.
    pub raw: Option<Arc<str>>,
}

/// What a node holds; mappings keep the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    String(Arc<str>),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping; its keys are scalars, no two with the same text.
    Mapping(Vec<(Node, Node)>),
}

impl Node {
    /// A value at a place, without tag.
    pub fn new(value: Value, span: Span) -> Self {
        Self {
            value,
            span,
            tag: None,
            raw: None,
        }
    }

    /// The place of this node in a file.
    pub fn location(&self, file: &Arc<str>) -> Location {
        Location {
            file: file.clone(),
            line: self.span.line.max(1),
            column: self.span.column.max(1),
            length: self.span.length.max(1),
        }
    }

    /// The value under a key; nothing where this is not a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }

    /// A key and its value; nothing where this is not a mapping.
    pub fn entry(&self, key: &str) -> Option<(&Self, &Self)> {
        let found = self
            .as_mapping()?
            .iter()
            .find(|(node, _)| node.text() == key);
        found.map(|(key, value)| (key, value))
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The text, where it is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, where it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number, where it is one.
    pub fn as_i64(&self) -> Option<i64> {
        match self.value {
            Value::Integer(value) => Some(value),
            _ => None,
        }
    }

    /// The number, where it is one; whole numbers beyond 2^53 lose their last digits.
    pub fn as_f64(&self) -> Option<f64> {
        match self.value {
            #[expect(clippy::cast_precision_loss, reason = "the caller asked for a float")]
            Value::Integer(value) => Some(value as f64),
            Value::Float(value) => Some(value),
            _ => None,
        }
    }

    /// The items, where it is a list.
    pub fn as_sequence(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The keys and values in the order of the file, where it is a mapping.
    pub fn as_mapping(&self) -> Option<&[(Self, Self)]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// A scalar's text as it was written, without quotes; empty for lists and mappings.
    ///
    /// This is what a key is called: `80: x` and `"80": x` have the same key.
    pub fn text(&self) -> &str {
        match (&self.value, &self.raw) {
            (Value::String(text), _) => text,
            (_, Some(raw)) => raw,
            _ => "",
        }
    }

    /// What it is, in words that fit after "found".
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::String(_) => "text",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// The value as JSON; tags are left out, infinities and NaN become text.
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Integer(value) => Json::Number((*value).into()),
            Value::Float(value) => Number::from_f64(*value)
                .map_or_else(|| Json::String(self.text().to_owned()), Json::Number),
            Value::String(text) => Json::String(text.as_ref().to_owned()),
            Value::Sequence(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Mapping(entries) => Json::Object(entries.iter().map(json_entry).collect()),
        }
    }
}

/// Whether a text without quotes stays a text, for YAML 1.2 and for the readers that Proton's users know.
///
/// Those take `2026-10-07` for a date, `12:30` for a number and `yes` for a boolean.
pub(crate) fn is_plain_text(text: &str) -> bool {
    let harmless = |character: char| character.is_alphanumeric() || "_-./:@".contains(character);
    let begins = |character: char| character.is_alphanumeric() || character == '/';
    let boolean = ["yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    let like_a_number = text.starts_with(|first: char| first.is_ascii_digit())
        && !text.contains(|character: char| character.is_alphabetic() || character == '/');
    matches!(scalar::plain(text), Value::String(_))
        && text.starts_with(begins)
        && text.chars().all(harmless)
        && !text.ends_with(':')
        && !boolean
        && !like_a_number
}

fn json_entry((key, value): &(Node, Node)) -> (String, Json) {
    (key.text().to_owned(), value.to_json())
}

impl From<&Node> for Map<String, Json> {
    /// A mapping's entries as JSON; empty for anything else.
    fn from(node: &Node) -> Self {
        node.as_mapping()
            .unwrap_or_default()
            .iter()
            .map(json_entry)
            .collect()
    }
}
