//! Text of several lines that goes where its first line stands.
//!
//! Proton's filters write blocks of YAML: every line after the first is indented to the column where the block starts.
//! That column is known only when the whole line is written, so a filter marks its block, and the marks go at the end.

use crate::rendered::Segment;

/// Characters that Unicode reserves for a program's own use.
const OPEN: char = '\u{fdd0}';
const CLOSE: char = '\u{fdd1}';

/// Marks lines as a block.
pub(super) fn mark(lines: &[String]) -> String {
    format!("{OPEN}{}{CLOSE}", lines.join("\n"))
}

/// Indents every block to its column, takes the marks away, and moves the segments with the text.
pub(super) fn indent(text: String, segments: Vec<Segment>) -> (String, Vec<Segment>) {
    if !text.contains(OPEN) {
        return (text, segments);
    }
    let mut writer = Writer::default();
    let mut rest = text.as_str();
    while let Some((before, block, after)) = next_block(rest) {
        writer.copy(before);
        writer.block(block);
        rest = after;
    }
    writer.copy(rest);
    let moved = segments.into_iter().map(|segment| Segment {
        output: writer.moved(segment.output.start)..writer.moved(segment.output.end),
        ..segment
    });
    let moved = moved.collect();
    (writer.text, moved)
}

/// The text before the first block, the block, and the text after it.
fn next_block(text: &str) -> Option<(&str, &str, &str)> {
    let open = text.find(OPEN)?;
    let inside = &text[open + OPEN.len_utf8()..];
    let close = inside.find(CLOSE)?;
    let after = &inside[close + CLOSE.len_utf8()..];
    Some((&text[..open], &inside[..close], after))
}

/// Writes the text anew, and knows where each part of the old one went.
#[derive(Default)]
struct Writer {
    text: String,
    read: usize,
    /// Pairs of offsets in the old and the new text, from which on the two run alike.
    anchors: Vec<(usize, usize)>,
}

impl Writer {
    fn copy(&mut self, piece: &str) {
        self.anchors.push((self.read, self.text.len()));
        self.text.push_str(piece);
        self.read += piece.len();
    }

    fn block(&mut self, block: &str) {
        let line = self.text.rsplit('\n').next().unwrap_or_default();
        let margin = " ".repeat(line.chars().count());
        self.read += OPEN.len_utf8();
        for (index, piece) in block.split('\n').enumerate() {
            if index > 0 {
                self.read += 1;
                self.text.push('\n');
                self.text.push_str(&margin);
            }
            self.copy(piece);
        }
        self.read += CLOSE.len_utf8();
    }

    fn moved(&self, offset: usize) -> usize {
        let index = self.anchors.partition_point(|(old, _)| *old <= offset);
        let Some((old, new)) = index.checked_sub(1).map(|index| self.anchors[index]) else {
            return 0;
        };
        // An offset inside of what was taken away stands where the next piece begins.
        let next = self
            .anchors
            .get(index)
            .map_or(self.text.len(), |(_, new)| *new);
        (new + offset - old).min(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_indented_to_its_column() {
        let text = format!("a:\n  {}\nb", mark(&["- 1".to_owned(), "- 2".to_owned()]));
        assert_eq!(indent(text, Vec::new()).0, "a:\n  - 1\n  - 2\nb");
    }

    #[test]
    fn segments_move_with_the_text() {
        let block = mark(&["x".to_owned(), "y".to_owned()]);
        let text = format!("  {block}!");
        let end = text.len();
        let segment = |output| Segment {
            output,
            source: 0..0,
            copied: false,
        };
        let segments = vec![segment(0..2), segment(2..end - 1), segment(end - 1..end)];
        let (text, moved) = indent(text, segments);
        let pieces: Vec<_> = moved
            .into_iter()
            .map(|s| text[s.output].to_owned())
            .collect();
        assert_eq!(pieces, ["  ", "x\n  y", "!"]);
    }
}
