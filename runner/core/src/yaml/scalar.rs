//! What a scalar means: YAML 1.2's core schema.

use std::sync::Arc;

use super::Value;

/// What a plain scalar without a tag means.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    if !text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) {
        return Value::String(text.into());
    }
    number(text).unwrap_or_else(|| Value::String(text.into()))
}

/// What a scalar with one of YAML's own tags means: `!!str 80` is text; nothing where they do not fit.
pub(super) fn tagged(suffix: &str, text: &Arc<str>) -> Option<Value> {
    match (suffix, plain(text)) {
        ("str" | "binary" | "timestamp", _) => Some(Value::String(text.clone())),
        ("null", Value::Null) => Some(Value::Null),
        ("bool", Value::Bool(value)) => Some(Value::Bool(value)),
        ("int", Value::Integer(value)) => Some(Value::Integer(value)),
        #[expect(clippy::cast_precision_loss, reason = "the document asks for a float")]
        ("float", Value::Integer(value)) => Some(Value::Float(value as f64)),
        ("float", Value::Float(value)) => Some(Value::Float(value)),
        _ => None,
    }
}

fn number(text: &str) -> Option<Value> {
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    match unsigned {
        ".inf" | ".Inf" | ".INF" => return Some(Value::Float(sign * f64::INFINITY)),
        ".nan" | ".NaN" | ".NAN" if unsigned.len() == text.len() => {
            return Some(Value::Float(f64::NAN));
        }
        _ => {}
    }
    if !is_decimal(unsigned) {
        return None;
    }
    if let Ok(value) = text.parse() {
        return Some(Value::Integer(value));
    }
    // `123e4567` is rather a part of some id than a number that no computer can hold.
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(Value::Float(value))
}

/// `[0-9]*(\.[0-9]*)?([eE][-+]?[0-9]+)?` with a digit before the exponent.
fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let exponent_is_good = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    digits(whole) && digits(fraction) && whole.len() + fraction.len() > 0 && exponent_is_good
}

fn radix(digits: &str, radix: u32) -> Option<Value> {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    i64::from_str_radix(digits, radix).ok().map(Value::Integer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_yaml_1_2_says() {
        let text = |text: &str| Value::String(text.into());
        for (written, meant) in [
            ("", Value::Null),
            ("~", Value::Null),
            ("True", Value::Bool(true)),
            ("yes", text("yes")),
            ("on", text("on")),
            ("012", Value::Integer(12)),
            ("0o14", Value::Integer(12)),
            ("0xC", Value::Integer(12)),
            ("-3", Value::Integer(-3)),
            ("+3", Value::Integer(3)),
            ("1_000", text("1_000")),
            ("1.5", Value::Float(1.5)),
            (".5", Value::Float(0.5)),
            ("5.", Value::Float(5.0)),
            ("1e3", Value::Float(1000.0)),
            ("1e", text("1e")),
            ("123e4567", text("123e4567")),
            (".", text(".")),
            ("-", text("-")),
            ("-.inf", Value::Float(f64::NEG_INFINITY)),
            (
                "9223372036854775808",
                Value::Float(9_223_372_036_854_775_808.0),
            ),
            ("10.0.0.0/16", text("10.0.0.0/16")),
            ("2024-01-01", text("2024-01-01")),
            ("12:30", text("12:30")),
        ] {
            assert_eq!(plain(written), meant, "{written}");
        }
        assert!(matches!(plain(".nan"), Value::Float(value) if value.is_nan()));
    }
}
