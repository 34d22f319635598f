//! Text that must not be shown: what is known to be a secret, and what is known to be one by its shape.

mod shape;

use std::fmt;

/// What stands where a secret would be.
pub const MASK: &str = "***";

/// A secret; its `Debug` and `Display` print `***`, and nothing serialises it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text into custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that must send it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

/// Secrets as they may stand in a text: as they are, as they stand in JSON, and each line of one with several.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MASK)
    }
}

impl Secrets {
    /// The forms of secrets, the longest first so that none is left over beside a part of itself.
    pub fn of(secrets: &[Secret]) -> Self {
        let forms: Vec<String> = secrets
            .iter()
            .flat_map(|secret| secret.expose().lines())
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .flat_map(|line| [line.to_owned(), in_json(line)])
            .collect();
        let mut all = Self(forms);
        all.sort();
        all
    }

    /// Hides others, too.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
        self.sort();
    }

    fn sort(&mut self) {
        let longest_first =
            |left: &String, right: &String| right.len().cmp(&left.len()).then(left.cmp(right));
        self.0.sort_by(longest_first);
        self.0.dedup();
    }

    /// Whether a text holds one, or what looks like a credential.
    pub fn are_in(&self, text: &str) -> bool {
        self.0.iter().any(|form| text.contains(form)) || holds_credential(text)
    }

    /// Hides those that a text holds, with what looks like a credential, and says how many.
    pub fn hide(&self, text: &mut String) -> u32 {
        let mut hidden = 0;
        for form in &self.0 {
            let found = text.matches(form).count();
            if found > 0 {
                *text = text.replace(form, MASK);
                hidden += u32::try_from(found).unwrap_or(u32::MAX);
            }
        }
        hidden + hide_credentials(text)
    }
}

/// Whether a text holds a credential that is known by its shape, though nobody called it a secret.
///
/// Known are access keys of AWS, tokens of GitHub, GitLab, Slack, npm and Google, live keys of Stripe, JSON Web Tokens,
/// and private keys.
pub fn holds_credential(text: &str) -> bool {
    !shape::find(text).is_empty()
}

/// Hides credentials that are known by their shape, and says how many.
pub fn hide_credentials(text: &mut String) -> u32 {
    let found = shape::find(text);
    for place in found.iter().rev() {
        text.replace_range(place.clone(), MASK);
    }
    u32::try_from(found.len()).unwrap_or(u32::MAX)
}

/// Private keys that come line by line, of which no line by itself looks like one.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyLines {
    /// How many more lines may belong to the key that has begun.
    left: u32,
}

impl KeyLines {
    /// No key has more lines: whoever prints only a beginning must not silence all that comes after it.
    const MOST: u32 = 400;

    /// Hides what the next line has of a key; that is the whole of it between a key's first and its last line.
    pub fn hide(&mut self, line: &mut String) {
        if self.left > 0 {
            self.left -= 1;
            let Some(end) = shape::key_ends(line) else {
                MASK.clone_into(line);
                return;
            };
            line.replace_range(..end, MASK);
            self.left = 0;
        }
        if let Some(begin) = shape::key_stays_open(line) {
            line.replace_range(begin.., MASK);
            self.left = Self::MOST;
        }
    }
}

fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(secret: &str, text: &str) -> String {
        let mut text = text.to_owned();
        Secrets::of(&[Secret::new(secret)]).hide(&mut text);
        text
    }

    #[test]
    fn a_secret_is_found_in_json_too() {
        assert_eq!(hidden("a\"b", r#"{"Key":"a\"b"}"#), r#"{"Key":"***"}"#);
    }

    #[test]
    fn each_line_of_a_secret_is_one() {
        assert_eq!(hidden("BEGIN\nabc\n", "  BEGIN\n  abc\n"), "  ***\n  ***\n");
    }

    #[test]
    fn what_looks_like_a_credential_is_hidden_and_counted_unasked() {
        let mut text = "id AKIAIOSFODNN7EXAMPLE, hunter2".to_owned();
        let secrets = Secrets::of(&[Secret::new("hunter2")]);
        assert_eq!(secrets.hide(&mut text), 2);
        assert_eq!(text, "id ***, ***");
        assert!(Secrets::default().are_in("AKIAIOSFODNN7EXAMPLE"));
    }

    fn hidden_lines(text: &str) -> Vec<String> {
        let mut keys = KeyLines::default();
        let hide = |line: &str| {
            let mut line = line.to_owned();
            keys.hide(&mut line);
            line
        };
        text.lines().map(hide).collect()
    }

    #[test]
    fn a_key_that_comes_line_by_line_is_hidden_to_its_end() {
        let begin = "-----BEGIN EC PRIVATE KEY-----";
        let text =
            format!("first\nkey: {begin}\nMIIE\nabcd==\n-----END EC PRIVATE KEY----- done\nlast");
        let expected = ["first", "key: ***", "***", "***", "*** done", "last"];
        assert_eq!(hidden_lines(&text), expected);
    }

    #[test]
    fn a_key_that_does_not_end_hides_no_more_than_a_key_has() {
        let text = format!("-----BEGIN PRIVATE KEY-----\n{}", "line\n".repeat(402));
        let lines = hidden_lines(&text);
        assert_eq!(lines[KeyLines::MOST as usize], MASK);
        assert_eq!(lines[402], "line");
    }

    #[test]
    fn a_certificate_and_a_key_on_one_line_hide_no_other_line() {
        let text = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----";
        assert_eq!(hidden_lines(text), text.lines().collect::<Vec<_>>());
        let key = "-----BEGIN PRIVATE KEY----- MII -----END PRIVATE KEY-----\nnext";
        assert_eq!(hidden_lines(key)[1], "next");
    }

    #[test]
    fn an_empty_secret_hides_nothing() {
        assert_eq!(hidden("", "abc"), "abc");
    }
}
