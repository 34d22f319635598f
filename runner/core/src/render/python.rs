//! Values as Python prints them.

use std::fmt::Write as _;

use minijinja::value::ValueKind;
use minijinja::{Error, Output, Value};

/// Writes a value as `{{ … }}` does.
pub(super) fn write(output: &mut Output<'_>, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) => output.write_str(text)?,
        None => output.write_str(&text(value))?,
    }
    Ok(())
}

/// A value as Python's `str()` prints it.
pub(super) fn text(value: &Value) -> String {
    match as_float(value) {
        Some(number) => float(number),
        None => value.to_string(),
    }
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
