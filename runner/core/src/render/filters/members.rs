//! What stands below a path of attributes, as the `attribute` of many filters.

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use crate::render::python::kind::{integer, type_error, type_name, whole};
use crate::render::python::{compare, refuse_undefined};
use crate::render::translate::is_method;
use crate::render::unsupported;

/// A path: names and numbers with dots between them.
#[derive(Clone, Debug)]
pub(super) struct Path {
    keys: Vec<Value>,
    default: Option<Value>,
    ignore_case: bool,
}

impl Path {
    /// The path that an argument says; none leads to the value itself.
    pub(super) fn of(attribute: Option<&Value>) -> Result<Self, Error> {
        let keys = match attribute {
            None => Vec::new(),
            Some(value) if value.as_str().is_some() => parts(value.as_str().unwrap_or_default()),
            Some(value) if whole(value).is_some() => vec![value.clone()],
            Some(value) => {
                return Err(type_error(format!(
                    "an attribute is a text, not {}",
                    type_name(value)
                )));
            }
        };
        Ok(Self {
            keys,
            default: None,
            ignore_case: false,
        })
    }

    /// Takes this where nothing stands there.
    pub(super) fn or(self, default: Option<Value>) -> Self {
        Self { default, ..self }
    }

    /// Reads text without regard to case.
    pub(super) fn ignoring_case(self, ignore_case: bool) -> Self {
        Self {
            ignore_case,
            ..self
        }
    }

    /// What stands there in a value.
    pub(super) fn get(&self, value: &Value) -> Result<Value, Error> {
        let mut found = value.clone();
        for key in &self.keys {
            found = item(&found, key)?;
            if found.is_undefined()
                && let Some(default) = &self.default
            {
                found = default.clone();
            }
        }
        Ok(if self.ignore_case {
            lower(found)
        } else {
            found
        })
    }
}

fn parts(path: &str) -> Vec<Value> {
    let part = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let number = part.parse::<i128>().ok().filter(|_| digits);
        number.map_or_else(|| Value::from(part), integer)
    };
    path.split('.').map(part).collect()
}

fn lower(value: Value) -> Value {
    match value.as_str() {
        Some(text) => Value::from(text.to_lowercase()),
        None => value,
    }
}

/// `value[key]`, or nothing.
fn item(value: &Value, key: &Value) -> Result<Value, Error> {
    refuse_undefined(value)?;
    let found = match value.kind() {
        ValueKind::Map => compare::lookup(value, key)?,
        ValueKind::String => {
            whole(key).and_then(|index| character(value.as_str().unwrap_or_default(), index))
        }
        _ => Some(value.get_item(key)?),
    };
    let found = found.unwrap_or(Value::UNDEFINED);
    if found.is_undefined()
        && let Some(name) = key.as_str().filter(|name| is_method(name))
    {
        return Err(unsupported::error(format!(
            "`{name}` is a method of Python's, not an attribute"
        )));
    }
    Ok(found)
}

fn character(text: &str, index: i128) -> Option<Value> {
    let index = if index < 0 {
        index + i128::try_from(text.chars().count()).ok()?
    } else {
        index
    };
    let character = text.chars().nth(usize::try_from(index).ok()?)?;
    Some(Value::from(character.to_string()))
}
