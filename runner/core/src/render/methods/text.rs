//! The methods of Python's `str`, and of `Markup`, whose results stay safe and whose arguments are escaped.

use std::borrow::Cow;

use minijinja::value::{Tuple, ValueKind};
use minijinja::{Error, State, Value};

use crate::render::methods::{Given, checks, index as whole_argument, split};
use crate::render::python::escape::{self, like};
use crate::render::python::kind::{is_tuple, type_error, type_name};
use crate::render::python::{brace, charge, collect};
use crate::render::unsupported;

pub(super) fn call(
    state: &State<'_, '_>,
    value: &Value,
    text: &str,
    given: &Given<'_>,
) -> Result<Option<Value>, Error> {
    if let Some(verdict) = checks::call(text, given)? {
        return Ok(Some(Value::from(verdict)));
    }
    let changed = match given.method {
        "upper" => plain(given, || text.to_uppercase())?,
        "lower" => plain(given, || text.to_lowercase())?,
        "casefold" => plain(given, || case_fold(text))?,
        "title" => plain(given, || title(text))?,
        "capitalize" => plain(given, || capitalize(text))?,
        "swapcase" => plain(given, || swap_case(text))?,
        "strip" | "lstrip" | "rstrip" => strip(text, given)?,
        "replace" => replace(state, value, text, given)?,
        "zfill" => zero_fill(state, text, given)?,
        "center" | "ljust" | "rjust" => justify(state, text, given)?,
        "removeprefix" => {
            let prefix = given.text(&given.count(1, 1)?[0])?;
            text.strip_prefix(prefix).unwrap_or(text).to_owned()
        }
        "removesuffix" => {
            let suffix = given.text(&given.count(1, 1)?[0])?;
            text.strip_suffix(suffix).unwrap_or(text).to_owned()
        }
        "expandtabs" => expand_tabs(state, text, given)?,
        "join" => join(state, value, text, given)?,
        "format" => {
            let named = Value::from_pairs(given.named.args().filter_map(|name| {
                let value = given.named.peek::<Value>(name).ok()?;
                Some((Value::from(name), value))
            }));
            let arguments = brace::Arguments {
                positional: given.positional,
                named,
            };
            brace::format(state, text, value.is_safe(), &arguments)?
        }
        "format_map" => {
            let arguments = brace::Arguments {
                positional: &[],
                named: given.count(1, 1)?[0].clone(),
            };
            brace::format(state, text, value.is_safe(), &arguments)?
        }
        "encode" | "translate" | "maketrans" => {
            return Err(unsupported::error(format!(
                "`.{}()` of a text",
                given.method
            )));
        }
        "find" | "rfind" | "index" | "rindex" | "count" | "startswith" | "endswith" => {
            return search(text, given).map(Some);
        }
        _ => return split::call(state, value, text, given),
    };
    Ok(Some(like(value, changed)))
}

fn plain(given: &Given<'_>, change: impl FnOnce() -> String) -> Result<String, Error> {
    given.count(0, 0)?;
    Ok(change())
}

fn case_fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .collect::<String>()
        .replace('ß', "ss")
}

/// Python's `title()`: an upper letter after everything that is none.
fn title(text: &str) -> String {
    let mut titled = String::with_capacity(text.len());
    let mut in_word = false;
    for character in text.chars() {
        if in_word {
            titled.extend(character.to_lowercase());
        } else {
            titled.push_str(&upper_first(character));
        }
        in_word = character.is_uppercase() || character.is_lowercase();
    }
    titled
}

/// A letter at the start of a word; of two letters in one, only the first becomes large.
pub(in crate::render) fn upper_first(character: char) -> String {
    let mut upper = character.to_uppercase();
    let first: String = upper.next().into_iter().collect();
    first + &upper.flat_map(char::to_lowercase).collect::<String>()
}

pub(in crate::render) fn capitalize(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(upper_first).unwrap_or_default();
    first + &characters.as_str().to_lowercase()
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

/// Whether Python's `strip` and `split` take a character for white space.
pub(in crate::render) fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\x1c'..='\x1f').contains(&character)
}

