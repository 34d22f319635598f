//! `pprint`: values as Python's `pprint` module writes them, in 80 columns.

use minijinja::{Environment, Error, State, Value};

use crate::render::methods::containers::pairs;
use crate::render::methods::split::lines;
use crate::render::methods::text::is_space;
use crate::render::python::kind::type_name;
use crate::render::python::{self, charge, collect, compare, repr};

const WIDTH: usize = 80;

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("pprint", pprint);
}

fn pprint(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    let value = arranged(state, value)?;
    let mut printer = Printer {
        state,
        text: String::new(),
    };
    printer.value(
        &value,
        Place {
            indent: 0,
            allowance: 0,
            level: 1,
        },
    )?;
    Ok(printer.text)
}

/// The value with the keys of its mappings sorted.
fn arranged(state: &State<'_, '_>, value: &Value) -> Result<Value, Error> {
    python::descend(state)?;
    match type_name(value) {
        "dict" if python::is_plain_map(value) => {
            let mut members = Vec::new();
            for (key, value) in pairs(value) {
                charge(state, 32)?;
                members.push((key, arranged(state, &value)?));
            }
            members.sort_by(|(left, _), (right, _)| {
                let ordering = compare::order(state, left, "<", right);
                // What Python does not order is ordered by the names of the types.
                ordering
                    .ok()
                    .flatten()
                    .unwrap_or_else(|| type_name(left).cmp(type_name(right)))
            });
            Ok(Value::from_pairs(members))
        }
        "list" => {
            let items = collect(state, value)?;
            items.iter().map(|item| arranged(state, item)).collect()
        }
        "tuple" => {
            let items = collect(state, value)?;
            let items: Result<Vec<_>, Error> =
                items.iter().map(|item| arranged(state, item)).collect();
            Ok(Value::from(minijinja::value::Tuple::from(items?)))
        }
        _ => Ok(value.clone()),
    }
}

/// Where a value is written: its column, what follows it on its last line, and how deep it is.
#[derive(Clone, Copy)]
struct Place {
    indent: usize,
    allowance: usize,
    level: usize,
}

struct Printer<'s> {
    state: &'s State<'s, 's>,
    text: String,
}

impl Printer<'_> {
    fn value(&mut self, value: &Value, place: Place) -> Result<(), Error> {
        let short = repr(self.state, value)?;
        let room = WIDTH.saturating_sub(place.indent + place.allowance);
        if short.chars().count() <= room {
            self.text.push_str(&short);
            return Ok(());
        }
        match type_name(value) {
            "dict" if python::is_plain_map(value) => self.mapping(value, place),
            "list" => self.items(value, place, "[", "]"),
            "tuple" => {
                let close = if value.len() == Some(1) { ",)" } else { ")" };
                self.items(value, place, "(", close)
            }
            "str" if !value.as_str().unwrap_or_default().is_empty() => {
                self.lines(value, &short, place)
            }
            _ => {
                self.text.push_str(&short);
                Ok(())
            }
        }
    }

    fn new_line(&mut self, indent: usize) -> Result<(), Error> {
        charge(self.state, indent)?;
        self.text.push('\n');
        self.text.push_str(&" ".repeat(indent));
        Ok(())
    }

    fn items(&mut self, value: &Value, place: Place, open: &str, close: &str) -> Result<(), Error> {
        self.text.push_str(open);
        let items = collect(self.state, value)?;
        let indent = place.indent + 1;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
                self.new_line(indent)?;
            }
            let is_last = index + 1 == items.len();
            let allowance = if is_last {
                place.allowance + close.len()
            } else {
                1
            };
            self.value(
                item,
                Place {
                    indent,
                    allowance,
                    level: place.level + 1,
                },
            )?;
        }
        self.text.push_str(close);
        Ok(())
    }

    fn mapping(&mut self, value: &Value, place: Place) -> Result<(), Error> {
        self.text.push('{');
        let members = pairs(value);
        let indent = place.indent + 1;
        for (index, (key, value)) in members.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
                self.new_line(indent)?;
            }
            let key = repr(self.state, key)?;
            self.text.push_str(&key);
            self.text.push_str(": ");
            let is_last = index + 1 == members.len();
            let allowance = if is_last { place.allowance + 1 } else { 1 };
            let column = indent + key.chars().count() + 2;
            self.value(
                value,
                Place {
                    indent: column,
                    allowance,
                    level: place.level + 1,
                },
            )?;
        }
        self.text.push('}');
        Ok(())
    }

    /// A long text as several, at its lines and words.
    fn lines(&mut self, value: &Value, short: &str, place: Place) -> Result<(), Error> {
        let is_outermost = place.level == 1;
        let indent = place.indent + usize::from(is_outermost);
        let allowance = place.allowance + usize::from(is_outermost);
        let chunks = self.chunks(
            value.as_str().unwrap_or_default(),
            WIDTH.saturating_sub(indent),
            allowance,
        )?;
        if chunks.len() == 1 {
            self.text.push_str(short);
            return Ok(());
        }
        if is_outermost {
            self.text.push('(');
        }
        for (index, chunk) in chunks.iter().enumerate() {
            if index > 0 {
                self.new_line(indent)?;
            }
            self.text.push_str(chunk);
        }
        if is_outermost {
            self.text.push(')');
        }
        Ok(())
    }

    fn chunks(&self, text: &str, width: usize, allowance: usize) -> Result<Vec<String>, Error> {
        let mut chunks = Vec::new();
        let lines = lines(text, true);
        for (number, line) in lines.iter().enumerate() {
            let is_last = number + 1 == lines.len();
            let room = |ends: bool| width.saturating_sub(if ends { allowance } else { 0 });
            let whole = self.quoted(line)?;
            if whole.chars().count() <= room(is_last) {
                chunks.push(whole);
                continue;
            }
            let parts = parts(line);
            let mut current = String::new();
            for (index, part) in parts.iter().enumerate() {
                let candidate = format!("{current}{part}");
                let ends = is_last && index + 1 == parts.len();
                if self.quoted(&candidate)?.chars().count() > room(ends) {
                    if !current.is_empty() {
                        chunks.push(self.quoted(&current)?);
                    }
                    (*part).clone_into(&mut current);
                } else {
                    current = candidate;
                }
            }
            if !current.is_empty() {
                chunks.push(self.quoted(&current)?);
            }
        }
        Ok(chunks)
    }

    fn quoted(&self, text: &str) -> Result<String, Error> {
        repr(self.state, &Value::from(text))
    }
}

/// Words, each with the white space after it.
fn parts(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let word = rest.find(is_space).unwrap_or(rest.len());
        let blank = rest[word..]
            .find(|character| !is_space(character))
            .unwrap_or(rest.len() - word);
        let (part, after) = rest.split_at(word + blank);
        parts.push(part);
        rest = after;
    }
    parts
}
