//! Reads files whose keys we know, and collects everything that is wrong with them.
//!
//! A reader never stops at a fault: what could be read is given back, what could not is reported and left out.

use std::fmt::Display;
use std::sync::Arc;

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location, Severity};
use crate::located::Located;
use crate::suggest::closest;
use crate::target::Name;
use crate::version::VersionRef;
use crate::yaml::{Node, Value};

/// The codes that a kind of file reports its faults with.
pub(crate) struct Faults {
    pub(crate) unknown_key: (Code, Severity),
    pub(crate) wrong_type: Code,
    pub(crate) missing_key: Code,
    pub(crate) bad_value: Code,
    pub(crate) bad_name: Code,
    pub(crate) bad_version: Code,
}

/// Reads one file and keeps its faults.
pub(crate) struct Reader {
    pub(crate) file: Arc<str>,
    faults: &'static Faults,
    diagnostics: Vec<Diagnostic>,
}

/// One mapping whose keys are known.
pub(crate) struct Fields<'n> {
    node: &'n Node,
    path: String,
}

impl<'n> Fields<'n> {
    /// The value of a key; `null` counts as not there.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        let node = self.node.get(key)?;
        (node.value != Value::Null).then_some(node)
    }

    /// Whether a key is there, whatever its value.
    pub(crate) fn key(&self, key: &str) -> Option<&'n Node> {
        self.node.entry(key).map(|(key, _)| key)
    }

    /// The key as messages name it, `accounts.prod.id`.
    pub(crate) fn path(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// Where the mapping begins: its first key, because the mapping itself may go on for many lines.
    pub(crate) fn start(&self) -> &'n Node {
        let entries = self.node.as_mapping().unwrap_or_default();
        entries.first().map_or(self.node, |(key, _)| key)
    }
}

/// A key below another, as messages name it.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

impl Reader {
    pub(crate) fn new(file: &Arc<str>, faults: &'static Faults) -> Self {
        Self {
            file: file.clone(),
            faults,
            diagnostics: Vec::new(),
        }
    }

