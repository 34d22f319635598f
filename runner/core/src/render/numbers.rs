//! Filters that turn values into numbers, and numbers into text.

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, Value};

use crate::render::arguments::Arguments;
use crate::render::filters::refuse_undefined;
use crate::render::python;

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("int", int);
    environment.add_filter("float", float);
    environment.add_filter("filesizeformat", file_size);
}

/// `int(default=0, base=10)`: the whole number, or the default where there is none.
fn int(value: &Value, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    refuse_undefined(value)?;
    let arguments = Arguments::of(given, &["default", "base"])?;
    let default = arguments.get::<Value>("default")?;
    let base = arguments.get::<u32>("base")?.unwrap_or(10);
    let number = match value.kind() {
        ValueKind::Bool => Some(Value::from(i64::from(value.is_true()))),
        ValueKind::Number if value.is_integer() => Some(value.clone()),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            parse_int(text, base).or_else(|| parse_float(text).and_then(whole))
        }
        _ => python::as_float(value).and_then(whole),
    };
    Ok(number.or(default).unwrap_or_else(|| Value::from(0)))
}

/// `float(default=0.0)`.
fn float(value: &Value, given: Rest<ValueOrKwargs>) -> Result<Value, Error> {
    refuse_undefined(value)?;
    let default = Arguments::of(given, &["default"])?.get::<Value>("default")?;
    let number = match value.kind() {
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        ValueKind::String => parse_float(value.as_str().unwrap_or_default()),
        _ => None,
    };
    let number = number.map(Value::from);
    Ok(number.or(default).unwrap_or_else(|| Value::from(0.0)))
}

/// The whole part of a number.
fn whole(number: f64) -> Option<Value> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the whole part of the number is what is asked for"
    )]
    let whole = number.trunc() as i128;
    number.is_finite().then(|| narrow(whole))
}

fn narrow(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| Value::from(number), Value::from)
}

/// Digits with `_` between them, after a sign and, where the base is not ten, its prefix.
fn parse_int(text: &str, base: u32) -> Option<Value> {
    let text = text.trim().to_ascii_lowercase();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let prefix = match base {
        16 => "0x",
        8 => "0o",
        2 => "0b",
        _ => "",
    };
    let digits = digits.strip_prefix(prefix).unwrap_or(digits);
    let odd = digits.starts_with(['+', '-', '_']) || digits.ends_with('_') || digits.contains("__");
    if odd || !(2..=36).contains(&base) {
        return None;
    }
    let digits = format!("{sign}{}", digits.replace('_', ""));
    i128::from_str_radix(&digits, base).ok().map(narrow)
}

fn parse_float(text: &str) -> Option<f64> {
    let odd = text.trim().starts_with('_') || text.contains("__");
    let text = text.trim().replace('_', "");
    (!odd).then(|| text.parse().ok())?
}

/// `filesizeformat(binary=false)`: a number of bytes for people.
fn file_size(value: &Value, given: Rest<ValueOrKwargs>) -> Result<String, Error> {
    refuse_undefined(value)?;
    let binary = Arguments::of(given, &["binary"])?.get::<bool>("binary")?;
    let text = value.as_str().and_then(parse_float);
    let Some(bytes) = text.or_else(|| f64::try_from(value.clone()).ok()) else {
        let message = "`filesizeformat` takes a number of bytes";
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    };
    let (base, infix) = if binary.unwrap_or(false) {
        (1024.0, "i")
    } else {
        (1000.0, "")
    };
    if bytes.total_cmp(&1.0).is_eq() {
        return Ok("1 Byte".to_owned());
    }
    if bytes < base {
        return Ok(format!("{bytes:.0} Bytes"));
    }
    let mut size = bytes / base;
    let mut units = "kMGTPEZ".chars();
    let mut unit = units.next();
    while size >= base {
        let Some(larger) = units.next() else {
            break;
        };
        size /= base;
        unit = Some(larger);
    }
    let unit = unit.map(|unit| {
        if infix.is_empty() {
            unit
        } else {
            unit.to_ascii_uppercase()
        }
    });
    Ok(format!("{size:.1} {}{infix}B", unit.unwrap_or('k')))
}
