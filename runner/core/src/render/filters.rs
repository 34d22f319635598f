//! Filters of Jinja2 where the engine's own differ or are missing.

use minijinja::value::{Rest, StringInput, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};

use crate::context::unknown::is_unknown;
use crate::render::arguments::Arguments;
use crate::render::{json, python};

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("tojson", tojson);
    environment.add_filter("truncate", truncate);
    environment.add_filter("string", string);
}

/// `tojson(indent=none)`.
fn tojson(value: &Value, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let arguments = Arguments::of(given, &["indent"])?;
    if value.is_undefined() || value.as_str().is_some_and(is_unknown) {
        return Ok(value.clone());
    }
    let text = json::to_json(value, arguments.get("indent")?)?;
    Ok(Value::from_safe_string(text))
}

/// `truncate(length=255, killwords=false, end='...', leeway=5)`.
fn truncate(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<String, Error> {
    let value = StringInput::new(state, value)?;
    let arguments = Arguments::of(given, &["length", "killwords", "end", "leeway"])?;
    let length = arguments.get::<usize>("length")?.unwrap_or(255);
    let kill_words = arguments.get::<bool>("killwords")?.unwrap_or(false);
    let end = arguments
        .get::<String>("end")?
        .unwrap_or_else(|| "...".to_owned());
    let leeway = arguments.get::<usize>("leeway")?.unwrap_or(5);
    let text = value.as_str();
    if text.chars().count() <= length + leeway {
        return Ok(text.to_owned());
    }
    let kept = length.saturating_sub(end.chars().count());
    let kept: String = text.chars().take(kept).collect();
    let kept = match kept.rsplit_once(' ') {
        Some((words, _)) if !kill_words => words,
        _ => &kept,
    };
    Ok(format!("{kept}{end}"))
}

/// `string`: the value as text.
fn string(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let input = StringInput::new(state, value)?;
    Ok(match python::as_float(value) {
        Some(number) => Value::from(python::float(number)),
        None => input.preserve_safety(input.as_str().to_owned()),
    })
}
