//! Filters, tests, functions and methods that do not exist.

use minijinja::{Error, ErrorKind};

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::render::environment;
use crate::render::fault::{Fault, detail};
use crate::render::translate::{Refusal, RefusalKind};
use crate::suggest;

impl Fault<'_> {
    pub(super) fn missing(&self, error: &Error) -> Diagnostic {
        let detail = detail(error);
        let message = match error.kind() {
            ErrorKind::UnknownMethod => detail.replace(" method named ", " method `") + "`",
            kind => named(kind, &detail),
        };
        let diagnostic = self.at(Code::RenderUnsupported, message, &self.range(error));
        match near(error.kind(), &detail) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic,
        }
    }
}

/// The filter or test that was meant by one that does not exist.
pub(super) fn suggestion(refusal: &Refusal) -> Option<&'static str> {
    if refusal.kind != RefusalKind::Missing {
        return None;
    }
    let name = refusal.message.split('`').nth(1)?;
    let known = if refusal.message.contains("test") {
        environment::TESTS
    } else {
        environment::FILTERS
    };
    suggest::closest(name, known.iter().copied())
}

fn near(kind: ErrorKind, detail: &str) -> Option<&'static str> {
    let name = name(detail)?;
    let known = match kind {
        ErrorKind::UnknownFilter => environment::FILTERS,
        ErrorKind::UnknownTest => environment::TESTS,
        ErrorKind::UnknownFunction => environment::FUNCTIONS,
        _ => return None,
    };
    suggest::closest(name, known.iter().copied())
}

/// `filter x is unknown` → x.
fn name(detail: &str) -> Option<&str> {
    let name = detail.strip_suffix(" is unknown")?;
    Some(name.rsplit(' ').next().unwrap_or(name))
}

fn named(kind: ErrorKind, detail: &str) -> String {
    let what = match kind {
        ErrorKind::UnknownFilter => "filter",
        ErrorKind::UnknownTest => "test",
        _ => "function",
    };
    let name = name(detail).unwrap_or(detail);
    format!("there is no {what} `{name}`")
}
