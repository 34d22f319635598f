//! Patterns: JavaScript's regular expressions, as far as they need no going back.

mod ecma;

use std::fmt;

use regex_lite::{Regex, RegexBuilder};

/// How much memory the smallest patterns need, in bytes, and how much a pattern may need.
const SIZES: [usize; 5] = [1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18];
/// How many bytes a text may have that a pattern is searched for in; a whole Proton spec had 51,200.
pub(super) const MAX_TEXT: usize = 1 << 16;

/// A pattern that can be searched for.
#[derive(Clone)]
pub(super) struct Pattern {
    written: String,
    regex: Regex,
    size: usize,
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
        let translated = ecma::translate(written)?;
        let sized = |size: usize| {
            let regex = RegexBuilder::new(&translated).size_limit(size).build();
            regex.map(|regex| (regex, size))
        };
        let [smallest, larger @ ..] = SIZES;
        let smallest = sized(smallest);
        let built = larger
            .into_iter()
            .fold(smallest, |built, size| built.or_else(|_| sized(size)));
        let (regex, size) = built.map_err(|error| BadPattern::Malformed(error.to_string()))?;
        Ok(Self {
            written: written.to_owned(),
            regex,
            size,
        })
    }

    /// How much work it can be at most to search a text: every part of the pattern at every byte.
    pub(super) fn work(&self, text: &str) -> u64 {
        self.size as u64 * (text.len() as u64 + 1)
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
            (r"^[\w-.]+$", "a-.", true),
            (r"^[a-\d]+$", "a-7", true),
            (r"^[a-\d]+$", "b", false),
            (r"^\s$", "\u{a0}", true),
            (r"^\s$", "\u{feff}", true),
            (r"^[^\S\n]+$", "\t\u{3000}", true),
            (r"^[^\S\n]+$", "\n", false),
            (r"^[\s\S]$", "\u{2028}", true),
            (r"^.$", "\u{2028}", false),
            (r"^.$", "\r", false),
            (r"^.$", "\u{1f600}", true),
            ("^$", "\n", false),
            ("[]", "a", false),
            ("^[^]$", "\n", true),
            ("[]a]", "a]", false),
            (r"^\ud83d\ude00$", "\u{1f600}", true),
            (r"^\u{1f600}$", "\u{1f600}", true),
            (r"^\cJ$", "\n", true),
            (r"^[\b]$", "\u{8}", true),
            (r"^\_\é\q$", "_éq", true),
            (r"^\0$", "\0", true),
            (r"^\xZ$", "xZ", true),
            (r"^a{x}]}$", "a{x}]}", true),
            (r"^[[:alpha:]]$", "a]", true),
            (r"\bé", "é", false),
            ("^(a|)+?$", "aa", true),
            ("^(?:)$", "", true),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            assert_eq!(parsed.occurs_in(text), occurs, "{pattern} in {text}");
        }
    }

    #[test]
    fn a_pattern_that_cannot_be_used_says_why() {
        for (pattern, what) in [
            ("^(?!aws)", "look-ahead and look-behind"),
            ("(?<=a)b", "look-ahead and look-behind"),
            (r"(a)\1", "back references"),
            (r"(?<x>a)\k<x>", "back references"),
            (r"\p{L}", "Unicode classes"),
            ("(?i)aws", "flags inside the pattern"),
            (r"\012", "octal escapes"),
            (r"\ud800", "halves of characters"),
        ] {
            let reason = Pattern::parse(pattern).unwrap_err();
            assert_eq!(reason, BadPattern::Unsupported(what), "{pattern}");
        }
    }

    #[test]
    fn what_is_no_regular_expression_in_javascript_is_none_here() {
        for pattern in [
            "(a",
            "a)",
            "*",
            "a**",
            "^*",
            "a|*",
            "(?P<n>a)",
            "(?<1>a)",
            "[a",
            "[b-a]",
            "[a--]",
            "a{2,1}",
            r"\b+",
            "x\\",
            r"\u{110000}",
            "^(.{1,500}){1,20}$",
        ] {
            let reason = Pattern::parse(pattern).unwrap_err();
            assert!(
                matches!(reason, BadPattern::Malformed(_)),
                "{pattern} {reason:?}"
            );
        }
    }
}
