//! Values as Python prints them.

use std::fmt::{self, Write as _};

use minijinja::value::{DynObject, ValueKind};
use minijinja::{Error, Output, State, Value};

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

/// A value as Python's `str()` prints it.
pub(super) fn text(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    if let Some(text) = value.as_str() {
        charge(state, text.len())?;
        return Ok(text.to_owned());
    }
    let mut text = String::new();
    if !value.is_undefined() {
        represent(state, value, &mut text)?;
    }
    Ok(text)
}

/// Takes the fuel for so many bytes.
///
/// A list can be a promise: `['x'] * 1000000` is short until somebody prints it.
pub(super) fn charge(state: &State<'_, '_>, bytes: usize) -> Result<(), Error> {
    state.consume_fuel(1 + bytes as u64 / 64)
}

/// Writes a value as Python's `repr()` prints it.
fn represent(state: &State<'_, '_>, value: &Value, into: &mut String) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable if value.len().is_some() => {
            return represent_list(state, value, into);
        }
        ValueKind::Map if is_plain_map(value) => return represent_map(state, value, into),
        _ => {}
    }
    let start = into.len();
    match as_float(value) {
        Some(number) => into.push_str(&float(number)),
        None if value.is_undefined() => into.push_str("Undefined"),
        None if value.as_str().is_some() => write!(into, "{value:?}")?,
        None => write!(into, "{value}")?,
    }
    charge(state, into.len() - start)
}

fn represent_list(state: &State<'_, '_>, list: &Value, into: &mut String) -> Result<(), Error> {
    let (open, close) = if list.is_tuple() {
        ('(', ')')
    } else {
        ('[', ']')
    };
    into.push(open);
    for (index, item) in list.try_iter()?.checked().enumerate() {
        if index > 0 {
            into.push_str(", ");
        }
        represent(state, &item?, into)?;
    }
    if list.is_tuple() && list.len() == Some(1) {
        into.push(',');
    }
    into.push(close);
    charge(state, 2)
}

fn represent_map(state: &State<'_, '_>, map: &Value, into: &mut String) -> Result<(), Error> {
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
fn is_plain_map(value: &Value) -> bool {
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
    let text = format!("{number:?}");
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

#[cfg(test)]
mod tests {
    use super::*;

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
