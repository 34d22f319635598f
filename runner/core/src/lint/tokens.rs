//! The words of a template's Jinja, with their places; text, comments and `raw` blocks are left out.

use std::ops::Range;

/// One `{{ … }}` or `{% … %}`.
#[derive(Clone, Debug)]
pub(super) struct Tag<'t> {
    /// Whether it is a statement.
    pub(super) statement: bool,
    /// What stands in it.
    pub(super) tokens: Vec<Token<'t>>,
}

/// A word or a sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    /// As it is written; of a text without its quotes.
    pub(super) text: &'t str,
    /// Where it stands in the template.
    pub(super) range: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Number,
    Text,
    Sign,
}

/// The tags of a template, in its order; one that does not end is the last.
pub(super) fn tags(template: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(offset) = template[at..].find('{') {
        let start = at + offset;
        let rest = &template[start..];
        at = match rest.as_bytes().get(1) {
            Some(b'#') => rest
                .find("#}")
                .map_or(template.len(), |end| start + end + 2),
            Some(b'{' | b'%') => {
                let statement = rest.starts_with("{%");
                let (tokens, end) = tokens(template, start + 2);
                let raw = statement && tokens.first().is_some_and(|token| token.text == "raw");
                tags.push(Tag { statement, tokens });
                if raw { end_of_raw(template, end) } else { end }
            }
            _ => start + 1,
        };
    }
    tags
}

fn end_of_raw(template: &str, start: usize) -> usize {
    let end = template[start..].find("endraw");
    end.map_or(template.len(), |end| start + end)
}

/// The tokens from a place to the end of their tag, and where that is.
fn tokens(template: &str, start: usize) -> (Vec<Token<'_>>, usize) {
    let bytes = template.as_bytes();
    let mut tokens = Vec::new();
    let mut at = start;
    while at < bytes.len() {
        let rest = &template[at..];
        // `}}` may also end two mappings, but not in what people write.
        if rest.starts_with("}}") || rest.starts_with("%}") {
            return (tokens, at + 2);
        }
        let (kind, length) = match bytes[at] {
            quote @ (b'"' | b'\'') => {
                let inside = text_length(&rest[1..], quote);
                let range = at + 1..at + 1 + inside;
                let text = &template[range.clone()];
                tokens.push(Token {
                    kind: Kind::Text,
                    text,
                    range,
                });
                at = (at + inside + 2).min(bytes.len());
                continue;
            }
            byte if byte.is_ascii_digit() => (Kind::Number, word_length(rest)),
            _ if word_length(rest) > 0 => (Kind::Name, word_length(rest)),
            _ => (Kind::Sign, rest.chars().next().map_or(1, char::len_utf8)),
        };
        let text = &rest[..length];
        if !text.trim().is_empty() {
            let range = at..at + length;
            tokens.push(Token { kind, text, range });
        }
        at += length;
    }
    (tokens, bytes.len())
}

pub(super) fn word_length(text: &str) -> usize {
    let other = |character: char| !character.is_alphanumeric() && character != '_';
    text.find(other).unwrap_or(text.len())
}

/// How many bytes come before the quote that ends a text.
fn text_length(text: &str, quote: u8) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            byte if byte == quote => return index,
            _ => {}
        }
    }
    text.len()
}
