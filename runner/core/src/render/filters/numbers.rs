//! Filters that turn values into numbers, and numbers into text.

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};

use crate::render::arguments::Arguments;
use crate::render::filters::members::Path;
use crate::render::python::kind::{Number, integer, number, too_large, type_error, type_name};
use crate::render::python::percent::truncated;
use crate::render::python::{charge, collect, operators, refuse_undefined};
use crate::render::unsupported;

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("int", int);
    environment.add_filter("float", float);
    environment.add_filter("abs", abs);
    environment.add_filter("round", round);
    environment.add_filter("sum", sum);
    environment.add_filter("random", random);
    environment.add_filter("filesizeformat", file_size);
}

/// `int(default=0, base=10)`: the whole number, or the default where there is none.
fn int(value: &Value, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    refuse_undefined(value)?;
    let arguments = Arguments::of(given, &["default", "base"])?;
    let base = arguments.whole("base")?.unwrap_or(10);
    let found = match number(value) {
        Some(Number::Whole(number)) => Some(integer(number)),
        Some(Number::Real(number)) if number.is_nan() => None,
        Some(Number::Real(number)) => Some(integer(truncated(number)?)),
        None => match value.as_str() {
            Some(text) => parse_int(text, base)?.or(real_text(text)?),
            None => None,
        },
    };
    Ok(found
        .or_else(|| arguments.value("default"))
        .unwrap_or_else(|| Value::from(0)))
}

/// The whole part of a text that is a number with a fraction.
fn real_text(text: &str) -> Result<Option<Value>, Error> {
    match parse_float(text) {
        Some(number) if number.is_finite() => Ok(Some(integer(truncated(number)?))),
        _ => Ok(None),
    }
}

/// `float(default=0.0)`.
fn float(value: &Value, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    refuse_undefined(value)?;
    let arguments = Arguments::of(given, &["default"])?;
    let found = match number(value) {
        Some(number) => Some(number.real()),
        None => value.as_str().and_then(parse_float),
    };
    let found = found
        .map(Value::from)
        .or_else(|| arguments.value("default"));
    Ok(found.unwrap_or_else(|| Value::from(0.0)))
}

/// Digits with `_` between them, after a sign and the prefix of the base; base 0 is what the prefix says.
fn parse_int(text: &str, base: i128) -> Result<Option<Value>, Error> {
    let text = text.trim().to_ascii_lowercase();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((digits.strip_prefix(prefix)?, radix)))
        .filter(|(_, radix)| base == 0 || base == i128::from(*radix));
    let (digits, radix) = match prefixed {
        Some((digits, radix)) => (digits.strip_prefix('_').unwrap_or(digits), radix),
        None if base == 0 => {
            // `010` is no number of Python's, but `00` is.
            let odd =
                digits.starts_with('0') && digits.bytes().any(|byte| !matches!(byte, b'0' | b'_'));
            (if odd { "" } else { digits }, 10)
        }
        None => (digits, u32::try_from(base).unwrap_or_default()),
    };
    if !(2..=36).contains(&radix) {
        return Ok(None);
    }
    let odd = digits.is_empty()
        || digits.starts_with('_')
        || digits.ends_with('_')
        || digits.contains("__");
    let is_digit = |character: char| character == '_' || character.is_digit(radix);
    if odd || !digits.chars().all(is_digit) {
        if digits
            .chars()
            .any(|digit| !digit.is_ascii() && digit.is_numeric())
        {
            return Err(unsupported::error("`int` of digits that are not ASCII"));
        }
        return Ok(None);
    }
    let digits = format!("{sign}{}", digits.replace('_', ""));
    let number = i128::from_str_radix(&digits, radix).map_err(|_| too_large("int"))?;
    Ok(Some(integer(number)))
}

/// A number as Python's `float()` reads it.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let is_digit = |index: Option<usize>| {
        index
            .and_then(|index| bytes.get(index))
            .is_some_and(u8::is_ascii_digit)
    };
    let odd = text
        .match_indices('_')
        .any(|(at, _)| !is_digit(at.checked_sub(1)) || !is_digit(Some(at + 1)));
    let text = text.replace('_', "");
    (!odd).then(|| text.parse().ok())?
}

fn abs(value: &Value) -> Result<Value, Error> {
    refuse_undefined(value)?;
    match number(value) {
        Some(Number::Whole(number)) => number
            .checked_abs()
            .map(integer)
            .ok_or_else(|| too_large("abs")),
        Some(Number::Real(number)) => Ok(Value::from(number.abs())),
        None => Err(type_error(format!(
            "bad operand type for abs(): '{}'",
            type_name(value)
        ))),
    }
}

