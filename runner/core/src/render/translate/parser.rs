//! Jinja2's grammar of expressions.
//!
//! Every function reads one expression and gives its range; the changes that it needs are noted on the way. The order
//! of precedence is Jinja2's: condition, `or`, `and`, `not`, comparison, `+ -`, `~`, `* / // %`, `**`, sign, filters.

use std::ops::Range;

use crate::render::translate::edits::Edits;
use crate::render::translate::lexer::{Kind, Tag, Token};
use crate::render::translate::{RESERVED, Refusal, RefusalKind};

mod filters;
mod methods;
mod operators;
mod postfix;
mod values;

pub(in crate::render) use methods::is_method;

/// How deep expressions may nest; the engine's own parser allows 150 levels, and a level here may be two of them.
const DEPTH: usize = 60;

pub(super) type Parsed = Result<Range<usize>, Refusal>;

/// Reads the tokens of one tag.
pub(super) struct Parser<'a> {
    source: &'a str,
    tokens: &'a [Token],
    at: usize,
    /// Where the tag's tokens end.
    end: usize,
    depth: usize,
    /// Filters and tests that do not exist, where Jinja2 looks for them before it renders.
    pub(super) unknown: Vec<Refusal>,
    /// The names that are read and set, and where.
    pub(super) reads: Vec<(&'a str, Range<usize>)>,
    pub(super) sets: Vec<(&'a str, Range<usize>)>,
    /// Whether the loop that the tag stands in is outside of a macro that it stands in.
    pub(super) is_out_of_loop: bool,
    /// Whether the tag stands in a macro.
    pub(super) in_macro: bool,
    pub(super) edits: &'a mut Edits,
}

impl<'a> Parser<'a> {
    pub(super) fn new(source: &'a str, tag: &'a Tag, edits: &'a mut Edits) -> Self {
        Self {
            source,
            tokens: &tag.tokens,
            at: 0,
            end: tag.close.start,
            depth: 0,
            unknown: Vec::new(),
            reads: Vec::new(),
            sets: Vec::new(),
            is_out_of_loop: false,
            in_macro: false,
            edits,
        }
    }

    // What comes next.

    fn token(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn text(&self) -> &'a str {
        self.token()
            .map_or("", |token| &self.source[token.range.clone()])
    }

    fn kind(&self) -> Option<Kind> {
        self.token().map(|token| token.kind)
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.token()
            .map_or(self.end..self.end, |token| token.range.clone())
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn is_operator(&self, operator: &str) -> bool {
        self.kind() == Some(Kind::Operator) && self.text() == operator
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind() == Some(Kind::Name) && self.text() == word
    }

    fn follows(&self, word: &str) -> bool {
        self.tokens.get(self.at + 1).is_some_and(|token| {
            token.kind == Kind::Name && &self.source[token.range.clone()] == word
        })
    }

    pub(super) fn advance(&mut self) -> Range<usize> {
        let range = self.range();
        self.at += 1;
        range
    }

    pub(super) fn skip_operator(&mut self, operator: &str) -> bool {
        let found = self.is_operator(operator);
        self.at += usize::from(found);
        found
    }

    pub(super) fn skip_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, operator: &str) -> Parsed {
        if self.is_operator(operator) {
            return Ok(self.advance());
        }
        Err(self.unexpected(&format!("expected `{operator}`")))
    }

    pub(super) fn name(&mut self) -> Parsed {
        if self.kind() != Some(Kind::Name) {
            return Err(self.unexpected("expected a name"));
        }
        self.check_name()?;
        Ok(self.advance())
    }

    fn check_name(&self) -> Result<(), Refusal> {
        let name = self.text();
        if name.starts_with(RESERVED) {
            let message = format!("names that start with `{RESERVED}` are Nucleon's own");
            return Err(self.unsupported(message));
        }
        if self.in_macro && matches!(name, "varargs" | "kwargs") {
            let message = format!(
                "`{name}` of a macro; give the macro an argument that is a list or a mapping"
            );
            return Err(self.unsupported(message));
        }
        if !name.is_ascii() {
            let message = format!("the name `{name}` has letters beyond a to z");
            return Err(self.unsupported(message));
        }
        Ok(())
    }

    /// Where the first token stands, which is a statement's keyword.
    pub(super) fn first(&self) -> Range<usize> {
        self.tokens
            .first()
            .map_or(self.end..self.end, |token| token.range.clone())
    }

    /// Whether one of some names stands in a range.
    pub(super) fn mentions(&self, range: &Range<usize>, names: &[String]) -> bool {
        let inside =
            |token: &&Token| range.contains(&token.range.start) && token.kind == Kind::Name;
        let mut words = self
            .tokens
            .iter()
            .filter(inside)
            .map(|token| &self.source[token.range.clone()]);
        words.any(|word| names.iter().any(|name| name == word))
    }

    // What is wrong.

    pub(super) fn unexpected(&self, expected: &str) -> Refusal {
        let found = match self.text() {
            "" => "the end of the tag".to_owned(),
            text => format!("`{text}`"),
        };
        self.refuse(
            RefusalKind::Syntax,
            format!("unexpected {found}, {expected}"),
        )
    }

    pub(super) fn unknown_statement(keyword: &str, range: Range<usize>) -> Refusal {
        Refusal {
            kind: RefusalKind::Syntax,
            message: format!("unknown statement {keyword}"),
            range,
        }
    }

    pub(super) fn unsupported(&self, message: String) -> Refusal {
        self.refuse(RefusalKind::Unsupported, message)
    }

    fn refuse(&self, kind: RefusalKind, message: String) -> Refusal {
        let range = self.range();
        Refusal {
            kind,
            message,
            range,
        }
    }
}
