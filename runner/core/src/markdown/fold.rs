//! Folds that share a room: each is shortened at a line rather than left out, and the first come first.

use super::{Limit, details};
use crate::visible::visible;

/// Below this a fold says nothing worth opening it for.
const SMALLEST: usize = 400;

/// Something that folds away, with lines that can be shortened from their end.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    heading: String,
    lines: Vec<String>,
    after: String,
}

impl Fold {
    /// A fold; the heading is markup already, the lines are shown as they stand, coloured as a difference.
    pub fn new(heading: String, lines: &[String]) -> Self {
        Self {
            heading,
            lines: lines
                .iter()
                .map(|line| visible(line).into_owned())
                .collect(),
            after: String::new(),
        }
    }

    /// Adds markup below the lines; it is never shortened.
    #[must_use]
    pub fn after(mut self, markup: &str) -> Self {
        self.after.push_str(markup);
        self
    }

    /// The whole fold.
    pub fn whole(&self) -> String {
        self.with(self.lines.len())
    }

    /// As much of the fold as a room holds; nothing where it does not even hold one line.
    fn within(&self, room: usize, limit: Limit) -> Option<String> {
        let whole = self.whole();
        if limit.size(&whole) <= room {
            return Some(whole);
        }
        let frame = limit.size(&self.with(0)) + limit.size(&cut_note(self.lines.len()));
        let mut left = room.checked_sub(frame)?;
        let fitting = self.lines.iter().take_while(|line| {
            let rest = left.checked_sub(limit.size(line) + 1);
            left = rest.unwrap_or_default();
            rest.is_some()
        });
        match fitting.count() {
            0 => None,
            count => Some(self.with(count)),
        }
    }

    fn with(&self, count: usize) -> String {
        let mut body = String::new();
        if !self.lines.is_empty() {
            let ticks = ticks(&self.lines);
            body = format!("{ticks}diff\n{}\n{ticks}\n", self.lines[..count].join("\n"));
        }
        if count < self.lines.len() {
            body.push_str(&cut_note(self.lines.len() - count));
        }
        body.push_str(&self.after);
        details(&self.heading, &body)
    }
}

/// Backticks that no line can close.
fn ticks(lines: &[String]) -> String {
    let leading = |line: &String| {
        let trimmed = line.trim_start();
        trimmed.len() - trimmed.trim_start_matches('`').len()
    };
    let longest = lines.iter().map(leading).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

fn cut_note(lines: usize) -> String {
    format!("\n_{lines} more lines: the job's summary or `plan.json` has them._\n")
}

/// As many folds as fit into a room, and how many do not.
///
/// The room is shared out evenly: small folds stay whole, large ones are shortened. Where it is too small for all, the
/// first ones get it.
pub fn folds(folds: &[Fold], room: usize, limit: Limit) -> (String, usize) {
    let sizes: Vec<usize> = folds.iter().map(|fold| limit.size(&fold.whole())).collect();
    let cap = fair_share(&sizes, room).max(SMALLEST);
    let mut shown = String::new();
    let mut left = room;
    let mut left_out = 0;
    for fold in folds {
        match fold.within(cap.min(left), limit) {
            Some(markup) => {
                left -= limit.size(&markup);
                shown.push_str(&markup);
            }
            None => left_out += 1,
        }
    }
    (shown, left_out)
}

/// The largest size that all may have so that together they fit.
fn fair_share(sizes: &[usize], room: usize) -> usize {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    let mut left = room;
    for (index, size) in sorted.iter().enumerate() {
        let share = left / (sorted.len() - index);
        if *size > share {
            return share;
        }
        left -= size;
    }
    room
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(name: &str, lines: usize) -> Fold {
        let lines: Vec<String> = (0..lines).map(|line| format!("+ {name} {line}")).collect();
        Fold::new(name.to_owned(), &lines)
    }

    fn shown(lines: &[&str]) -> String {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        Fold::new("f".to_owned(), &lines).whole()
    }

    #[test]
    fn a_fence_is_longer_than_any_inside_it() {
        let shown = shown(&["a", "  ````", "b"]);
        assert!(
            shown.contains("\n`````diff\na\n  ````\nb\n`````\n"),
            "{shown}"
        );
    }

    #[test]
    fn a_carriage_return_does_not_begin_a_line_that_closes_the_fence() {
        let shown = shown(&["a\r```\rb", "a\u{202e}b"]);
        assert!(
            shown.contains("\n```diff\na\\r```\\rb\na\\u{202e}b\n```\n"),
            "{shown}"
        );
    }

    #[test]
    fn a_room_is_shared_so_that_small_folds_stay_whole() {
        assert_eq!(fair_share(&[10, 100, 1000], 500), 390);
        assert_eq!(fair_share(&[10, 100], 500), 500);
        assert_eq!(fair_share(&[], 500), 500);
    }

    #[test]
    fn a_large_fold_is_cut_at_a_line_and_says_so() {
        let (shown, left_out) = folds(&[fold("a", 200), fold("b", 2)], 700, Limit::Characters(700));
        assert_eq!(left_out, 0);
        assert!(shown.chars().count() <= 700);
        assert!(shown.contains("+ a 0\n"));
        assert!(shown.contains(" more lines"));
        assert!(shown.contains("```diff\n+ b 0\n+ b 1\n```\n"));
        assert_eq!(shown.matches("```").count(), 4);
    }

    #[test]
    fn where_there_is_no_room_the_first_come_first() {
        let all: Vec<Fold> = ["a", "b", "c"].map(|name| fold(name, 100)).to_vec();
        let (shown, left_out) = folds(&all, 500, Limit::Bytes(500));
        assert!(shown.contains("<summary>a</summary>"));
        assert_eq!(left_out, 2);
    }
}