/// Strips from one end or both; nothing given strips white space.
pub(in crate::render) fn strip_ends<'t>(
    text: &'t str,
    which: &str,
    characters: Option<&str>,
) -> &'t str {
    let strips =
        |character: char| characters.map_or(is_space(character), |set| set.contains(character));
    let text = if which == "rstrip" {
        text
    } else {
        text.trim_start_matches(strips)
    };
    if which == "lstrip" {
        text
    } else {
        text.trim_end_matches(strips)
    }
}

fn strip(text: &str, given: &Given<'_>) -> Result<String, Error> {
    let characters = match given.count(0, 1)? {
        [set] if !set.is_none() => Some(given.text(set)?),
        _ => None,
    };
    Ok(strip_ends(text, given.method, characters).to_owned())
}

fn replace(
    state: &State<'_, '_>,
    value: &Value,
    text: &str,
    given: &Given<'_>,
) -> Result<String, Error> {
    let arguments = given.count(2, 3)?;
    let old = guarded(value, &arguments[0], given.text(&arguments[0])?);
    let new = guarded(value, &arguments[1], given.text(&arguments[1])?);
    let count = arguments.get(2).map_or(Ok(-1), whole_argument)?;
    replaced(state, text, &old, &new, count)
}

/// What goes into a text that is safe is escaped.
fn guarded<'t>(value: &Value, argument: &Value, text: &'t str) -> Cow<'t, str> {
    if value.is_safe() {
        escape::of(argument, text)
    } else {
        Cow::Borrowed(text)
    }
}

/// Replaces so many times at most; a negative count is every time.
pub(in crate::render) fn replaced(
    state: &State<'_, '_>,
    text: &str,
    old: &str,
    new: &str,
    count: i128,
) -> Result<String, Error> {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let found = text.matches(old).count().min(count);
    charge(state, text.len() + found.saturating_mul(new.len()))?;
    Ok(text.replacen(old, new, count))
}

fn width(state: &State<'_, '_>, text: &str, width: &Value) -> Result<usize, Error> {
    let width = usize::try_from(whole_argument(width)?.max(0)).unwrap_or(usize::MAX);
    let missing = width.saturating_sub(text.chars().count());
    charge(state, missing)?;
    Ok(missing)
}

fn zero_fill(state: &State<'_, '_>, text: &str, given: &Given<'_>) -> Result<String, Error> {
    let missing = width(state, text, &given.count(1, 1)?[0])?;
    let zeros = "0".repeat(missing);
    Ok(match text.strip_prefix(['+', '-']) {
        Some(digits) => format!("{}{zeros}{digits}", &text[..1]),
        None => format!("{zeros}{text}"),
    })
}

fn justify(state: &State<'_, '_>, text: &str, given: &Given<'_>) -> Result<String, Error> {
    let arguments = given.count(1, 2)?;
    let missing = width(state, text, &arguments[0])?;
    let fill = arguments.get(1).map_or(Ok(" "), |fill| given.text(fill))?;
    if fill.chars().count() != 1 {
        return Err(type_error(
            "The fill character must be exactly one character long",
        ));
    }
    let left = match given.method {
        "ljust" => 0,
        "rjust" => missing,
        _ => left_of_center(text.chars().count(), missing),
    };
    Ok(format!(
        "{}{text}{}",
        fill.repeat(left),
        fill.repeat(missing - left)
    ))
}

/// How much goes to the left: Python puts the odd one there where the width is odd.
pub(in crate::render) fn left_of_center(length: usize, missing: usize) -> usize {
    missing / 2 + (missing & (missing + length) & 1)
}

