//! `'{}'.format(…)`.

use minijinja::value::ValueKind;
use minijinja::{Error, State, Value};

use crate::render::python::format::{Align, Spec};
use crate::render::python::kind::{Number, number, type_error, type_name};
use crate::render::python::{
    charge, collect, compare, escape, percent, refuse_undefined, repr, text,
};
use crate::render::unsupported;

const WIDEST: usize = 1_000_000;

/// What a template is formatted with.
pub(in crate::render) struct Arguments<'a> {
    pub(in crate::render) positional: &'a [Value],
    /// A mapping.
    pub(in crate::render) named: Value,
}

/// Formats a template; where it is safe for HTML, what goes into it is escaped.
pub(in crate::render) fn format(
    state: &State<'_, '_>,
    template: &str,
    safe: bool,
    arguments: &Arguments<'_>,
) -> Result<String, Error> {
    let mut formatter = Formatter {
        state,
        arguments,
        next: Numbering::Unknown,
        safe,
    };
    formatter.template(template, 2)
}

/// How fields without a name are counted; Python does not let a template mix the two.
enum Numbering {
    Unknown,
    Automatic(usize),
    Manual,
}

struct Formatter<'s> {
    state: &'s State<'s, 's>,
    arguments: &'s Arguments<'s>,
    next: Numbering,
    safe: bool,
}

impl Formatter<'_> {
    fn template(&mut self, template: &str, depth: usize) -> Result<String, Error> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(type_error("Max string recursion exceeded"));
        };
        let mut output = String::with_capacity(template.len());
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            output.push_str(&rest[..at]);
            let bracket = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(bracket) {
                output.push_str(bracket);
                rest = after;
                continue;
            }
            if bracket == "}" {
                return Err(type_error("Single '}' encountered in format string"));
            }
            let end = field_end(rest)?;
            let text = self.field(&rest[..end], depth)?;
            charge(self.state, text.len() + 8)?;
            output.push_str(&text);
            rest = &rest[end + 1..];
        }
        output.push_str(rest);
        Ok(output)
    }

    /// What stands between `{` and `}`: a name, a conversion and a format.
    fn field(&mut self, field: &str, depth: usize) -> Result<String, Error> {
        let (name, conversion, spec) = parts(field)?;
        let value = self.lookup(name)?;
        let spec = if spec.contains('{') {
            self.template(spec, depth)?
        } else {
            spec.to_owned()
        };
        let (value, converted) = match conversion {
            None => (value, false),
            Some('s') => (Value::from(text(self.state, &value)?), true),
            Some('r') => (Value::from(repr(self.state, &value)?), true),
            Some('a') => (
                Value::from(percent::ascii(&repr(self.state, &value)?)),
                true,
            ),
            Some(other) => {
                return Err(type_error(format!(
                    "Unknown conversion specifier {other:?}"
                )));
            }
        };
        if !converted {
            refuse_undefined(&value)?;
        }
        let shown = self.formatted(&value, &spec)?;
        let escapes = self.safe && !value.is_safe();
        Ok(if escapes { escape::html(&shown) } else { shown })
    }

    fn lookup(&mut self, name: &str) -> Result<Value, Error> {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (first, mut path) = name.split_at(end);
        let mut value = self.first(first)?;
        while !path.is_empty() {
            if path.starts_with('.') {
                return Err(unsupported::error(format!(
                    "`{{{name}}}` reads an attribute of Python's in a format"
                )));
            }
            let Some((key, rest)) = path[1..].split_once(']') else {
                return Err(type_error("expected '}' before end of string"));
            };
            if key.is_empty() {
                return Err(type_error("Empty attribute in format string"));
            }
            value = self.item(&value, key)?;
            path = rest;
            if !path.is_empty() && !path.starts_with(['.', '[']) {
                return Err(type_error(
                    "Only '.' or '[' may follow ']' in format field specifier",
                ));
            }
        }
        Ok(value)
    }

    fn first(&mut self, name: &str) -> Result<Value, Error> {
        let index = if name.is_empty() {
            let index = match self.next {
                Numbering::Manual => return Err(mixed()),
                Numbering::Unknown => 0,
                Numbering::Automatic(index) => index,
            };
            self.next = Numbering::Automatic(index + 1);
            index
        } else if name.bytes().all(|byte| byte.is_ascii_digit()) {
            if matches!(self.next, Numbering::Automatic(_)) {
                return Err(mixed());
            }
            self.next = Numbering::Manual;
            name.parse().unwrap_or(usize::MAX)
        } else {
            let found = compare::lookup(&self.arguments.named, &Value::from(name))?;
            return found.ok_or_else(|| type_error(format!("the format has no argument `{name}`")));
        };
        let found = self.arguments.positional.get(index).cloned();
        found.ok_or_else(|| {
            type_error(format!(
                "Replacement index {index} out of range for positional args tuple"
            ))
        })
    }

    fn item(&self, value: &Value, key: &str) -> Result<Value, Error> {
        refuse_undefined(value)?;
        let index = key.parse::<usize>().ok();
        let found = match (value.kind(), index) {
            (ValueKind::Map, Some(index)) => compare::lookup(value, &Value::from(index))?,
            (ValueKind::Map, None) => compare::lookup(value, &Value::from(key))?,
            (ValueKind::String, Some(index)) => {
                let text = value.as_str().unwrap_or_default();
                text.chars()
                    .nth(index)
                    .map(|character| Value::from(character.to_string()))
            }
            (ValueKind::Seq | ValueKind::Iterable, Some(index)) => {
                collect(self.state, value)?.get(index).cloned()
            }
            _ => None,
        };
        found
            .ok_or_else(|| type_error(format!("'{}' object has no item '{key}'", type_name(value))))
    }

    /// `format(value, spec)`.
    fn formatted(&self, value: &Value, spec: &str) -> Result<String, Error> {
        if spec.is_empty() {
            return text(self.state, value);
        }
        if self.safe && value.is_safe() {
            return Err(type_error("Format specifier given, but Markup takes none"));
        }
        let kind = type_name(value);
        if !matches!(kind, "str" | "int" | "float" | "bool" | "Markup") {
            return Err(type_error(format!(
                "unsupported format string passed to {kind}.__format__"
            )));
        }
        let spec = parse(spec, kind)?;
        if spec.width > WIDEST || spec.precision.is_some_and(|precision| precision > WIDEST) {
            return Err(unsupported::error(
                "a field is wider than 1,000,000 characters",
            ));
        }
        charge(self.state, spec.width + spec.precision.unwrap_or(0))?;
        match number(value) {
            Some(number) => write_number(number, &spec, kind),
            None => write_text(value.as_str().unwrap_or_default(), &spec),
        }
    }
}

