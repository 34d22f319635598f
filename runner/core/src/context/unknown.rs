//! Outputs that are not known yet: what a template reads of them, and what it gets instead.
//!
//! A value reads as the text `<unknown environment.outputs.VpcId>`, so that filters, comparisons and `~` work as they
//! do on the text that will stand there one day. List indices in the name have dots (`service_instances.0.outputs.Url`):
//! brackets would end a plain scalar inside `[…]` in YAML.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::Value;
use minijinja::value::{Enumerator, Object};

const OPEN: &str = "<unknown ";

/// The names of unknown values that a template has read, shared between the values and whoever renders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    names: BTreeSet<String>,
    last: Option<String>,
}

impl Reads {
    /// Notes that a name was read.
    fn note(&self, name: String) {
        let mut seen = self.seen();
        seen.last = Some(name.clone());
        seen.names.insert(name);
    }

    /// Takes the name that was read last, if one was read since the last time somebody asked.
    pub(crate) fn take_last(&self) -> Option<String> {
        self.seen().last.take()
    }

    /// Every name that was read, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        self.seen().names.iter().cloned().collect()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the formatter find the reads of the render that it works for.
impl Object for Reads {}

/// What stands where a value is not known yet.
pub(crate) fn placeholder(name: &str) -> String {
    format!("{OPEN}{name}>")
}

/// Whether a text has a value in it that is not known yet.
pub(crate) fn is_unknown(text: &str) -> bool {
    text.contains(OPEN)
}

/// The outputs of a target that has none yet.
///
/// Every name in them reads as its placeholder; going through all of them finds nothing, and counts as reading the whole.
pub(crate) struct UnknownOutputs {
    path: String,
    reads: Reads,
}

impl UnknownOutputs {
    pub(crate) fn value(path: &str, reads: &Reads) -> Value {
        let path = path.to_owned();
        let reads = reads.clone();
        Value::from_object(Self { path, reads })
    }
}

impl fmt::Debug for UnknownOutputs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&placeholder(&self.path))
    }
}

impl Object for UnknownOutputs {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = format!("{}.{key}", self.path);
        let text = placeholder(&name);
        self.reads.note(name);
        Some(Value::from(text))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.reads.note(self.path.clone());
        Enumerator::Empty
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reads.note(self.path.clone());
        write!(formatter, "{self:?}")
    }
}
