//! The methods of Python's values.

use minijinja::value::{Kwargs, from_args};
use minijinja::{Error, ErrorKind, State, Value};

use crate::render::python::charge;
use crate::render::python::kind::{type_error, type_name, whole};
use crate::render::unsupported;

pub(super) mod checks;
pub(super) mod containers;
pub(super) mod split;
pub(super) mod text;

/// Calls a method of a value.
pub(super) fn call(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    let given = Given::of(method, arguments)?;
    let called = match type_name(value) {
        "str" | "Markup" => {
            let text = value.as_str().unwrap_or_default();
            charge(state, text.len())?;
            text::call(state, value, text, &given)?
        }
        "list" | "tuple" | "range" => containers::sequence(state, value, &given)?,
        "dict" => containers::mapping(state, value, &given)?,
        "int" | "bool" | "float" => number(value, &given)?,
        _ => None,
    };
    called.ok_or_else(|| Error::from(ErrorKind::UnknownMethod))
}

/// A method's name and what it was called with.
struct Given<'a> {
    method: &'a str,
    positional: &'a [Value],
    named: Kwargs,
}

impl<'a> Given<'a> {
    fn of(method: &'a str, arguments: &'a [Value]) -> Result<Self, Error> {
        let (positional, named): (&[Value], Kwargs) = from_args(arguments)?;
        Ok(Self {
            method,
            positional,
            named,
        })
    }

    /// Checks how many arguments there are, none of them by name.
    fn count(&self, least: usize, most: usize) -> Result<&'a [Value], Error> {
        self.names(&[])?;
        let count = self.positional.len();
        if count < least || count > most {
            return Err(type_error(format!(
                "{}() takes from {least} to {most} arguments, {count} given",
                self.method
            )));
        }
        Ok(self.positional)
    }

    /// Checks that arguments by name have one of these names.
    fn names(&self, known: &[&str]) -> Result<(), Error> {
        match self.named.args().find(|name| !known.contains(name)) {
            Some(odd) => Err(type_error(format!(
                "{}() takes no keyword argument `{odd}`",
                self.method
            ))),
            None => Ok(()),
        }
    }

    /// The argument at a place, or of a name.
    fn argument(&self, index: usize, name: &str) -> Option<Value> {
        let positional = self.positional.get(index).cloned();
        positional.or_else(|| self.named.peek::<Value>(name).ok())
    }

    fn text(&self, value: &'a Value) -> Result<&'a str, Error> {
        value.as_str().ok_or_else(|| {
            type_error(format!(
                "{}() argument must be str, not {}",
                self.method,
                type_name(value)
            ))
        })
    }
}

/// A whole number as an argument.
fn index(value: &Value) -> Result<i128, Error> {
    whole(value).ok_or_else(|| {
        let kind = type_name(value);
        type_error(format!(
            "'{kind}' object cannot be interpreted as an integer"
        ))
    })
}

/// Python's own way to say that a method changes its value, which a plan must not depend on.
fn changes(kind: &str, method: &str) -> Error {
    unsupported::error(format!(
        "`.{method}()` changes a {kind} in place; write an expression that makes a new one"
    ))
}

fn number(value: &Value, given: &Given<'_>) -> Result<Option<Value>, Error> {
    let known = matches!(
        given.method,
        "bit_length"
            | "bit_count"
            | "conjugate"
            | "to_bytes"
            | "as_integer_ratio"
            | "is_integer"
            | "hex"
    );
    if given.method == "is_integer" && type_name(value) == "float" {
        given.count(0, 0)?;
        let number = f64::try_from(value.clone())?;
        return Ok(Some(Value::from(
            number.is_finite() && number.fract().abs() <= 0.0,
        )));
    }
    if known {
        return Err(unsupported::error(format!(
            "`.{}()` of a number",
            given.method
        )));
    }
    Ok(None)
}
