//! Patterns: JavaScript's regular expressions, as far as they need no going back.

use std::fmt;

use regex_lite::{Regex, RegexBuilder};

/// How much memory a pattern may need, in bytes; together with [`MAX_TEXT`] this bounds how long a search takes.
const MAX_SIZE: usize = 1 << 18;
/// How many bytes a text may have that a pattern is searched for in; a whole Proton spec had 51,200.
pub(super) const MAX_TEXT: usize = 1 << 16;

/// A pattern that can be searched for.
#[derive(Clone)]
pub(super) struct Pattern {
    written: String,
    regex: Regex,
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BadPattern {
    /// A regular expression in JavaScript, but not here: it could take for ever.
    Unsupported(&'static str),
    /// No regular expression at all.
    Malformed(String),
}

impl Pattern {
    /// Reads a pattern as JavaScript would.
    pub(super) fn parse(written: &str) -> Result<Self, BadPattern> {
        let mut builder = RegexBuilder::new(&translate(written));
        let regex = builder.size_limit(MAX_SIZE).build();
        let regex = regex.map_err(|error| reason(&error.to_string()))?;
        Ok(Self {
            written: written.to_owned(),
            regex,
        })
    }

    /// Whether it occurs anywhere in a text.
    pub(super) fn occurs_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The pattern as the schema has it.
    pub(super) fn as_str(&self) -> &str {
        &self.written
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)
    }
}

fn reason(message: &str) -> BadPattern {
    if message.contains("look-around") {
        BadPattern::Unsupported("look-ahead and look-behind")
    } else if message.contains("backreference") {
        BadPattern::Unsupported("back references")
    } else if message.contains("Unicode character classes") {
        BadPattern::Unsupported("Unicode classes")
    } else {
        BadPattern::Malformed(message.to_owned())
    }
}

/// Escapes what JavaScript takes literally and Rust does not: `[a[b]`, `[&&]`, `{x`, `\d` stays as it is.
fn translate(pattern: &str) -> String {
    let mut translated = String::with_capacity(pattern.len() + 8);
    let mut characters = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => escape(characters.next(), &mut translated),
            '[' if !in_class => {
                in_class = true;
                translated.push('[');
            }
            ']' => {
                in_class = false;
                translated.push(']');
            }
            '[' | '&' | '~' if in_class => translated.extend(['\\', character]),
            '{' if !in_class && !counts(characters.clone()) => translated.push_str("\\{"),
            _ => translated.push(character),
        }
    }
    translated
}

fn escape(escaped: Option<char>, translated: &mut String) {
    translated.push('\\');
    match escaped {
        Some('0') => translated.push_str("x00"),
        Some(escaped @ ('a' | 'A' | 'z' | '<' | '>')) => {
            translated.pop();
            translated.push(escaped);
        }
        Some(escaped) => translated.push(escaped),
        None => {}
    }
}

/// Whether `{` is followed by `2}`, `2,}` or `2,3}`.
fn counts(rest: impl Iterator<Item = char>) -> bool {
    let inside: String = rest.take_while(|&character| character != '}').collect();
    let (minimum, maximum) = inside.split_once(',').unwrap_or((&inside, "0"));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    !minimum.is_empty() && digits(minimum) && digits(maximum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_read_as_in_javascript() {
        for (pattern, text, occurs) in [
            (
                r"([0-9]{1,3}\.){3}[0-9]{1,3}($|/(16|18|24))",
                "10.0.0.0/16",
                true,
            ),
            (
                r"([0-9]{1,3}\.){3}[0-9]{1,3}($|/(16|18|24))",
                "10.0.0.0/17",
                false,
            ),
            ("b", "abc", true),
            ("^b", "abc", false),
            (r"^[a[b]+$", "a[b", true),
            ("^[&&~~]+$", "&~", true),
            ("^{{x}}$", "{{x}}", true),
            ("^a{,2}$", "a{,2}", true),
            (r"^\/x\-y$", "/x-y", true),
            (r"^\d+$", "١", false),
            (r"^[^\s]+$", "ab", true),
            (r"^.$", "é", true),
            (r"^(?<name>x)$", "x", true),
            (r"^\u0041$", "A", true),
            (r"^[a-zA-Z0-9_./-]{1,2048}$", "A", true),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            assert_eq!(parsed.occurs_in(text), occurs, "{pattern} in {text}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_used_says_why() {
        let reason = |pattern: &str| Pattern::parse(pattern).unwrap_err();
        assert_eq!(
            reason("^(?!aws)"),
            BadPattern::Unsupported("look-ahead and look-behind")
        );
        assert_eq!(reason(r"(a)\1"), BadPattern::Unsupported("back references"));
        assert_eq!(reason(r"\p{L}"), BadPattern::Unsupported("Unicode classes"));
        assert!(matches!(reason("(a"), BadPattern::Malformed(_)));
        assert!(matches!(reason("*"), BadPattern::Malformed(_)));
        assert!(matches!(
            reason("^(.{1,500}){1,20}$"),
            BadPattern::Malformed(_)
        ));
    }
}
