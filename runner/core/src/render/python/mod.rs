//! Values as Python has them: how they print, compare and calculate.

use std::fmt::{self, Write as _};

use minijinja::value::{DynObject, ValueKind};
use minijinja::{Error, Output, State, Value};

use crate::render::environment;
use crate::render::python::iterators::{Generator, Nothing, View};
use crate::render::python::kind::{type_error, type_name};
use crate::render::unsupported;

mod arithmetic;
pub(super) mod brace;
pub(super) mod compare;
pub(super) mod escape;
mod format;
pub(super) mod iterators;
pub(super) mod kind;
pub(super) mod members;
pub(super) mod operators;
pub(super) mod percent;
mod slices;

/// Writes a value as `{{ … }}` does.
pub(super) fn write(
    output: &mut Output<'_>,
    state: &State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    match value.as_str() {
        Some(text) => output.write_str(text)?,
        None => output.write_str(&text(state, value)?)?,
    }
    Ok(())
}

/// Fails as the engine does, and so with the name of what is undefined.
pub(super) fn refuse_undefined(value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        value.get_attr("")?;
    }
    Ok(())
}

/// Whether a value is what `a if b` gives where `b` is false.
pub(super) fn is_nothing(value: &Value) -> bool {
    value.downcast_object_ref::<Nothing>().is_some()
}

/// A value as Python's `str()` prints it.
pub(super) fn text(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    if let Some(text) = value.as_str() {
        charge(state, text.len())?;
        return Ok(text.to_owned());
    }
    if value.is_undefined()
        && let Some(unknown) = environment::last_unknown(state)
    {
        return Ok(unknown);
    }
    refuse_undefined(value)?;
    if is_nothing(value) {
        return Ok(String::new());
    }
    repr(state, value)
}

/// A value as Python's `repr()` prints it.
pub(super) fn repr(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    let mut text = String::new();
    represent(state, value, &mut text)?;
    Ok(text)
}

/// Takes the fuel for so many bytes.
///
/// A list can be a promise: `['x'] * 1000000` is short until somebody prints it.
pub(super) fn charge(state: &State<'_, '_>, bytes: usize) -> Result<(), Error> {
    if bytes == 0 {
        return Ok(());
    }
    state.consume_fuel(1 + bytes as u64 / 64)
}

/// Takes the fuel for going one level deeper into a value, which takes stack.
///
/// A namespace can hold itself, and then there is no last level.
pub(super) fn descend(state: &State<'_, '_>) -> Result<(), Error> {
    state.consume_fuel(4)
}

/// The items that Python would go through.
pub(super) fn collect(state: &State<'_, '_>, value: &Value) -> Result<Vec<Value>, Error> {
    refuse_undefined(value)?;
    if matches!(
        value.kind(),
        ValueKind::None | ValueKind::Bool | ValueKind::Number | ValueKind::Plain
    ) {
        return Err(type_error(format!(
            "'{}' object is not iterable",
            type_name(value)
        )));
    }
    let mut items = Vec::new();
    for item in value.try_iter()?.checked() {
        charge(state, 32)?;
        items.push(item?);
    }
    Ok(items)
}

/// How many items Python counts in a value.
pub(super) fn length(value: &Value) -> Result<usize, Error> {
    refuse_undefined(value)?;
    value.len().ok_or_else(|| {
        type_error(format!(
            "object of type '{}' has no len()",
            type_name(value)
        ))
    })
}

/// Writes a value as Python's `repr()` prints it.
fn represent(state: &State<'_, '_>, value: &Value, into: &mut String) -> Result<(), Error> {
    if let Some(view) = value.downcast_object_ref::<View>() {
        let _ = write!(into, "{}(", view.name);
        represent_items(state, view.items.iter().cloned().map(Ok), into, ('[', ']'))?;
        into.push(')');
        return Ok(());
    }
    if value.downcast_object_ref::<Generator>().is_some() {
        return Err(unsupported::error(
            "a generator prints as its place in memory; write `| list` or `| join` after it",
        ));
    }
    match type_name(value) {
        "list" => return represent_items(state, value.try_iter()?.checked(), into, ('[', ']')),
        "tuple" => return represent_items(state, value.try_iter()?.checked(), into, ('(', ')')),
        "dict" if is_plain_map(value) => return represent_map(state, value, into),
        _ => {}
    }
    let start = into.len();
    match as_float(value) {
        Some(number) => into.push_str(&float(number)),
        None if value.is_undefined() => into.push_str("Undefined"),
        None => match value.as_str() {
            Some(text) if value.is_safe() => {
                into.push_str("Markup(");
                quote(text, into);
                into.push(')');
            }
            Some(text) => quote(text, into),
            None => write!(into, "{value}")?,
        },
    }
    charge(state, into.len() - start)
}

