//! Text as a scalar of YAML 1.1: whether it reads back as the same text, and how to quote it where it does not.

use std::sync::LazyLock;

use regex_lite::Regex;

use crate::render::filters::json;

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}

static ARN: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^arn:[a-zA-Z-]+:[a-zA-Z0-9-]+:[a-z0-9-]*:(\d{12})?:.+$"));
static POLICY_ARN: LazyLock<Regex> =
    LazyLock::new(|| regex(r"^arn:[a-zA-Z-]+:iam::\d{12}:policy/"));

/// Plain scalars that are not text in YAML 1.1: null, booleans, merge keys, whole numbers, numbers, timestamps.
static NOT_TEXT: LazyLock<Regex> = LazyLock::new(|| {
    let kinds = [
        r"~|null|Null|NULL",
        r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
        r"=|<<",
        r"[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+",
        r"[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+",
        r"[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)?|\.[0-9][0-9_]*([eE][-+][0-9]+)?",
        r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*",
        r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
        r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]*)?([ \t]*(Z|[-+][0-9]{1,2}(:[0-9]{2})?))?",
    ];
    regex(&format!("^({})$", kinds.join("|")))
});

/// Whether a text has nothing but letters, digits, `_` and `-`.
pub(super) fn is_safe(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Whether a text is an ARN.
pub(super) fn is_arn(text: &str) -> bool {
    ARN.is_match(text)
}

/// Whether a text is the ARN of a managed policy.
pub(super) fn is_policy_arn(text: &str) -> bool {
    POLICY_ARN.is_match(text)
}

/// The text as it stands where YAML reads the same text back, else in double quotes.
pub(super) fn quoted(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else {
        json::quote(text)
    }
}

fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && !NOT_TEXT.is_match(text)
        && !text.chars().any(breaks_line)
        && starts_plain(text)
        && !text.contains(": ")
        && !text.contains(":\t")
        && !text.ends_with(':')
        && !text.contains(" #")
        && !text.contains("\t#")
        && !is_marker(text)
}

/// Whether a character ends a line of YAML or may not stand in it.
fn breaks_line(character: char) -> bool {
    let allowed = matches!(character, '\t' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    !allowed || matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Whether a plain scalar may start as the text does; `-`, `?` and `:` may, where more follows at once.
fn starts_plain(text: &str) -> bool {
    let mut characters = text.chars();
    match characters.next() {
        Some('-' | '?' | ':') => characters
            .next()
            .is_some_and(|next| !matches!(next, ' ' | '\t')),
        Some(first) => !",[]{}#&*!|>'\"%@`".contains(first),
        None => false,
    }
}

/// Whether the text reads as the start or the end of a document.
fn is_marker(text: &str) -> bool {
    let rest = text
        .strip_prefix("---")
        .or_else(|| text.strip_prefix("..."));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_yaml_reads_back_stays_as_it_is() {
        let plain = [
            "a",
            "0090",
            "-a",
            "a b",
            "a:b",
            "1e3",
            "arn:aws:iam::1:p/x",
            "v1.2.3",
            "<x>",
            "---a",
        ];
        assert_eq!(plain.map(quoted), plain);
    }

    #[test]
    fn text_that_yaml_reads_as_something_else_is_quoted() {
        let odd = [
            "",
            " a",
            "yes",
            "No",
            "null",
            "~",
            "12",
            "012",
            "0x1f",
            "1.5",
            "1_000",
            "12:30:45",
            "2020-01-01",
            "=",
            "<<",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "- a",
            "-",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "[a]",
            "{a}",
            "\"a\"",
            "'a'",
            "|",
            ">",
            "? a",
            "---",
            "... a",
            "a\nb",
            "\u{feff}a",
            ".5",
            "+.inf",
            "a\u{2028}b",
        ];
        let left: Vec<_> = odd
            .into_iter()
            .filter(|text| quoted(text) == *text)
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn quotes_are_those_of_json() {
        assert_eq!(quoted("ü: \"x\"\n"), r#""ü: \"x\"\n""#);
    }

    #[test]
    fn only_policies_of_an_account_are_policy_arns() {
        assert!(is_policy_arn("arn:aws:iam::111122223333:policy/p"));
        assert!(!is_policy_arn("arn:aws:iam::aws:policy/p"));
        assert!(is_arn("arn:aws:s3:::bucket"));
        assert!(!is_arn("this::is::incorrect"));
    }
}
