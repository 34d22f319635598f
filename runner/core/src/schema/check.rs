//! The checker: does a value meet its rule?

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::Schema;
use super::equality::{equal, repeated};
use super::explain::{Misfit, Things};
use super::number::Number;
use super::path::Path;
use super::pattern::MAX_TEXT;
use super::rule::{Additional, Bounds, Forms, Range, Rule};
use super::secrets::Secrets;
use crate::diagnostic::{Diagnostic, Location};
use crate::yaml::{Node, Span, Value};

/// How often a rule may be applied in one check; a schema that needs more never ends.
const FUEL: u32 = 2_000_000;
/// How much work the patterns of one check may be: about a second of it.
const SEARCHES: u64 = 1 << 30;
/// How deep rules may lead to each other.
const DEPTH: u32 = 300;

/// Checks values against rules, and remembers which are secrets.
pub(super) struct Checker<'a> {
    schema: &'a Schema,
    file: &'a Arc<str>,
    /// Where a fault says that an input is missing.
    pub(super) missing_at: Option<&'a Location>,
    pub(super) faults: Vec<Diagnostic>,
    pub(super) secrets: Secrets,
    misfits: usize,
    exhausted: bool,
    fuel: u32,
    searches: u64,
    depth: u32,
    /// Above 0, only whether values fit is asked.
    trials: u32,
    /// Above 0, values are secrets.
    hidden: u32,
}

/// A value, where it stands, and what it must meet.
#[derive(Clone, Copy)]
struct Case<'c> {
    rule: &'c Rule,
    node: &'c Node,
    path: &'c Path<'c>,
    /// Whether other rules look at the same value, so that none knows all its properties.
    part: bool,
}

impl<'a> Checker<'a> {
    pub(super) fn new(schema: &'a Schema, file: &'a Arc<str>) -> Self {
        Self {
            schema,
            file,
            missing_at: None,
            faults: Vec::new(),
            secrets: Secrets::default(),
            misfits: 0,
            exhausted: false,
            fuel: FUEL,
            searches: SEARCHES,
            depth: 0,
            trials: 0,
            hidden: 0,
        }
    }

    /// What is wrong first with a rule's default, if it does not fit.
    pub(super) fn default_fault(&mut self, rule: &Rule, node: &Node) -> Option<Diagnostic> {
        self.check(rule, node, &Path::Key(&Path::Root, "default"));
        let exhausted = self.exhausted.then(|| Misfit::exhausted(node, self.file));
        exhausted.or_else(|| self.faults.drain(..).find(Diagnostic::is_error))
    }

    /// What was found: the secrets, and the faults.
    pub(super) fn finish(mut self, node: &Node) -> (Secrets, Vec<Diagnostic>) {
        if self.exhausted {
            self.faults.push(Misfit::exhausted(node, self.file));
        }
        (self.secrets, self.faults)
    }

