//! What went wrong in a template, said in the terms of its author.

use std::sync::Arc;

use minijinja::{Error, ErrorKind};

use crate::codes::Code;
use crate::context::Context;
use crate::diagnostic::Diagnostic;
use crate::rendered::location;

/// What a fault is described from.
pub(super) struct Fault<'a> {
    pub(super) file: &'a Arc<str>,
    pub(super) source: &'a str,
    pub(super) context: &'a Context,
}

impl Fault<'_> {
    /// Describes an error of the engine.
    pub(super) fn describe(&self, error: &Error) -> Diagnostic {
        let code = match error.kind() {
            ErrorKind::SyntaxError => Code::RenderSyntax,
            ErrorKind::UndefinedError => Code::RenderUndefined,
            ErrorKind::OutOfFuel => Code::RenderFuel,
            _ => Code::RenderFailed,
        };
        let range = error.range().unwrap_or_default();
        let _ = self.context;
        Diagnostic::error(code, error.to_string()).at(location(self.file, self.source, &range))
    }
}
