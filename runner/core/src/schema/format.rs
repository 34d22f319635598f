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
            Self::DateTime => {
                text.as_bytes()
                    .get(10)
                    .is_some_and(|at| b"Tt ".contains(at))
                    && text.parse::<Timestamp>().is_ok()
            }
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
