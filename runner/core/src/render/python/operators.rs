//! Python's operators.

use minijinja::value::{Rest, Tuple, ValueKind};
use minijinja::{Environment, Error, State, Value};

use crate::render::python::compare;
use crate::render::python::iterators::{Absent, Nothing};
use crate::render::python::kind::{
    self, Number, integer, number, too_large, type_error, type_name, whole,
};
use crate::render::python::members::Members;
use crate::render::python::{
    arithmetic, charge, collect, escape, percent, refuse_undefined, slices, text,
};
use crate::render::translate::{
    ABSENT, CALCULATE, CHANGED, CONCATENATE, ITEMS, ITERATE, KEY, MAPPING, NOTHING, SLICE,
};
use crate::render::unsupported;

/// How many bytes a list takes for each of its items.
const SLOT: usize = 32;

pub(in crate::render) fn add_to(environment: &mut Environment<'_>) {
    environment.add_function(CALCULATE, calculate);
    compare::add_to(environment);
    environment.add_function(CONCATENATE, concatenate);
    environment.add_function(MAPPING, mapping);
    environment.add_function(SLICE, slices::slice);
    environment.add_function(ITERATE, iterate);
    environment.add_function(CHANGED, changed);
    environment.add_function(ITEMS, items);
    environment.add_function(KEY, key);
    environment.add_global(NOTHING, Value::from_object(Nothing));
    environment.add_global(ABSENT, Value::from_object(Absent));
}

/// Operands with operators between them, from left to right; or one sign and its operand.
fn calculate(state: &State<'_, '_>, arguments: &[Value]) -> Result<Value, Error> {
    if let [sign, operand] = arguments {
        return signed(sign.as_str().unwrap_or_default(), operand);
    }
    let Some((first, rest)) = arguments.split_first() else {
        return Ok(Value::UNDEFINED);
    };
    rest.chunks_exact(2).try_fold(first.clone(), |left, pair| {
        let operator = pair[0].as_str().unwrap_or_default();
        binary(state, &left, operator, &pair[1])
    })
}

fn signed(sign: &str, operand: &Value) -> Result<Value, Error> {
    refuse_undefined(operand)?;
    match number(operand) {
        Some(Number::Whole(number)) if sign == "-" => number
            .checked_neg()
            .map(integer)
            .ok_or_else(|| too_large("-")),
        Some(Number::Whole(number)) => Ok(integer(number)),
        Some(Number::Real(number)) => Ok(Value::from(if sign == "-" { -number } else { number })),
        None => Err(type_error(format!(
            "bad operand type for unary {sign}: '{}'",
            type_name(operand)
        ))),
    }
}

pub(in crate::render) fn binary(
    state: &State<'_, '_>,
    left: &Value,
    operator: &str,
    right: &Value,
) -> Result<Value, Error> {
    refuse_undefined(left)?;
    if operator == "%"
        && let Some(template) = left.as_str()
    {
        return percent::format(state, template, left.is_safe(), right);
    }
    refuse_undefined(right)?;
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return arithmetic::calculate(left, operator, right);
    }
    match operator {
        "+" => add(state, left, right),
        "*" if let Some(times) = whole(right) => repeat(state, left, times, right),
        "*" if let Some(times) = whole(left) => repeat(state, right, times, left),
        "*" if is_sequence(left) || is_sequence(right) => {
            let other = if is_sequence(left) { right } else { left };
            Err(type_error(format!(
                "can't multiply sequence by non-int of type '{}'",
                type_name(other)
            )))
        }
        _ => Err(unfit(left, operator, right)),
    }
}

fn is_sequence(value: &Value) -> bool {
    matches!(type_name(value), "str" | "Markup" | "list" | "tuple")
}

fn unfit(left: &Value, operator: &str, right: &Value) -> Error {
    if number(left).is_none() && left.kind() == ValueKind::Number
        || number(right).is_none() && right.kind() == ValueKind::Number
    {
        return too_large(operator);
    }
    let operator = if operator == "**" {
        "** or pow()"
    } else {
        operator
    };
    type_error(format!(
        "unsupported operand type(s) for {operator}: '{}' and '{}'",
        type_name(left),
        type_name(right)
    ))
}

