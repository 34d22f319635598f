//! The methods of text that ask what its characters are.

use minijinja::Error;

use crate::render::methods::Given;
use crate::render::methods::text::is_space;
use crate::render::unsupported;

/// Asks; nothing where the method is not one of these.
pub(super) fn call(text: &str, given: &Given<'_>) -> Result<Option<bool>, Error> {
    if !given.method.starts_with("is") {
        return Ok(None);
    }
    let all = |is: fn(char) -> bool| !text.is_empty() && text.chars().all(is);
    let verdict = match given.method {
        "isascii" => text.is_ascii(),
        "isalpha" => all(char::is_alphabetic),
        "isalnum" => all(char::is_alphanumeric),
        "isspace" => all(is_space),
        "islower" => is_lower(text),
        "isupper" => is_upper(text),
        "istitle" => is_title(text),
        "isidentifier" => is_identifier(text),
        "isdigit" | "isdecimal" | "isnumeric" => {
            if text
                .chars()
                .any(|character| !character.is_ascii() && character.is_numeric())
            {
                return Err(unsupported::error(format!(
                    "`.{}()` of digits that are not ASCII",
                    given.method
                )));
            }
            all(|character| character.is_ascii_digit())
        }
        "isprintable" => text.chars().all(crate::render::python::is_printable),
        _ => return Ok(None),
    };
    given.count(0, 0)?;
    Ok(Some(verdict))
}

/// Whether a text has small letters and no large ones.
pub(in crate::render) fn is_lower(text: &str) -> bool {
    has_case(text, char::is_uppercase, char::is_lowercase)
}

/// Whether a text has large letters and no small ones.
pub(in crate::render) fn is_upper(text: &str) -> bool {
    has_case(text, char::is_lowercase, char::is_uppercase)
}

fn has_case(text: &str, never: fn(char) -> bool, once: fn(char) -> bool) -> bool {
    !text.chars().any(never) && text.chars().any(once)
}

/// Whether every word starts with an upper letter and goes on with lower ones.
fn is_title(text: &str) -> bool {
    let (mut in_word, mut found) = (false, false);
    for character in text.chars() {
        let (upper, lower) = (character.is_uppercase(), character.is_lowercase());
        if upper && in_word || lower && !in_word {
            return false;
        }
        in_word = upper || lower;
        found |= in_word;
    }
    found
}

fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    let starts = characters
        .next()
        .is_some_and(|first| first == '_' || first.is_alphabetic());
    starts && characters.all(|character| character == '_' || character.is_alphanumeric())
}
