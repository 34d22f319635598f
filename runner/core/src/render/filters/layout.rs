//! Filters that lay text out in lines.

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};

use crate::render::arguments::Arguments;
use crate::render::methods::split::lines;
use crate::render::python::escape::like;
use crate::render::python::kind::{type_error, type_name, whole};
use crate::render::python::{charge, refuse_undefined};

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("indent", indent);
}

/// `indent(width=4, first=false, blank=false)`.
fn indent(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<Value, Error> {
    let arguments = Arguments::of(given, &["width", "first", "blank"])?;
    refuse_undefined(value)?;
    let Some(text) = value.as_str() else {
        return Err(type_error(format!(
            "'{}' object cannot be indented",
            type_name(value)
        )));
    };
    let margin = margin(state, arguments.value("width"))?;
    let blank = arguments.is_true("blank")?;
    let with_end = format!("{text}\n");
    let lines = lines(&with_end, false);
    charge(state, text.len() + lines.len().saturating_mul(margin.len()))?;
    let mut indented = String::with_capacity(text.len());
    if arguments.is_true("first")? {
        indented.push_str(&margin);
    }
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            indented.push('\n');
            if blank || !line.is_empty() {
                indented.push_str(&margin);
            }
        }
        indented.push_str(line);
    }
    Ok(like(value, indented))
}

/// A number of spaces, or the text that stands before each line.
fn margin(state: &State<'_, '_>, width: Option<Value>) -> Result<String, Error> {
    let Some(width) = width else {
        return Ok(" ".repeat(4));
    };
    refuse_undefined(&width)?;
    if let Some(text) = width.as_str() {
        return Ok(text.to_owned());
    }
    let Some(count) = whole(&width) else {
        return Err(type_error(format!(
            "can't multiply sequence by non-int of type '{}'",
            type_name(&width)
        )));
    };
    let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    charge(state, count)?;
    Ok(" ".repeat(count))
}
