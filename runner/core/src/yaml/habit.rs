//! Habits from YAML 1.1: plain scalars that its readers took for something else than YAML 1.2 does.

use super::{Node, Value};

/// A plain scalar that means one thing here and another to readers of YAML 1.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Habit {
    /// The scalar as it was written.
    pub(crate) written: String,
    /// What it was read as: "the number 12", "text".
    pub(crate) read: String,
    /// What YAML 1.1 makes of it: "the number 10", "a date".
    pub(crate) before: String,
    /// What to write so that every reader agrees.
    pub(crate) instead: String,
}

impl Habit {
    /// The habit that a value shows, if it shows one.
    pub(crate) fn of(node: &Node) -> Option<Self> {
        let written = node.raw.as_deref()?;
        let read = match &node.value {
            Value::Integer(value) => format!("the number {value}"),
            Value::Float(value) => format!("the number {value}"),
            Value::String(_) => "text".to_owned(),
            Value::Null | Value::Bool(_) | Value::Sequence(_) | Value::Mapping(_) => return None,
        };
        let quoted = format!("`\"{written}\"` for text");
        let (before, instead) = match node.value {
            Value::String(_) => once_not_text(written)?,
            _ => (once_another_number(written)?, value_of(&read).to_owned()),
        };
        let instead = if instead.is_empty() {
            format!("write `\"{written}\"`")
        } else {
            format!("write `{instead}`, or {quoted}")
        };
        Some(Self {
            written: written.to_owned(),
            read,
            before,
            instead,
        })
    }

    /// What it was read as, without words.
    pub(crate) fn value(&self) -> &str {
        value_of(&self.read)
    }
}

fn value_of(read: &str) -> &str {
    read.strip_prefix("the number ").unwrap_or(read)
}

/// What YAML 1.1 takes a text for, and how to write that here.
fn once_not_text(written: &str) -> Option<(String, String)> {
    match written.to_lowercase().as_str() {
        "yes" | "on" => return Some(("`true`".to_owned(), "true".to_owned())),
        "no" | "off" => return Some(("`false`".to_owned(), "false".to_owned())),
        _ => {}
    }
    let number = |value: i64| Some((format!("the number {value}"), value.to_string()));
    let (sign, digits) = match written.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, written.strip_prefix('+').unwrap_or(written)),
    };
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if let Some(bits) = digits.strip_prefix("0b") {
        return number(sign * i64::from_str_radix(&bits.replace('_', ""), 2).ok()?);
    }
    if is_date(digits) {
        return Some(("a date".to_owned(), String::new()));
    }
    if digits.contains(':') {
        return number(sign * sixties(digits)?);
    }
    let joined = digits.replace('_', "");
    if !digits.contains('_') || !joined.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let radix = if joined.starts_with('0') { 8 } else { 10 };
    number(sign * i64::from_str_radix(&joined, radix).ok()?)
}

/// What YAML 1.1 takes a number for, where it is none or another one there.
fn once_another_number(written: &str) -> Option<String> {
    let text = || Some("text".to_owned());
    let (sign, digits) = match written.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, written.strip_prefix('+').unwrap_or(written)),
    };
    if digits.starts_with("0o") {
        return text();
    }
    if digits.starts_with("0x") {
        return None;
    }
    if let Some((mantissa, exponent)) = digits.split_once(['e', 'E']) {
        let complete = mantissa.contains('.') && exponent.starts_with(['+', '-']);
        return if complete { None } else { text() };
    }
    if digits.len() < 2 || !digits.starts_with('0') || digits.contains('.') {
        return None;
    }
    match i64::from_str_radix(digits, 8) {
        Ok(value) if value < 8 => None,
        Ok(value) => Some(format!("the number {}", sign * value)),
        Err(_) => text(),
    }
}

/// `2026-10-07`, with or without a time.
fn is_date(text: &str) -> bool {
    let head = text.split(['T', 't', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = head.split('-').collect();
    let digits = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 3
        && parts.iter().all(digits)
        && parts[0].len() == 4
        && parts[1..].iter().all(|part| (1..=2).contains(&part.len()))
}

/// `12:30` is 750 in YAML 1.1.
fn sixties(text: &str) -> Option<i64> {
    let mut value: i64 = 0;
    for (index, part) in text.split(':').enumerate() {
        let digits = part.replace('_', "");
        let number: i64 = digits.parse().ok()?;
        if index > 0 && (number > 59 || part.len() > 2) {
            return None;
        }
        value = value.checked_mul(60)?.checked_add(number)?;
    }
    (!text.starts_with('0')).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn habit(written: &str) -> Option<(String, String, String)> {
        let node = yaml::parse(&"f".into(), written).unwrap();
        Habit::of(&node).map(|habit| (habit.read, habit.before, habit.instead))
    }

    #[test]
    fn what_yaml_1_1_reads_otherwise_is_known() {
        for (written, read, before, instead) in [
            (
                "yes",
                "text",
                "`true`",
                "write `true`, or `\"yes\"` for text",
            ),
            (
                "Off",
                "text",
                "`false`",
                "write `false`, or `\"Off\"` for text",
            ),
            (
                "012",
                "the number 12",
                "the number 10",
                "write `12`, or `\"012\"` for text",
            ),
            (
                "-012",
                "the number -12",
                "the number -10",
                "write `-12`, or `\"-012\"` for text",
            ),
            (
                "089",
                "the number 89",
                "text",
                "write `89`, or `\"089\"` for text",
            ),
            (
                "0o14",
                "the number 12",
                "text",
                "write `12`, or `\"0o14\"` for text",
            ),
            (
                "1e3",
                "the number 1000",
                "text",
                "write `1000`, or `\"1e3\"` for text",
            ),
            (
                "1_000",
                "text",
                "the number 1000",
                "write `1000`, or `\"1_000\"` for text",
            ),
            (
                "0b101",
                "text",
                "the number 5",
                "write `5`, or `\"0b101\"` for text",
            ),
            (
                "12:30",
                "text",
                "the number 750",
                "write `750`, or `\"12:30\"` for text",
            ),
            ("2026-10-07", "text", "a date", "write `\"2026-10-07\"`"),
            (
                "2026-10-07T12:00:00Z",
                "text",
                "a date",
                "write `\"2026-10-07T12:00:00Z\"`",
            ),
        ] {
            let expected = (read.to_owned(), before.to_owned(), instead.to_owned());
            assert_eq!(habit(written), Some(expected), "{written}");
        }
    }

    #[test]
    fn what_every_reader_takes_alike_is_no_habit() {
        for written in [
            "true",
            "null",
            "12",
            "-3",
            "0",
            "07",
            "0.5",
            "1.5e+3",
            "0x1f",
            "'yes'",
            "\"012\"",
            "!!str no",
            "10.0.0.0/16",
            "1.2.3",
            "00:30",
            "12:75",
            "12:30:99",
            "eu-west-1",
            "20261007",
            "a_b",
            "2026-10",
            "key: yes",
            "[no]",
            ".inf",
            "10:aa",
        ] {
            assert_eq!(habit(written), None, "{written}");
        }
    }
}
