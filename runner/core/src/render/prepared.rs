//! Templates that are ready for the engine: what each says to it, under a short name.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::render::translate::{self, Translation};

/// A template as the author wrote it, and as the engine reads it.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What the engine calls it. The engine compares names with every piece that it writes, so they are short.
    pub(super) name: String,
    /// The author's text; lines end with `\n`, as Jinja2 reads them.
    pub(super) source: Arc<str>,
    pub(super) translation: Translation,
}

/// The templates that were seen; every clone has the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Templates(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    by_text: HashMap<Text, Arc<Prepared>>,
    /// A template's name is its index.
    in_order: Vec<Arc<Prepared>>,
}

/// A template's text as a key: the same text in the same place is not read again.
#[derive(Debug)]
struct Text(Arc<str>);

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.len().hash(state);
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Text {}

impl Templates {
    /// Prepares a template, once.
    pub(super) fn prepared(&self, text: &Arc<str>) -> Arc<Prepared> {
        let key = Text(text.clone());
        let known = self.seen().by_text.get(&key).cloned();
        // Not under the lock: other threads have their own templates to prepare.
        known.unwrap_or_else(|| {
            let source = unix_newlines(text);
            let translation = translate::translate(&source);
            self.seen().insert(key, source, translation)
        })
    }

    /// What the engine reads under a name.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let index: usize = name.parse().ok()?;
        let seen = self.seen();
        let prepared = seen.in_order.get(index)?;
        Some(prepared.translation.text.clone())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn insert(&mut self, key: Text, source: Arc<str>, translation: Translation) -> Arc<Prepared> {
        let prepared = Arc::new(Prepared {
            name: self.in_order.len().to_string(),
            source,
            translation,
        });
        self.in_order.push(prepared.clone());
        self.by_text.insert(key, prepared.clone());
        prepared
    }
}

/// Jinja2 reads `\r\n` as `\n`.
fn unix_newlines(text: &Arc<str>) -> Arc<str> {
    if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        text.clone()
    }
}
