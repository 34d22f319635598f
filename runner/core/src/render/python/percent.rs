//! `'…' % values`, as C's `printf`.

use std::fmt::{self, Write as _};

use minijinja::value::ValueKind;
use minijinja::{Error, State, Value};

use crate::render::python::format::{Align, Spec};
use crate::render::python::kind::{Number, is_tuple, number, type_error, type_name, whole};
use crate::render::python::{charge, collect, compare, escape, refuse_undefined, repr, text};
use crate::render::unsupported;

/// The widest field that is written.
const WIDEST: usize = 1_000_000;

/// Formats a template with its values: a tuple of them, a mapping, or one.
pub(in crate::render) fn format(
    state: &State<'_, '_>,
    template: &str,
    safe: bool,
    values: &Value,
) -> Result<Value, Error> {
    let arguments = if is_tuple(values) {
        collect(state, values)?
    } else {
        vec![values.clone()]
    };
    let mut formatter = Formatter {
        state,
        values,
        arguments,
        next: 0,
        used_names: false,
        safe,
    };
    let text = formatter.template(template)?;
    formatter.check_all_used()?;
    Ok(if safe {
        Value::from_safe_string(text)
    } else {
        Value::from(text)
    })
}

struct Formatter<'s> {
    state: &'s State<'s, 's>,
    values: &'s Value,
    arguments: Vec<Value>,
    next: usize,
    used_names: bool,
    safe: bool,
}

impl Formatter<'_> {
    fn template(&mut self, template: &str) -> Result<String, Error> {
        let mut output = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('%') {
            output.push_str(before);
            let (text, after) = self.conversion(after)?;
            charge(self.state, text.len() + 8)?;
            output.push_str(&text);
            rest = after;
        }
        output.push_str(rest);
        Ok(output)
    }

    /// One conversion after its `%`, and what comes after it.
    fn conversion<'t>(&mut self, rest: &'t str) -> Result<(String, &'t str), Error> {
        if let Some(rest) = rest.strip_prefix('%') {
            return Ok(("%".to_owned(), rest));
        }
        let (named, rest) = self.name(rest)?;
        let flags = rest.len() - rest.trim_start_matches(['-', '+', ' ', '#', '0']).len();
        let (flags, rest) = rest.split_at(flags);
        let mut spec = Spec {
            alternate: flags.contains('#'),
            sign: if flags.contains('+') {
                '+'
            } else if flags.contains(' ') {
                ' '
            } else {
                '-'
            },
            ..Spec::default()
        };
        let (width, rest) = self.size(rest)?;
        let left = flags.contains('-') || width < 0;
        spec.width = usize::try_from(width.unsigned_abs()).unwrap_or(WIDEST);
        spec.align = Some(if left { Align::Left } else { Align::Right });
        let zeros = flags.contains('0') && !left;
        let rest = match rest.strip_prefix('.') {
            Some(rest) => {
                let (precision, rest) = self.size(rest)?;
                spec.precision = Some(usize::try_from(precision.max(0)).unwrap_or(WIDEST));
                rest
            }
            None => rest,
        };
        let rest = rest.strip_prefix(['h', 'l', 'L']).unwrap_or(rest);
        if spec.width > WIDEST || spec.precision.is_some_and(|precision| precision > WIDEST) {
            return Err(unsupported::error(
                "a field is wider than 1,000,000 characters",
            ));
        }
        charge(self.state, spec.width + spec.precision.unwrap_or(0))?;
        let Some(kind) = rest.chars().next() else {
            return Err(type_error("incomplete format"));
        };
        let rest = &rest[kind.len_utf8()..];
        let value = match named {
            Some(value) => value,
            None => self.argument()?,
        };
        Ok((self.value(kind, spec, zeros, &value)?, rest))
    }

    /// `(name)` before a conversion, and what the values have under it.
    fn name<'t>(&mut self, rest: &'t str) -> Result<(Option<Value>, &'t str), Error> {
        let Some(inside) = rest.strip_prefix('(') else {
            return Ok((None, rest));
        };
        let mut depth = 1;
        let end = inside.char_indices().find_map(|(at, character)| {
            depth += match character {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            (depth == 0).then_some(at)
        });
        let Some(end) = end else {
            return Err(type_error("incomplete format key"));
        };
        if self.values.kind() != ValueKind::Map {
            return Err(type_error("format requires a mapping"));
        }
        self.used_names = true;
        let name = &inside[..end];
        let found = compare::lookup(self.values, &Value::from(name))?;
        let Some(value) = found else {
            return Err(type_error(format!("the values of `%` have no `{name}`")));
        };
        Ok((Some(value), &inside[end + 1..]))
    }

    /// A width or a precision: digits, or `*` for the next argument.
    fn size<'t>(&mut self, rest: &'t str) -> Result<(i128, &'t str), Error> {
        if let Some(rest) = rest.strip_prefix('*') {
            let value = self.argument()?;
            let size = whole(&value).ok_or_else(|| type_error("* wants int"))?;
            return Ok((size, rest));
        }
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = rest.split_at(length);
        Ok((
            if digits.is_empty() {
                0
            } else {
                digits.parse().unwrap_or(i128::MAX)
            },
            rest,
        ))
    }

    fn argument(&mut self) -> Result<Value, Error> {
        // A mapping that was read by name is no argument of its own.
        let argument = self
            .arguments
            .get(self.next)
            .filter(|_| !self.used_names || is_tuple(self.values));
        let argument = argument.cloned();
        self.next += 1;
        argument.ok_or_else(|| type_error("not enough arguments for format string"))
    }

    fn check_all_used(&self) -> Result<(), Error> {
        let takes_names = matches!(
            type_name(self.values),
            "Undefined" | "dict" | "list" | "range" | "dict view"
        );
        if takes_names && self.next == 0 || self.next >= self.arguments.len() {
            return Ok(());
        }
        Err(type_error(
            "not all arguments converted during string formatting",
        ))
    }

    fn value(
        &self,
        kind: char,
        mut spec: Spec,
        zeros: bool,
        value: &Value,
    ) -> Result<String, Error> {
        if !matches!(kind, 'r' | 'a') {
            refuse_undefined(value)?;
        }
        match kind {
            's' | 'r' | 'a' => {
                let mut shown = match kind {
                    's' => text(self.state, value)?,
                    'r' => repr(self.state, value)?,
                    _ => ascii(&repr(self.state, value)?),
                };
                if self.safe && !value.is_safe() && number(value).is_none() {
                    shown = escape::html(&shown);
                }
                Ok(spec.text(&shown))
            }
            'c' => Ok(spec.text(&character(value)?)),
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
                let number = whole_number(kind, value)?;
                spec.kind = Some(kind).filter(|kind| matches!(kind, 'x' | 'X' | 'o'));
                Ok(zero_filled(spec, zeros).whole(number))
            }
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
                let Some(number) = number(value) else {
                    return Err(type_error(format!(
                        "must be real number, not {}",
                        type_name(value)
                    )));
                };
                spec.kind = Some(kind);
                Ok(zero_filled(spec, zeros).real(number.real()))
            }
            _ => Err(type_error(format!("unsupported format character '{kind}'"))),
        }
    }
}

