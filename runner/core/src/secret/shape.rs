//! Credentials that are known by their shape, though nobody marked them.
//!
//! A shape counts only where it stands by itself: inside a longer word it is chance.

use std::ops::Range;

/// A credential that begins with a word of its issuer's.
struct Shape {
    prefix: &'static str,
    /// The least and the most characters after the prefix.
    length: (usize, usize),
    may_hold: fn(u8) -> bool,
}

const ANY: usize = usize::MAX;

const SHAPES: &[Shape] = &[
    shape("AKIA", (16, 16), is_capital),
    shape("ASIA", (16, 16), is_capital),
    shape("ghp_", (36, ANY), is_alphanumeric),
    shape("gho_", (36, ANY), is_alphanumeric),
    shape("ghu_", (36, ANY), is_alphanumeric),
    shape("ghs_", (36, ANY), is_of_token),
    shape("ghr_", (36, ANY), is_alphanumeric),
    shape("github_pat_", (22, ANY), is_word),
    shape("glpat-", (20, ANY), is_of_token),
    shape("xoxa-", (10, ANY), is_of_token),
    shape("xoxb-", (10, ANY), is_of_token),
    shape("xoxe-", (10, ANY), is_of_token),
    shape("xoxo-", (10, ANY), is_of_token),
    shape("xoxp-", (10, ANY), is_of_token),
    shape("xoxr-", (10, ANY), is_of_token),
    shape("xoxs-", (10, ANY), is_of_token),
    shape("hooks.slack.com/", (20, ANY), is_of_path),
    shape("sk_live_", (16, ANY), is_alphanumeric),
    shape("rk_live_", (16, ANY), is_alphanumeric),
    shape("AIza", (35, 35), is_of_token),
    shape("npm_", (36, 36), is_alphanumeric),
];

const fn shape(prefix: &'static str, length: (usize, usize), may_hold: fn(u8) -> bool) -> Shape {
    Shape {
        prefix,
        length,
        may_hold,
    }
}

