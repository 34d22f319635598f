//! Filters that take lists apart and put them together.

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};

use crate::render::arguments::Arguments;
use crate::render::filters::members::Path;
use crate::render::methods::containers::pairs;
use crate::render::python::escape::like;
use crate::render::python::iterators::Generator;
use crate::render::python::kind::{type_error, type_name};
use crate::render::python::{self, charge, collect, refuse_undefined};

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("length", python::length);
    environment.add_filter("count", python::length);
    environment.add_filter("list", collect);
    environment.add_filter("first", first);
    environment.add_filter("last", last);
    environment.add_filter("reverse", reverse);
    environment.add_filter("join", join);
    environment.add_filter("items", items);
    environment.add_filter("batch", batch);
    environment.add_filter("slice", slice);
    environment.add_filter("attr", attribute);
}

fn first(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    if value.downcast_object_ref::<Generator>().is_some() {
        let next = value.try_iter()?.checked().next();
        return next.unwrap_or(Ok(Value::UNDEFINED));
    }
    Ok(collect(state, value)?
        .into_iter()
        .next()
        .unwrap_or(Value::UNDEFINED))
}

fn last(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    refuse_undefined(value)?;
    if type_name(value) == "generator" {
        return Err(type_error("'generator' object is not reversible"));
    }
    let last = collect(state, value)?.pop().unwrap_or(Value::UNDEFINED);
    // Python goes through a text from its end in another way, which keeps it safe for HTML.
    Ok(match last.as_str() {
        Some(text) if value.is_safe() => Value::from_safe_string(text.to_owned()),
        _ => last,
    })
}

fn reverse(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    if let Some(text) = value.as_str() {
        charge(state, text.len())?;
        return Ok(like(value, text.chars().rev().collect()));
    }
    let items = collect(state, value)?.into_iter().rev();
    if type_name(value) == "generator" {
        return Ok(Value::from(items.collect::<Vec<_>>()));
    }
    Ok(Generator::value(items.map(Ok)))
}

/// `join(d='', attribute=none)`.
fn join(state: &State<'_, '_>, value: &Value, given: Rest<ValueOrKwargs>) -> Result<String, Error> {
    let arguments = Arguments::of(given, &["d", "attribute"])?;
    let separator = match arguments.value("d") {
        Some(separator) => python::text(state, &separator)?,
        None => String::new(),
    };
    let path = Path::of(arguments.some("attribute")?.as_ref())?;
    let mut joined = String::new();
    for (index, item) in collect(state, value)?.iter().enumerate() {
        if index > 0 {
            charge(state, separator.len())?;
            joined.push_str(&separator);
        }
        joined.push_str(&python::text(state, &path.get(item)?)?);
    }
    Ok(joined)
}

/// `items`: the pairs of a mapping; what is undefined has none.
fn items(value: &Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return Ok(Generator::value(std::iter::empty()));
    }
    if value.kind() != ValueKind::Map {
        return Err(type_error("Can only get item pairs from a mapping."));
    }
    let pair = |(key, value)| Ok(Value::from(minijinja::value::Tuple::from([key, value])));
    Ok(Generator::value(pairs(value).into_iter().map(pair)))
}

/// `batch(linecount, fill_with=none)`.
fn batch(state: &State<'_, '_>, value: &Value, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let arguments = Arguments::of(given, &["linecount", "fill_with"])?;
    arguments.required("linecount")?;
    let count = arguments.whole("linecount")?.unwrap_or_default();
    let fill = arguments.value("fill_with").filter(|fill| !fill.is_none());
    let items = collect(state, value)?;
    // The first of a batch is taken without a look at the count.
    let size = usize::try_from(count.max(1)).unwrap_or(usize::MAX);
    let mut batches: Vec<Vec<Value>> = match count {
        _ if items.is_empty() => Vec::new(),
        // What Jinja2 makes of it: an empty batch, and then everything.
        0 => vec![Vec::new(), items],
        ..0 => vec![items],
        _ => items.chunks(size).map(<[Value]>::to_vec).collect(),
    };
    if let (Some(fill), Some(last)) = (fill, batches.last_mut())
        && last.len() < size
        && count > 0
    {
        charge(state, (size - last.len()).saturating_mul(32))?;
        last.resize(size, fill);
    }
    Ok(Generator::value(
        batches.into_iter().map(|batch| Ok(Value::from(batch))),
    ))
}

/// `slice(slices, fill_with=none)`.
fn slice(state: &State<'_, '_>, value: &Value, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let arguments = Arguments::of(given, &["slices", "fill_with"])?;
    arguments.required("slices")?;
    let count = arguments.whole("slices")?.unwrap_or_default();
    let fill = arguments.value("fill_with").filter(|fill| !fill.is_none());
    let items = collect(state, value)?;
    let Ok(count) = usize::try_from(count) else {
        return Ok(Generator::value(std::iter::empty()));
    };
    if count == 0 {
        return Err(type_error("integer division or modulo by zero"));
    }
    charge(state, count.saturating_mul(32))?;
    let (size, longer) = (items.len() / count, items.len() % count);
    let mut rest = items.into_iter();
    let slices = (0..count).map(|index| {
        let mut slice: Vec<Value> = rest
            .by_ref()
            .take(size + usize::from(index < longer))
            .collect();
        if index >= longer {
            slice.extend(fill.clone());
        }
        Ok(Value::from(slice))
    });
    Ok(Generator::value(slices))
}

/// `attr(name)`: an attribute, and never an item.
fn attribute(value: &Value, name: &Value) -> Result<Value, Error> {
    refuse_undefined(value)?;
    let Some(name) = name.as_str() else {
        return Ok(Value::UNDEFINED);
    };
    if crate::render::translate::is_method(name) || name.starts_with("__") {
        return Err(crate::render::unsupported::error(format!(
            "`attr('{name}')` gives a part of Python itself"
        )));
    }
    if value.as_object().is_some() && !python::is_plain_map(value) {
        return value.get_attr(name);
    }
    Ok(Value::UNDEFINED)
}
