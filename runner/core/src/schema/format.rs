//! Formats that are checked; any other is a remark for people.

use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::yaml::{Node, Value};

/// A format that narrows what a text or a number may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Date,
    DateTime,
    Uuid,
    Ipv4,
    Ipv6,
    Integer { bits: u32 },
}

impl Format {
    /// The format of that name, if it is one that is checked.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "date" => Some(Self::Date),
            "date-time" => Some(Self::DateTime),
            "uuid" => Some(Self::Uuid),
            "ipv4" => Some(Self::Ipv4),
            "ipv6" => Some(Self::Ipv6),
            "int8" => Some(Self::Integer { bits: 8 }),
            "int16" => Some(Self::Integer { bits: 16 }),
            "int32" => Some(Self::Integer { bits: 32 }),
            "int64" => Some(Self::Integer { bits: 64 }),
            _ => None,
        }
    }

    /// Whether a value has it; a value that is neither text nor a number always has.
    pub(super) fn fits(self, node: &Node) -> bool {
        match (self, &node.value) {
            (Self::Integer { bits }, Value::Integer(value)) => {
                matches!(value >> (bits - 1), 0 | -1)
            }
            (Self::Integer { .. }, Value::Float(_)) => false,
            (Self::Integer { .. }, _) => true,
            (_, Value::String(text)) => self.fits_text(text),
            _ => true,
        }
    }

    fn fits_text(self, text: &str) -> bool {
        match self {
            Self::Date => text.len() == 10 && text.parse::<Date>().is_ok(),
            Self::DateTime => is_date_time(text),
            Self::Uuid => is_uuid(text),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::Integer { .. } => true,
        }
    }

    /// What a value must be, and an example.
    pub(super) fn describe(self) -> (String, &'static str) {
        let (words, example) = match self {
            Self::Date => ("a date", "\"2026-10-07\""),
            Self::DateTime => ("a date with time and zone", "\"2026-10-07T12:00:00Z\""),
            Self::Uuid => ("a UUID", "123e4567-e89b-12d3-a456-426614174000"),
            Self::Ipv4 => ("an IPv4 address", "10.0.0.1"),
            Self::Ipv6 => ("an IPv6 address", "\"2001:db8::1\""),
            Self::Integer { bits } => return (format!("a whole number of {bits} bits"), "1"),
        };
        (words.to_owned(), example)
    }
}

/// RFC 3339: `2026-10-07T12:00:00.5+02:00`; a minute of 61 seconds ends a day in UTC.
fn is_date_time(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|character| {
            if character.is_ascii_digit() {
                '0'
            } else {
                character
            }
        })
        .collect();
    let Some(rest) = shape
        .to_uppercase()
        .strip_prefix("0000-00-00T00:00:00")
        .map(str::to_owned)
    else {
        return false;
    };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with('0') => fraction.trim_start_matches('0'),
        Some(_) => return false,
        None => &rest,
    };
    if zone != "Z" && zone != "+00:00" && zone != "-00:00" {
        return false;
    }
    let offset = &text[text.len() - zone.len()..];
    let of = |range: std::ops::Range<usize>| offset.get(range).and_then(|part| part.parse().ok());
    let (hours, minutes): (u32, u32) = (of(1..3).unwrap_or(0), of(4..6).unwrap_or(0));
    let Ok(moment) = text.parse::<Timestamp>() else {
        return false;
    };
    // A leap second reads as the second before it.
    let leaps = &text[17..19] == "60";
    let ends_a_day = moment.as_second().rem_euclid(86_400) >= 86_399;
    hours < 24 && minutes < 60 && (!leaps || ends_a_day)
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths = [8, 4, 4, 4, 12];
    parts.len() == lengths.len()
        && parts.iter().zip(lengths).all(|(part, length)| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn formats_narrow_texts_and_numbers() {
        for (format, value, fits) in [
            ("date", "'2026-10-07'", true),
            ("date", "'2026-13-07'", false),
            ("date", "20261007", true),
            ("date-time", "'2026-10-07T12:00:00Z'", true),
            ("date-time", "'2026-10-07'", false),
            ("date-time", "'2026-10-07t12:00:00.25-02:30'", true),
            ("date-time", "'2026-10-07T12:00Z'", false),
            ("date-time", "'2026-10-07T12:00:00.Z'", false),
            ("date-time", "'2026-10-07T12:00:00+24:00'", false),
            ("date-time", "'1998-12-31T23:59:60Z'", true),
            ("date-time", "'1998-12-31T15:59:60.1-08:00'", true),
            ("date-time", "'1998-12-31T23:58:60Z'", false),
            ("date-time", "'2026-10-07T1२:00:00Z'", false),
            ("uuid", "123e4567-e89b-12d3-a456-426614174000", true),
            ("uuid", "123e4567", false),
            ("ipv4", "10.0.0.1", true),
            ("ipv4", "10.0.0.0/16", false),
            ("ipv6", "'::1'", true),
            ("int8", "127", true),
            ("int8", "-128", true),
            ("int8", "128", false),
            ("int32", "-2147483649", false),
            ("int64", "9223372036854775807", true),
            ("int64", "-9223372036854775808", true),
            ("int64", "9223372036854775808", false),
        ] {
            let node = yaml::parse(&"f".into(), value).unwrap();
            assert_eq!(
                Format::named(format).unwrap().fits(&node),
                fits,
                "{format} {value}"
            );
        }
    }
}
