//! Python's methods of text that the engine's compatibility module lacks, or takes fewer arguments for.

use minijinja::value::{Rest, Tuple, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Error, ErrorKind, State, Value};
use minijinja_contrib::pycompat;

use crate::render::arguments::Arguments;
use crate::render::python;

/// Calls a method of a value.
pub(super) fn call(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    for argument in arguments {
        // What a list comes to as text is not known before; the module below would just write it.
        python::text(state, argument)?;
    }
    let Some(text) = value.as_str() else {
        if value.kind() == ValueKind::Seq && method == "index" {
            return index_in_list(value, arguments);
        }
        return pycompat::unknown_method_callback(state, value, method, arguments);
    };
    match method {
        "split" => split(text, arguments, End::Left),
        "rsplit" => split(text, arguments, End::Right),
        "replace" => replace(state, value, text, arguments),
        "partition" => partition(text, arguments, End::Left),
        "rpartition" => partition(text, arguments, End::Right),
        "index" => index_in_text(text, arguments),
        "zfill" => pad(state, text, arguments, zero_fill),
        "ljust" => pad(state, text, arguments, |text, fill| format!("{text}{fill}")),
        "rjust" => pad(state, text, arguments, |text, fill| format!("{fill}{text}")),
        "center" => pad(state, text, arguments, center),
        "removeprefix" => strip(arguments, |affix| text.strip_prefix(affix), text),
        "removesuffix" => strip(arguments, |affix| text.strip_suffix(affix), text),
        "swapcase" => Ok(Value::from(swap_case(text))),
        "casefold" => Ok(Value::from(text.to_lowercase())),
        _ => pycompat::unknown_method_callback(state, value, method, arguments),
    }
}

/// `replace(old, new, count=-1)`, where the result is not too long.
fn replace(
    state: &mut State<'_, '_>,
    value: &Value,
    text: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    if let [old, new, ..] = arguments {
        let (old, new) = (
            old.as_str().unwrap_or(" "),
            new.as_str().unwrap_or_default(),
        );
        python::charge(state, text.matches(old).count().saturating_mul(new.len()))?;
    }
    pycompat::unknown_method_callback(state, value, "replace", arguments)
}

/// From which end a text is split.
#[derive(Clone, Copy)]
enum End {
    Left,
    Right,
}

/// `split(sep=none, maxsplit=-1)` and `rsplit` of the same form.
fn split(text: &str, arguments: &[Value], end: End) -> Result<Value, Error> {
    let given: (Rest<ValueOrKwargs>,) = from_args(arguments)?;
    let arguments = Arguments::of(given.0, &["sep", "maxsplit"])?;
    let separator: Option<String> = arguments.get("sep")?;
    let most = arguments.get::<i64>("maxsplit")?.unwrap_or(-1);
    let most = usize::try_from(most).unwrap_or(usize::MAX - 1);
    let pieces: Vec<&str> = match &separator {
        None => words(text, most, end),
        Some(separator) if separator.is_empty() => {
            let message = "`split` needs a separator that is not empty";
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        Some(separator) => match end {
            End::Left => text.splitn(most + 1, separator.as_str()).collect(),
            End::Right => {
                let mut pieces: Vec<_> = text.rsplitn(most + 1, separator.as_str()).collect();
                pieces.reverse();
                pieces
            }
        },
    };
    Ok(pieces.into_iter().collect())
}

/// Splits at white space; what is left after the last split keeps its own at its far end.
fn words(text: &str, most: usize, end: End) -> Vec<&str> {
    let near = |text: &'_ str| match end {
        End::Left => text.len() - text.trim_start().len()..text.len(),
        End::Right => 0..text.trim_end().len(),
    };
    let mut pieces = Vec::new();
    let mut rest = &text[near(text)];
    while pieces.len() < most && !rest.is_empty() {
        let halves = match end {
            End::Left => rest.split_once(char::is_whitespace),
            End::Right => rest
                .rsplit_once(char::is_whitespace)
                .map(|(rest, word)| (word, rest)),
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
fn partition(text: &str, arguments: &[Value], end: End) -> Result<Value, Error> {
    let (separator,): (&str,) = from_args(arguments)?;
    let halves = match end {
        End::Left => text.split_once(separator),
        End::Right => text.rsplit_once(separator),
    };
    let parts = match (halves, end) {
        (Some((before, after)), _) => [before, separator, after],
        (None, End::Left) => [text, "", ""],
        (None, End::Right) => ["", "", text],
    };
    Ok(Value::from(Tuple::from(parts.map(Value::from))))
}

/// `index(item)` of a list.
fn index_in_list(list: &Value, arguments: &[Value]) -> Result<Value, Error> {
    let (wanted,): (&Value,) = from_args(arguments)?;
    let mut items = list.try_iter()?;
    let index = items.position(|item| item == *wanted);
    index.map(Value::from).ok_or_else(not_found)
}

/// `index(text)` of a text.
fn index_in_text(text: &str, arguments: &[Value]) -> Result<Value, Error> {
    let (wanted,): (&str,) = from_args(arguments)?;
    let offset = text.find(wanted).ok_or_else(not_found)?;
    Ok(Value::from(text[..offset].chars().count()))
}

fn not_found() -> Error {
    Error::new(ErrorKind::InvalidOperation, "`index` finds nothing")
}

/// Fills a text up to a width, `(width, fillchar=' ')`.
fn pad(
    state: &State<'_, '_>,
    text: &str,
    arguments: &[Value],
    place: impl Fn(&str, &str) -> String,
) -> Result<Value, Error> {
    let (width, fill): (usize, Option<char>) = from_args(arguments)?;
    let missing = width.saturating_sub(text.chars().count());
    state.consume_fuel(missing as u64 / 64)?;
    let fill: String = std::iter::repeat_n(fill.unwrap_or(' '), missing).collect();
    Ok(Value::from(place(text, &fill)))
}

fn zero_fill(text: &str, fill: &str) -> String {
    let zeros = "0".repeat(fill.len());
    match text.strip_prefix(['+', '-']) {
        Some(digits) => format!("{}{zeros}{digits}", &text[..1]),
        None => format!("{zeros}{text}"),
    }
}

fn center(text: &str, fill: &str) -> String {
    let missing = fill.chars().count();
    let width = missing + text.chars().count();
    // Python puts the odd one to the left where the width is odd.
    let left = missing / 2 + (missing & width & 1);
    let before: String = fill.chars().take(left).collect();
    let after: String = fill.chars().skip(left).collect();
    format!("{before}{text}{after}")
}

fn strip<'t>(
    arguments: &[Value],
    without: impl Fn(&str) -> Option<&'t str>,
    text: &'t str,
) -> Result<Value, Error> {
    let (affix,): (&str,) = from_args(arguments)?;
    Ok(Value::from(without(affix).unwrap_or(text)))
}

fn swap_case(text: &str) -> String {
    let mut swapped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_uppercase() {
            swapped.extend(character.to_lowercase());
        } else {
            swapped.extend(character.to_uppercase());
        }
    }
    swapped
}
