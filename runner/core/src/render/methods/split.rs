//! The methods of text that give several parts.

use minijinja::{Error, State, Value};

use crate::render::methods::text::{is_space, parts};
use crate::render::methods::{Given, index as whole_argument};
use crate::render::python::charge;
use crate::render::python::escape::like;
use crate::render::python::kind::type_error;

pub(super) fn call(
    state: &State<'_, '_>,
    value: &Value,
    text: &str,
    given: &Given<'_>,
) -> Result<Option<Value>, Error> {
    let pieces = match given.method {
        "split" => split(text, given, End::Left)?,
        "rsplit" => split(text, given, End::Right)?,
        "splitlines" => {
            given.names(&["keepends"])?;
            let keep = given
                .argument(0, "keepends")
                .is_some_and(|keep| keep.is_true());
            lines(text, keep)
        }
        "partition" => return partition(value, text, given, End::Left).map(Some),
        "rpartition" => return partition(value, text, given, End::Right).map(Some),
        _ => return Ok(None),
    };
    charge(state, pieces.len() * 32)?;
    let pieces: Vec<Value> = pieces
        .into_iter()
        .map(|piece| like(value, piece.to_owned()))
        .collect();
    Ok(Some(Value::from(pieces)))
}

/// From which end a text is split.
#[derive(Clone, Copy)]
enum End {
    Left,
    Right,
}

/// `split(sep=none, maxsplit=-1)` and `rsplit` of the same form.
fn split<'t>(text: &'t str, given: &Given<'_>, end: End) -> Result<Vec<&'t str>, Error> {
    given.names(&["sep", "maxsplit"])?;
    if given.positional.len() > 2 {
        return Err(type_error("split() takes at most 2 arguments"));
    }
    let separator = given
        .argument(0, "sep")
        .filter(|separator| !separator.is_none());
    let separator = match &separator {
        Some(separator) => Some(given_text(given, separator)?),
        None => None,
    };
    let most = given
        .argument(1, "maxsplit")
        .map_or(Ok(-1), |most| whole_argument(&most))?;
    let most = usize::try_from(most)
        .unwrap_or(usize::MAX - 1)
        .min(usize::MAX - 1);
    Ok(match &separator {
        None => words(text, most, end),
        Some(separator) if separator.is_empty() => return Err(type_error("empty separator")),
        Some(separator) => match end {
            End::Left => text.splitn(most + 1, separator.as_str()).collect(),
            End::Right => {
                let mut pieces: Vec<_> = text.rsplitn(most + 1, separator.as_str()).collect();
                pieces.reverse();
                pieces
            }
        },
    })
}

fn given_text(given: &Given<'_>, value: &Value) -> Result<String, Error> {
    let text = value.as_str().map(ToOwned::to_owned);
    text.ok_or_else(|| type_error(format!("{}() needs a text to split at", given.method)))
}

/// Splits at white space; what is left after the last split keeps its own at its far end.
fn words(text: &str, most: usize, end: End) -> Vec<&str> {
    let near = |text: &'_ str| match end {
        End::Left => text.len() - text.trim_start_matches(is_space).len()..text.len(),
        End::Right => 0..text.trim_end_matches(is_space).len(),
    };
    let mut pieces = Vec::new();
    let mut rest = &text[near(text)];
    while pieces.len() < most && !rest.is_empty() {
        let halves = match end {
            End::Left => rest.split_once(is_space),
            End::Right => rest.rsplit_once(is_space).map(|(rest, word)| (word, rest)),
        };
        let (word, left) = halves.unwrap_or((rest, ""));
        pieces.push(word);
        rest = &left[near(left)];
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    if matches!(end, End::Right) {
        pieces.reverse();
    }
    pieces
}

/// `partition(sep)` and `rpartition(sep)`: what is before, the separator, and what is after.
fn partition(value: &Value, text: &str, given: &Given<'_>, end: End) -> Result<Value, Error> {
    let separator = given.text(&given.count(1, 1)?[0])?;
    if separator.is_empty() {
        return Err(type_error("empty separator"));
    }
    let halves = match end {
        End::Left => text.split_once(separator),
        End::Right => text.rsplit_once(separator),
    };
    Ok(match (halves, end) {
        (Some((before, after)), _) => parts(value, [before, separator, after]),
        (None, End::Left) => parts(value, [text, "", ""]),
        (None, End::Right) => parts(value, ["", "", text]),
    })
}

/// The lines of a text, by everything that Python takes for the end of one.
pub(in crate::render) fn lines(text: &str, keep: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let is_end = matches!(
            character,
            '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
        );
        if !is_end {
            continue;
        }
        let mut end = at + character.len_utf8();
        if character == '\r' && characters.next_if(|(_, next)| *next == '\n').is_some() {
            end += 1;
        }
        lines.push(&text[start..if keep { end } else { at }]);
        start = end;
    }
    if start < text.len() {
        lines.push(&text[start..]);
    }
    lines
}
