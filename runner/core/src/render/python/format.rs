//! Numbers and text as Python's `format()` and `%` write them.

use std::fmt::Write as _;

use crate::render::python::float;

/// Where what is written stands in a field that is wider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
    Center,
    /// Fills between the sign and the digits.
    Inside,
}

/// How something is written.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) fill: char,
    pub(super) align: Option<Align>,
    pub(super) sign: char,
    pub(super) alternate: bool,
    pub(super) width: usize,
    pub(super) group: Option<char>,
    pub(super) precision: Option<usize>,
    pub(super) kind: Option<char>,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            fill: ' ',
            align: None,
            sign: '-',
            alternate: false,
            width: 0,
            group: None,
            precision: None,
            kind: None,
        }
    }
}

impl Spec {
    /// Puts a text into its field.
    pub(super) fn text(&self, text: &str) -> String {
        let cut: String = match self.precision {
            Some(precision) => text.chars().take(precision).collect(),
            None => text.to_owned(),
        };
        self.pad("", &cut, Align::Left)
    }

    /// Writes a whole number with a base, or as a character.
    pub(super) fn whole(&self, number: i128) -> String {
        let digits = number.unsigned_abs();
        let (prefix, text) = match self.kind {
            Some('b') => ("0b", format!("{digits:b}")),
            Some('o') => ("0o", format!("{digits:o}")),
            Some('x') => ("0x", format!("{digits:x}")),
            Some('X') => ("0X", format!("{digits:X}")),
            _ => ("", digits.to_string()),
        };
        let mut text = text;
        if let Some(least) = self.precision {
            text = format!("{text:0>least$}");
        }
        let prefix = if self.alternate { prefix } else { "" };
        let lead = format!("{}{prefix}", self.sign_of(number < 0));
        self.number(&lead, &text)
    }

    /// Writes a number with a fraction.
    pub(super) fn real(&self, number: f64) -> String {
        let negative = number.is_sign_negative() && !number.is_nan();
        let text = self.real_digits(number.abs());
        self.number(self.sign_of(negative), &text)
    }

    fn sign_of(&self, negative: bool) -> &'static str {
        match (negative, self.sign) {
            (true, _) => "-",
            (false, '+') => "+",
            (false, ' ') => " ",
            _ => "",
        }
    }

    fn real_digits(&self, number: f64) -> String {
        let kind = self.kind.unwrap_or('r');
        if !number.is_finite() {
            let text = if number.is_nan() { "nan" } else { "inf" };
            let percent = if kind == '%' { "%" } else { "" };
            let text = format!("{text}{percent}");
            return if kind.is_ascii_uppercase() {
                text.to_uppercase()
            } else {
                text
            };
        }
        let precision = self.precision.unwrap_or(6);
        let text = match kind.to_ascii_lowercase() {
            'e' => exponent(number, precision, self.alternate),
            'f' => fixed(number, precision, self.alternate),
            '%' => format!("{}%", fixed(number * 100.0, precision, self.alternate)),
            'g' | 'n' => general(number, precision, self.alternate, false),
            _ => match self.precision {
                Some(precision) => general(number, precision, self.alternate, true),
                None => float(number),
            },
        };
        if kind.is_ascii_uppercase() {
            text.to_uppercase()
        } else {
            text
        }
    }

    /// Groups digits, and puts them into the field.
    fn number(&self, lead: &str, digits: &str) -> String {
        let Some(separator) = self.group else {
            return self.pad(lead, digits, Align::Right);
        };
        let end = digits
            .find(|digit: char| !digit.is_ascii_hexdigit())
            .unwrap_or(digits.len());
        let (whole, rest) = digits.split_at(end);
        let size = if matches!(self.kind, Some('b' | 'o' | 'x' | 'X')) {
            4
        } else {
            3
        };
        let inside = self.fill == '0' && self.align == Some(Align::Inside);
        let least = if inside {
            self.width
                .saturating_sub(lead.chars().count() + rest.chars().count())
        } else {
            0
        };
        let text = format!("{}{rest}", grouped(whole, separator, size, least));
        self.pad(lead, &text, Align::Right)
    }

    fn pad(&self, lead: &str, text: &str, natural: Align) -> String {
        let missing = self
            .width
            .saturating_sub(lead.chars().count() + text.chars().count());
        let fill = |count: usize| self.fill.to_string().repeat(count);
        match self.align.unwrap_or(natural) {
            Align::Left => format!("{lead}{text}{}", fill(missing)),
            Align::Right => format!("{}{lead}{text}", fill(missing)),
            Align::Center => format!(
                "{}{lead}{text}{}",
                fill(missing / 2),
                fill(missing - missing / 2)
            ),
            Align::Inside => format!("{lead}{}{text}", fill(missing)),
        }
    }
}

/// Digits in groups from the right, with zeros before them up to a width.
fn grouped(digits: &str, separator: char, size: usize, least: usize) -> String {
    let mut reversed: Vec<char> = Vec::new();
    let mut count = 0;
    let mut source = digits.chars().rev();
    loop {
        let digit = match source.next() {
            Some(digit) => digit,
            None if reversed.len() < least => '0',
            None => break,
        };
        if count > 0 && count % size == 0 {
            reversed.push(separator);
        }
        reversed.push(digit);
        count += 1;
    }
    reversed.into_iter().rev().collect()
}

fn fixed(number: f64, precision: usize, alternate: bool) -> String {
    let point = if alternate && precision == 0 { "." } else { "" };
    format!("{number:.precision$}{point}")
}

fn exponent(number: f64, precision: usize, alternate: bool) -> String {
    let text = format!("{number:.precision$e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if alternate && precision == 0 { "." } else { "" };
    let (sign, digits) = match power.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', power),
    };
    format!("{mantissa}{point}e{sign}{digits:0>2}")
}

/// As short as the precision allows; `as_number` keeps one digit after the point, as `str()` does.
fn general(number: f64, precision: usize, alternate: bool, as_number: bool) -> String {
    let precision = precision.max(1);
    let scientific = format!("{number:.*e}", precision - 1);
    let power: i32 = scientific
        .split_once('e')
        .and_then(|(_, power)| power.parse().ok())
        .unwrap_or(0);
    let limit = i32::try_from(precision).unwrap_or(i32::MAX);
    let limit = if as_number { limit - 1 } else { limit };
    if power < -4
        || power >= limit.max(i32::from(as_number)) && !(as_number && power == 0 && limit == 0)
    {
        let text = exponent(number, precision - 1, alternate);
        let (mantissa, power) = text.split_once('e').unwrap_or((&text, "+00"));
        return format!("{}e{power}", shortened(mantissa, alternate));
    }
    let places =
        usize::try_from(i64::try_from(precision).unwrap_or(i64::MAX) - 1 - i64::from(power))
            .unwrap_or(0);
    let mut text = shortened(&fixed(number, places, alternate), alternate);
    if as_number && !text.contains('.') {
        let written = write!(text, ".0");
        debug_assert!(written.is_ok());
    }
    text
}

/// Without the zeros at the end of its fraction.
fn shortened(text: &str, alternate: bool) -> String {
    if alternate || !text.contains('.') {
        return text.to_owned();
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