fn represent_items(
    state: &State<'_, '_>,
    items: impl Iterator<Item = Result<Value, Error>>,
    into: &mut String,
    (open, close): (char, char),
) -> Result<(), Error> {
    descend(state)?;
    into.push(open);
    let mut count = 0;
    for item in items {
        if count > 0 {
            into.push_str(", ");
        }
        count += 1;
        represent(state, &item?, into)?;
    }
    if count == 1 && close == ')' {
        into.push(',');
    }
    into.push(close);
    charge(state, 2)
}

/// Writes a text with quotes, and escapes for what cannot be seen.
fn quote(text: &str, into: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    into.push(quote);
    for character in text.chars() {
        match character {
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            '\\' => into.push_str("\\\\"),
            _ if character == quote => into.extend(['\\', quote]),
            ' '..='~' => into.push(character),
            _ if is_printable(character) => into.push(character),
            '\0'..='\x1f' | '\x7f' => {
                let _ = write!(into, "\\x{:02x}", u32::from(character));
            }
            _ => into.push_str(&percent::ascii(character.encode_utf8(&mut [0; 4]))),
        }
    }
    into.push(quote);
}

/// Whether a character can be seen; beyond ASCII, Rust's own table is asked.
pub(super) fn is_printable(character: char) -> bool {
    if matches!(character, ' '..='~') {
        return true;
    }
    // A letter goes before it, as what combines with a letter is shown only after one.
    let pair: String = ['a', character].into_iter().collect();
    let shown = pair.escape_debug().to_string();
    !character.is_ascii_control()
        && (!character.is_whitespace() || character == ' ')
        && shown == pair
}

fn represent_map(state: &State<'_, '_>, map: &Value, into: &mut String) -> Result<(), Error> {
    descend(state)?;
    into.push('{');
    let pairs = map.as_object().and_then(DynObject::try_iter_pairs);
    for (index, (key, value)) in pairs.into_iter().flatten().enumerate() {
        if index > 0 {
            into.push_str(", ");
        }
        represent(state, &key, into)?;
        into.push_str(": ");
        represent(state, &value, into)?;
    }
    into.push('}');
    charge(state, 2)
}

/// Whether a mapping prints as its members; `loop` and macros do not.
pub(super) fn is_plain_map(value: &Value) -> bool {
    /// Takes the first character and no more.
    struct Head(Option<char>);

    impl fmt::Write for Head {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 = self.0.or(text.chars().next());
            Err(fmt::Error)
        }
    }

    let mut head = Head(None);
    let _refused = write!(head, "{value}");
    head.0 == Some('{')
}

/// The number, where a value is one with a fraction.
pub(super) fn as_float(value: &Value) -> Option<f64> {
    let is_float = value.kind() == ValueKind::Number && !value.is_integer();
    is_float.then(|| f64::try_from(value.clone()).ok())?
}

/// A number as Python prints it: `1.0`, `1e-05`, `1e+21`, `inf`.
pub(super) fn float(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string().to_lowercase();
    }
    // Rust writes the exponent in the same range of numbers, but without a sign and a second digit.
    let text = to_even(number, format!("{number:?}"));
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return text;
    };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    let mut text = mantissa.to_owned();
    let written = write!(text, "e{sign}{digits:0>2}");
    debug_assert!(written.is_ok());
    text
}

/// The shortest digits of a number; of two that are as near, Python takes those that end evenly, Rust the larger.
fn to_even(number: f64, shortest: String) -> String {
    let end = shortest.find('e').unwrap_or(shortest.len());
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let fraction = shortest[..end]
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    // Where fewer digits are enough, no two are as near.
    if digits(&shortest[..end]) < 16 {
        return shortest;
    }
    let even = if end == shortest.len() {
        format!("{number:.fraction$}")
    } else {
        format!("{number:.fraction$e}")
    };
    if even.parse() == Ok(number) {
        even
    } else {
        shortest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_numbers_that_are_as_near_the_even_one_is_printed() {
        let printed = [
            220_458_551_807_760.0 + 0.125,
            220_458_551_807_760.0 + 0.375,
            0.1 + 0.2,
            1e23,
        ]
        .map(float);
        let python = [
            "220458551807760.12",
            "220458551807760.38",
            "0.30000000000000004",
            "1e+23",
        ];
        assert_eq!(printed, python);
    }

    #[test]
    fn floats_print_as_in_python() {
        let printed = [1.0, 0.1, 1e21, 1.5e16, 1e15, 1e-5, 0.0001, -0.0].map(float);
        let python = [
            "1.0",
            "0.1",
            "1e+21",
            "1.5e+16",
            "1000000000000000.0",
            "1e-05",
            "0.0001",
            "-0.0",
        ];
        assert_eq!(printed, python);
    }

    #[test]
    fn what_is_no_number_prints_as_in_python() {
        let printed = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(float);
        assert_eq!(printed, ["inf", "-inf", "nan"]);
    }
}
