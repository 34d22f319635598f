//! The words of a Terraform file, with their places: comments are left out, expressions in texts are not.

use super::tokens::{Kind, Token, word_length};

/// What the scanner is in the middle of.
enum Inside<'t> {
    /// Code, with so many braces open; at a further `}` the text around it goes on.
    Code(usize),
    /// `"…"`.
    Quotes,
    /// `<<END`.
    Lines(&'t str),
}

/// The tokens of a file, in its order.
///
/// A text without expressions is one token; of others, only what stands between `${` and `}` is there.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer {
        text,
        at: 0,
        inside: Vec::new(),
        tokens: Vec::new(),
    };
    while lexer.at < text.len() {
        match lexer.inside.last() {
            None | Some(Inside::Code(_)) => lexer.code(),
            Some(Inside::Quotes) => lexer.quotes(),
            Some(Inside::Lines(end)) => {
                let end = *end;
                lexer.lines(end);
            }
        }
    }
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    inside: Vec<Inside<'t>>,
    tokens: Vec<Token<'t>>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let range = self.at..self.at + length;
        let text = &self.text[range.clone()];
        self.tokens.push(Token { kind, text, range });
        self.at += length;
    }

    fn skip_past(&mut self, end: &str) {
        let rest = self.rest();
        self.at += rest.find(end).map_or(rest.len(), |found| found + end.len());
    }

    fn code(&mut self) {
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or_default();
        match first {
            '#' => self.skip_past("\n"),
            '/' if rest.starts_with("//") => self.skip_past("\n"),
            '/' if rest.starts_with("/*") => self.skip_past("*/"),
            '"' => self.begin_quotes(),
            '<' if rest.starts_with("<<") => self.begin_lines(),
            '{' => {
                if let Some(Inside::Code(braces)) = self.inside.last_mut() {
                    *braces += 1;
                }
                self.push(Kind::Sign, 1);
            }
            '}' => {
                match self.inside.last_mut() {
                    Some(Inside::Code(0)) => drop(self.inside.pop()),
                    Some(Inside::Code(braces)) => *braces -= 1,
                    _ => {}
                }
                self.push(Kind::Sign, 1);
            }
            _ if first.is_whitespace() => self.at += first.len_utf8(),
            _ if first.is_ascii_digit() => self.push(Kind::Number, word_length(rest)),
            _ if word_length(rest) > 0 => self.push(Kind::Name, name_length(rest)),
            _ => self.push(Kind::Sign, first.len_utf8()),
        }
    }

    fn begin_quotes(&mut self) {
        self.at += 1;
        let start = self.at;
        self.inside.push(Inside::Quotes);
        let before = self.tokens.len();
        self.quotes();
        let ended = matches!(self.inside.last(), None | Some(Inside::Code(_)));
        if ended && self.tokens.len() == before {
            let range = start..(self.at - 1).max(start);
            let text = &self.text[range.clone()];
            let kind = Kind::Text;
            self.tokens.push(Token { kind, text, range });
        }
    }

    /// Goes on in a quoted text, to its end or into an expression.
    fn quotes(&mut self) {
        let mut escaped = false;
        for (index, byte) in self.rest().bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    self.inside.pop();
                    self.at += index + 1;
                    return;
                }
                b'$' | b'%' if self.begins_expression(index) => {
                    return self.begin_expression(index);
                }
                _ => {}
            }
        }
        self.at = self.text.len();
    }

    /// `<<END` and `<<-END`; a comparison or a shift goes on as code.
    fn begin_lines(&mut self) {
        let rest = self.rest();
        let word = rest[2..].strip_prefix('-').unwrap_or(&rest[2..]);
        let end = &word[..name_length(word)];
        if end.is_empty() {
            return self.push(Kind::Sign, 2);
        }
        self.skip_past("\n");
        self.inside.push(Inside::Lines(end));
    }

    /// Goes on in a text of several lines, to its end or into an expression.
    fn lines(&mut self, end: &str) {
        let mut starts = self.text[..self.at].ends_with('\n');
        for (index, byte) in self.rest().bytes().enumerate() {
            let last = std::mem::replace(&mut starts, byte == b'\n');
            if last && is_end(&self.rest()[index..], end) {
                self.inside.pop();
                self.at += index;
                return self.skip_past("\n");
            }
            if matches!(byte, b'$' | b'%') && self.begins_expression(index) {
                return self.begin_expression(index);
            }
        }
        self.at = self.text.len();
    }

    /// Whether `${` or `%{` stands there; a doubled sign is text.
    fn begins_expression(&self, index: usize) -> bool {
        let at = self.at + index;
        let bytes = self.text.as_bytes();
        let doubled = at > 0 && bytes[at - 1] == bytes[at];
        bytes.get(at + 1) == Some(&b'{') && !doubled
    }

    fn begin_expression(&mut self, index: usize) {
        self.at += index;
        self.push(Kind::Sign, 2);
        // `${~` trims.
        self.at += usize::from(self.rest().starts_with('~'));
        self.inside.push(Inside::Code(0));
    }
}

/// Whether a line is the word that ends a text, and nothing else.
fn is_end(line: &str, word: &str) -> bool {
    let after = line.trim_start_matches([' ', '\t']).strip_prefix(word);
    let after = after.map(|after| after.trim_start_matches([' ', '\t', '\r']));
    after.is_some_and(|after| after.is_empty() || after.starts_with('\n'))
}

/// Names of HCL may have dashes.
fn name_length(text: &str) -> usize {
    let other = |character: char| !character.is_alphanumeric() && !matches!(character, '_' | '-');
    text.find(other).unwrap_or(text.len())
}
