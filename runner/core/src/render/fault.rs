//! What went wrong in a template, said in the terms of its author.

use std::ops::Range;
use std::sync::Arc;

use minijinja::{Error, ErrorKind};

use crate::codes::Code;
use crate::context::Context;
use crate::diagnostic::Diagnostic;
use crate::render::translate::{Anchors, Refusal, RefusalKind};
use crate::render::unsupported;
use crate::rendered::location;

mod missing;
mod syntax;
mod undefined;

/// What a fault is described from.
pub(super) struct Fault<'a> {
    pub(super) file: &'a Arc<str>,
    pub(super) source: &'a str,
    pub(super) context: &'a Context,
    /// From what the engine reads to the source.
    pub(super) anchors: &'a Anchors,
}

impl Fault<'_> {
    /// Describes an error of the engine.
    pub(super) fn describe(&self, error: &Error) -> Diagnostic {
        if unsupported::is_behind(error) {
            let range = self.range(error);
            return self.at(Code::RenderUnsupported, innermost(error), &range);
        }
        if let Some(diagnostic) = self.undefined(error) {
            return diagnostic;
        }
        match error.kind() {
            ErrorKind::SyntaxError => self.syntax(error),
            ErrorKind::UnknownFilter
            | ErrorKind::UnknownTest
            | ErrorKind::UnknownFunction
            | ErrorKind::UnknownMethod => self.missing(error),
            ErrorKind::OutOfFuel => self.endless(
                error,
                "the template does not come to an end: it has done more work than a render may do",
            ),
            _ => self.failed(error),
        }
    }

    /// Describes what stops a template before the engine reads it.
    pub(super) fn refusal(&self, refusal: &Refusal) -> Diagnostic {
        if let Some(statement) = refusal.message.strip_prefix("unknown statement ") {
            return self.unknown_statement(statement, &refusal.range);
        }
        let code = match refusal.kind {
            RefusalKind::Syntax => Code::RenderSyntax,
            RefusalKind::Missing | RefusalKind::Unsupported => Code::RenderUnsupported,
        };
        let diagnostic = self.at(code, refusal.message.clone(), &refusal.range);
        match missing::suggestion(refusal) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic,
        }
    }

    fn failed(&self, error: &Error) -> Diagnostic {
        let detail = detail(error);
        if detail.contains("recursion limit") {
            return self.endless(
                error,
                "the template does not come to an end: it calls itself",
            );
        }
        if detail.contains("too many elements") {
            return self.endless(error, "a `range` has more than 100,000 elements");
        }
        self.at(Code::RenderFailed, detail, &self.range(error))
    }

    fn endless(&self, error: &Error, message: &str) -> Diagnostic {
        self.at(Code::RenderFuel, message, &self.range(error)).help(
            "look for loops inside loops, for a macro that calls itself, and for text that doubles",
        )
    }

    fn at(&self, code: Code, message: impl Into<String>, range: &Range<usize>) -> Diagnostic {
        Diagnostic::error(code, message).at(location(self.file, self.source, range))
    }

    /// Where the engine failed; the whole line where it does not know better.
    fn range(&self, error: &Error) -> Range<usize> {
        let line = || {
            let mut lines = self.source.split_inclusive('\n');
            let before = lines.by_ref().take(error.line()?.checked_sub(1)?);
            let start: usize = before.map(str::len).sum();
            let line = lines.next()?;
            let blank = line.len() - line.trim_start().len();
            Some(start + blank..start + line.trim_end().len())
        };
        let found = error.range().map(|range| self.anchors.range(&range));
        found.or_else(line).unwrap_or_default()
    }

    /// The template's text at a place.
    fn text(&self, range: &Range<usize>) -> &str {
        self.source.get(range.clone()).unwrap_or_default()
    }
}

/// What the first of the errors behind each other says.
fn innermost(error: &Error) -> String {
    let mut message = detail(error);
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(inner) = inner.downcast_ref::<Error>() {
            message = detail(inner);
        }
        source = inner.source();
    }
    message
}

/// What the engine says, without its name for the kind of error.
fn detail(error: &Error) -> String {
    let detail = error.detail();
    detail.map_or_else(|| error.kind().to_string(), ToOwned::to_owned)
}
