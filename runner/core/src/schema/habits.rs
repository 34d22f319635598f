//! Warns of values that readers of YAML 1.1 take for something else.

use std::collections::HashSet;
use std::sync::Arc;

use super::secrets::{Secrets, each_below};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location};
use crate::yaml::{Habit, Node, Span};

/// The keywords of a schema whose values get into specs and templates.
const VALUES: [&str; 3] = ["default", "enum", "example"];

/// Warns of the habits in a spec's values, except where an error was told already.
pub(super) fn warnings(
    file: &Arc<str>,
    values: &Node,
    faults: &[Diagnostic],
    secrets: &Secrets,
) -> Vec<Diagnostic> {
    let mut found = Finder::new(file, faults);
    found.below(values, Some(secrets));
    found.warnings
}

/// Warns of the habits in what a schema's types offer as values.
pub(super) fn in_schema(file: &Arc<str>, types: &Node, faults: &[Diagnostic]) -> Vec<Diagnostic> {
    let mut found = Finder::new(file, faults);
    found.offered(types);
    found.warnings
}

struct Finder<'a> {
    file: &'a Arc<str>,
    told: HashSet<&'a Location>,
    warnings: Vec<Diagnostic>,
}

impl<'a> Finder<'a> {
    fn new(file: &'a Arc<str>, faults: &'a [Diagnostic]) -> Self {
        Self {
            file,
            told: faults
                .iter()
                .filter_map(|fault| fault.location.as_ref())
                .collect(),
            warnings: Vec::new(),
        }
    }

    fn offered(&mut self, schema: &Node) {
        for (key, value) in schema.as_mapping().unwrap_or_default() {
            // A property may be called `default`, too: its schema is a mapping.
            if VALUES.contains(&key.text()) && value.as_mapping().is_none() {
                self.below(value, None);
            } else {
                self.offered(value);
            }
        }
        for item in schema.as_sequence().unwrap_or_default() {
            self.offered(item);
        }
    }

    fn below(&mut self, node: &Node, secrets: Option<&Secrets>) {
        if let Some(habit) = Habit::of(node).filter(|_| node.span != Span::default()) {
            self.warn(node, &habit, secrets);
        }
        each_below(node, &mut |node| self.below(node, secrets));
    }

    fn warn(&mut self, node: &Node, habit: &Habit, secrets: Option<&Secrets>) {
        let place = node.location(self.file);
        if self.told.contains(&place) {
            return;
        }
        let Habit {
            written,
            read,
            before,
            instead,
        } = habit;
        let secret = secrets.is_some_and(|secrets| secrets.hides(node));
        let (message, help) = if secret {
            let message = "YAML 1.1 reads this value otherwise than YAML 1.2";
            (message.to_owned(), "quote it if it is text")
        } else {
            let message = format!("`{written}` is read as {read}; YAML 1.1 reads {before}");
            (message, instead.as_str())
        };
        let mut warning = Diagnostic::warning(Code::YamlHabit, message)
            .at(place)
            .help(help);
        warning.hides_source = secret;
        self.warnings.push(warning);
    }
}