    pub(super) fn file(&self) -> &'a Arc<str> {
        self.file
    }

    /// Checks a value at a path.
    pub(super) fn check(&mut self, rule: &Rule, node: &Node, path: &Path<'_>) {
        self.apply(Case {
            rule,
            node,
            path,
            part: false,
        });
    }

    fn apply(&mut self, case: Case<'_>) {
        if self.fuel == 0 || self.depth == DEPTH {
            return self.give_up();
        }
        self.fuel -= 1;
        self.depth += 1;
        let sensitive = case.rule.sensitive;
        if sensitive && self.hidden == 0 {
            self.secrets.note(case.path, case.node);
        }
        self.hidden += u32::from(sensitive);
        self.one_value(case);
        self.hidden -= u32::from(sensitive);
        self.depth -= 1;
    }

    fn one_value(&mut self, case: Case<'_>) {
        let Case { rule, node, .. } = case;
        if let Some(kind) = rule.kind
            && !kind.fits(&node.value)
            && !(node.is_null() && rule.nullable)
        {
            // What follows would only repeat that the type is wrong.
            return self.misfit(case, |misfit| misfit.wrong_type(kind));
        }
        if let Some(options) = &rule.options
            && !options.iter().any(|option| equal(option, node))
        {
            self.misfit(case, |misfit| misfit.not_in_enum(options));
        }
        if let Some(format) = rule.format
            && !format.fits(node)
        {
            let (expected, example) = format.describe();
            self.misfit(case, |misfit| misfit.format(&expected, example));
        }
        match &node.value {
            Value::String(text) => self.text(case, text),
            Value::Sequence(items) => self.list(case, items),
            Value::Mapping(entries) => self.mapping(case, entries),
            Value::Integer(_) | Value::Float(_) => self.number(case),
            Value::Null | Value::Bool(_) => {}
        }
        if let Some(forms) = &rule.forms {
            self.forms(case, forms);
        }
    }

    fn text(&mut self, case: Case<'_>, text: &str) {
        let bounds = case.rule.length;
        if bounds.minimum.is_some() || bounds.maximum.is_some() {
            self.bounds(case, bounds, text.chars().count(), Things::Characters);
        }
        let Some(pattern) = &case.rule.pattern else {
            return;
        };
        let left = self.searches.checked_sub(pattern.work(text));
        self.searches = left.unwrap_or(self.searches);
        if text.len() > MAX_TEXT {
            self.misfit(case, |misfit| misfit.too_long_for_patterns(MAX_TEXT));
        } else if left.is_none() {
            self.misfit(case, |misfit| misfit.too_much_for_patterns(text.len()));
        } else if !pattern.occurs_in(text) {
            self.misfit(case, |misfit| misfit.pattern(pattern.as_str()));
        }
    }

    fn number(&mut self, case: Case<'_>) {
        let Some(number) = Number::of(case.node) else {
            return;
        };
        let Range {
            minimum,
            maximum,
            exclusive_minimum,
            exclusive_maximum,
            multiple_of,
        } = case.rule.range;
        let breaks = |bound: Number, wrong: Ordering, exclusive: bool| {
            let order = number.compare(bound);
            order == Some(wrong) || (exclusive && order == Some(Ordering::Equal))
        };
        if let Some(bound) = minimum
            && breaks(bound, Ordering::Less, exclusive_minimum)
        {
            let relation = if exclusive_minimum {
                "more than"
            } else {
                "at least"
            };
            self.misfit(case, |misfit| {
                misfit.out_of_range(relation, bound, exclusive_minimum)
            });
        }
        if let Some(bound) = maximum
            && breaks(bound, Ordering::Greater, exclusive_maximum)
        {
            let relation = if exclusive_maximum {
                "less than"
            } else {
                "at most"
            };
            self.misfit(case, |misfit| {
                misfit.out_of_range(relation, bound, exclusive_maximum)
            });
        }
        if let Some(step) = multiple_of
            && !number.is_multiple_of(step)
        {
            self.misfit(case, |misfit| misfit.not_a_multiple(number, step));
        }
    }

    fn list(&mut self, case: Case<'_>, items: &[Node]) {
        self.bounds(case, case.rule.item_count, items.len(), Things::Items);
        if case.rule.unique_items
            && let Some((first, second)) = repeated(items)
        {
            self.misfit(case, |misfit| misfit.repeated(first, second));
        }
        let Some(rule) = &case.rule.items else { return };
        for (index, item) in items.iter().enumerate() {
            self.check(rule, item, &Path::Item(case.path, index));
        }
    }

    fn mapping(&mut self, case: Case<'_>, entries: &[(Node, Node)]) {
        let rule = case.rule;
        self.bounds(case, rule.property_count, entries.len(), Things::Properties);
        self.required(case, entries);
        for (key, value) in entries {
            let path = Path::Key(case.path, key.text());
            match (rule.properties.get(key.text()), &rule.additional) {
                (Some(rule), _) => self.check(rule, value, &path),
                (None, Additional::Like(rule)) => self.check(rule, value, &path),
                (None, Additional::Forbidden) => {
                    self.misfit(case, |misfit| misfit.unknown(key, Some(&names(rule)), true));
                }
                (None, Additional::Unsaid) if !Self::is_open(case, key) => {
                    self.remark(case, |misfit| {
                        misfit.unknown(key, Some(&names(rule)), false)
                    });
                }
                (None, Additional::Unsaid | Additional::Allowed) => {}
            }
        }
    }

    /// Whether a property that the rule does not name may still have a meaning.
    fn is_open(case: Case<'_>, key: &Node) -> bool {
        let rule = case.rule;
        case.part
            || case.path.is_root()
            || rule.forms.is_some()
            || rule.properties.is_empty()
            || rule.required.iter().any(|name| name.as_ref() == key.text())
    }

    fn required(&mut self, case: Case<'_>, entries: &[(Node, Node)]) {
        let required = &case.rule.required;
        if required.is_empty() {
            return;
        }
        let there: HashSet<&str> = entries.iter().map(|(key, _)| key.text()).collect();
        let at = self.missing_at.filter(|_| case.path.is_root());
        for name in required
            .iter()
            .filter(|name| !there.contains(name.as_ref()))
        {
            let rule = case.rule.properties.get(name);
            self.misfit(case, |misfit| misfit.missing(name, rule, at));
        }
    }

    fn bounds(&mut self, case: Case<'_>, bounds: Bounds, count: usize, things: Things) {
        if !bounds.contain(count) {
            self.misfit(case, |misfit| misfit.out_of_bounds(count, bounds, things));
        }
    }

    fn forms(&mut self, case: Case<'_>, forms: &Forms) {
        if let Some(name) = &forms.reference
            && let Some(rule) = self.schema.rule(name)
        {
            self.apply(Case { rule, ..case });
        }
        for rule in &forms.all_of {
            self.apply(Case {
                rule,
                part: true,
                ..case
            });
        }
        if !forms.any_of.is_empty() {
            self.fits_some(case, &forms.any_of);
        }
        if !forms.one_of.is_empty() {
            let count = self.fits_some(case, &forms.one_of);
            if count > 1 {
                self.misfit(case, |misfit| misfit.several_forms(count));
            }
        }
        if let Some(rule) = &forms.not
            && self.fits(Case {
                rule,
                part: true,
                ..case
            })
        {
            self.misfit(case, |misfit: &Misfit<'_>| misfit.excluded());
        }
    }

    /// How many of several rules a value meets; none is a fault.
    fn fits_some(&mut self, case: Case<'_>, rules: &[Rule]) -> usize {
        let part = Case { part: true, ..case };
        let fitting = rules
            .iter()
            .filter(|rule| self.fits(Case { rule, ..part }))
            .count();
        if fitting > 0 {
            return fitting;
        }
        let same_type = |rule: &&Rule| rule.kind.is_none_or(|kind| kind.fits(&case.node.value));
        let mut likely = rules.iter().filter(same_type);
        if let (Some(rule), None) = (likely.next(), likely.next()) {
            // Only one form can be meant: say what is wrong with it.
            self.apply(Case { rule, ..part });
            return 0;
        }
        let titles: Vec<_> = rules.iter().map(|rule| rule.title.clone()).collect();
        self.misfit(case, |misfit| misfit.no_form(&titles));
        0
    }

    fn fits(&mut self, case: Case<'_>) -> bool {
        let before = self.misfits;
        self.trials += 1;
        self.apply(case);
        self.trials -= 1;
        let fits = self.misfits == before;
        self.misfits = before;
        fits
    }

    /// The schema leads in circles: one fault says so, whatever else was found.
    fn give_up(&mut self) {
        self.fuel = 0;
        self.misfits += 1;
        self.exhausted = true;
    }

    fn misfit(&mut self, case: Case<'_>, explain: impl FnOnce(&Misfit<'_>) -> Diagnostic) {
        self.misfits += 1;
        self.remark(case, explain);
    }

    fn remark(&mut self, case: Case<'_>, explain: impl FnOnce(&Misfit<'_>) -> Diagnostic) {
        // A default that does not fit is the schema's fault, and was told when the schema was parsed.
        if self.trials > 0 || case.node.span == Span::default() {
            return;
        }
        let misfit = Misfit {
            file: self.file,
            path: case.path,
            node: case.node,
            rule: case.rule,
            secret: self.hidden > 0,
        };
        self.faults.push(explain(&misfit));
    }
}

fn names(rule: &Rule) -> Vec<&str> {
    rule.properties.keys().map(AsRef::as_ref).collect()
}
