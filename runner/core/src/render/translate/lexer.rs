//! The tags of a template and the tokens in them, by the rules of Jinja2's lexer.

use std::ops::Range;

/// What a token is; its text tells the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Text,
    Integer,
    Float,
    Operator,
}

/// One token and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

/// `{{ … }}` or `{% … %}`.
#[derive(Debug)]
pub(super) struct Tag {
    pub(super) is_statement: bool,
    pub(super) tokens: Vec<Token>,
    /// Where the two signs that open it stand, and the two that close it.
    pub(super) open: Range<usize>,
    pub(super) close: Range<usize>,
    /// Where the sign stands before the closing ones, or these themselves.
    pub(super) sign: usize,
}

/// A place where Jinja2's lexer stops.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) message: String,
    pub(super) range: Range<usize>,
}

/// Longest first: `**` is one operator.
const OPERATORS: &[&str] = &[
    "**", "//", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
];

/// Reads the tags of a template; text, comments and raw blocks are left out.
///
/// What is never closed ends the list: the engine says so better.
pub(super) fn tags(source: &str) -> Result<Vec<Tag>, Stop> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(open) = next_open(source, at) {
        let inside = open + 2;
        if source[open..].starts_with("{#") {
            let Some(end) = source[inside..].find("#}") else {
                break;
            };
            at = inside + end + 2;
        } else if let Some(inside) = keyword_tag(source, open, "raw", &["-%}", "%}"]) {
            let Some(end) = raw_end(source, inside) else {
                break;
            };
            at = end;
        } else {
            let Some(tag) = tag(source, open)? else {
                break;
            };
            at = tag.close.end;
            tags.push(tag);
        }
    }
    Ok(tags)
}

fn next_open(source: &str, from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = source[at..].find('{') {
        let open = at + found;
        if matches!(source.as_bytes().get(open + 1), Some(b'{' | b'%' | b'#')) {
            return Some(open);
        }
        at = open + 1;
    }
    None
}

/// Where a raw block ends, where it is closed.
fn raw_end(source: &str, inside: usize) -> Option<usize> {
    let mut at = inside;
    while let Some(found) = source[at..].find("{%") {
        let close = at + found;
        if let Some(end) = keyword_tag(source, close, "endraw", &["+%}", "-%}", "%}"]) {
            return Some(end);
        }
        at = close + 2;
    }
    None
}

/// Where a tag ends that holds one word and nothing else.
fn keyword_tag(source: &str, open: usize, word: &str, ends: &[&str]) -> Option<usize> {
    let rest = source[open..].strip_prefix("{%")?;
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    let rest = rest.trim_start().strip_prefix(word)?.trim_start();
    let end = ends.iter().find_map(|end| rest.strip_prefix(end))?;
    Some(source.len() - end.len())
}

fn tag(source: &str, open: usize) -> Result<Option<Tag>, Stop> {
    let is_statement = source[open..].starts_with("{%");
    let end = if is_statement { "%}" } else { "}}" };
    let mut at = open + 2;
    if source[at..].starts_with(['-', '+']) {
        at += 1;
    }
    let mut tokens = Vec::new();
    let mut brackets: Vec<u8> = Vec::new();
    loop {
        let rest = &source[at..];
        let blank = rest.len() - rest.trim_start().len();
        at += blank;
        let rest = &source[at..];
        if rest.is_empty() {
            return Ok(None);
        }
        if brackets.is_empty()
            && let Some(close) = closing(rest, end, is_statement)
        {
            return Ok(Some(Tag {
                is_statement,
                tokens,
                open: open..open + 2,
                close: at + close..at + close + 2,
                sign: at,
            }));
        }
        let Some((kind, length)) = token(rest) else {
            return stop(source, at);
        };
        if kind == Kind::Operator {
            balance(&mut brackets, source, at)?;
        }
        tokens.push(Token {
            kind,
            range: at..at + length,
        });
        at += length;
    }
}

/// Where in the rest the two signs stand that close the tag, if they come now.
fn closing(rest: &str, end: &str, is_statement: bool) -> Option<usize> {
    if rest.starts_with(end) {
        return Some(0);
    }
    let sign = rest.as_bytes().first()?;
    let is_sign = *sign == b'-' || (*sign == b'+' && is_statement);
    (is_sign && rest[1..].starts_with(end)).then_some(1)
}

