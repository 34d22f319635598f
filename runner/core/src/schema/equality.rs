//! When two values are one, as JSON Schema sees it: `1` is `1.0`, and the order of keys is nothing.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;

use super::number::Number;
use crate::yaml::{Node, Value};

/// Whether two values are one.
pub(super) fn equal(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::String(one), Value::String(other)) => one == other,
        (Value::Bool(one), Value::Bool(other)) => one == other,
        (Value::Null, Value::Null) => true,
        (Value::Integer(_) | Value::Float(_), Value::Integer(_) | Value::Float(_)) => {
            let numbers = Number::of(one).zip(Number::of(other));
            numbers.is_some_and(|(one, other)| one.compare(other) == Some(Ordering::Equal))
        }
        (Value::Sequence(items), Value::Sequence(others)) => {
            let mut pairs = items.iter().zip(others);
            items.len() == others.len() && pairs.all(|(one, other)| equal(one, other))
        }
        (Value::Mapping(entries), Value::Mapping(others)) => {
            let same = |(key, value): &(Node, Node)| {
                let other = other.get(key.text());
                other.is_some_and(|other| equal(value, other))
            };
            entries.len() == others.len() && entries.iter().all(same)
        }
        _ => false,
    }
}

/// The first item that is one with an item before it: where that is, and where it is.
pub(super) fn repeated(items: &[Node]) -> Option<(usize, usize)> {
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        if let Some(first) = seen.insert(Canonical(item).to_string(), index) {
            return Some((first, index));
        }
    }
    None
}

/// A value as a text that is the same for all that are one with it.
struct Canonical<'n>(&'n Node);

impl fmt::Display for Canonical<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.value {
            Value::Null => formatter.write_str("null"),
            Value::Bool(value) => write!(formatter, "{value}"),
            Value::Integer(value) => write!(formatter, "{value}"),
            // Prints whole floats without a point.
            Value::Float(value) => write!(formatter, "{value}"),
            Value::String(text) => write!(formatter, "{text:?}"),
            Value::Sequence(items) => {
                formatter.write_str("[")?;
                items
                    .iter()
                    .try_for_each(|item| write!(formatter, "{},", Self(item)))?;
                formatter.write_str("]")
            }
            Value::Mapping(entries) => {
                let mut sorted: Vec<&(Node, Node)> = entries.iter().collect();
                sorted.sort_by_key(|(key, _)| key.text());
                formatter.write_str("{")?;
                for (key, value) in sorted {
                    write!(formatter, "{:?}:{},", key.text(), Self(value))?;
                }
                formatter.write_str("}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn values_are_one_whatever_their_notation() {
        for (list, expected) in [
            ("[1, 2, 1.0]", Some((0, 2))),
            ("[1, '1', true, ~]", None),
            ("[{a: 1, b: [x]}, {b: [x], a: 1.0}]", Some((0, 1))),
            ("[{a: 1}, {a: 1, b: 2}, {a: 2}, {b: 1}]", None),
            ("[[1, 2], [2, 1], [1, 2]]", Some((0, 2))),
        ] {
            let node = yaml::parse(&"f".into(), list).unwrap();
            let items = node.as_sequence().unwrap();
            assert_eq!(repeated(items), expected, "{list}");
            let alike = expected.map(|(one, other)| equal(&items[one], &items[other]));
            assert_ne!(alike, Some(false), "{list}");
        }
    }
}
