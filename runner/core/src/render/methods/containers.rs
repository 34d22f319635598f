//! The methods of Python's lists, tuples, ranges and mappings.

use minijinja::value::{DynObject, Tuple};
use minijinja::{Error, State, Value};

use crate::render::methods::{Given, changes, index as whole_argument};
use crate::render::python::iterators::View;
use crate::render::python::kind::{check_hashable, type_error, type_name};
use crate::render::python::{collect, compare, refuse_undefined};
use crate::render::unsupported;

pub(super) fn sequence(
    state: &State<'_, '_>,
    value: &Value,
    given: &Given<'_>,
) -> Result<Option<Value>, Error> {
    let kind = type_name(value);
    match given.method {
        "count" => {
            let wanted = &given.count(1, 1)?[0];
            let mut count = 0;
            for item in collect(state, value)? {
                count += usize::from(compare::is_equal(state, &item, wanted)?);
            }
            Ok(Some(Value::from(count)))
        }
        "index" => index(state, value, given).map(Some),
        "copy" if kind == "list" => {
            given.count(0, 0)?;
            Ok(Some(Value::from(collect(state, value)?)))
        }
        "append" | "extend" | "insert" | "remove" | "pop" | "clear" | "reverse" | "sort"
            if kind == "list" =>
        {
            Err(changes("list", given.method))
        }
        _ => Ok(None),
    }
}

fn index(state: &State<'_, '_>, value: &Value, given: &Given<'_>) -> Result<Value, Error> {
    let arguments = given.count(1, 3)?;
    let items = collect(state, value)?;
    let length = i128::try_from(items.len()).unwrap_or(i128::MAX);
    let bound = |place: usize, default: i128| {
        let given = arguments.get(place).map_or(Ok(default), whole_argument)?;
        Ok::<i128, Error>(if given < 0 {
            (given + length).max(0)
        } else {
            given
        })
    };
    let (start, stop) = (bound(1, 0)?, bound(2, length)?);
    for (place, item) in (0..).zip(&items) {
        if place >= start && place < stop && compare::is_equal(state, item, &arguments[0])? {
            return Ok(crate::render::python::kind::integer(place));
        }
    }
    Err(type_error("the value is not in the list"))
}

pub(super) fn mapping(
    state: &State<'_, '_>,
    value: &Value,
    given: &Given<'_>,
) -> Result<Option<Value>, Error> {
    let found = match given.method {
        "keys" => view("dict_keys", value, given, |key, _| key)?,
        "values" => view("dict_values", value, given, |_, value| value)?,
        "items" => view("dict_items", value, given, |key, value| {
            Value::from(Tuple::from([key, value]))
        })?,
        "get" => {
            let arguments = given.count(1, 2)?;
            refuse_undefined(&arguments[0])?;
            check_hashable(&arguments[0])?;
            let found = compare::lookup(value, &arguments[0])?;
            found.unwrap_or_else(|| arguments.get(1).cloned().unwrap_or_else(|| Value::from(())))
        }
        "copy" => {
            given.count(0, 0)?;
            collect(state, value)?;
            Value::from_pairs(pairs(value))
        }
        "fromkeys" => return Err(unsupported::error("`.fromkeys()` of a mapping")),
        "pop" | "popitem" | "clear" | "update" | "setdefault" => {
            return Err(changes("mapping", given.method));
        }
        _ => return Ok(None),
    };
    Ok(Some(found))
}

/// The keys and values of a mapping.
pub(in crate::render) fn pairs(mapping: &Value) -> Vec<(Value, Value)> {
    let pairs = mapping.as_object().and_then(DynObject::try_iter_pairs);
    pairs.into_iter().flatten().collect()
}

fn view(
    name: &'static str,
    value: &Value,
    given: &Given<'_>,
    item: fn(Value, Value) -> Value,
) -> Result<Value, Error> {
    given.count(0, 0)?;
    let items = pairs(value)
        .into_iter()
        .map(|(key, value)| item(key, value))
        .collect();
    Ok(Value::from_object(View { name, items }))
}
