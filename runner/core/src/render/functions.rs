//! Jinja2's global functions that the engine lacks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use minijinja::value::{Object, ObjectRepr, Rest, from_args};
use minijinja::{Environment, Error, ErrorKind, State, Value};

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_function("cycler", cycler);
    environment.add_function("joiner", joiner);
    environment.add_function("lipsum", lipsum);
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
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

#[derive(Debug)]
struct Template;

impl Object for Template {}