fn mixed() -> Error {
    type_error("cannot switch between manual field specification and automatic field numbering")
}

/// Where the `}` stands that closes a field.
fn field_end(rest: &str) -> Result<usize, Error> {
    let mut depth = 1;
    let mut in_index = false;
    for (at, character) in rest.char_indices() {
        match character {
            '[' if depth == 1 => in_index = true,
            ']' => in_index = false,
            '{' if !in_index => depth += 1,
            '}' if !in_index => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok(at);
        }
    }
    Err(type_error("expected '}' before end of string"))
}

/// The name, the conversion and the format of a field.
fn parts(field: &str) -> Result<(&str, Option<char>, &str), Error> {
    let mut in_index = false;
    let end = field.find(|character| {
        in_index = match character {
            '[' => true,
            ']' => false,
            _ => in_index,
        };
        !in_index && matches!(character, ':' | '!')
    });
    let Some(end) = end else {
        if field.contains('{') {
            return Err(type_error("unexpected '{' in field name"));
        }
        return Ok((field, None, ""));
    };
    let (name, rest) = field.split_at(end);
    if name.contains('{') {
        return Err(type_error("unexpected '{' in field name"));
    }
    if let Some(spec) = rest.strip_prefix(':') {
        return Ok((name, None, spec));
    }
    let mut characters = rest[1..].chars();
    let Some(conversion) = characters.next() else {
        return Err(type_error(
            "end of string while looking for conversion specifier",
        ));
    };
    match characters.as_str() {
        "" => Ok((name, Some(conversion), "")),
        rest => match rest.strip_prefix(':') {
            Some(spec) => Ok((name, Some(conversion), spec)),
            None => Err(type_error("expected ':' after conversion specifier")),
        },
    }
}

fn align(character: char) -> Option<Align> {
    match character {
        '<' => Some(Align::Left),
        '>' => Some(Align::Right),
        '^' => Some(Align::Center),
        '=' => Some(Align::Inside),
        _ => None,
    }
}

