//! A filter's arguments, by position or by name as in Python.

use minijinja::value::{ArgType, Kwargs, Rest, ValueOrKwargs, from_args};
use minijinja::{Error, ErrorKind, Value};

/// What a filter was given after its value, and how its parameters are called.
pub(super) struct Arguments {
    names: &'static [&'static str],
    positional: Vec<Value>,
    named: Kwargs,
}

impl Arguments {
    /// Takes the arguments apart; refuses more of them than there are parameters.
    pub(super) fn of(
        given: Rest<ValueOrKwargs>,
        names: &'static [&'static str],
    ) -> Result<Self, Error> {
        let given = given.into_values();
        let (positional, named): (&[Value], Kwargs) = from_args(&given)?;
        if positional.len() > names.len() {
            let message = format!("takes at most {}: {}", names.len(), names.join(", "));
            return Err(Error::new(ErrorKind::TooManyArguments, message));
        }
        if let Some(odd) = named.args().find(|name| !names.contains(name)) {
            let message = format!("has no argument `{odd}`; it has {}", names.join(", "));
            return Err(Error::new(ErrorKind::TooManyArguments, message));
        }
        Ok(Self {
            names,
            positional: positional.to_vec(),
            named,
        })
    }

    /// The argument of a name as it was given, undefined or not.
    pub(super) fn value(&self, name: &'static str) -> Option<Value> {
        let index = self.names.iter().position(|known| *known == name)?;
        let positional = self.positional.get(index).cloned();
        positional.or_else(|| self.named.peek::<Value>(name).ok())
    }

    /// The argument of a name, where it was given.
    pub(super) fn get<T>(&self, name: &'static str) -> Result<Option<T>, Error>
    where
        T: for<'a> ArgType<'a, Output = T>,
    {
        let index = self.names.iter().position(|known| *known == name);
        match index.and_then(|index| self.positional.get(index)) {
            Some(value) => Option::<T>::from_value(Some(value)),
            None => self.named.get(name),
        }
    }
}
