//! A filter's arguments, by position or by name as in Python.

use minijinja::value::{Kwargs, Rest, ValueOrKwargs, from_args};
use minijinja::{Error, ErrorKind, Value};

use crate::render::python::kind::{type_error, type_name, whole};
use crate::render::python::refuse_undefined;

/// What a filter was given after its value, and how its parameters are called.
pub(super) struct Arguments {
    names: &'static [&'static str],
    positional: Vec<Value>,
    named: Kwargs,
}

impl Arguments {
    /// Takes the arguments apart; refuses more of them than there are parameters, and the same one twice.
    pub(super) fn of(
        given: Rest<ValueOrKwargs>,
        names: &'static [&'static str],
    ) -> Result<Self, Error> {
        let (positional, named) = apart(given)?;
        if positional.len() > names.len() {
            let message = format!("takes at most {}: {}", names.len(), names.join(", "));
            return Err(Error::new(ErrorKind::TooManyArguments, message));
        }
        for name in named.args() {
            let Some(index) = names.iter().position(|known| *known == name) else {
                let message = format!("has no argument `{name}`; it has {}", names.join(", "));
                return Err(Error::new(ErrorKind::TooManyArguments, message));
            };
            if index < positional.len() {
                return Err(type_error(format!("got `{name}` twice")));
            }
        }
        Ok(Self {
            names,
            positional,
            named,
        })
    }

    /// The argument of a name as it was given, undefined or not.
    pub(super) fn value(&self, name: &'static str) -> Option<Value> {
        let index = self.names.iter().position(|known| *known == name)?;
        let positional = self.positional.get(index).cloned();
        positional.or_else(|| self.named.peek::<Value>(name).ok())
    }

    /// An argument that must be there.
    pub(super) fn required(&self, name: &'static str) -> Result<Value, Error> {
        let value = self.value(name);
        value.ok_or_else(|| {
            Error::new(
                ErrorKind::MissingArgument,
                format!("needs an argument `{name}`"),
            )
        })
    }

    /// An argument that is not undefined and not `none`.
    pub(super) fn some(&self, name: &'static str) -> Result<Option<Value>, Error> {
        let value = self.value(name);
        if let Some(value) = &value {
            refuse_undefined(value)?;
        }
        Ok(value.filter(|value| !value.is_none()))
    }

    /// Whether an argument is true as Python sees it; it is not where it was not given.
    pub(super) fn is_true(&self, name: &'static str) -> Result<bool, Error> {
        Ok(self.some(name)?.is_some_and(|value| value.is_true()))
    }

    /// A whole number.
    pub(super) fn whole(&self, name: &'static str) -> Result<Option<i128>, Error> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        refuse_undefined(&value)?;
        let number = whole(&value);
        number.map(Some).ok_or_else(|| {
            type_error(format!(
                "`{name}` must be a whole number, not {}",
                type_name(&value)
            ))
        })
    }

    /// A text.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, Error> {
        let Some(value) = self.some(name)? else {
            return Ok(None);
        };
        let text = value.as_str().map(ToOwned::to_owned);
        text.map(Some).ok_or_else(|| {
            type_error(format!(
                "`{name}` must be a text, not {}",
                type_name(&value)
            ))
        })
    }
}

/// The arguments by position, and those by name.
pub(super) fn apart(given: Rest<ValueOrKwargs>) -> Result<(Vec<Value>, Kwargs), Error> {
    let given = given.into_values();
    let (positional, named): (&[Value], Kwargs) = from_args(&given)?;
    Ok((positional.to_vec(), named))
}
