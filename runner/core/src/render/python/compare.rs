//! Python's comparisons.

use std::cmp::Ordering;

use minijinja::value::{DynObject, ValueKind};
use minijinja::{Environment, Error, State, Value};

use crate::render::python::kind::{Number, check_hashable, integer, number, type_error, type_name};
use crate::render::python::percent::truncated;
use crate::render::python::{charge, collect, descend, iterators::Range, refuse_undefined};
use crate::render::translate::{COMPARE, COMPARE_FIRST, COMPARE_LAST, COMPARE_NEXT};

pub(in crate::render) fn add_to(environment: &mut Environment<'_>) {
    environment.add_function(COMPARE, compare_values);
    environment.add_function(COMPARE_FIRST, compare_first);
    environment.add_function(COMPARE_NEXT, compare_next);
    environment.add_function(COMPARE_LAST, compare_last);
}

fn compare_values(
    state: &State<'_, '_>,
    left: &Value,
    operator: &str,
    right: &Value,
) -> Result<bool, Error> {
    compare(state, left, operator, right)
}

/// The operands that chains of comparisons go on from, of the innermost chain last.
#[derive(Debug, Default)]
struct Pending(Vec<Value>);

fn pending<'s>(state: &'s mut State<'_, '_>) -> &'s mut Vec<Value> {
    &mut state.get_or_insert_extension_with(Pending::default).0
}

fn compare_first(
    state: &mut State<'_, '_>,
    left: &Value,
    operator: &str,
    right: &Value,
) -> Result<bool, Error> {
    let holds = compare(state, left, operator, right)?;
    if holds {
        pending(state).push(right.clone());
    }
    Ok(holds)
}

fn compare_next(state: &mut State<'_, '_>, operator: &str, right: &Value) -> Result<bool, Error> {
    let left = pending(state).pop().unwrap_or(Value::UNDEFINED);
    compare_first(state, &left, operator, right)
}

fn compare_last(state: &mut State<'_, '_>, operator: &str, right: &Value) -> Result<bool, Error> {
    let left = pending(state).pop().unwrap_or(Value::UNDEFINED);
    compare(state, &left, operator, right)
}

/// Whether one comparison holds.
pub(in crate::render) fn compare(
    state: &State<'_, '_>,
    left: &Value,
    operator: &str,
    right: &Value,
) -> Result<bool, Error> {
    if operator.ends_with("in") {
        refuse_undefined(right)?;
        return Ok(contains(state, right, left)? == (operator == "in"));
    }
    refuse_undefined(left)?;
    refuse_undefined(right)?;
    if matches!(operator, "==" | "!=") {
        return Ok(is_equal(state, left, right)? == (operator == "=="));
    }
    let Some(ordering) = order(state, left, operator, right)? else {
        return Ok(false);
    };
    Ok(match operator {
        "<" => ordering.is_lt(),
        "<=" => ordering.is_le(),
        ">" => ordering.is_gt(),
        _ => ordering.is_ge(),
    })
}

/// `==`.
pub(in crate::render) fn is_equal(
    state: &State<'_, '_>,
    left: &Value,
    right: &Value,
) -> Result<bool, Error> {
    charge(state, 1)?;
    refuse_undefined(left)?;
    refuse_undefined(right)?;
    if let (Some(left), Some(right)) = (left.as_str(), right.as_str()) {
        charge(state, left.len().min(right.len()) / 8)?;
        return Ok(left == right);
    }
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return Ok(order_numbers(left, right) == Some(Ordering::Equal));
    }
    let (kind, other) = (type_name(left), type_name(right));
    if kind != other {
        return Ok(false);
    }
    descend(state)?;
    match kind {
        "NoneType" | "Undefined" => Ok(true),
        "list" | "tuple" | "dict view" => {
            Ok(left.len() == right.len() && first_difference(state, left, right)?.is_none())
        }
        "dict" => are_equal_mappings(state, left, right),
        "range" => Ok(range_key(left) == range_key(right)),
        _ => Ok(left == right),
    }
}

fn range_key(value: &Value) -> Option<(usize, Option<Value>, i128)> {
    let range = value.downcast_object_ref::<Range>()?;
    let length = range.length();
    let step = if length > 1 { range.step } else { 0 };
    Some((length, (length > 0).then(|| range.item(0)), step))
}

/// The first two items that differ, where both have one.
fn first_difference(
    state: &State<'_, '_>,
    left: &Value,
    right: &Value,
) -> Result<Option<(Value, Value)>, Error> {
    for (left, right) in left.try_iter()?.checked().zip(right.try_iter()?.checked()) {
        let (left, right) = (left?, right?);
        if !is_equal(state, &left, &right)? {
            return Ok(Some((left, right)));
        }
    }
    Ok(None)
}