/// `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.
fn parse(text: &str, kind: &str) -> Result<Spec, Error> {
    let wrong = || {
        type_error(format!(
            "Invalid format specifier '{text}' for object of type '{kind}'"
        ))
    };
    let mut spec = Spec::default();
    let mut rest = text;
    let mut characters = rest.chars();
    let (first, second) = (
        characters.next().unwrap_or_default(),
        characters.next().unwrap_or_default(),
    );
    if let Some(found) = align(second) {
        (spec.fill, spec.align) = (first, Some(found));
        rest = characters.as_str();
    } else if let Some(found) = align(first) {
        spec.align = Some(found);
        rest = &rest[1..];
    }
    if let Some(sign) = rest
        .chars()
        .next()
        .filter(|sign| matches!(sign, '+' | '-' | ' '))
    {
        spec.sign = sign;
        rest = &rest[1..];
        if matches!(kind, "str" | "Markup") {
            return Err(type_error("Sign not allowed in string format specifier"));
        }
    }
    if rest.starts_with('z') {
        return Err(unsupported::error("`z` in a format"));
    }
    if let Some(after) = rest.strip_prefix('#') {
        spec.alternate = true;
        rest = after;
    }
    if let Some(after) = rest.strip_prefix('0').filter(|_| spec.fill == ' ') {
        if spec.align.is_none() && !matches!(kind, "str" | "Markup") {
            spec.align = Some(Align::Inside);
        }
        // A fill of its own goes before the zero.
        if !text.starts_with(' ') || spec.align == Some(Align::Inside) {
            spec.fill = '0';
        }
        rest = after;
    }
    (spec.width, rest) = digits(rest, wrong)?;
    if let Some(group) = rest
        .chars()
        .next()
        .filter(|group| matches!(group, ',' | '_'))
    {
        spec.group = Some(group);
        rest = &rest[1..];
    }
    if let Some(after) = rest.strip_prefix('.') {
        if !after.starts_with(|digit: char| digit.is_ascii_digit()) {
            return Err(type_error("Format specifier missing precision"));
        }
        let (precision, after) = digits(after, wrong)?;
        spec.precision = Some(precision);
        rest = after;
    }
    let mut characters = rest.chars();
    spec.kind = characters.next();
    if characters.next().is_some() {
        return Err(wrong());
    }
    Ok(spec)
}

fn digits(text: &str, wrong: impl Fn() -> Error) -> Result<(usize, &str), Error> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(length);
    if digits.is_empty() {
        return Ok((0, rest));
    }
    Ok((digits.parse().map_err(|_| wrong())?, rest))
}

fn unknown(code: char, kind: &str) -> Error {
    type_error(format!(
        "Unknown format code '{code}' for object of type '{kind}'"
    ))
}

fn write_text(text: &str, spec: &Spec) -> Result<String, Error> {
    match spec.kind {
        None | Some('s') => {}
        Some(other) => return Err(unknown(other, "str")),
    }
    if spec.group.is_some() {
        return Err(type_error("Cannot specify ',' with 's'."));
    }
    if spec.alternate {
        return Err(type_error(
            "Alternate form (#) not allowed in string format specifier",
        ));
    }
    if spec.align == Some(Align::Inside) {
        return Err(type_error(
            "'=' alignment not allowed in string format specifier",
        ));
    }
    Ok(spec.text(text))
}

fn write_number(number: Number, spec: &Spec, kind: &str) -> Result<String, Error> {
    let is_whole = match spec.kind {
        None | Some('n') => matches!(number, Number::Whole(_)),
        Some('b' | 'c' | 'd' | 'o' | 'x' | 'X') => true,
        Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => false,
        Some(other) => return Err(unknown(other, kind)),
    };
    if spec.kind == Some('n') && spec.group.is_some() {
        return Err(type_error("Cannot specify ',' with 'n'."));
    }
    let Number::Whole(whole) = number else {
        if is_whole {
            return Err(unknown(spec.kind.unwrap_or_default(), kind));
        }
        return Ok(spec.real(number.real()));
    };
    if !is_whole {
        return Ok(spec.real(number.real()));
    }
    if spec.precision.is_some() {
        return Err(type_error(
            "Precision not allowed in integer format specifier",
        ));
    }
    if spec.group == Some(',') && matches!(spec.kind, Some('b' | 'o' | 'x' | 'X' | 'c')) {
        return Err(type_error("Cannot specify ',' with this type"));
    }
    if spec.kind == Some('c') {
        if spec.sign != '-' || spec.alternate || spec.group.is_some() {
            return Err(type_error(
                "Sign not allowed with integer format specifier 'c'",
            ));
        }
        let character = u32::try_from(whole).ok().and_then(char::from_u32);
        let character = character.ok_or_else(|| type_error("%c arg not in range(0x110000)"))?;
        let align = spec.align.or(Some(Align::Right));
        return Ok(Spec {
            align,
            ..spec.clone()
        }
        .text(&character.to_string()));
    }
    Ok(spec.whole(whole))
}