/// Where a text holds known credential shapes, from left to right, none inside another.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let begins = matches!(
            bytes[at],
            b'A' | b'e' | b'g' | b'h' | b'n' | b'r' | b's' | b'x' | b'-'
        );
        match begins.then(|| at_once(bytes, at)).flatten() {
            Some(end) => {
                found.push(at..end);
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// The end of the credential that begins exactly here.
fn at_once(bytes: &[u8], at: usize) -> Option<usize> {
    if let Some(end) = private_key(&bytes[at..]) {
        return Some(at + end);
    }
    if at > 0 && is_word(bytes[at - 1]) && !is_escape(bytes, at) {
        return None;
    }
    let rest = &bytes[at..];
    let known = SHAPES.iter().find_map(|shape| shape.length(rest));
    known.or_else(|| web_token(rest)).map(|length| at + length)
}

/// Whether the letter before is the second half of `\n` or its like, as JSON has them.
fn is_escape(bytes: &[u8], at: usize) -> bool {
    at > 1 && bytes[at - 2] == b'\\' && matches!(bytes[at - 1], b'n' | b'r' | b't')
}

impl Shape {
    fn length(&self, rest: &[u8]) -> Option<usize> {
        let after = rest.strip_prefix(self.prefix.as_bytes())?;
        let length = run(after, self.may_hold);
        let (least, most) = self.length;
        let exact = length <= most || !is_alphanumeric(after[most]);
        let stands = after
            .get(length)
            .is_none_or(|next| most == ANY || !is_word(*next));
        (length >= least && exact && stands).then(|| self.prefix.len() + length.min(most))
    }
}

/// A JSON Web Token: three parts, of which the first two are JSON objects in base64.
fn web_token(rest: &[u8]) -> Option<usize> {
    let mut length = 0;
    for (number, begins) in ["eyJ", "eyJ", ""].into_iter().enumerate() {
        if number > 0 {
            (rest.get(length) == Some(&b'.')).then_some(())?;
            length += 1;
        }
        let part = &rest[length..];
        let held = run(part, is_of_token);
        (part.starts_with(begins.as_bytes()) && held >= 8).then_some(())?;
        length += held;
    }
    Some(length)
}

/// The block of a private key, to its end or to that of the text.
fn private_key(rest: &[u8]) -> Option<usize> {
    const LONGEST_KIND: usize = 40;
    let after = rest.strip_prefix(b"-----BEGIN ")?;
    let head = &after[..after.len().min(LONGEST_KIND)];
    let kind = position(head, b"-----")?;
    position(&head[..kind], b"PRIVATE KEY")?;
    let Some(end) = position(after, b"-----END ") else {
        return Some(rest.len());
    };
    let tail = end + b"-----END ".len();
    let closing = position(&after[tail..], b"-----").map_or(after.len(), |at| tail + at + 5);
    Some(rest.len() - after.len() + closing)
}

/// Where in a text its private key begins that does not end there.
pub(super) fn key_stays_open(text: &str) -> Option<usize> {
    let begin = text.rfind("-----BEGIN ")?;
    let after = &text.as_bytes()[begin..];
    private_key(after)?;
    (position(after, b"-----END ").is_none()).then_some(begin)
}

/// Where in a line the private key ends that began before it.
pub(super) fn key_ends(line: &str) -> Option<usize> {
    const END: &str = "-----END ";
    let end = line.find(END)? + END.len();
    Some(
        line[end..]
            .find("-----")
            .map_or(line.len(), |at| end + at + 5),
    )
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|part| part == wanted)
}

fn run(bytes: &[u8], may_hold: fn(u8) -> bool) -> usize {
    let ends = bytes.iter().position(|byte| !may_hold(*byte));
    ends.unwrap_or(bytes.len())
}

fn is_capital(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn is_of_token(byte: u8) -> bool {
    is_word(byte) || byte == b'-'
}

fn is_of_path(byte: u8) -> bool {
    is_of_token(byte) || byte == b'/'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|range| &text[range]).collect()
    }

    /// A credential put together, so that no scanner takes this file for a leak.
    fn of(prefix: &str, length: usize) -> String {
        format!("{prefix}{}", "A1b2C3d4".repeat(20).split_at(length).0)
    }

    #[test]
    fn each_shape_is_found_where_it_stands_by_itself() {
        let all = [
            "AKIAIOSFODNN7EXAMPLE".to_owned(),
            "ASIAIOSFODNN7EXAMPLE".to_owned(),
            of("ghp_", 36),
            of("gho_", 36),
            of("ghs_", 36),
            of("github_pat_", 82),
            of("xoxb-1234-5678-", 24),
            of("hooks.slack.com/services/T0/B0/", 24),
            of("sk_live_", 24),
            of("AIza", 35),
            of("npm_", 36),
            format!("{}.{}.{}", of("eyJ", 20), of("eyJ", 40), of("", 43)),
        ];
        for one in &all {
            for text in [
                one.clone(),
                format!("key={one}, more"),
                format!("\"{one}\""),
                format!("a\\n{one}"),
            ] {
                assert_eq!(found(&text), [one.as_str()], "{text}");
            }
            assert_eq!(found(&format!("x{one}")), Vec::<&str>::new(), "{one}");
        }
        let line = all.join(" ");
        assert_eq!(found(&line).len(), all.len());
    }

    #[test]
    fn what_only_begins_like_one_is_shown() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE1",
            "AKIAshort",
            "arn:aws:iam::111122223333:role/ASIA",
            "ghp_short",
            "npm_config_registry",
            "eyJhbGciOi.text",
            "AIza",
            "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
            "über-schön",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn a_private_key_is_hidden_to_its_end() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----";
        assert_eq!(found(&format!("a {key} b")), [key]);
        let in_json = key.replace('\n', "\\n");
        assert_eq!(
            found(&format!("{{\"k\":\"{in_json}\"}}")),
            [in_json.as_str()]
        );
        let cut = "-----BEGIN PRIVATE KEY-----\nMIIE";
        assert_eq!(found(cut), [cut]);
    }
}
