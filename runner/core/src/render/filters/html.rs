//! Filters for HTML, XML and addresses.

use std::fmt::Write as _;

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};

use crate::render::arguments::Arguments;
use crate::render::methods::containers::pairs;
use crate::render::methods::text::is_space;
use crate::render::python::kind::{type_error, type_name};
use crate::render::python::{self, charge, collect, escape};
use crate::render::unsupported;

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("e", escaped);
    environment.add_filter("escape", escaped);
    environment.add_filter("forceescape", force_escaped);
    environment.add_filter("safe", safe);
    environment.add_filter("urlencode", url_encode);
    environment.add_filter("urlize", urlize);
    environment.add_filter("striptags", strip_tags);
    environment.add_filter("xmlattr", xml_attributes);
}

/// `escape`: what is safe for HTML stays as it is.
fn escaped(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    if value.is_safe() {
        return Ok(value.clone());
    }
    force_escaped(state, value)
}

fn force_escaped(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    let text = python::text(state, value)?;
    charge(state, text.len() * 5)?;
    Ok(Value::from_safe_string(escape::html(&text)))
}

fn safe(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    Ok(Value::from_safe_string(python::text(state, value)?))
}

/// `urlencode`: of a text, or of pairs as a query.
fn url_encode(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    let pairs = match value.kind() {
        ValueKind::Map => pairs(value),
        ValueKind::Seq | ValueKind::Iterable => pairs_of(state, value)?,
        _ => {
            let text = python::text(state, value)?;
            charge(state, text.len() * 3)?;
            return Ok(percent_encode(&text, b"/"));
        }
    };
    let mut query = Vec::new();
    for (key, value) in pairs {
        let key = form_encode(&python::text(state, &key)?);
        let value = form_encode(&python::text(state, &value)?);
        charge(state, key.len() + value.len())?;
        query.push(format!("{key}={value}"));
    }
    Ok(query.join("&"))
}

fn pairs_of(state: &State<'_, '_>, value: &Value) -> Result<Vec<(Value, Value)>, Error> {
    let mut pairs = Vec::new();
    for item in collect(state, value)? {
        match &collect(state, &item)?[..] {
            [key, value] => pairs.push((key.clone(), value.clone())),
            items => {
                return Err(type_error(format!(
                    "`urlencode` takes pairs; found {} values",
                    items.len()
                )));
            }
        }
    }
    Ok(pairs)
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

fn urlize(_: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    Err(unsupported::error(
        "`urlize` makes links of HTML, which no template of infrastructure needs",
    ))
}

/// `striptags`: without comments and tags, white space made one, entities read.
fn strip_tags(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    let text = python::text(state, value)?;
    let text = cut(&cut(&text, "<!--", "-->"), "<", ">");
    let words: Vec<_> = text
        .split(is_space)
        .filter(|word| !word.is_empty())
        .collect();
    unescaped(&words.join(" "))
}

/// Without everything from each `open` to the next `close`.
fn cut(text: &str, open: &str, close: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(open) {
        let Some(end) = rest[start..].find(close) else {
            break;
        };
        left.push_str(&rest[..start]);
        rest = &rest[start + end + close.len()..];
    }
    left + rest
}

/// Reads the entities that `escape` writes.
fn unescaped(text: &str) -> Result<String, Error> {
    const ENTITIES: [(&str, &str); 6] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#39;", "'"),
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        read.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((entity, character)) =
            ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity))
        {
            read.push_str(character);
            rest = &rest[entity.len()..];
            continue;
        }
        if rest[1..].starts_with(|next: char| next == '#' || next.is_ascii_alphabetic()) {
            return Err(unsupported::error(
                "`striptags` of a text with other entities than those that `escape` writes",
            ));
        }
        read.push('&');
        rest = &rest[1..];
    }
    Ok(read + rest)
}

/// `xmlattr(autospace=true)`: a mapping as the attributes of a tag.
fn xml_attributes(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<String, Error> {
    let arguments = Arguments::of(given, &["autospace"])?;
    let space = arguments.value("autospace").is_none() || arguments.is_true("autospace")?;
    python::refuse_undefined(value)?;
    if value.kind() != ValueKind::Map {
        return Err(type_error(format!(
            "'{}' object has no attribute 'items'",
            type_name(value)
        )));
    }
    let mut attributes = Vec::new();
    for (key, value) in pairs(value) {
        if value.is_none() || value.is_undefined() || python::is_nothing(&value) {
            continue;
        }
        let Some(name) = key.as_str() else {
            return Err(type_error("the name of an attribute must be a text"));
        };
        if name
            .contains(|character: char| is_space(character) || matches!(character, '/' | '>' | '='))
        {
            return Err(type_error(format!(
                "Invalid character in attribute name: {name:?}"
            )));
        }
        let text = python::text(state, &value)?;
        let attribute = format!(
            "{}=\"{}\"",
            escape::of(&key, name),
            escape::of(&value, &text)
        );
        charge(state, attribute.len())?;
        attributes.push(attribute);
    }
    let attributes = attributes.join(" ");
    Ok(if space && !attributes.is_empty() {
        format!(" {attributes}")
    } else {
        attributes
    })
}
