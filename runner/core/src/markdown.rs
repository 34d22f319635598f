//! Markdown that says what users wrote and means nothing else, cut where it still reads.

/// A text inside a line or a table cell: nothing in it is markup, a mention or a new row.
pub fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '@' => escaped.push_str("&#64;"),
            '#' => escaped.push_str("&#35;"),
            '\n' | '\r' => escaped.push(' '),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '!' | '|' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(character);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// A text as code inside a line or a table cell.
pub fn code(text: &str) -> String {
    let flat = text.replace(['\n', '\r'], " ");
    let escaped = flat
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('|', "&#124;");
    format!(
        "<code>{}</code>",
        escaped
            .replace('@', "&#64;")
            .replace('`', "&#96;")
            .replace('*', "&#42;")
            .replace('_', "&#95;")
            .replace('~', "&#126;")
    )
}

/// A block of text as it stands, in a fence longer than any inside it.
pub fn fence(language: &str, text: &str) -> String {
    let longest = text
        .lines()
        .map(|line| {
            line.trim_start()
                .chars()
                .take_while(|character| *character == '`')
                .count()
        })
        .max();
    let ticks = "`".repeat(longest.unwrap_or_default().max(2) + 1);
    format!("{ticks}{language}\n{}\n{ticks}\n", text.trim_end())
}

/// Something that folds away; the heading is markup already.
pub fn fold(heading: &str, body: &str) -> String {
    format!("<details><summary>{heading}</summary>\n\n{body}\n</details>\n\n")
}

/// Blocks in order, as many as fit; what is left out is told in the last line.
///
/// A block is never cut, so that no fence, table or fold stays open.
pub fn within(
    limit: usize,
    head: &str,
    blocks: &[String],
    left_out: impl Fn(usize) -> String,
) -> String {
    let mut document = head.to_owned();
    let reserve = left_out(blocks.len()).chars().count();
    let mut length = document.chars().count();
    for (index, block) in blocks.iter().enumerate() {
        let more = block.chars().count();
        let last = index + 1 == blocks.len();
        if length + more + if last { 0 } else { reserve } > limit {
            document.push_str(&left_out(blocks.len() - index));
            return document;
        }
        length += more;
        document.push_str(block);
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_wrote_is_not_markup() {
        assert_eq!(
            text("<b>@all</b> | [x](y)\n#1"),
            r"&lt;b&gt;&#64;all&lt;/b&gt; \| \[x\]\(y\) &#35;1"
        );
        assert_eq!(
            code("a|b `c` <d>"),
            "<code>a&#124;b &#96;c&#96; &lt;d&gt;</code>"
        );
    }

    #[test]
    fn a_fence_is_longer_than_any_inside_it() {
        assert_eq!(
            fence("diff", "a\n````\nb"),
            "`````diff\na\n````\nb\n`````\n"
        );
    }

    #[test]
    fn a_document_is_cut_between_blocks_and_says_so() {
        let blocks = ["aaaa".to_owned(), "bbbb".to_owned(), "cccc".to_owned()];
        let left_out = |count| format!("({count} left out)");
        assert_eq!(within(100, "h", &blocks, left_out), "haaaabbbbcccc");
        assert_eq!(within(20, "h", &blocks, left_out), "haaaa(2 left out)");
    }
}
