//! Filters over text.

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};

use crate::render::arguments::{Arguments, apart};
use crate::render::methods::text::{capitalize, left_of_center, replaced, strip_ends};
use crate::render::python::escape::like;
use crate::render::python::kind::{type_error, type_name};
use crate::render::python::{self, charge, percent, refuse_undefined};

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("upper", |state: &State<'_, '_>, value: &Value| {
        changed(state, value, str::to_uppercase)
    });
    environment.add_filter("lower", |state: &State<'_, '_>, value: &Value| {
        changed(state, value, str::to_lowercase)
    });
    environment.add_filter("capitalize", |state: &State<'_, '_>, value: &Value| {
        changed(state, value, capitalize)
    });
    environment.add_filter("title", title);
    environment.add_filter("string", string);
    environment.add_filter("trim", trim);
    environment.add_filter("center", center);
    environment.add_filter("replace", replace);
    environment.add_filter("truncate", truncate);
    environment.add_filter("default", default);
    environment.add_filter("d", default);
    environment.add_filter("format", format);
    environment.add_filter("wordcount", word_count);
}

fn changed(
    state: &State<'_, '_>,
    value: &Value,
    change: fn(&str) -> String,
) -> Result<Value, Error> {
    let text = python::text(state, value)?;
    Ok(like(value, change(&text)))
}

/// `string`: the value as text.
fn string(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    if value.as_str().is_some() {
        return Ok(value.clone());
    }
    python::text(state, value).map(Value::from)
}

/// `title`: a word starts after white space, `-` and opening brackets.
fn title(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    let text = python::text(state, value)?;
    let mut titled = String::with_capacity(text.len());
    let mut starts = true;
    for character in text.chars() {
        let separates =
            matches!(character, '-' | '(' | '{' | '[' | '<') || character.is_whitespace();
        if separates {
            titled.push(character);
        } else if starts {
            titled.extend(character.to_uppercase());
        } else {
            titled.extend(character.to_lowercase());
        }
        starts = separates;
    }
    Ok(titled)
}

/// `trim(chars=none)`.
fn trim(state: &State<'_, '_>, value: &Value, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let characters = Arguments::of(given, &["chars"])?.text("chars")?;
    let text = python::text(state, value)?;
    let trimmed = strip_ends(&text, "strip", characters.as_deref());
    Ok(like(value, trimmed.to_owned()))
}

/// `center(width=80)`.
fn center(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<Value, Error> {
    let width = Arguments::of(given, &["width"])?
        .whole("width")?
        .unwrap_or(80);
    let text = python::text(state, value)?;
    let length = text.chars().count();
    let width = usize::try_from(width.max(0)).unwrap_or(usize::MAX);
    let missing = width.saturating_sub(length);
    charge(state, missing)?;
    let left = left_of_center(length, missing);
    let centered = format!("{}{text}{}", " ".repeat(left), " ".repeat(missing - left));
    Ok(like(value, centered))
}

/// `replace(old, new, count=none)`.
fn replace(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<String, Error> {
    let arguments = Arguments::of(given, &["old", "new", "count"])?;
    let text = python::text(state, value)?;
    let old = python::text(state, &arguments.required("old")?)?;
    let new = python::text(state, &arguments.required("new")?)?;
    let count = match arguments.some("count")? {
        None => -1,
        Some(_) => arguments.whole("count")?.unwrap_or(-1),
    };
    replaced(state, &text, &old, &new, count)
}

/// `truncate(length=255, killwords=false, end='...', leeway=5)`.
fn truncate(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<Value, Error> {
    let arguments = Arguments::of(given, &["length", "killwords", "end", "leeway"])?;
    let length = arguments.whole("length")?.unwrap_or(255);
    let end = arguments.text("end")?.unwrap_or_else(|| "...".to_owned());
    let leeway = match arguments.some("leeway")? {
        None => 5,
        Some(_) => arguments.whole("leeway")?.unwrap_or(5),
    };
    let end_length = signed(end.chars().count());
    if length < end_length {
        return Err(type_error(format!(
            "expected length >= {end_length}, got {length}"
        )));
    }
    if leeway < 0 {
        return Err(type_error(format!("expected leeway >= 0, got {leeway}")));
    }
    let count = python::length(value)?;
    if signed(count) <= length.saturating_add(leeway) {
        return Ok(value.clone());
    }
    let Some(text) = value.as_str() else {
        return Err(type_error(format!(
            "'{}' object cannot be truncated",
            type_name(value)
        )));
    };
    charge(state, text.len())?;
    let kept = usize::try_from(length - end_length).unwrap_or(usize::MAX);
    let kept: String = text.chars().take(kept).collect();
    let kept = match kept.rsplit_once(' ') {
        Some((words, _)) if !arguments.is_true("killwords")? => words,
        _ => &kept,
    };
    // The end of a text that is safe for HTML is escaped.
    if value.is_safe() {
        let end = python::escape::html(&end);
        return Ok(Value::from_safe_string(format!("{kept}{end}")));
    }
    Ok(Value::from(format!("{kept}{end}")))
}

fn signed(number: usize) -> i128 {
    i128::try_from(number).unwrap_or(i128::MAX)
}

/// `default(default_value='', boolean=false)`: instead of what is undefined, or also of what is false.
fn default(value: &Value, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let arguments = Arguments::of(given, &["default_value", "boolean"])?;
    let instead = || {
        arguments
            .value("default_value")
            .unwrap_or_else(|| Value::from(""))
    };
    if value.is_undefined() || python::is_nothing(value) {
        return Ok(instead());
    }
    if arguments.is_true("boolean")? && !value.is_true() {
        return Ok(instead());
    }
    Ok(value.clone())
}

/// `format(…)`: the value is the template of `%`.
fn format(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<Value, Error> {
    let (positional, named) = apart(given)?;
    let names: Vec<_> = named.args().collect();
    let template = python::text(state, value)?;
    if names.is_empty() {
        let values = Value::from(minijinja::value::Tuple::from(positional));
        return percent::format(state, &template, value.is_safe(), &values);
    }
    if !positional.is_empty() {
        return Err(type_error(
            "can't handle positional and keyword arguments at the same time",
        ));
    }
    let pairs = names.into_iter().filter_map(|name| {
        let value = named.peek::<Value>(name).ok()?;
        Some((Value::from(name), value))
    });
    percent::format(state, &template, value.is_safe(), &Value::from_pairs(pairs))
}

fn word_count(state: &State<'_, '_>, value: &Value) -> Result<usize, Error> {
    refuse_undefined(value)?;
    let text = python::text(state, value)?;
    let words = text.split(|character: char| !character.is_alphanumeric() && character != '_');
    Ok(words.filter(|word| !word.is_empty()).count())
}
