//! The events of a YAML text.
//!
//! Reading them is most of the work of rendering, and the parser is generic, so it is compiled where it is used. Here
//! it has a crate of its own, which is made for speed while the programs around it are made for size.

use saphyr_parser::{Parser, StrInput};

pub use saphyr_parser::{Event, Marker, ScalarStyle, ScanError, Span, Tag};

/// The events of one text, with their places.
pub struct Events<'t>(Parser<'t, StrInput<'t>>);

impl<'t> Events<'t> {
    /// Reads a text.
    pub fn of(text: &'t str) -> Self {
        Self(Parser::new_from_str(text))
    }
}

impl<'t> Iterator for Events<'t> {
    type Item = Result<(Event<'t>, Span), ScanError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next_event()
    }
}
