//! A schema object after compiling: what one value must be.

use std::sync::Arc;

use indexmap::IndexMap;

use super::format::Format;
use super::number::Number;
use super::pattern::Pattern;
use crate::yaml::{Node, Span, Value};

/// What one value must be; the parts that a schema does not name ask for nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    pub(super) kind: Option<Kind>,
    /// Where the property or the type of this rule has its name.
    pub(super) named_at: Span,
    pub(super) nullable: bool,
    /// `writeOnly` or `format: password`: its value is shown to nobody.
    pub(super) sensitive: bool,
    pub(super) options: Option<Vec<Node>>,
    pub(super) default: Option<Node>,
    pub(super) example: Option<Node>,
    pub(super) title: Option<Arc<str>>,
    pub(super) format: Option<Format>,
    pub(super) pattern: Option<Pattern>,
    pub(super) length: Bounds,
    pub(super) range: Range,
    pub(super) items: Option<Box<Self>>,
    pub(super) item_count: Bounds,
    pub(super) unique_items: bool,
    pub(super) properties: IndexMap<Arc<str>, Self>,
    pub(super) property_count: Bounds,
    pub(super) required: Vec<Arc<str>>,
    pub(super) additional: Additional,
    pub(super) forms: Option<Box<Forms>>,
}

/// Rules that a value must meet besides.
#[derive(Clone, Debug, Default)]
pub(super) struct Forms {
    /// `$ref`: the name of a type.
    pub(super) reference: Option<Arc<str>>,
    pub(super) all_of: Vec<Rule>,
    pub(super) any_of: Vec<Rule>,
    pub(super) one_of: Vec<Rule>,
    pub(super) not: Option<Rule>,
}

/// How many there may be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    pub(super) minimum: Option<u64>,
    pub(super) maximum: Option<u64>,
}

/// What a number may be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Range {
    pub(super) minimum: Option<Number>,
    pub(super) maximum: Option<Number>,
    pub(super) exclusive_minimum: bool,
    pub(super) exclusive_maximum: bool,
    pub(super) multiple_of: Option<Number>,
}

/// What properties there may be besides those that are named.
#[derive(Clone, Debug, Default)]
pub(super) enum Additional {
    /// The schema says nothing: they are allowed, but probably a slip.
    #[default]
    Unsaid,
    /// `true`.
    Allowed,
    /// `false`.
    Forbidden,
    /// A schema that they must meet.
    Like(Box<Rule>),
}

/// The types of OpenAPI 3.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Number,
    Integer,
    Boolean,
    Array,
    Object,
}

impl Kind {
    pub(super) const NAMES: [&'static str; 6] =
        ["string", "number", "integer", "boolean", "array", "object"];

    /// The type of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "string" => Some(Self::String),
            "number" => Some(Self::Number),
            "integer" => Some(Self::Integer),
            "boolean" => Some(Self::Boolean),
            "array" => Some(Self::Array),
            "object" => Some(Self::Object),
            _ => None,
        }
    }

    /// What a value of it is called.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Number => "a number",
            Self::Integer => "a whole number",
            Self::Boolean => "`true` or `false`",
            Self::Array => "a list",
            Self::Object => "a mapping",
        }
    }

    /// Whether a value is of it.
    pub(super) fn fits(self, value: &Value) -> bool {
        match self {
            Self::String => matches!(value, Value::String(_)),
            Self::Number => matches!(value, Value::Integer(_) | Value::Float(_)),
            Self::Integer => matches!(value, Value::Integer(_)),
            Self::Boolean => matches!(value, Value::Bool(_)),
            Self::Array => matches!(value, Value::Sequence(_)),
            Self::Object => matches!(value, Value::Mapping(_)),
        }
    }
}

impl Bounds {
    /// Whether a count is within.
    pub(super) fn contain(self, count: usize) -> bool {
        let count = count as u64;
        self.minimum.is_none_or(|minimum| count >= minimum)
            && self.maximum.is_none_or(|maximum| count <= maximum)
    }
}
