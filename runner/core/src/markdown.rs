//! Markdown that says what users wrote and means nothing else, cut where it still reads.
//!
//! What is surprising: GitHub looks for mentions, issues and addresses in the finished page, so an entity for `@` does
//! not stop it; a character of no width does. Inside `<code>` it looks for neither, but Markdown still applies there.

use crate::visible::visible;

mod fold;

pub use fold::{Fold, folds};

/// How long a document may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many characters.
    Characters(usize),
    /// So many bytes of UTF-8.
    Bytes(usize),
}

impl Limit {
    /// The number itself.
    pub fn room(self) -> usize {
        match self {
            Self::Characters(room) | Self::Bytes(room) => room,
        }
    }

    /// How much of it a text takes.
    pub fn size(self, text: &str) -> usize {
        match self {
            Self::Characters(_) => text.chars().count(),
            Self::Bytes(_) => text.len(),
        }
    }
}

/// A text inside a line or a table cell: nothing in it is markup, a mention, an address or a new row.
pub fn text(text: &str) -> String {
    inline(text.trim())
}

fn inline(text: &str) -> String {
    let shown = visible(text);
    let mut escaped = String::with_capacity(shown.len() + 8);
    for character in shown.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '@' => escaped.push_str("@&#8203;"),
            '#' => escaped.push_str("\\#&#8203;"),
            '\t' => escaped.push(' '),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    unlinked(&escaped)
}

/// A sentence of ours with words from elsewhere: what it puts between backticks becomes code.
pub fn sentence(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return text(sentence);
    }
    let mut shown = String::with_capacity(sentence.len() + 16);
    for (index, part) in parts.into_iter().enumerate() {
        match index % 2 {
            0 => shown.push_str(&inline(part)),
            _ if part.is_empty() => shown.push_str("\\`\\`"),
            _ => shown.push_str(&code(part)),
        }
    }
    shown.trim().to_owned()
}

/// A text inside HTML that Markdown does not look into, such as a fold's heading.
pub fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in visible(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '@' | '#' => {
                escaped.push(character);
                escaped.push_str("&#8203;");
            }
            other => escaped.push(other),
        }
    }
    unlinked(&escaped)
}

/// Takes apart what GitHub makes links of; in the finished page it reads as it was written.
fn unlinked(text: &str) -> String {
    let mut text = text.to_owned();
    for (linked, apart) in [
        ("://", "&#58;//"),
        ("www.", "www&#46;"),
        ("GH-", "GH&#8203;-"),
    ] {
        if text.contains(linked) {
            text = text.replace(linked, apart);
        }
    }
    text
}

/// A text as code inside a line or a table cell.
pub fn code(text: &str) -> String {
    let mut escaped = String::from("<code>");
    for character in visible(text).chars() {
        match character {
            '-' | '.' | '/' | ',' | ':' | '(' | ')' => escaped.push(character),
            '\t' => escaped.push(' '),
            other if other.is_ascii_punctuation() => {
                escaped.push_str("&#");
                escaped.push_str(&u32::from(other).to_string());
                escaped.push(';');
            }
            other => escaped.push(other),
        }
    }
    let apart = escaped
        .replace("://", "&#58;//")
        .replace("www.", "www&#46;");
    format!("{apart}</code>")
}

/// Something that folds away; heading and body are markup already.
pub fn details(heading: &str, body: &str) -> String {
    format!("<details><summary>{heading}</summary>\n\n{body}\n</details>\n\n")
}

/// As many blocks as fit, in order, and how many do not; a block is never cut, so that nothing in it stays open.
pub fn blocks(blocks: &[String], room: usize, limit: Limit) -> (String, usize) {
    let mut shown = String::new();
    let mut left = room;
    for (index, block) in blocks.iter().enumerate() {
        let Some(rest) = left.checked_sub(limit.size(block)) else {
            return (shown, blocks.len() - index);
        };
        left = rest;
        shown.push_str(block);
    }
    (shown, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_wrote_is_not_markup() {
        assert_eq!(
            text("<b>@all</b> | [x](y)\n#1"),
            r"&lt;b&gt;@&#8203;all&lt;/b&gt; \| \[x\]\(y\)\\n\#&#8203;1"
        );
        assert_eq!(
            code("a|b `c` </code>"),
            "<code>a&#124;b &#96;c&#96; &#60;/code&#62;</code>"
        );
    }

    #[test]
    fn what_users_wrote_is_no_link() {
        assert_eq!(
            text("https://x.example www.x.example GH-7"),
            "https&#58;//x.example www&#46;x.example GH&#8203;-7"
        );
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(
            sentence("`a|b` must be `<c>`"),
            "<code>a&#124;b</code> must be <code>&#60;c&#62;</code>"
        );
        assert_eq!(sentence("one ` *alone*"), r"one \` \*alone\*");
    }

    #[test]
    fn a_heading_that_markdown_does_not_look_into_is_escaped_as_html() {
        assert_eq!(
            html("<b> & @all (#1) *x*"),
            "&lt;b&gt; &amp; @&#8203;all (#&#8203;1) *x*"
        );
    }

    #[test]
    fn a_reversed_reading_direction_is_written_out() {
        assert_eq!(text("a\u{202e}b"), r"a\\u\{202e\}b");
        assert_eq!(code("a\u{202e}b"), "<code>a&#92;u&#123;202e&#125;b</code>");
    }

    #[test]
    fn blocks_are_left_out_whole() {
        let parts = ["aaaa".to_owned(), "bbbb".to_owned(), "cccc".to_owned()];
        assert_eq!(
            blocks(&parts, 12, Limit::Bytes(12)),
            ("aaaabbbbcccc".to_owned(), 0)
        );
        assert_eq!(
            blocks(&parts, 11, Limit::Bytes(11)),
            ("aaaabbbb".to_owned(), 1)
        );
    }
}