/// `round(precision=0, method='common')`; a whole number stays one, but for `ceil` and `floor`.
fn round(value: &Value, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let arguments = Arguments::of(given, &["precision", "method"])?;
    let method = arguments
        .text("method")?
        .unwrap_or_else(|| "common".to_owned());
    if !matches!(method.as_str(), "common" | "ceil" | "floor") {
        return Err(type_error("method must be common, ceil or floor"));
    }
    refuse_undefined(value)?;
    let Some(number) = number(value) else {
        return Err(type_error(format!(
            "type {} doesn't define __round__ method",
            type_name(value)
        )));
    };
    if method != "common" {
        let precision = arguments
            .value("precision")
            .unwrap_or_else(|| Value::from(0));
        return round_to_side(value, &precision, &method);
    }
    let precision = match arguments.value("precision") {
        Some(none) if none.is_none() => None,
        _ => Some(arguments.whole("precision")?.unwrap_or(0)),
    };
    let digits = precision.unwrap_or(0).clamp(-400, 400);
    match number {
        Number::Whole(number) => Ok(integer(round_whole(number, digits))),
        Number::Real(number) if precision.is_none() => {
            truncated(number)?;
            Ok(integer(truncated(round_real(number, 0))?))
        }
        Number::Real(number) => Ok(Value::from(round_real(number, digits))),
    }
}

/// `func(value * 10**precision) / 10**precision`, where the function is `ceil` or `floor`.
fn round_to_side(value: &Value, precision: &Value, method: &str) -> Result<Value, Error> {
    let factor = operators::binary_of_numbers(&Value::from(10), "**", precision)?;
    let scaled = operators::binary_of_numbers(value, "*", &factor)?;
    let side = match number(&scaled) {
        Some(Number::Real(number)) if method == "ceil" => truncated(number.ceil())?,
        Some(Number::Real(number)) => truncated(number.floor())?,
        Some(Number::Whole(number)) => number,
        None => return Err(type_error("must be a real number")),
    };
    operators::binary_of_numbers(&integer(side), "/", &factor)
}

/// Rounds to tens and hundreds; a half goes to the even side.
fn round_whole(number: i128, digits: i128) -> i128 {
    let Ok(places) = u32::try_from(-digits) else {
        return number;
    };
    let Some(unit) = 10_i128.checked_pow(places) else {
        return 0;
    };
    let rest = number.rem_euclid(unit);
    let low = number - rest;
    let up = rest * 2 > unit || rest * 2 == unit && (low / unit) % 2 != 0;
    low + if up { unit } else { 0 }
}

/// Rounds the exact value of a number, as Python does; a half goes to the even side.
fn round_real(number: f64, digits: i128) -> f64 {
    if !number.is_finite() {
        return number;
    }
    if let Ok(places) = usize::try_from(digits) {
        return format!("{number:.places$}").parse().unwrap_or(number);
    }
    let Ok(whole) = truncated(number) else {
        return number;
    };
    // What is less than one tips a half over.
    let places = u32::try_from(-digits).unwrap_or(u32::MAX);
    let Some(unit) = 10_i128.checked_pow(places) else {
        return 0.0_f64.copysign(number);
    };
    let (size, rest) = (whole.unsigned_abs(), number.fract().abs() > 0.0);
    let unit = unit.unsigned_abs();
    let low = size - size % unit;
    let twice = (size % unit) * 2;
    let up = twice > unit || twice == unit && (rest || (low / unit) % 2 != 0);
    let rounded = low + if up { unit } else { 0 };
    rounded
        .to_string()
        .parse()
        .unwrap_or(number)
        .copysign(number)
}

/// `sum(attribute=none, start=0)`.
fn sum(state: &State<'_, '_>, value: &Value, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    let arguments = Arguments::of(given, &["attribute", "start"])?;
    let path = Path::of(arguments.some("attribute")?.as_ref())?;
    let start = arguments.value("start").unwrap_or_else(|| Value::from(0));
    if start.kind() == ValueKind::String {
        return Err(type_error(
            "sum() can't sum strings [use ''.join(seq) instead]",
        ));
    }
    let mut sum = start;
    for item in collect(state, value)? {
        charge(state, 16)?;
        sum = operators::binary(state, &sum, "+", &path.get(&item)?)?;
    }
    Ok(sum)
}

fn random(_: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    Err(unsupported::error(
        "`random` picks by chance, so that no two plans would be the same",
    ))
}

/// `filesizeformat(binary=false)`: a number of bytes for people.
fn file_size(value: &Value, given: Rest<ValueOrKwargs>) -> Result<String, Error> {
    refuse_undefined(value)?;
    let binary = Arguments::of(given, &["binary"])?.is_true("binary")?;
    let bytes = match number(value) {
        Some(number) => Some(number.real()),
        None => value.as_str().and_then(parse_float),
    };
    let Some(bytes) = bytes else {
        return Err(type_error("`filesizeformat` takes a number of bytes"));
    };
    let (base, prefixes) = if binary {
        (
            1024.0_f64,
            ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"],
        )
    } else {
        (1000.0, ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"])
    };
    if bytes.total_cmp(&1.0).is_eq() {
        return Ok("1 Byte".to_owned());
    }
    if bytes < base {
        return Ok(format!("{} Bytes", truncated(bytes)?));
    }
    let mut unit = base;
    let mut shown = prefixes[0];
    for prefix in prefixes {
        unit *= base;
        shown = prefix;
        if bytes < unit {
            break;
        }
    }
    let size = base * bytes / unit;
    if size.is_nan() {
        return Ok(format!("nan {shown}"));
    }
    Ok(format!("{size:.1} {shown}"))
}
