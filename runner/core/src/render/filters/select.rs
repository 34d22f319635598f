//! `map`, `select`, `reject` and their like: they call other filters and tests.

use minijinja::value::{Kwargs, Rest, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use crate::render::arguments::apart;
use crate::render::filters::members::Path;
use crate::render::python::iterators::Generator;
use crate::render::python::{collect, refuse_undefined};

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("map", map);
    for (name, wanted, of_attribute) in [
        ("select", true, false),
        ("reject", false, false),
        ("selectattr", true, true),
        ("rejectattr", false, true),
    ] {
        environment.add_filter(
            name,
            move |state: &mut State<'_, '_>, value: &Value, given: Rest<ValueOrKwargs>| {
                let choice = Choice::of(given, of_attribute)?;
                let items = items(state, value)?;
                Ok::<Value, Error>(Generator::value(items.into_iter().filter_map(|item| {
                    match choice.holds(state, &item) {
                        Ok(holds) => (holds == wanted).then_some(Ok(item)),
                        Err(error) => Some(Err(error)),
                    }
                })))
            },
        );
    }
}

/// What is false is empty, as `none` is.
fn items(state: &State<'_, '_>, value: &Value) -> Result<Vec<Value>, Error> {
    refuse_undefined(value)?;
    if value.is_true() {
        collect(state, value)
    } else {
        Ok(Vec::new())
    }
}

/// `map(attribute=…, default=…)` or `map(filter, …)`.
fn map(
    state: &mut State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<Value, Error> {
    let (positional, named) = apart(given)?;
    let items = items(state, value)?;
    if positional.is_empty() && named.has("attribute") {
        let attribute: Value = named.get("attribute")?;
        let default: Option<Value> = named.get("default")?;
        named.assert_all_used()?;
        let path = Path::of(Some(&attribute))?.or(default.filter(|default| !default.is_none()));
        return Ok(Generator::value(
            items.into_iter().map(|item| path.get(&item)),
        ));
    }
    let Some((name, arguments)) = positional.split_first() else {
        return Err(Error::new(
            ErrorKind::MissingArgument,
            "map requires a filter argument",
        ));
    };
    let filter = Call::of(name, arguments, named)?;
    Ok(Generator::value(items.into_iter().map(|item| {
        let arguments = filter.arguments(item);
        state.apply_filter(&filter.name, &arguments)
    })))
}

/// A filter or a test with its arguments after the value.
struct Call {
    name: String,
    arguments: Vec<Value>,
}

impl Call {
    fn of(name: &Value, arguments: &[Value], named: Kwargs) -> Result<Self, Error> {
        let Some(name) = name.as_str() else {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "a filter or test is named by a text",
            ));
        };
        let mut arguments = arguments.to_vec();
        if named.args().next().is_some() {
            arguments.push(named.into());
        }
        Ok(Self {
            name: name.to_owned(),
            arguments,
        })
    }

    fn arguments(&self, item: Value) -> Vec<Value> {
        std::iter::once(item)
            .chain(self.arguments.iter().cloned())
            .collect()
    }
}

/// What decides whether an item is taken.
struct Choice {
    path: Path,
    test: Option<Call>,
}

impl Choice {
    fn of(given: Rest<ValueOrKwargs>, of_attribute: bool) -> Result<Self, Error> {
        let (positional, named) = apart(given)?;
        let mut rest = &positional[..];
        let mut path = Path::of(None)?;
        if of_attribute {
            let Some((attribute, after)) = rest.split_first() else {
                return Err(Error::new(
                    ErrorKind::MissingArgument,
                    "Missing parameter for attribute name",
                ));
            };
            path = Path::of(Some(attribute).filter(|attribute| !attribute.is_none()))?;
            rest = after;
        }
        let test = match rest.split_first() {
            Some((name, arguments)) => Some(Call::of(name, arguments, named)?),
            None => None,
        };
        Ok(Self { path, test })
    }

    fn holds(&self, state: &mut State<'_, '_>, item: &Value) -> Result<bool, Error> {
        let value = self.path.get(item)?;
        let Some(test) = &self.test else {
            refuse_undefined(&value)?;
            return Ok(value.is_true());
        };
        let arguments = test.arguments(value);
        state.perform_test(&test.name, &arguments)
    }
}
