//! From Jinja2's expressions to the engine's.
//!
//! The engine reads nearly the language of Jinja2, and calculates nearly like Python. Where nearly is not enough, an
//! expression is written as a call of one of our functions before the engine sees it: `a % b` becomes
//! `_nucleon_calculate(a, '%', b)`. Expressions are read by Jinja2's own grammar for that, so what Jinja2 refuses is
//! refused here, even where the engine would take it. Anchors lead from every place of what the engine reads to the
//! template.

use std::ops::Range;

use crate::render::translate::parser::Parser;
use crate::render::translate::statement::Blocks;

mod edits;
mod lexer;
mod literal;
mod parser;
mod scopes;
mod statement;

pub(super) use edits::Anchors;
pub(super) use parser::is_method;

/// The function for `+ - * / // % **` and for signs.
pub(super) const CALCULATE: &str = "_nucleon_calculate";
/// The function for `== != < <= > >= in`.
pub(super) const COMPARE: &str = "_nucleon_compare";
/// The functions for the first, the last and the other comparisons of `a < b < c < d`.
pub(super) const COMPARE_FIRST: &str = "_nucleon_compare_first";
pub(super) const COMPARE_NEXT: &str = "_nucleon_compare_next";
pub(super) const COMPARE_LAST: &str = "_nucleon_compare_last";
/// The function for `~`.
pub(super) const CONCATENATE: &str = "_nucleon_concatenate";
/// The function for `[a:b:c]`.
pub(super) const SLICE: &str = "_nucleon_slice";
/// The function for what `[key]` follows.
pub(super) const ITEMS: &str = "_nucleon_items";
/// The function for the key in `[key]`.
pub(super) const KEY: &str = "_nucleon_key";
/// The function for `.name` where Python has a method of that name.
pub(super) const ATTRIBUTE: &str = "_nucleon_attribute";
/// The function for `{…}`.
pub(super) const MAPPING: &str = "_nucleon_mapping";
/// The function for what `for` goes through.
pub(super) const ITERATE: &str = "_nucleon_iterate";
/// The function for what `loop.changed` is called with.
pub(super) const CHANGED: &str = "_nucleon_changed";
/// What `a if b` is where `b` is false.
pub(super) const NOTHING: &str = "_nucleon_nothing";
/// What stands for an argument that a macro was not given.
pub(super) const ABSENT: &str = "_nucleon_absent";
/// What the names of all these start with.
const RESERVED: &str = "_nucleon_";

/// A template as the engine reads it.
#[derive(Clone, Debug)]
pub(super) struct Translation {
    pub(super) text: String,
    pub(super) anchors: Anchors,
    /// What Jinja2 would refuse, or what we cannot do.
    pub(super) refusal: Option<Refusal>,
}

/// Why a template is not rendered.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) kind: RefusalKind,
    pub(super) message: String,
    pub(super) range: Range<usize>,
}

/// Whose fault a refusal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefusalKind {
    /// The template is not Jinja.
    Syntax,
    /// It calls a filter or a test that does not exist.
    Missing,
    /// It is, but Nucleon does not offer it.
    Unsupported,
}

/// Translates a template.
pub(super) fn translate(source: &str) -> Translation {
    let tags = match lexer::tags(source) {
        Ok(tags) => tags,
        Err(stop) => {
            let refusal = Refusal {
                kind: RefusalKind::Syntax,
                message: stop.message,
                range: stop.range,
            };
            return unchanged(source, refusal);
        }
    };
    let mut edits = edits::Edits::default();
    let mut blocks = Blocks::new();
    for tag in &tags {
        let parser = Parser::new(source, tag, &mut edits);
        if let Err(refusal) = statement::tag(parser, tag, &mut blocks) {
            return unchanged(source, refusal);
        }
    }
    let (text, anchors) = edits.apply(source);
    Translation {
        text,
        anchors,
        refusal: None,
    }
}

fn unchanged(source: &str, refusal: Refusal) -> Translation {
    Translation {
        text: source.to_owned(),
        anchors: Anchors::default(),
        refusal: Some(refusal),
    }
}