fn expand_tabs(state: &State<'_, '_>, text: &str, given: &Given<'_>) -> Result<String, Error> {
    given.names(&["tabsize"])?;
    let size = given
        .argument(0, "tabsize")
        .map_or(Ok(8), |size| whole_argument(&size))?;
    let size = usize::try_from(size.max(0)).unwrap_or(usize::MAX);
    let mut expanded = String::with_capacity(text.len());
    let mut column = 0;
    for character in text.chars() {
        match character {
            '\t' if size == 0 => {}
            '\t' => {
                let missing = size - column % size;
                charge(state, missing)?;
                expanded.push_str(&" ".repeat(missing));
                column += missing;
            }
            '\n' | '\r' => {
                expanded.push(character);
                column = 0;
            }
            _ => {
                expanded.push(character);
                column += 1;
            }
        }
    }
    Ok(expanded)
}

fn join(
    state: &State<'_, '_>,
    value: &Value,
    separator: &str,
    given: &Given<'_>,
) -> Result<String, Error> {
    let items = collect(state, &given.count(1, 1)?[0])?;
    let mut joined = String::new();
    for (index, item) in items.iter().enumerate() {
        let Some(text) = item.as_str() else {
            if value.is_safe() {
                return Err(unsupported::error(
                    "`.join()` of what is no text, by a text that is safe for HTML",
                ));
            }
            return Err(type_error(format!(
                "sequence item {index}: expected str instance, {} found",
                type_name(item)
            )));
        };
        if index > 0 {
            joined.push_str(separator);
        }
        charge(state, text.len() + separator.len())?;
        joined.push_str(&guarded(value, item, text));
    }
    Ok(joined)
}

fn search(text: &str, given: &Given<'_>) -> Result<Value, Error> {
    let arguments = given.count(1, 3)?;
    let characters = text.chars().count();
    let bound = |index: usize, default: usize| match arguments.get(index) {
        Some(value) if !value.is_none() => {
            whole_argument(value).map(|bound| place(characters, bound))
        }
        _ => Ok(default),
    };
    let (start, stop) = (bound(1, 0)?, bound(2, characters)?);
    let beyond = start > characters || stop < start;
    let byte = |index: usize| {
        text.char_indices()
            .nth(index)
            .map_or(text.len(), |(at, _)| at)
    };
    let range = if beyond {
        ""
    } else {
        &text[byte(start)..byte(stop)]
    };
    if matches!(given.method, "startswith" | "endswith") {
        return affix(range, beyond, given, &arguments[0]).map(Value::from);
    }
    let part = given.text(&arguments[0])?;
    if given.method == "count" {
        let count = if beyond {
            0
        } else {
            range.matches(part).count()
        };
        return Ok(Value::from(count));
    }
    let found = if given.method.starts_with('r') {
        range.rfind(part)
    } else {
        range.find(part)
    };
    match found.filter(|_| !beyond) {
        Some(at) => Ok(Value::from(start + range[..at].chars().count())),
        None if given.method.ends_with("find") => Ok(Value::from(-1)),
        None => Err(type_error("substring not found")),
    }
}

/// A bound as Python counts it: from the end where it is negative.
fn place(length: usize, bound: i128) -> usize {
    let length = i128::try_from(length).unwrap_or(i128::MAX);
    let bound = if bound < 0 {
        (bound + length).max(0)
    } else {
        bound
    };
    usize::try_from(bound)
        .unwrap_or(usize::MAX)
        .min(usize::MAX / 2)
}

fn affix(range: &str, beyond: bool, given: &Given<'_>, affixes: &Value) -> Result<bool, Error> {
    let has = |affix: &str| match given.method {
        _ if beyond => false,
        "startswith" => range.starts_with(affix),
        _ => range.ends_with(affix),
    };
    if !is_tuple(affixes) {
        return Ok(has(given.text(affixes)?));
    }
    for affix in affixes.try_iter()?.checked() {
        let affix = affix?;
        if affix.kind() != ValueKind::String {
            return Err(type_error(format!(
                "tuple for {} must only contain str",
                given.method
            )));
        }
        if has(affix.as_str().unwrap_or_default()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Three parts as a tuple, each as safe as what it came from.
pub(super) fn parts(value: &Value, parts: [&str; 3]) -> Value {
    let parts = parts.map(|part| like(value, part.to_owned()));
    Value::from(Tuple::from(parts.to_vec()))
}
