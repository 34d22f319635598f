//! What a value is in Python, and what Python says of values that do not fit.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

use crate::render::python::iterators::{Generator, Group, Nothing, Range, View};
use crate::render::unsupported;

/// A number of Python; booleans are whole numbers.
#[derive(Clone, Copy, Debug)]
pub(in crate::render) enum Number {
    Whole(i128),
    Real(f64),
}

impl Number {
    /// The number as one with a fraction.
    #[expect(
        clippy::cast_precision_loss,
        reason = "Python loses the same digits when it divides"
    )]
    pub(in crate::render) fn real(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Real(number) => number,
        }
    }
}

/// The number that a value is.
pub(in crate::render) fn number(value: &Value) -> Option<Number> {
    match value.kind() {
        ValueKind::Bool => Some(Number::Whole(value.is_true().into())),
        ValueKind::Number if value.is_integer() => {
            i128::try_from(value.clone()).ok().map(Number::Whole)
        }
        ValueKind::Number => f64::try_from(value.clone()).ok().map(Number::Real),
        _ => None,
    }
}

/// The whole number that a value is; booleans are, fractions are not.
pub(in crate::render) fn whole(value: &Value) -> Option<i128> {
    match number(value)? {
        Number::Whole(number) => Some(number),
        Number::Real(_) => None,
    }
}

/// A whole number as a value.
pub(in crate::render) fn integer(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| Value::from(number), Value::from)
}

/// Python's name for the type of a value.
pub(in crate::render) fn type_name(value: &Value) -> &'static str {
    match value.kind() {
        ValueKind::Undefined => "Undefined",
        ValueKind::None => "NoneType",
        ValueKind::Bool => "bool",
        ValueKind::Number if value.is_integer() => "int",
        ValueKind::Number => "float",
        ValueKind::String if value.is_safe() => "Markup",
        ValueKind::String => "str",
        ValueKind::Bytes => "bytes",
        ValueKind::Seq if is_tuple(value) => "tuple",
        ValueKind::Map => "dict",
        _ if is::<Range>(value) => "range",
        ValueKind::Seq => "list",
        _ if is::<Nothing>(value) => "Undefined",
        _ if is::<View>(value) => "dict view",
        _ if is::<Generator>(value) => "generator",
        ValueKind::Iterable => "list",
        _ => "object",
    }
}

fn is<T: 'static>(value: &Value) -> bool {
    value.downcast_object_ref::<T>().is_some()
}

/// Whether a value is a tuple of Python.
pub(in crate::render) fn is_tuple(value: &Value) -> bool {
    value.is_tuple() || is::<Group>(value)
}

/// Python's `TypeError`.
pub(in crate::render) fn type_error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

/// That a number of Python is larger than ours can be.
pub(in crate::render) fn too_large(what: &str) -> Error {
    unsupported::error(format!(
        "`{what}` gives a whole number beyond 2^127, which is larger than Nucleon counts"
    ))
}

/// Fails where a value cannot be the key of a mapping.
pub(in crate::render) fn check_hashable(value: &Value) -> Result<(), Error> {
    match type_name(value) {
        name @ ("list" | "dict" | "dict view") => {
            Err(type_error(format!("unhashable type: '{name}'")))
        }
        "tuple" => value
            .try_iter()?
            .checked()
            .try_for_each(|item| check_hashable(&item?)),
        _ => Ok(()),
    }
}
