//! What Jinja2 or Python can do and Nucleon does not offer: an error that says so.

use std::fmt;

use minijinja::{Error, ErrorKind};

/// Marks an error of the engine as one that Jinja2 would not have.
#[derive(Debug)]
struct Unsupported;

impl fmt::Display for Unsupported {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Nucleon does not offer it")
    }
}

impl std::error::Error for Unsupported {}

/// Makes an error of something that is not offered.
pub(super) fn error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into()).with_source(Unsupported)
}

/// Whether an error, or one behind it, is of something that is not offered.
pub(super) fn is_behind(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<Unsupported>() {
            return true;
        }
        source = inner.source();
    }
    false
}