fn balance(brackets: &mut Vec<u8>, source: &str, at: usize) -> Result<(), Stop> {
    let found = source.as_bytes()[at];
    let expected = match found {
        b'(' => {
            return {
                brackets.push(b')');
                Ok(())
            };
        }
        b'[' => {
            return {
                brackets.push(b']');
                Ok(())
            };
        }
        b'{' => {
            return {
                brackets.push(b'}');
                Ok(())
            };
        }
        b')' | b']' | b'}' => brackets.pop(),
        _ => return Ok(()),
    };
    if expected == Some(found) {
        return Ok(());
    }
    let found = char::from(found);
    let message = match expected {
        Some(expected) => format!("unexpected `{found}`, expected `{}`", char::from(expected)),
        None => format!("unexpected `{found}`"),
    };
    Err(Stop {
        message,
        range: at..at + 1,
    })
}

fn stop(source: &str, at: usize) -> Result<Option<Tag>, Stop> {
    let character = source[at..].chars().next().unwrap_or_default();
    // A text that is never closed is the engine's to report.
    if matches!(character, '"' | '\'') {
        return Ok(None);
    }
    Err(Stop {
        message: format!("unexpected `{character}`"),
        range: at..at + character.len_utf8(),
    })
}

fn token(rest: &str) -> Option<(Kind, usize)> {
    let first = rest.chars().next()?;
    if first.is_ascii_digit() {
        return number(rest);
    }
    if first == '_' || first.is_alphabetic() {
        let is_part = |character: char| character == '_' || character.is_alphanumeric();
        let length = rest.find(|character| !is_part(character));
        return Some((Kind::Name, length.unwrap_or(rest.len())));
    }
    if matches!(first, '"' | '\'') {
        return Some((Kind::Text, text(rest, first)?));
    }
    let operator = OPERATORS
        .iter()
        .find(|operator| rest.starts_with(**operator))?;
    Some((Kind::Operator, operator.len()))
}

/// The length of a quoted text, with its quotes.
fn text(rest: &str, quote: char) -> Option<usize> {
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == quote {
            return Some(at + 1);
        }
        if character == '\\' {
            characters.next();
        }
    }
    None
}

fn number(rest: &str) -> Option<(Kind, usize)> {
    if let Some(length) = float(rest) {
        return Some((Kind::Float, length));
    }
    let bytes = rest.as_bytes();
    let digits = |from: usize, is_digit: fn(&u8) -> bool| {
        let length = grouped(&rest[from..], is_digit);
        (length > 0).then_some((Kind::Integer, from + length))
    };
    let based = match bytes.get(1) {
        Some(b'b' | b'B') => digits(2, |byte| matches!(byte, b'0' | b'1')),
        Some(b'o' | b'O') => digits(2, |byte| (b'0'..=b'7').contains(byte)),
        Some(b'x' | b'X') => digits(2, u8::is_ascii_hexdigit),
        _ => None,
    };
    if bytes[0] != b'0' {
        return digits(0, u8::is_ascii_digit);
    }
    based.or_else(|| digits(0, |byte| *byte == b'0'))
}

/// The length of digits with single `_` between them, or after a base before the first.
fn grouped(rest: &str, is_digit: fn(&u8) -> bool) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    loop {
        let underscore = usize::from(bytes.get(at) == Some(&b'_'));
        match bytes.get(at + underscore) {
            Some(digit) if is_digit(digit) => at += underscore + 1,
            _ => return at,
        }
    }
}

/// The length of a number with a fraction or an exponent.
fn float(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let digits = |from: usize| grouped(rest.get(from..).unwrap_or_default(), u8::is_ascii_digit);
    let starts_with_digit = |from: usize| bytes.get(from).is_some_and(u8::is_ascii_digit);
    let whole = digits(0);
    let mut end = whole;
    if bytes.get(end) == Some(&b'.') && starts_with_digit(end + 1) {
        end += 1 + digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if starts_with_digit(end + 1 + sign) {
            end += 1 + sign + digits(end + 1 + sign);
        }
    }
    (end > whole).then_some(end)
}