fn are_equal_mappings(state: &State<'_, '_>, left: &Value, right: &Value) -> Result<bool, Error> {
    if left.len() != right.len() {
        return Ok(false);
    }
    let pairs = left.as_object().and_then(DynObject::try_iter_pairs);
    for (key, value) in pairs.into_iter().flatten() {
        match lookup(right, &key)? {
            Some(other) if is_equal(state, &value, &other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// Which of two values is larger; nothing where a number is not one, and an error where Python knows no order.
pub(in crate::render) fn order(
    state: &State<'_, '_>,
    left: &Value,
    operator: &str,
    right: &Value,
) -> Result<Option<Ordering>, Error> {
    charge(state, 1)?;
    refuse_undefined(left)?;
    refuse_undefined(right)?;
    if let (Some(left), Some(right)) = (left.as_str(), right.as_str()) {
        charge(state, left.len().min(right.len()) / 8)?;
        return Ok(Some(left.cmp(right)));
    }
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return Ok(order_numbers(left, right));
    }
    let (kind, other) = (type_name(left), type_name(right));
    if kind == other && matches!(kind, "list" | "tuple") {
        return match first_difference(state, left, right)? {
            Some((left, right)) => order(state, &left, operator, &right),
            None => Ok(Some(left.len().cmp(&right.len()))),
        };
    }
    Err(type_error(format!(
        "'{operator}' not supported between instances of '{kind}' and '{other}'"
    )))
}

fn order_numbers(left: Number, right: Number) -> Option<Ordering> {
    match (left, right) {
        (Number::Whole(left), Number::Whole(right)) => Some(left.cmp(&right)),
        (Number::Real(left), Number::Real(right)) => left.partial_cmp(&right),
        (Number::Whole(left), Number::Real(right)) => order_exactly(left, right),
        (Number::Real(left), Number::Whole(right)) => {
            order_exactly(right, left).map(Ordering::reverse)
        }
    }
}

/// Compares without rounding the whole number.
fn order_exactly(left: i128, right: f64) -> Option<Ordering> {
    const LIMIT: f64 = 1e38;
    if right.is_nan() {
        return None;
    }
    if right.abs() >= LIMIT {
        return Some(if right > 0.0 {
            Ordering::Less
        } else {
            Ordering::Greater
        });
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number was found to be small enough"
    )]
    let floor = right.floor() as i128;
    let fraction = if right.fract().abs() > 0.0 {
        Ordering::Less
    } else {
        Ordering::Equal
    };
    Some(left.cmp(&floor).then(fraction))
}

/// `value in container`.
pub(in crate::render) fn contains(
    state: &State<'_, '_>,
    container: &Value,
    value: &Value,
) -> Result<bool, Error> {
    if let Some(text) = container.as_str() {
        refuse_undefined(value)?;
        let Some(part) = value.as_str() else {
            return Err(type_error(format!(
                "'in <string>' requires string as left operand, not {}",
                type_name(value)
            )));
        };
        charge(state, text.len())?;
        return Ok(text.contains(part));
    }
    if container.kind() == ValueKind::Map {
        refuse_undefined(value)?;
        check_hashable(value)?;
        return Ok(lookup(container, value)?.is_some());
    }
    if type_name(container) == "generator" {
        for item in container.try_iter()?.checked() {
            if is_equal(state, &item?, value)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    for item in iterable(state, container)? {
        if is_equal(state, &item, value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn iterable(state: &State<'_, '_>, container: &Value) -> Result<Vec<Value>, Error> {
    match container.kind() {
        ValueKind::Seq | ValueKind::Iterable => collect(state, container),
        _ => Err(type_error(format!(
            "argument of type '{}' is not iterable",
            type_name(container)
        ))),
    }
}

/// Whether two keys of a mapping are one to Python: `1`, `1.0` and `true` are.
pub(in crate::render) fn is_same_key(left: &Value, right: &Value) -> bool {
    match (number(left), number(right)) {
        (Some(left), Some(right)) => order_numbers(left, right) == Some(Ordering::Equal),
        (None, None) => {
            left == right && type_name(left) == type_name(right)
                || left.as_str().is_some() && left.as_str() == right.as_str()
        }
        _ => false,
    }
}

/// What a mapping holds under a key.
pub(in crate::render) fn lookup(mapping: &Value, key: &Value) -> Result<Option<Value>, Error> {
    let Some(object) = mapping.as_object() else {
        return Ok(None);
    };
    if key.as_str().is_some() {
        return Ok(object.get_value(key));
    }
    refuse_undefined(key)?;
    let Some(number) = number(key) else {
        return Ok(object.get_value(key));
    };
    // One number has several forms.
    let mut forms = vec![key.clone(), Value::from(number.real())];
    if let Some(whole) = whole_of(number) {
        forms.push(integer(whole));
        if whole == 0 || whole == 1 {
            forms.push(Value::from(whole == 1));
        }
    }
    Ok(forms.iter().find_map(|form| object.get_value(form)))
}

fn whole_of(number: Number) -> Option<i128> {
    match number {
        Number::Whole(number) => Some(number),
        Number::Real(number) if number.fract().abs() <= 0.0 => truncated(number).ok(),
        Number::Real(_) => None,
    }
}
