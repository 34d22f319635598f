//! Jinja2's global functions that the engine lacks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use minijinja::value::{Object, ObjectRepr, Rest, Tuple, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use crate::render::arguments::apart;
use crate::render::methods::containers::pairs;
use crate::render::python::iterators::Range;
use crate::render::python::kind::{check_hashable, type_error, type_name, whole};
use crate::render::python::members::Members;
use crate::render::python::{self, collect, refuse_undefined};
use crate::render::translate::ATTRIBUTE;
use crate::render::unsupported;

/// How many numbers a range may have.
const LONGEST_RANGE: usize = 100_000;

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_function("cycler", cycler);
    environment.add_function("joiner", joiner);
    environment.add_function("lipsum", lipsum);
    environment.add_function("range", range);
    environment.add_function("dict", dict);
    environment.add_function(ATTRIBUTE, attribute);
    // The template itself; it has nothing in it where there are no blocks.
    environment.add_global("self", Value::from_object(Template));
}

/// `cycler(…)`: gives its items in turn.
fn cycler(items: Rest<Value>) -> Result<Value, Error> {
    if items.is_empty() {
        let message = "`cycler` needs at least one item";
        return Err(Error::new(ErrorKind::MissingArgument, message));
    }
    Ok(Value::from_object(Cycler {
        items: items.0,
        next: AtomicUsize::new(0),
    }))
}

#[derive(Debug)]
struct Cycler {
    items: Vec<Value>,
    next: AtomicUsize,
}

impl Cycler {
    fn item(&self, turn: usize) -> Value {
        self.items[turn % self.items.len()].clone()
    }
}

impl Object for Cycler {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let turn = self.next.load(Ordering::Relaxed);
        (key.as_str() == Some("current")).then(|| self.item(turn))
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        arguments: &[Value],
    ) -> Result<Value, Error> {
        let () = from_args(arguments)?;
        match method {
            "next" => Ok(self.item(self.next.fetch_add(1, Ordering::Relaxed))),
            "reset" => {
                self.next.store(0, Ordering::Relaxed);
                Ok(Value::from(()))
            }
            _ => Err(Error::from(ErrorKind::UnknownMethod)),
        }
    }
}

/// `joiner(sep=', ')`: gives nothing at first, and its separator from then on.
fn joiner(separator: Option<String>) -> Value {
    Value::from_object(Joiner {
        separator: separator.unwrap_or_else(|| ", ".to_owned()),
        used: AtomicBool::new(false),
    })
}

#[derive(Debug)]
struct Joiner {
    separator: String,
    used: AtomicBool,
}

impl Object for Joiner {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, arguments: &[Value]) -> Result<Value, Error> {
        let () = from_args(arguments)?;
        let used = self.used.swap(true, Ordering::Relaxed);
        Ok(Value::from(if used { self.separator.as_str() } else { "" }))
    }
}

/// `lipsum`: Jinja2 has it, but what is random cannot be planned.
fn lipsum(_: Rest<Value>) -> Result<Value, Error> {
    let message = "`lipsum` writes random text, so that no two plans would be the same";
    Err(unsupported::error(message))
}

/// `range(stop)` and `range(start, stop, step=1)`.
fn range(bounds: &[Value]) -> Result<Value, Error> {
    let mut numbers = Vec::new();
    for bound in bounds {
        refuse_undefined(bound)?;
        let number = whole(bound).ok_or_else(|| {
            type_error(format!(
                "'{}' object cannot be interpreted as an integer",
                type_name(bound)
            ))
        })?;
        numbers.push(number);
    }
    let (start, stop, step) = match numbers[..] {
        [stop] => (0, stop, 1),
        [start, stop] => (start, stop, 1),
        [start, stop, step] => (start, stop, step),
        _ => {
            return Err(type_error(format!(
                "range expected 1 to 3 arguments, got {}",
                numbers.len()
            )));
        }
    };
    if step == 0 {
        return Err(type_error("range() arg 3 must not be zero"));
    }
    let range = Range { start, stop, step };
    if range.length() > LONGEST_RANGE {
        return Err(type_error("range has too many elements"));
    }
    Ok(Value::from_object(range))
}

/// `dict(…)`: of a mapping or of pairs, and of what is given by name.
fn dict(state: &State<'_, '_>, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let (positional, named) = apart(given)?;
    let mut members = Members::default();
    match &positional[..] {
        [] => {}
        [mapping] if mapping.kind() == ValueKind::Map => {
            collect(state, mapping)?;
            for (key, value) in pairs(mapping) {
                members.put(state, key, value)?;
            }
        }
        [list] => {
            for item in collect(state, list)? {
                let [key, value] = &collect(state, &item)?[..] else {
                    return Err(type_error(
                        "dictionary update sequence element has not length 2",
                    ));
                };
                check_hashable(key)?;
                members.put(state, key.clone(), value.clone())?;
            }
        }
        _ => {
            return Err(type_error(format!(
                "dict expected at most 1 argument, got {}",
                positional.len()
            )));
        }
    }
    for name in named.args() {
        members.put(state, Value::from(name), named.peek(name)?)?;
    }
    Ok(members.into_value())
}

/// `.name` where Python's values have a method of that name, which nobody calls.
fn attribute(state: &State<'_, '_>, value: &Value, name: &str) -> Result<Value, Error> {
    refuse_undefined(value)?;
    if value
        .as_object()
        .is_some_and(|_| value.kind() != ValueKind::Map || !python::is_plain_map(value))
    {
        let found = value.get_attr(name)?;
        if name == "arguments" && !found.is_undefined() {
            return Ok(Value::from(Tuple::from(collect(state, &found)?)));
        }
        if !found.is_undefined() {
            return Ok(found);
        }
    }
    if !has_method(value, name) {
        return value.get_attr(name);
    }
    let kind = type_name(value);
    let help = if kind == "dict" {
        format!("; write `['{name}']` for what the mapping holds, or `.{name}()`")
    } else {
        format!("; write `.{name}()` to call it")
    };
    Err(unsupported::error(format!(
        "`.{name}` is a method of Python's `{kind}`{help}"
    )))
}

fn has_method(value: &Value, name: &str) -> bool {
    match type_name(value) {
        "dict" => matches!(
            name,
            "clear"
                | "copy"
                | "fromkeys"
                | "get"
                | "items"
                | "keys"
                | "pop"
                | "popitem"
                | "setdefault"
                | "update"
                | "values"
        ),
        "object" => name.starts_with("catch_") || name == "explicit_caller",
        _ => !name.contains("arg") && name != "explicit_caller",
    }
}

#[derive(Debug)]
struct Template;

impl Object for Template {}
