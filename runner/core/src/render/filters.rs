//! Filters of Jinja2 over text and lists, where the engine's own differ or are missing.

use std::fmt::Write as _;

use minijinja::value::{Rest, StringInput, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};

use crate::context::unknown::is_unknown;
use crate::render::arguments::Arguments;
use crate::render::{json, python};

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("tojson", tojson);
    environment.add_filter("truncate", truncate);
    environment.add_filter("string", string);
    environment.add_filter("default", default);
    environment.add_filter("d", default);
    environment.add_filter("join", join);
    environment.add_filter("wordcount", word_count);
    environment.add_filter("urlencode", url_encode);
    environment.add_filter("e", escape);
    environment.add_filter("escape", escape);
    environment.add_filter("forceescape", escape);
}

/// Fails as the engine does, and so with the name of what is undefined.
pub(super) fn refuse_undefined(value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        value.get_attr("")?;
    }
    Ok(())
}

/// `tojson(indent=none)`.
fn tojson(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<Value, Error> {
    let arguments = Arguments::of(given, &["indent"])?;
    if value.is_undefined() || value.as_str().is_some_and(is_unknown) {
        return Ok(value.clone());
    }
    let text = json::to_json(state, value, arguments.get("indent")?)?;
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
    if text.chars().count() <= length.saturating_add(leeway) {
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
    refuse_undefined(value)?;
    if value.as_str().is_some() {
        return Ok(value.clone());
    }
    python::text(state, value).map(Value::from)
}

/// `default(default_value='', boolean=false)`: instead of what is undefined, or also of what is false.
fn default(value: &Value, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let arguments = Arguments::of(given, &["default_value", "boolean"])?;
    let also_false = arguments
        .value("boolean")
        .is_some_and(|value| value.is_true());
    if value.is_undefined() || (also_false && !value.is_true()) {
        let default = arguments.value("default_value");
        return Ok(default.unwrap_or_else(|| Value::from("")));
    }
    Ok(value.clone())
}

/// `join(d='', attribute=none)`.
fn join(state: &State<'_, '_>, value: &Value, given: Rest<ValueOrKwargs>) -> Result<String, Error> {
    refuse_undefined(value)?;
    let arguments = Arguments::of(given, &["d", "attribute"])?;
    let separator = arguments.value("d").unwrap_or_else(|| Value::from(""));
    refuse_undefined(&separator)?;
    let separator = python::text(state, &separator)?;
    let attribute = arguments.get::<String>("attribute")?;
    let mut joined = String::new();
    for (index, item) in value.try_iter()?.checked().enumerate() {
        let item = member(item?, attribute.as_deref())?;
        refuse_undefined(&item)?;
        if index > 0 {
            python::charge(state, separator.len())?;
            joined.push_str(&separator);
        }
        joined.push_str(&python::text(state, &item)?);
    }
    Ok(joined)
}

/// What stands below a path of attributes with dots between them.
fn member(item: Value, path: Option<&str>) -> Result<Value, Error> {
    let Some(path) = path else {
        return Ok(item);
    };
    path.split('.')
        .try_fold(item, |item, key| match key.parse::<usize>() {
            Ok(index) => item.get_item_by_index(index),
            Err(_) => item.get_attr(key),
        })
}

fn word_count(state: &State<'_, '_>, value: &Value) -> Result<usize, Error> {
    let text = StringInput::new(state, value)?;
    let words = text
        .as_str()
        .split(|c: char| !c.is_alphanumeric() && c != '_');
    Ok(words.filter(|word| !word.is_empty()).count())
}

/// `urlencode`: of a text, or of pairs as a query.
fn url_encode(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    if value.kind() != ValueKind::Map {
        let text = StringInput::new(state, value)?;
        return Ok(percent_encode(text.as_str(), b"/"));
    }
    let pairs = value
        .as_object()
        .and_then(minijinja::value::DynObject::try_iter_pairs);
    let mut query = Vec::new();
    for (key, value) in pairs.into_iter().flatten() {
        let key = form_encode(&python::text(state, &key)?);
        let value = form_encode(&python::text(state, &value)?);
        query.push(format!("{key}={value}"));
    }
    Ok(query.join("&"))
}

/// As forms are sent: a space is `+`.
fn form_encode(text: &str) -> String {
    percent_encode(text, b" ").replace(' ', "+")
}

fn percent_encode(text: &str, safe: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) || safe.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let written = write!(encoded, "%{byte:02X}");
            debug_assert!(written.is_ok());
        }
    }
    encoded
}

/// `escape`: for HTML, as Python's `markupsafe` writes it.
fn escape(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let text = StringInput::new(state, value)?;
    if text.is_safe() {
        return Ok(value.clone());
    }
    let escaped = text
        .as_str()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\'', "&#39;")
        .replace('"', "&#34;");
    Ok(Value::from_safe_string(escaped))
}
