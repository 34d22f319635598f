//! Which values of a spec are secrets, found while it is checked.

use std::collections::BTreeSet;

use super::path::Path;
use crate::diagnostic::Diagnostic;
use crate::secret::Secret;
use crate::yaml::{Node, Value};

/// Paths, texts and lines that must not be shown.
#[derive(Default)]
pub(super) struct Secrets {
    pub(super) paths: Vec<String>,
    pub(super) texts: Vec<Secret>,
    lines: BTreeSet<u32>,
}

impl Secrets {
    /// Notes that a value is a secret with all that is below it.
    pub(super) fn note(&mut self, path: &Path<'_>, node: &Node) {
        let path = path.to_string();
        if !self.paths.contains(&path) {
            self.paths.push(path);
            self.texts_below(node);
        }
        self.hide(node);
    }

    /// Notes that the lines of a value must not be shown.
    pub(super) fn hide(&mut self, node: &Node) {
        let breaks = node.text().matches('\n').count();
        let last = node
            .span
            .line
            .saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.lines.extend(node.span.line..=last);
        each_below(node, &mut |below| self.hide(below));
    }

    /// Keeps the source out of a fault that stands on a line with a secret.
    pub(super) fn guard(&self, fault: &mut Diagnostic) {
        let line = fault.location.as_ref().map(|place| place.line);
        fault.hides_source |= line.is_some_and(|line| self.lines.contains(&line));
    }

    /// Whether a value stands on a line with a secret.
    pub(super) fn hides(&self, node: &Node) -> bool {
        self.lines.contains(&node.span.line)
    }

    fn texts_below(&mut self, node: &Node) {
        if !matches!(node.value, Value::Null | Value::Bool(_)) && !node.text().is_empty() {
            self.texts.push(Secret::new(node.text()));
        }
        each_below(node, &mut |below| self.texts_below(below));
    }
}

pub(super) fn each_below(node: &Node, visit: &mut dyn FnMut(&Node)) {
    for item in node.as_sequence().unwrap_or_default() {
        visit(item);
    }
    for (_, value) in node.as_mapping().unwrap_or_default() {
        visit(value);
    }
}
