//! JSON as Python writes it.

use std::fmt::Write as _;

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, UndefinedBehavior, Value};

use crate::context::unknown::is_unknown;
use crate::render::arguments::Arguments;
use crate::render::filters::sort::sorted;
use crate::render::methods::containers::pairs;
use crate::render::python;
use crate::render::python::kind::{type_error, type_name, whole};

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("tojson", tojson);
}

/// A text in JSON's quotes; what is not ASCII stays as it is.
pub(in crate::render) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `tojson(indent=none)`: keys sorted, ASCII only, safe inside HTML.
fn tojson(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<Value, Error> {
    let arguments = Arguments::of(given, &["indent"])?;
    // What is undefined may be an unknown value, where that was asked for.
    if matches!(state.undefined_behavior(), UndefinedBehavior::Strict) {
        python::refuse_undefined(value)?;
    }
    if value.is_undefined() || value.as_str().is_some_and(is_unknown) {
        return Ok(value.clone());
    }
    let mut writer = Writer {
        state,
        text: String::new(),
        indent: margin(state, arguments.some("indent")?)?,
        depth: 0,
    };
    writer.value(value)?;
    Ok(Value::from_safe_string(writer.text))
}

/// What a level is indented by.
fn margin(state: &State<'_, '_>, indent: Option<Value>) -> Result<Option<String>, Error> {
    let Some(indent) = indent else {
        return Ok(None);
    };
    if let Some(text) = indent.as_str() {
        return Ok(Some(text.to_owned()));
    }
    let Some(count) = whole(&indent) else {
        return Err(type_error(format!(
            "can't multiply sequence by non-int of type '{}'",
            type_name(&indent)
        )));
    };
    let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    python::charge(state, count)?;
    Ok(Some(" ".repeat(count)))
}

struct Writer<'s> {
    state: &'s State<'s, 's>,
    text: String,
    indent: Option<String>,
    depth: usize,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) -> Result<(), Error> {
        let start = self.text.len();
        match value.kind() {
            ValueKind::None => self.text.push_str("null"),
            ValueKind::Bool => self
                .text
                .push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => self.number(value)?,
            ValueKind::String => self.string(value.as_str().unwrap_or_default()),
            _ if matches!(type_name(value), "list" | "tuple") => self.list(value)?,
            ValueKind::Map if python::is_plain_map(value) => self.mapping(value)?,
            _ => {
                let kind = type_name(value);
                return Err(type_error(format!(
                    "Object of type {kind} is not JSON serializable"
                )));
            }
        }
        python::charge(self.state, self.text.len() - start)
    }

    fn number(&mut self, value: &Value) -> Result<(), Error> {
        let text = match python::as_float(value) {
            Some(number) if number.is_nan() => "NaN".to_owned(),
            Some(number) if number.is_infinite() => {
                let sign = if number < 0.0 { "-" } else { "" };
                format!("{sign}Infinity")
            }
            _ => python::text(self.state, value)?,
        };
        self.text.push_str(&text);
        Ok(())
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        for character in text.chars() {
            self.character(character);
        }
        self.text.push('"');
    }

    fn character(&mut self, character: char) {
        match character {
            '"' => self.text.push_str("\\\""),
            '\\' => self.text.push_str("\\\\"),
            '\n' => self.text.push_str("\\n"),
            '\r' => self.text.push_str("\\r"),
            '\t' => self.text.push_str("\\t"),
            '\u{8}' => self.text.push_str("\\b"),
            '\u{c}' => self.text.push_str("\\f"),
            '<' | '>' | '&' | '\'' => self.escape(character),
            ' '..='~' => self.text.push(character),
            _ => self.escape(character),
        }
    }

    fn escape(&mut self, character: char) {
        for unit in character.encode_utf16(&mut [0; 2]) {
            let written = write!(self.text, "\\u{unit:04x}");
            debug_assert!(written.is_ok());
        }
    }

    fn list(&mut self, value: &Value) -> Result<(), Error> {
        python::descend(self.state)?;
        self.begin('[');
        let mut first = true;
        for item in value.try_iter()?.checked() {
            self.separate(&mut first)?;
            self.value(&item?)?;
        }
        self.end(']', first)
    }

    fn mapping(&mut self, value: &Value) -> Result<(), Error> {
        python::descend(self.state)?;
        let pairs = pairs(value).into_iter();
        let keyed = pairs.map(|(key, value)| (vec![key.clone()], (key, value)));
        let pairs = sorted(self.state, keyed.collect(), false)?;
        self.begin('{');
        let mut first = true;
        for (key, value) in pairs {
            self.separate(&mut first)?;
            let key = key_text(self.state, &key)?;
            self.string(&key);
            self.text.push_str(": ");
            self.value(&value)?;
        }
        self.end('}', first)
    }

    fn begin(&mut self, bracket: char) {
        self.text.push(bracket);
        self.depth += 1;
    }

    fn separate(&mut self, first: &mut bool) -> Result<(), Error> {
        if !std::mem::replace(first, false) {
            self.text
                .push_str(if self.indent.is_some() { "," } else { ", " });
        }
        self.new_line()
    }

    fn end(&mut self, bracket: char, empty: bool) -> Result<(), Error> {
        self.depth -= 1;
        if !empty {
            self.new_line()?;
        }
        self.text.push(bracket);
        Ok(())
    }

    fn new_line(&mut self) -> Result<(), Error> {
        if let Some(indent) = &self.indent {
            python::charge(self.state, indent.len().saturating_mul(self.depth))?;
            self.text.push('\n');
            self.text.push_str(&indent.repeat(self.depth));
        }
        Ok(())
    }
}

/// A key as Python's `json` writes it; only text, numbers, booleans and `None` can be keys.
fn key_text(state: &State<'_, '_>, key: &Value) -> Result<String, Error> {
    match type_name(key) {
        "NoneType" => Ok("null".to_owned()),
        "bool" => Ok(key.to_string().to_lowercase()),
        "str" | "Markup" | "int" | "float" => python::text(state, key),
        kind => Err(type_error(format!(
            "keys must be str, int, float, bool or None, not {kind}"
        ))),
    }
}
