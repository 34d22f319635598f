//! Filters after `|` and tests after `is`.

use std::ops::Range;

use crate::render::environment::{FILTERS, TESTS};
use crate::render::translate::lexer::Kind;
use crate::render::translate::parser::{Parsed, Parser};
use crate::render::translate::{Refusal, RefusalKind};

impl Parser<'_> {
    pub(super) fn filters(&mut self, mut range: Range<usize>) -> Parsed {
        loop {
            if self.is_operator("|") {
                self.advance();
                range.end = self.filter()?.end;
            } else if self.is_word("is") {
                self.advance();
                range.end = self.test()?;
            } else if self.is_operator("(") {
                return Err(self.unsupported("a call of what a filter or a test gives".to_owned()));
            } else {
                return Ok(range);
            }
        }
    }

    /// A filter's name, with dots, and its arguments.
    pub(in crate::render::translate) fn filter(&mut self) -> Parsed {
        let mut range = self.name()?;
        while self.skip_operator(".") {
            range.end = self.name()?.end;
        }
        self.check_exists("filter", FILTERS, &range);
        if self.is_operator("(") {
            range.end = self.arguments()?.end;
        }
        Ok(range)
    }

    fn check_exists(&mut self, what: &str, known: &[&str], range: &Range<usize>) {
        let name: String = self.source[range.clone()].split_whitespace().collect();
        if !known.contains(&name.as_str()) {
            self.unknown.push(Refusal {
                kind: RefusalKind::Missing,
                message: format!("there is no {what} `{name}`"),
                range: range.clone(),
            });
        }
    }

    /// What comes after `is`.
    fn test(&mut self) -> Result<usize, Refusal> {
        self.skip_word("not");
        let name = self.name()?;
        let mut end = name.end;
        while self.skip_operator(".") {
            end = self.name()?.end;
        }
        self.check_exists("test", TESTS, &(name.start..end));
        if self.is_operator("(") {
            return Ok(self.arguments()?.end);
        }
        let takes_value = match self.kind() {
            Some(Kind::Name) => !matches!(self.text(), "else" | "or" | "and"),
            Some(Kind::Operator) => matches!(self.text(), "[" | "{"),
            Some(_) => true,
            None => false,
        };
        if !takes_value {
            return Ok(end);
        }
        if self.is_word("is") {
            return Err(self.unexpected("a test cannot follow a test"));
        }
        let primary = self.primary()?;
        let argument = self.postfix(primary)?;
        self.edits.before(argument.start, "(");
        self.edits.after(argument.end, ")");
        Ok(argument.end)
    }
}