fn whole_number(kind: char, value: &Value) -> Result<i128, Error> {
    match number(value) {
        Some(Number::Whole(number)) => Ok(number),
        Some(Number::Real(number)) if matches!(kind, 'd' | 'i' | 'u') => truncated(number),
        _ => Err(type_error(format!(
            "%{kind} format: a number is required, not {}",
            type_name(value)
        ))),
    }
}

/// A number without its fraction.
pub(in crate::render) fn truncated(number: f64) -> Result<i128, Error> {
    const LIMIT: f64 = 1.7e38;
    if number.is_nan() || number.is_infinite() {
        return Err(type_error(
            "cannot convert float infinity or NaN to integer",
        ));
    }
    if number.abs() > LIMIT {
        return Err(crate::render::python::kind::too_large("int"));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the whole part of the number is what is asked for"
    )]
    let whole = number.trunc() as i128;
    Ok(whole)
}

fn zero_filled(spec: Spec, zeros: bool) -> Spec {
    if zeros {
        Spec {
            fill: '0',
            align: Some(Align::Inside),
            ..spec
        }
    } else {
        spec
    }
}

fn character(value: &Value) -> Result<String, Error> {
    if let Some(text) = value.as_str() {
        if text.chars().count() == 1 {
            return Ok(text.to_owned());
        }
    } else if let Some(number) = whole(value) {
        let character = u32::try_from(number).ok().and_then(char::from_u32);
        return character
            .map(String::from)
            .ok_or_else(|| type_error("%c arg not in range(0x110000)"));
    }
    Err(type_error("%c requires int or char"))
}

/// What is not ASCII as escapes.
pub(in crate::render) fn ascii(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        let code = u32::from(character);
        match code {
            0..=0x7f => escaped.push(character),
            0x80..=0xff => write_escape(&mut escaped, format_args!("\\x{code:02x}")),
            0x100..=0xffff => write_escape(&mut escaped, format_args!("\\u{code:04x}")),
            _ => write_escape(&mut escaped, format_args!("\\U{code:08x}")),
        }
    }
    escaped
}

fn write_escape(into: &mut String, escape: fmt::Arguments<'_>) {
    let written = into.write_fmt(escape);
    debug_assert!(written.is_ok());
}
