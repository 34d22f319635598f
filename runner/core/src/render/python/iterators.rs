//! What Python goes through one by one and prints in its own way: ranges, generators, and views of mappings.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Enumerator, Object, ObjectRepr};
use minijinja::{Error, Value};

use crate::render::python::kind::integer;

/// `range(start, stop, step)`.
#[derive(Clone, Debug)]
pub(in crate::render) struct Range {
    pub(in crate::render) start: i128,
    pub(in crate::render) stop: i128,
    pub(in crate::render) step: i128,
}

impl Range {
    pub(in crate::render) fn length(&self) -> usize {
        let distance = if self.step > 0 {
            self.stop - self.start
        } else {
            self.start - self.stop
        };
        let step = self.step.abs();
        usize::try_from((distance + step - 1).max(0) / step).unwrap_or(usize::MAX)
    }

    pub(in crate::render) fn item(&self, index: usize) -> Value {
        let index = i128::try_from(index).unwrap_or_default();
        integer(self.start + index * self.step)
    }
}

impl Object for Range {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let index = key.as_usize()?;
        (index < self.length()).then(|| self.item(index))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.length())
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "range({}, {}", self.start, self.stop)?;
        if self.step != 1 {
            write!(formatter, ", {}", self.step)?;
        }
        formatter.write_str(")")
    }
}

/// What `map`, `select` and their like give: it can be gone through once, has no length, and is always true.
#[derive(Clone, Debug)]
pub(in crate::render) struct Generator(Arc<Mutex<VecDeque<Value>>>);

impl Generator {
    /// Makes one of what was found; a failure shows when the one that goes through comes to it.
    pub(in crate::render) fn value(items: impl Iterator<Item = Result<Value, Error>>) -> Value {
        let mut found = VecDeque::new();
        for item in items {
            match item {
                Ok(item) => found.push_back(item),
                Err(error) => {
                    found.push_back(Value::from(error));
                    break;
                }
            }
        }
        Value::from_object(Self(Arc::new(Mutex::new(found))))
    }

    pub(in crate::render) fn next(&self) -> Option<Value> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }
}

impl Object for Generator {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let generator = self.as_ref().clone();
        Enumerator::Iter(Box::new(std::iter::from_fn(move || generator.next())))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        None
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<generator object>")
    }
}

/// What `.keys()`, `.values()` and `.items()` of a mapping give.
#[derive(Debug)]
pub(in crate::render) struct View {
    pub(in crate::render) name: &'static str,
    pub(in crate::render) items: Vec<Value>,
}

impl Object for View {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let view = self.clone();
        let items = (0..self.items.len()).map(move |index| view.items[index].clone());
        Enumerator::Iter(Box::new(items))
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(self.items.len())
    }
}

/// What `groupby` gives for each group: a pair whose parts also have names.
#[derive(Debug)]
pub(in crate::render) struct Group {
    pub(in crate::render) grouper: Value,
    pub(in crate::render) list: Value,
}

impl Object for Group {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match (key.as_usize(), key.as_str()) {
            (Some(0), _) | (_, Some("grouper")) => Some(self.grouper.clone()),
            (Some(1), _) | (_, Some("list")) => Some(self.list.clone()),
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(2)
    }
}

/// What `a if b` is where `b` is false: undefined, but not refused like other undefined values.
#[derive(Debug)]
pub(in crate::render) struct Nothing;

impl Object for Nothing {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Undefined")
    }
}

/// What stands for an argument that a macro was not given.
#[derive(Debug)]
pub(in crate::render) struct Absent;

impl Object for Absent {}