fn add(state: &State<'_, '_>, left: &Value, right: &Value) -> Result<Value, Error> {
    if let (Some(first), Some(second)) = (left.as_str(), right.as_str()) {
        charge(state, first.len() + second.len())?;
        if !left.is_safe() && !right.is_safe() {
            return Ok(Value::from(format!("{first}{second}")));
        }
        // Text that is marked as safe for HTML makes what is added to it safe, too.
        let (first, second) = (escape::of(left, first), escape::of(right, second));
        return Ok(Value::from_safe_string(format!("{first}{second}")));
    }
    let (kind, other) = (type_name(left), type_name(right));
    if kind != other || !matches!(kind, "list" | "tuple") {
        return Err(unfit(left, "+", right));
    }
    let mut items = collect(state, left)?;
    items.extend(collect(state, right)?);
    charge(state, items.len() * SLOT)?;
    Ok(sequence(kind, items))
}

fn sequence(kind: &str, items: Vec<Value>) -> Value {
    if kind == "tuple" {
        Value::from(Tuple::from(items))
    } else {
        Value::from(items)
    }
}

fn repeat(state: &State<'_, '_>, value: &Value, times: i128, by: &Value) -> Result<Value, Error> {
    if i64::try_from(times).is_err() {
        return Err(type_error("cannot fit 'int' into an index-sized integer"));
    }
    let times = usize::try_from(times.max(0)).unwrap_or(usize::MAX);
    if let Some(text) = value.as_str() {
        charge(state, text.len().saturating_mul(times))?;
        let repeated = text.repeat(times);
        return Ok(escape::like(value, repeated));
    }
    let kind = type_name(value);
    if !matches!(kind, "list" | "tuple") {
        return Err(unfit(value, "*", by));
    }
    let items = collect(state, value)?;
    charge(
        state,
        items.len().saturating_mul(times).saturating_mul(SLOT),
    )?;
    let length = items.len() * times;
    Ok(sequence(
        kind,
        items.into_iter().cycle().take(length).collect(),
    ))
}

/// `~`: the operands as text, one after the other.
fn concatenate(state: &State<'_, '_>, operands: &[Value]) -> Result<String, Error> {
    let mut whole = String::new();
    for operand in operands {
        refuse_undefined(operand)?;
        whole.push_str(&text(state, operand)?);
        charge(state, whole.len() / 4)?;
    }
    Ok(whole)
}

/// `{key: value, …}`: keys that are equal are one, which keeps its place and takes the last value.
fn mapping(state: &State<'_, '_>, members: &[Value]) -> Result<Value, Error> {
    let mut mapping = Members::default();
    for pair in members.chunks_exact(2) {
        refuse_undefined(&pair[0])?;
        kind::check_hashable(&pair[0])?;
        mapping.put(state, pair[0].clone(), pair[1].clone())?;
    }
    Ok(mapping.into_value())
}

/// What an operator makes of two values that must be numbers.
pub(in crate::render) fn binary_of_numbers(
    left: &Value,
    operator: &str,
    right: &Value,
) -> Result<Value, Error> {
    match (number(left), number(right)) {
        (Some(left), Some(right)) => arithmetic::calculate(left, operator, right),
        _ => Err(unfit(left, operator, right)),
    }
}

/// What a loop goes through, and an assignment to several names; where its items are unpacked, so are texts.
fn iterate(
    state: &State<'_, '_>,
    value: &Value,
    unpacks: Option<bool>,
) -> Result<Vec<Value>, Error> {
    let mut items = collect(state, value)?;
    if unpacks.unwrap_or(false) {
        for item in &mut items {
            if matches!(item.kind(), ValueKind::String | ValueKind::Map) {
                *item = Value::from(collect(state, item)?);
            }
        }
    }
    Ok(items)
}

/// What `loop.changed` compares with the values of the round before. Python compares undefined ones only where there was a round
/// before, and then refuses.
fn changed(values: Rest<Value>) -> Result<Value, Error> {
    if values.iter().any(Value::is_undefined) {
        let message = "`loop.changed` of a value that is undefined";
        return Err(unsupported::error(message.to_owned()));
    }
    Ok(Value::from(values.0))
}

/// What a key is looked up in: the engine forgets that a character of a safe text is safe.
fn items(state: &State<'_, '_>, value: Value) -> Result<Value, Error> {
    match value.as_str() {
        Some(text) if value.is_safe() => {
            charge(state, text.len().saturating_mul(SLOT))?;
            let characters = text.chars().map(String::from);
            Ok(characters.map(Value::from_safe_string).collect())
        }
        _ => Ok(value),
    }
}

/// A key as it is; the engine would take a number with a fraction for an index.
fn key(value: Value) -> Result<Value, Error> {
    if type_name(&value) == "float" {
        return Err(unsupported::error(
            "a number with a fraction as an index or a key",
        ));
    }
    Ok(value)
}
