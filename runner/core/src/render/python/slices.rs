//! `value[start:stop:step]`.

use minijinja::value::Tuple;
use minijinja::{Error, State, Value};

use crate::render::python::iterators::Range;
use crate::render::python::kind::{type_error, type_name, whole};
use crate::render::python::{charge, collect, escape, refuse_undefined};
use crate::render::unsupported;

pub(in crate::render) fn slice(
    state: &State<'_, '_>,
    value: &Value,
    start: &Value,
    stop: Option<&Value>,
    step: Option<&Value>,
) -> Result<Value, Error> {
    refuse_undefined(value)?;
    let none = Value::from(());
    let bounds = [start, stop.unwrap_or(&none), step.unwrap_or(&none)];
    let kind = type_name(value);
    if !matches!(kind, "str" | "Markup" | "list" | "tuple" | "range") {
        // Jinja2 has two answers: its optimiser makes nothing of a constant that cannot be sliced.
        return Err(unsupported::error(format!(
            "'{kind}' object cannot be sliced"
        )));
    }
    let [start, stop, step] = bounds.map(bound);
    let (start, stop, step) = (start?, stop?, step?.unwrap_or(1));
    if step == 0 {
        return Err(type_error("slice step cannot be zero"));
    }
    if let Some(text) = value.as_str() {
        charge(state, text.len())?;
        let characters: Vec<char> = text.chars().collect();
        let picked = indices(characters.len(), start, stop, step);
        let picked: String = picked.map(|index| characters[index]).collect();
        return Ok(escape::like(value, picked));
    }
    if let Some(range) = value.downcast_object_ref::<Range>() {
        return Ok(slice_range(range, start, stop, step));
    }
    let items = collect(state, value)?;
    let picked: Vec<Value> = indices(items.len(), start, stop, step)
        .map(|index| items[index].clone())
        .collect();
    if kind == "tuple" {
        return Ok(Value::from(Tuple::from(picked)));
    }
    Ok(Value::from(picked))
}

fn bound(value: &Value) -> Result<Option<i128>, Error> {
    refuse_undefined(value)?;
    if value.is_none() {
        return Ok(None);
    }
    whole(value).map(Some).ok_or_else(|| {
        type_error("slice indices must be integers or None or have an __index__ method")
    })
}

/// Where Python's slice starts and stops in a sequence of a length.
fn clamp(length: i128, start: Option<i128>, stop: Option<i128>, step: i128) -> (i128, i128) {
    let (lowest, highest) = if step < 0 {
        (-1, length - 1)
    } else {
        (0, length)
    };
    let place = |bound: i128| {
        let bound = if bound < 0 {
            bound.saturating_add(length)
        } else {
            bound
        };
        bound.clamp(lowest, highest)
    };
    let (first, last) = if step < 0 {
        (highest, lowest)
    } else {
        (lowest, highest)
    };
    (start.map_or(first, place), stop.map_or(last, place))
}

fn signed(length: usize) -> i128 {
    i128::try_from(length).unwrap_or(i128::MAX)
}

fn indices(
    length: usize,
    start: Option<i128>,
    stop: Option<i128>,
    step: i128,
) -> impl Iterator<Item = usize> {
    let (start, stop) = clamp(signed(length), start, stop, step);
    let range = Range { start, stop, step };
    (0..range.length()).filter_map(move |turn| usize::try_from(start + signed(turn) * step).ok())
}

fn slice_range(range: &Range, start: Option<i128>, stop: Option<i128>, step: i128) -> Value {
    let (start, stop) = clamp(signed(range.length()), start, stop, step);
    let place = |index: i128| range.start.saturating_add(index.saturating_mul(range.step));
    Value::from_object(Range {
        start: place(start),
        stop: place(stop),
        step: range.step.saturating_mul(step),
    })
}
