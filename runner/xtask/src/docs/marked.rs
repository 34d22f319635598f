//! The part of a file between two markers.

/// Replaces what stands between the line that holds `start` and the next one that holds `end`.
pub(super) fn replace(text: &str, start: &str, end: &str, content: &str) -> Result<String, String> {
    let from = text
        .find(start)
        .ok_or_else(|| format!("the marker `{start}` is missing"))?;
    let from = from
        + text[from..]
            .find('\n')
            .map_or(text.len() - from, |at| at + 1);
    let to = text[from..]
        .find(end)
        .ok_or_else(|| format!("the marker `{end}` is missing"))?;
    let to = text[..from + to].rfind('\n').map_or(from, |at| at + 1);
    Ok(format!("{}{content}{}", &text[..from], &text[to..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_is_replaced() {
        let text = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";
        assert_eq!(
            replace(text, "<!-- x -->", "<!-- /x -->", "new\n").unwrap(),
            "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n"
        );
    }

    #[test]
    fn markers_may_stand_next_to_each_other() {
        assert_eq!(
            replace("# from\n  # to\n", "# from", "# to", "new\n").unwrap(),
            "# from\nnew\n  # to\n"
        );
    }

    #[test]
    fn a_missing_marker_is_named() {
        assert_eq!(
            replace("<!-- x -->\n", "<!-- x -->", "<!-- /x -->", "").unwrap_err(),
            "the marker `<!-- /x -->` is missing"
        );
    }
}
