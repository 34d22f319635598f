//! The difference of two texts, as people read it, without secrets.

use nucleon_core::secret::{Secret, Secrets};
use similar::TextDiff;

/// A unified difference with three lines of context, and how many values were masked in it.
///
/// What a secret was before is not known: where lines with secrets come, the lines that go in their place are hidden whole.
pub fn difference(before: &str, after: &str, secrets: &[Secret]) -> (String, u32) {
    let secrets = Secrets::of(secrets);
    let shown = TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .to_string();
    let lines: Vec<&str> = shown.split_inclusive('\n').collect();
    let (mut text, mut masked) = (String::with_capacity(shown.len()), 0);
    for group in lines.chunk_by(|left, right| is_change(left) && is_change(right)) {
        let replaced = |line: &str| {
            line.starts_with('-')
                && group
                    .iter()
                    .any(|new| new.starts_with('+') && secrets.are_in(new))
        };
        for line in group {
            let mut line = (*line).to_owned();
            if replaced(&line) {
                "-***\n".clone_into(&mut line);
                masked += 1;
            } else {
                masked += secrets.hide(&mut line);
            }
            text.push_str(&line);
        }
    }
    (text, masked)
}

fn is_change(line: &str) -> bool {
    line.starts_with(['-', '+'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_counted_those_before_them_too() {
        let before = "Name: a\nKey: old\nSize: 1\n";
        let after = "Name: a\nKey: hunter2\nSize: 1\n";
        let (shown, masked) = difference(before, after, &[Secret::new("hunter2")]);
        assert_eq!(
            (shown.as_str(), masked),
            ("@@ -1,3 +1,3 @@\n Name: a\n-***\n+Key: ***\n Size: 1\n", 2)
        );
    }

    #[test]
    fn what_has_nothing_to_do_with_a_secret_is_shown() {
        let (shown, _) = difference(
            "Name: a\nKey: s\n",
            "Name: b\nKey: s\n",
            &[Secret::new("s")],
        );
        assert_eq!(shown, "@@ -1,2 +1,2 @@\n-Name: a\n+Name: b\n Key: ***\n");
    }
}
