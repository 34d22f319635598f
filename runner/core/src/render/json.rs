//! JSON as Python writes it.

use std::fmt::Write as _;

use minijinja::value::{DynObject, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};

use crate::render::python;

/// A text in JSON's quotes; what is not ASCII stays as it is.
pub(super) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value as Jinja2's `tojson` writes it: keys sorted, ASCII only, safe inside HTML.
pub(super) fn to_json(
    state: &State<'_, '_>,
    value: &Value,
    indent: Option<usize>,
) -> Result<String, Error> {
    let mut writer = Writer {
        state,
        text: String::new(),
        indent,
        depth: 0,
    };
    writer.value(value)?;
    Ok(writer.text)
}

struct Writer<'s> {
    state: &'s State<'s, 's>,
    text: String,
    indent: Option<usize>,
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
            ValueKind::Seq | ValueKind::Iterable => self.list(value)?,
            ValueKind::Map => self.mapping(value)?,
            kind => {
                let message = format!("`tojson` cannot write {kind}");
                return Err(Error::new(ErrorKind::InvalidOperation, message));
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
        self.begin('[');
        let mut first = true;
        for item in value.try_iter()?.checked() {
            self.separate(&mut first)?;
            self.value(&item?)?;
        }
        self.end(']', first)
    }

    fn mapping(&mut self, value: &Value) -> Result<(), Error> {
        let pairs = value.as_object().and_then(DynObject::try_iter_pairs);
        let mut pairs: Vec<_> = pairs.into_iter().flatten().collect();
        pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
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
        if let Some(indent) = self.indent {
            let width = indent.saturating_mul(self.depth);
            python::charge(self.state, width)?;
            self.text.push('\n');
            self.text.push_str(&" ".repeat(width));
        }
        Ok(())
    }
}

/// A key as Python's `json` writes it; only text, numbers, booleans and `None` can be keys.
fn key_text(state: &State<'_, '_>, key: &Value) -> Result<String, Error> {
    match key.kind() {
        ValueKind::None => Ok("null".to_owned()),
        ValueKind::Bool => Ok(key.to_string().to_lowercase()),
        _ => python::text(state, key),
    }
}
