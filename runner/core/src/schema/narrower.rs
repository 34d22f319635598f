//! What a schema no longer takes that another one took: why a version of a template is no minor one.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fmt;

use super::check::Checker;
use super::number::Number;
use super::rule::{Additional, Bounds, Forms, Kind, Range, Rule};
use super::{InputType, Schema};
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::yaml::{Node, Span, Value};

/// So deep two schemas are compared.
const DEPTH: usize = 300;
/// So many findings are told.
const MOST: usize = 100;
/// So many rules are compared; forms are compared in both directions, which takes twice as long for each level.
const FUEL: u32 = 100_000;

/// Every way in which specs that fit `old` do not fit `new`, each on the line of `new` that says so.
///
/// What cannot be compared, as two patterns, counts as narrower where it is not the same.
pub(super) fn than(old: &Schema, new: &Schema) -> Vec<Diagnostic> {
    let mut comparison = Comparison {
        old,
        new,
        anything: &Rule::default(),
        found: Vec::new(),
        seen: HashSet::new(),
        depth: 0,
        fuel: FUEL,
    };
    for input in InputType::ALL {
        comparison.input_type(input);
    }
    let diagnose = |Narrower { at, message }: Narrower| {
        let help = "let it take what it took before, or make the folder of a new major version";
        Diagnostic::error(Code::SchemaNarrower, message)
            .at(Node::new(Value::Null, at).location(&new.file))
            .help(help)
    };
    let mut found: Vec<Diagnostic> = comparison.found.into_iter().map(diagnose).collect();
    found.sort_by(|one, other| one.location.cmp(&other.location));
    found
}

/// Something that is no longer taken.
struct Narrower {
    at: Span,
    message: String,
}

/// Where two rules stand.
#[derive(Clone)]
struct Place {
    /// The input, `port` or `rules[].port`.
    name: String,
    /// The nearest name in the new schema.
    at: Span,
    /// Whether defaults are filled in here.
    is_top: bool,
}

impl Place {
    fn below(&self, name: &str, rule: &Rule) -> Self {
        let dot = if self.name.is_empty() { "" } else { "." };
        Self {
            name: format!("{}{dot}{name}", self.name),
            at: if rule.named_at.line == 0 {
                self.at
            } else {
                rule.named_at
            },
            is_top: false,
        }
    }

