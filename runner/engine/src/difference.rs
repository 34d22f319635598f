//! The difference of two texts, as people read it, without secrets.

use nucleon_core::secret::Secret;
use similar::TextDiff;

/// A unified difference with three lines of context, and how many values were masked in it.
pub fn difference(before: &str, after: &str, secrets: &[Secret]) -> (String, u32) {
    let shown = TextDiff::from_lines(before, after)
        .unified_diff()
        .context_radius(3)
        .to_string();
    let mut masked = 0;
    let shown = secrets
        .iter()
        .filter(|secret| !secret.expose().is_empty())
        .fold(shown, |text, secret| {
            masked += u32::try_from(text.matches(secret.expose()).count()).unwrap_or(u32::MAX);
            text.replace(secret.expose(), "***")
        });
    (shown, masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_counted() {
        let (shown, masked) = difference("Key: old\n", "Key: hunter2\n", &[Secret::new("hunter2")]);
        assert_eq!(
            (shown.as_str(), masked),
            ("@@ -1 +1 @@\n-Key: old\n+Key: ***\n", 1)
        );
    }
}
