//! Text from elsewhere that hides nothing: no control character, no reversed reading direction, no invisible letter.
//!
//! What is surprising: a terminal obeys escape sequences inside a value, and a browser shows what follows U+202E
//! backwards. Both would let a pull request show a plan that is not the one being approved.

use std::borrow::Cow;

/// A text in one line, with everything that would not be seen written out, as `\n` or `\u{202e}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// A text cut to so many characters, with its end replaced by how long it was.
pub fn clipped(text: &str, width: usize) -> Cow<'_, str> {
    match text.char_indices().nth(width) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!(
            "{}… ({} characters)",
            &text[..end],
            text.chars().count()
        )),
    }
}

/// Two values cut to so many characters each, so that the first difference is in sight.
pub fn clipped_pair(before: &str, after: &str, width: usize) -> (String, String) {
    let same = before
        .chars()
        .zip(after.chars())
        .take_while(|(old, new)| old == new)
        .count();
    let start = same.saturating_sub(width / 4);
    let cut = |text: &str| {
        let long = text.chars().count() > width;
        if !long || start == 0 {
            return clipped(text, width).into_owned();
        }
        let rest: String = text.chars().skip(start).collect();
        format!("…{}", clipped(&rest, width))
    };
    (cut(before), cut(after))
}

/// Whether a reader would not see a character, or would see others in another order because of it.
///
/// The joiners U+200C and U+200D stay: several scripts and most emoji need them.
fn is_hidden(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_not_be_seen_is_written_out() {
        assert_eq!(
            visible("a\r\nb\u{1b}[31m\u{202e}c"),
            r"a\r\nb\u{1b}[31m\u{202e}c"
        );
        assert_eq!(visible("größer 👩‍💻"), "größer 👩‍💻");
    }

    #[test]
    fn a_long_text_says_how_long_it_was() {
        assert_eq!(clipped("abcdef", 3), "abc… (6 characters)");
        assert_eq!(clipped("äöü", 3), "äöü");
    }

    #[test]
    fn the_difference_of_long_values_is_in_sight() {
        let before = format!("{}old", "x".repeat(50));
        let after = format!("{}new", "x".repeat(50));
        assert_eq!(
            clipped_pair(&before, &after, 8),
            ("…xxold".to_owned(), "…xxnew".to_owned())
        );
    }
}