    fn items(&self) -> Self {
        Self {
            name: format!("{}[]", self.name),
            is_top: false,
            ..self.clone()
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`", self.name)
    }
}

struct Comparison<'s> {
    old: &'s Schema,
    new: &'s Schema,
    /// A rule that asks for nothing.
    anything: &'s Rule,
    found: Vec<Narrower>,
    /// Rules that were compared without a finding, or are being compared: types may name themselves and each other.
    seen: HashSet<(*const Rule, *const Rule)>,
    depth: usize,
    fuel: u32,
}

impl<'s> Comparison<'s> {
    fn input_type(&mut self, input: InputType) {
        let rule = |schema: &'s Schema| schema.rule(schema.name(input)?);
        let (old, new) = (rule(self.old), rule(self.new));
        let place = Place {
            name: String::new(),
            at: new.map(|rule| rule.named_at).unwrap_or_default(),
            is_top: true,
        };
        match (old, new) {
            (Some(old), Some(new)) => self.rules(old, new, &place),
            (Some(_), None) => {
                self.add(&place, format!("`{}` is gone", input.key()));
            }
            (None, Some(new)) => self.properties(self.anything, new, &place),
            (None, None) => {}
        }
    }

    fn add(&mut self, place: &Place, message: String) {
        self.found.push(Narrower {
            at: place.at,
            message,
        });
    }

    fn rules(&mut self, old: &Rule, new: &Rule, place: &Place) {
        let (old, new) = (resolve(self.old, old), resolve(self.new, new));
        let pair = (std::ptr::from_ref(old), std::ptr::from_ref(new));
        if self.found.len() >= MOST || !self.seen.insert(pair) {
            return;
        }
        if self.depth == DEPTH || self.fuel == 0 {
            self.add(
                place,
                format!("{place} is nested too deeply to be compared"),
            );
            return;
        }
        self.fuel -= 1;
        let before = self.found.len();
        self.depth += 1;
        self.one_value(old, new, place);
        self.depth -= 1;
        if self.found.len() > before {
            self.seen.remove(&pair);
        }
    }

    fn one_value(&mut self, old: &Rule, new: &Rule, place: &Place) {
        if let Some(options) = &old.options {
            return self.options(options, (old, new), place);
        }
        if !self.kinds(old, new, place) {
            return;
        }
        if old.nullable && !new.nullable && new.kind.is_some() {
            self.add(place, format!("{place} could be `null` before"));
        }
        if let Some(options) = &new.options {
            let few: Vec<&str> = options.iter().map(Node::text).take(5).collect();
            let more = if options.len() > few.len() {
                ", …"
            } else {
                ""
            };
            let few = few.join("`, `");
            let message = format!("{place} takes only `{few}`{more} and took anything before");
            self.add(place, message);
        }
        self.texts(old, new, place);
        self.range(old.range, new.range, place);
        self.bounds(old.item_count, new.item_count, place, "items");
        if new.unique_items && !old.unique_items {
            self.add(place, format!("{place} could hold an item twice before"));
        }
        self.items(old, new, place);
        self.bounds(old.property_count, new.property_count, place, "keys");
        self.properties(old, new, place);
        self.forms(old, new, place);
    }

    /// Values that were listed, and taken, have to fit the new rule, whatever that says.
    fn options(&mut self, options: &[Node], (old, new): (&Rule, &Rule), place: &Place) {
        let fits = |schema: &Schema, rule: &Rule, option: &Node| {
            let mut checker = Checker::new(schema, &schema.file);
            checker.default_fault(rule, option).is_none()
        };
        let refused: Vec<&str> = options
            .iter()
            .filter(|option| fits(self.old, old, option) && !fits(self.new, new, option))
            .map(Node::text)
            .collect();
        if !refused.is_empty() {
            let message = format!("{place} no longer takes `{}`", refused.join("`, `"));
            self.add(place, message);
        }
    }

    /// Whether the types can be compared any further.
    fn kinds(&mut self, old: &Rule, new: &Rule, place: &Place) -> bool {
        let Some(now) = new.kind else { return true };
        let message = match old.kind {
            Some(before) if before == now => return true,
            Some(Kind::Integer) if now == Kind::Number => return true,
            Some(before) => format!("{place} is {} and was {}", now.words(), before.words()),
            None if place.is_top => return true,
            None => format!("{place} is {} and could be anything before", now.words()),
        };
        self.add(place, message);
        false
    }

    fn texts(&mut self, old: &Rule, new: &Rule, place: &Place) {
        self.bounds(old.length, new.length, place, "characters");
        let pattern = |rule: &Rule| rule.pattern.as_ref().map(|it| it.as_str().to_owned());
        match (pattern(old), pattern(new)) {
            (Some(before), Some(now)) if before != now => {
                let message = format!(
                    "{place} has to match `{now}` and had to match `{before}`, which cannot be compared"
                );
                self.add(place, message);
            }
            (None, Some(now)) => {
                self.add(place, format!("{place} has to match `{now}` now"));
            }
            _ => {}
        }
        if let Some(format) = new.format
            && old.format != Some(format)
        {
            let (what, _) = format.describe();
            self.add(place, format!("{place} has to be {what} now"));
        }
    }

    fn bounds(&mut self, old: Bounds, new: Bounds, place: &Place, what: &str) {
        if let Some(now) = new.minimum
            && old.minimum.unwrap_or_default() < now
        {
            self.add(place, format!("{place} needs {now} {what} at least now"));
        }
        if let Some(now) = new.maximum
            && old.maximum.is_none_or(|before| before > now)
        {
            let message = format!("{place} may have {now} {what} at most now");
            self.add(place, message);
        }
    }

    fn range(&mut self, old: Range, new: Range, place: &Place) {
        let least = (new.minimum, new.exclusive_minimum);
        if let (Some(now), exclusive) = least
            && is_tighter(
                (now, exclusive),
                old.minimum,
                old.exclusive_minimum,
                Ordering::Greater,
            )
        {
            let than = if exclusive { "above" } else { "at least" };
            self.add(place, format!("{place} has to be {than} {now} now"));
        }
        let most = (new.maximum, new.exclusive_maximum);
        if let (Some(now), exclusive) = most
            && is_tighter(
                (now, exclusive),
                old.maximum,
                old.exclusive_maximum,
                Ordering::Less,
            )
        {
            let than = if exclusive { "below" } else { "at most" };
            self.add(place, format!("{place} has to be {than} {now} now"));
        }
        if let Some(step) = new.multiple_of
            && !old
                .multiple_of
                .is_some_and(|before| before.is_multiple_of(step))
        {
            self.add(place, format!("{place} has to be a multiple of {step} now"));
        }
    }

    fn items(&mut self, old: &Rule, new: &Rule, place: &Place) {
        if let Some(now) = &new.items {
            let before = old.items.as_deref().unwrap_or(self.anything);
            self.rules(before, now, &place.items());
        }
    }

    fn properties(&mut self, old: &Rule, new: &Rule, place: &Place) {
        for (name, before) in &old.properties {
            match new.properties.get(name) {
                Some(now) => self.rules(before, now, &place.below(name, now)),
                None => self.removed(name, before, new, place),
            }
        }
        // What a schema that names its keys does not name was told to be a slip.
        let further = match &old.additional {
            Additional::Like(before) => Some(&**before),
            Additional::Allowed => Some(self.anything),
            Additional::Unsaid if old.properties.is_empty() && !place.is_top => Some(self.anything),
            Additional::Unsaid | Additional::Forbidden => None,
        };
        for (name, now) in &new.properties {
            if let Some(before) = further
                && !old.properties.contains_key(name)
            {
                self.rules(before, now, &place.below(name, now));
            }
        }
        for name in &new.required {
            self.required(name, old, new, place);
        }
        match (&old.additional, &new.additional) {
            (Additional::Forbidden, _) | (_, Additional::Unsaid | Additional::Allowed) => {}
            (_, Additional::Forbidden) => {
                self.add(place, format!("{place} may have no further keys now"));
            }
            (_, Additional::Like(now)) => {
                if let Some(before) = further {
                    self.rules(before, now, &place.below("*", now));
                }
            }
        }
    }

    fn removed(&mut self, name: &str, before: &Rule, new: &Rule, place: &Place) {
        // Where the old schema stands is no place in the new one.
        let there = Place {
            at: place.at,
            ..place.below(name, before)
        };
        match &new.additional {
            Additional::Like(now) => self.rules(before, now, &there),
            Additional::Allowed => {}
            Additional::Unsaid | Additional::Forbidden => {
                self.add(&there, format!("{there} is gone"));
            }
        }
    }

    fn required(&mut self, name: &str, old: &Rule, new: &Rule, place: &Place) {
        let is_filled_in = |rule: &Rule| {
            let property = rule.properties.get(name);
            place.is_top && property.is_some_and(|rule| rule.default.is_some())
        };
        let was_required = old.required.iter().any(|other| **other == *name);
        if is_filled_in(new) || was_required && !is_filled_in(old) {
            return;
        }
        let there = match new.properties.get(name) {
            Some(rule) => place.below(name, rule),
            None => place.below(name, self.anything),
        };
        let message = if old.properties.contains_key(name) {
            format!("{there} is required now and could be left out before")
        } else {
            format!("{there} is new and required, and has no default")
        };
        self.add(&there, message);
    }

    /// Forms are compared one by one, where there are as many of them as before.
    fn forms(&mut self, old: &Rule, new: &Rule, place: &Place) {
        let none = [];
        let pairs = |part: fn(&Forms) -> &[Rule]| {
            [old, new].map(|rule| rule.forms.as_deref().map_or(&none[..], part))
        };
        let is_narrower = [
            self.are_narrower(pairs(|forms| &forms.all_of), place, false),
            self.are_narrower(pairs(|forms| &forms.any_of), place, false),
            self.are_narrower(pairs(|forms| &forms.one_of), place, true),
            self.are_narrower(pairs(|forms| forms.not.as_slice()), place, true),
        ]
        .contains(&true);
        if is_narrower {
            let message = format!(
                "{place} has other `allOf`, `anyOf`, `oneOf` or `not` now, which cannot be compared"
            );
            self.add(place, message);
        }
    }

    /// Whether one of some rules takes less than the one before it, or, where they have to be the same, more.
    fn are_narrower(&mut self, [old, new]: [&[Rule]; 2], place: &Place, same: bool) -> bool {
        if new.is_empty() {
            return false;
        }
        old.len() != new.len()
            || old.iter().zip(new).any(|(before, now)| {
                self.is_narrower(before, now, place)
                    || same && self.is_narrower_turned(now, before, place)
            })
    }

    fn is_narrower(&mut self, old: &Rule, new: &Rule, place: &Place) -> bool {
        let before = self.found.len();
        self.rules(old, new, place);
        let is_narrower = self.found.len() > before;
        self.found.truncate(before);
        is_narrower
    }

    /// The same with the schemas changed for each other.
    fn is_narrower_turned(&mut self, old: &Rule, new: &Rule, place: &Place) -> bool {
        let mut turned = Self {
            old: self.new,
            new: self.old,
            found: Vec::new(),
            // A pair of rules stands for its direction, too.
            seen: std::mem::take(&mut self.seen),
            ..*self
        };
        let is_narrower = turned.is_narrower(old, new, place);
        (self.seen, self.fuel) = (turned.seen, turned.fuel);
        is_narrower
    }
}

/// Whether a bound forbids more than another one; `towards` is where the values that are taken do not lie.
fn is_tighter(
    (now, excludes_now): (Number, bool),
    before: Option<Number>,
    excluded_before: bool,
    towards: Ordering,
) -> bool {
    let Some(before) = before else { return true };
    match now.compare(before) {
        Some(Ordering::Equal) => excludes_now && !excluded_before,
        Some(order) => order == towards,
        None => true,
    }
}

/// The rule that a rule refers to.
fn resolve<'r>(schema: &'r Schema, mut rule: &'r Rule) -> &'r Rule {
    for _ in 0..DEPTH {
        let reference = rule
            .forms
            .as_ref()
            .and_then(|forms| forms.reference.as_ref());
        let Some(named) = reference.and_then(|name| schema.rule(name)) else {
            break;
        };
        rule = named;
    }
    rule
}