    /// Everything that was wrong.
    pub(crate) fn finish(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// Adds a fault that the caller found.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The place of a node in this file.
    pub(crate) fn at(&self, node: &Node) -> Location {
        node.location(&self.file)
    }

    /// Reports a value that its key does not take.
    pub(crate) fn bad_value(
        &mut self,
        node: &Node,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let fault = Diagnostic::error(self.faults.bad_value, message);
        self.report(fault.at(self.at(node)).help(help));
    }

    /// Reports a value of another type than its key takes.
    pub(crate) fn wrong_type(
        &mut self,
        node: &Node,
        path: &str,
        expected: &str,
        help: impl Into<String>,
    ) {
        let message = format!(
            "{} must be {expected}, found {}",
            subject(path),
            node.kind()
        );
        let fault = Diagnostic::error(self.faults.wrong_type, message);
        self.report(fault.at(self.at(node)).help(help));
    }

    /// Opens a mapping and reports the keys that it does not have.
    pub(crate) fn fields<'n>(
        &mut self,
        node: &'n Node,
        path: &str,
        known: &'static [&'static str],
    ) -> Option<Fields<'n>> {
        for (key, _) in self.entries(node, path)? {
            if !known.contains(&key.as_str()) {
                self.unknown_key(&key, path, known);
            }
        }
        Some(Fields {
            node,
            path: path.to_owned(),
        })
    }

    fn unknown_key(&mut self, key: &Located<String>, path: &str, known: &[&str]) {
        let (code, severity) = self.faults.unknown_key;
        let place = if path.is_empty() {
            String::new()
        } else {
            format!(" in `{path}`")
        };
        let help = closest(key, known.iter().copied()).map_or_else(
            || format!("the keys here are {}", list(known)),
            |near| format!("write `{near}`"),
        );
        self.report(Diagnostic {
            severity,
            ..Diagnostic::error(code, format!("`{}` is not a key{place}", key.value))
                .at(key.at.clone())
                .help(help)
        });
    }

    /// The entries of a mapping whose keys users choose.
    pub(crate) fn entries<'n>(
        &mut self,
        node: &'n Node,
        path: &str,
    ) -> Option<Vec<(Located<String>, &'n Node)>> {
        let Value::Mapping(entries) = &node.value else {
            self.wrong_type(node, path, "a mapping", "write `key: value` lines below it");
            return None;
        };
        let mut read = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            if let Some(key) = self.text(key, "a key") {
                read.push((key, value));
            }
        }
        Some(read)
    }

    /// The items of a list.
    pub(crate) fn items<'n>(&mut self, node: &'n Node, path: &str) -> &'n [Node] {
        if let Value::Sequence(items) = &node.value {
            return items;
        }
        self.wrong_type(
            node,
            path,
            "a list",
            "write `[one, two]`, or `- one` lines below it",
        );
        &[]
    }

    /// A text.
    pub(crate) fn text(&mut self, node: &Node, path: &str) -> Option<Located<String>> {
        if let Value::String(text) = &node.value {
            return Some(Located {
                value: text.as_ref().to_owned(),
                at: self.at(node),
            });
        }
        let help = match &node.value {
            Value::Integer(_) | Value::Float(_) | Value::Bool(_) => {
                format!("write it in quotes: `\"{}\"`", node.text())
            }
            _ => "write one text on the same line".to_owned(),
        };
        self.wrong_type(node, path, "text", help);
        None
    }

    /// A text that is something: the fault of `parse` is reported as a value that the key does not take.
    pub(crate) fn parsed<T, E: Display>(
        &mut self,
        node: &Node,
        path: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
        help: &str,
    ) -> Option<Located<T>> {
        let text = self.text(node, path)?;
        match parse(&text) {
            Ok(value) => Some(text.map(|_| value)),
            Err(error) => {
                self.bad_value(node, error.to_string(), help);
                None
            }
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, node: &Node, path: &str) -> Option<bool> {
        if let Value::Bool(flag) = node.value {
            return Some(flag);
        }
        self.wrong_type(
            node,
            path,
            "true or false",
            "write `true` or `false`, without quotes",
        );
        None
    }

    /// One of a few words.
    pub(crate) fn one_of<T: Copy>(
        &mut self,
        node: &Node,
        path: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(node, path)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.as_str()) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let help = closest(&text, known.iter().copied()).map_or_else(
            || format!("write one of {}", list(&known)),
            |near| format!("write `{near}`"),
        );
        self.bad_value(
            node,
            format!("{} cannot be `{}`", subject(path), text.value),
            help,
        );
        None
    }

    /// A name by Proton's pattern.
    pub(crate) fn name(&mut self, node: &Node, path: &str) -> Option<Located<Name>> {
        let text = self.text(node, path)?;
        self.name_of(&text)
    }

    /// A text that was read already, as a name by Proton's pattern.
    pub(crate) fn name_of(&mut self, text: &Located<String>) -> Option<Located<Name>> {
        match Name::new(text) {
            Ok(name) => Some(Located {
                value: name,
                at: text.at.clone(),
            }),
            Err(error) => {
                let fault = Diagnostic::error(self.faults.bad_name, error.to_string());
                self.report(
                    fault
                        .at(text.at.clone())
                        .help("choose a name of that form, as Proton did"),
                );
                None
            }
        }
    }

    /// Names in a list.
    pub(crate) fn names(&mut self, node: &Node, path: &str) -> Vec<Located<Name>> {
        let items = self.items(node, path).iter();
        items.filter_map(|item| self.name(item, path)).collect()
    }

    /// A template version.
    pub(crate) fn version(&mut self, node: &Node, path: &str) -> Option<Located<VersionRef>> {
        let text = self.text(node, path)?;
        match text.parse() {
            Ok(version) => Some(text.map(|_| version)),
            Err(error) => {
                let error: crate::version::BadVersion = error;
                let fault = Diagnostic::error(self.faults.bad_version, error.to_string());
                self.report(fault.at(text.at).help(error.help()));
                None
            }
        }
    }

    /// The value of a key that must be there.
    pub(crate) fn required<'n>(
        &mut self,
        fields: &Fields<'n>,
        key: &str,
        help: &str,
    ) -> Option<&'n Node> {
        if let Some(node) = fields.get(key) {
            return Some(node);
        }
        let at = fields.key(key).unwrap_or_else(|| fields.start());
        let fault = Diagnostic::error(
            self.faults.missing_key,
            format!("`{}` is missing", fields.path(key)),
        );
        self.report(fault.at(self.at(at)).help(help));
        None
    }
}

fn subject(path: &str) -> String {
    match path {
        "" => "the file".to_owned(),
        "a key" => path.to_owned(),
        path => format!("`{path}`"),
    }
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
