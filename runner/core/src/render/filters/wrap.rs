//! `wordwrap`: text in lines of a width, as Python's `textwrap` breaks it.

use std::collections::VecDeque;

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};

use crate::render::arguments::Arguments;
use crate::render::methods::split::lines;
use crate::render::methods::text::is_space;
use crate::render::python::kind::{type_error, type_name};
use crate::render::python::{charge, refuse_undefined};

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("wordwrap", word_wrap);
}

/// `wordwrap(width=79, break_long_words=true, wrapstring=none, break_on_hyphens=true)`.
fn word_wrap(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<String, Error> {
    let arguments = Arguments::of(
        given,
        &[
            "width",
            "break_long_words",
            "wrapstring",
            "break_on_hyphens",
        ],
    )?;
    refuse_undefined(value)?;
    let Some(text) = value.as_str() else {
        return Err(type_error(format!(
            "'{}' object has no attribute 'splitlines'",
            type_name(value)
        )));
    };
    let or_true = |name: &'static str| match arguments.value(name) {
        Some(_) => arguments.is_true(name),
        None => Ok(true),
    };
    let width = arguments.whole("width")?.unwrap_or(79);
    let wrapper = Wrapper {
        width: usize::try_from(width).unwrap_or(0),
        break_words: or_true("break_long_words")?,
        break_hyphens: or_true("break_on_hyphens")?,
    };
    let end = arguments
        .text("wrapstring")?
        .unwrap_or_else(|| "\n".to_owned());
    let lines = lines(text, false);
    if wrapper.width == 0 && !lines.is_empty() {
        return Err(type_error(format!("invalid width {width} (must be > 0)")));
    }
    charge(state, text.len().saturating_mul(2 + end.len()))?;
    let wrapped = lines.iter().map(|line| wrapper.wrap(line).join(&end));
    Ok(wrapped.collect::<Vec<_>>().join(&end))
}

struct Wrapper {
    width: usize,
    break_words: bool,
    break_hyphens: bool,
}

impl Wrapper {
    fn wrap(&self, line: &str) -> Vec<String> {
        let text: Vec<char> = line.chars().collect();
        let chunks = if self.break_hyphens {
            hyphenated(&text)
        } else {
            words(&text)
        };
        let mut chunks = VecDeque::from(chunks);
        let mut lines: Vec<String> = Vec::new();
        while !chunks.is_empty() {
            if !lines.is_empty() && chunks.front().is_some_and(|chunk| is_blank(chunk)) {
                chunks.pop_front();
            }
            let mut taken: Vec<&[char]> = Vec::new();
            let mut length = 0;
            while let Some(chunk) = chunks.pop_front_if(|chunk| length + chunk.len() <= self.width)
            {
                length += chunk.len();
                taken.push(chunk);
            }
            if chunks.front().is_some_and(|chunk| chunk.len() > self.width) {
                self.long_word(&mut chunks, &mut taken, self.width - length);
            }
            if taken.last().is_some_and(|chunk| is_blank(chunk)) {
                taken.pop();
            }
            if !taken.is_empty() {
                lines.push(taken.into_iter().flatten().collect());
            }
        }
        lines
    }

    /// Takes what fits of a word that is longer than a line, or all of it.
    fn long_word<'t>(
        &self,
        chunks: &mut VecDeque<&'t [char]>,
        taken: &mut Vec<&'t [char]>,
        room: usize,
    ) {
        let Some(word) = chunks.pop_front() else {
            return;
        };
        if !self.break_words {
            if taken.is_empty() {
                taken.push(word);
            } else {
                chunks.push_front(word);
            }
            return;
        }
        let mut end = room;
        if self.break_hyphens && word.len() > room {
            let hyphen = word[..room].iter().rposition(|character| *character == '-');
            if let Some(hyphen) =
                hyphen.filter(|at| word[..*at].iter().any(|character| *character != '-'))
            {
                end = hyphen + 1;
            }
        }
        let (word, rest) = word.split_at(end);
        taken.push(word);
        chunks.push_front(rest);
    }
}

fn is_blank(chunk: &[char]) -> bool {
    chunk.iter().all(|character| is_space(*character))
}

/// What `textwrap` takes for white space.
fn is_gap(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\x0b' | '\x0c' | '\r' | ' ')
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

fn is_letter(character: char) -> bool {
    is_word(character) && !character.is_numeric()
}

/// White space and what is between.
fn words(text: &[char]) -> Vec<&[char]> {
    let chunks = text.chunk_by(|left, right| is_gap(*left) == is_gap(*right));
    chunks.collect()
}

/// White space, words, parts of words that end with a hyphen, and dashes.
fn hyphenated(text: &[char]) -> Vec<&[char]> {
    let mut chunks = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = chunk_end(text, start);
        chunks.push(&text[start..end]);
        start = end;
    }
    chunks
}

fn chunk_end(text: &[char], start: usize) -> usize {
    if is_gap(text[start]) {
        return (start..text.len())
            .find(|at| !is_gap(text[*at]))
            .unwrap_or(text.len());
    }
    if let Some(end) = dash(text, start).filter(|_| start > 0 && may_precede_dash(text[start - 1]))
    {
        return end;
    }
    let mut end = start + 1;
    loop {
        if let Some(end) = hyphen(text, end) {
            return end;
        }
        if end >= text.len()
            || is_gap(text[end])
            || (may_precede_dash(text[end - 1]) && dash(text, end).is_some())
        {
            return end;
        }
        end += 1;
    }
}

fn may_precede_dash(character: char) -> bool {
    is_word(character) || "!\"'&.,?".contains(character)
}

/// The end of two or more hyphens that a word follows.
fn dash(text: &[char], start: usize) -> Option<usize> {
    let end = (start..text.len())
        .find(|at| text[*at] != '-')
        .unwrap_or(text.len());
    let follows = text.get(end).copied().is_some_and(is_word);
    (end - start >= 2 && follows).then_some(end)
}

/// The end of a hyphen at a place where a word may be broken after it.
fn hyphen(text: &[char], at: usize) -> Option<usize> {
    if text.get(at) != Some(&'-') {
        return None;
    }
    let letter = |index: Option<usize>| {
        index
            .and_then(|index| text.get(index))
            .copied()
            .is_some_and(is_letter)
    };
    let is_hyphen = |index: Option<usize>| index.and_then(|index| text.get(index)) == Some(&'-');
    let (one, two, three) = (at.checked_sub(1), at.checked_sub(2), at.checked_sub(3));
    let before = letter(one) && letter(two) || letter(one) && is_hyphen(two) && letter(three);
    let next = Some(at + 1);
    let after =
        letter(next) && (letter(Some(at + 2)) || is_hyphen(Some(at + 2)) && letter(Some(at + 3)));
    (before && after).then_some(at + 1)
}
