//! YAML with the place of every value, bounded so that a hostile document costs no more than a long one.

use std::sync::Arc;

use crate::diagnostic::Location;

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
    /// Its place.
    pub span: Span,
    /// Its tag, as `!Ref` or `!GetAtt`, where it has one of its own.
    pub tag: Option<Arc<str>>,
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
    /// A mapping.
    Mapping(Vec<(Node, Node)>),
}

impl Node {
    /// The place of this node in a file.
    pub fn location(&self, file: &Arc<str>) -> Location {
        Location {
            file: file.clone(),
            line: self.span.line,
            column: self.span.column,
            length: self.span.length.max(1),
        }
    }
}
