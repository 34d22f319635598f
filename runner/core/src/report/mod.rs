//! How diagnostics are shown: to people, to programs, and on GitHub.

mod github;
mod json;
mod text;

pub use github::{annotation, github, notice, warning};
pub use json::json;
pub use text::text;

/// What users wrote, without the characters that would steer a terminal or turn the reading direction.
fn harmless(text: &str) -> String {
    let harmful = |character: char| {
        character.is_control()
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(harmful) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if harmful(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}
