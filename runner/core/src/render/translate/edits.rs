//! Changes to a text that know where everything came from.

use std::ops::Range;

/// What stands before other changes at the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// After the expression that ends here; the innermost first.
    After,
    /// Before the expression that starts here; the outermost first.
    Before,
    Instead,
}

#[derive(Debug)]
struct Edit {
    range: Range<usize>,
    turn: Turn,
    text: String,
}

/// Changes that are collected in any order and made at once.
#[derive(Debug, Default)]
pub(super) struct Edits(Vec<Edit>);

impl Edits {
    /// Writes a text after an expression, outside of what was written there before.
    pub(super) fn after(&mut self, place: usize, text: impl Into<String>) {
        self.push(place..place, Turn::After, text.into());
    }

    /// Writes a text before an expression, outside of what was written there before.
    pub(super) fn before(&mut self, place: usize, text: impl Into<String>) {
        self.push(place..place, Turn::Before, text.into());
    }

    /// Writes a text instead of what stands there.
    pub(super) fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.push(range, Turn::Instead, text.into());
    }

    fn push(&mut self, range: Range<usize>, turn: Turn, text: String) {
        self.0.push(Edit { range, turn, text });
    }

    /// Makes the changes.
    pub(super) fn apply(mut self, source: &str) -> (String, Anchors) {
        // Of two that go before the same place, the later is the outer one.
        self.0.reverse();
        self.0.sort_by_key(|edit| (edit.range.start, edit.turn));
        for group in self.0.chunk_by_mut(|left, right| {
            left.turn == Turn::After && right.turn == Turn::After && left.range == right.range
        }) {
            if group[0].turn == Turn::After {
                group.reverse();
            }
        }
        let mut text = String::with_capacity(source.len() + 24 * self.0.len());
        let mut anchors = Vec::with_capacity(self.0.len());
        let mut read = 0;
        for edit in self.0 {
            text.push_str(&source[read..edit.range.start]);
            let start = text.len();
            text.push_str(&edit.text);
            read = edit.range.end;
            anchors.push(Anchor {
                written: start..text.len(),
                source: edit.range,
            });
        }
        text.push_str(&source[read..]);
        (text, Anchors(anchors))
    }
}

#[derive(Clone, Debug)]
struct Anchor {
    written: Range<usize>,
    source: Range<usize>,
}

/// Where the parts of a changed text came from.
#[derive(Clone, Debug, Default)]
pub(in crate::render) struct Anchors(Vec<Anchor>);

impl Anchors {
    /// The range of the source that a range of the changed text came from.
    pub(in crate::render) fn range(&self, written: &Range<usize>) -> Range<usize> {
        let start = self.offset(written.start, |source| source.start);
        let end = self.offset(written.end, |source| source.end);
        start..end.max(start)
    }

    /// What was written anew comes from the start or the end of what it replaced.
    fn offset(&self, written: usize, side: fn(&Range<usize>) -> usize) -> usize {
        let before = self
            .0
            .partition_point(|anchor| anchor.written.start <= written);
        let Some(anchor) = before.checked_sub(1).map(|index| &self.0[index]) else {
            return written;
        };
        if written < anchor.written.end {
            return side(&anchor.source);
        }
        anchor.source.end + (written - anchor.written.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_nest_and_know_where_they_came_from() {
        let source = "{{ a + b }}";
        let mut edits = Edits::default();
        edits.before(3, "f(");
        edits.replace(5..6, ",");
        edits.after(8, ")");
        edits.before(3, "g(");
        edits.after(8, "]");
        let (text, anchors) = edits.apply(source);
        assert_eq!(text, "{{ g(f(a , b)] }}");
        let b = text.find('b').unwrap();
        assert_eq!(anchors.range(&(b..b + 1)), 7..8);
        assert_eq!(anchors.range(&(3..b + 3)), 3..8);
        assert_eq!(anchors.range(&(text.len() - 2..text.len())), 9..11);
    }
}
