//! Where a module keeps its state: which backend its own sources name.

use crate::files::{Content, Files};

/// The type of the backend that a module names: `s3`, or `cloud` for its `cloud` block.
pub fn named_backend(files: &Files) -> Option<String> {
    let sources = files.iter().filter(|(path, _)| path.parent().is_empty());
    let sources = sources.filter(|(path, _)| path.ending() == "tf");
    sources
        .filter_map(|(_, content)| match content {
            Content::Text(text) => Some(text),
            Content::Bytes(_) | Content::Refused(_) => None,
        })
        .find_map(|text| named(text))
}

/// Whether a module needs anything that `init` would download: modules, and providers other than Terraform's own.
pub fn needs_downloads(files: &Files) -> bool {
    files.iter().any(|(path, content)| match content {
        Content::Text(text) if path.ending() == "tf" => downloads(text),
        Content::Text(_) | Content::Bytes(_) | Content::Refused(_) => false,
    })
}

/// The resources that a module declares: their addresses and types.
pub(super) fn declared(files: &Files) -> Vec<(String, String)> {
    let sources = files
        .iter()
        .filter(|(path, _)| path.parent().is_empty() && path.ending() == "tf");
    let mut found = Vec::new();
    for (_, content) in sources {
        let Content::Text(text) = content else {
            continue;
        };
        for three in words(text).windows(3) {
            if let [Word::Name("resource"), Word::Text(kind), Word::Text(name)] = three {
                found.push((format!("{kind}.{name}"), (*kind).to_owned()));
            }
        }
    }
    found
}

fn downloads(source: &str) -> bool {
    let words = words(source);
    words.windows(2).any(|two| match two {
        [
            Word::Name("resource" | "data" | "ephemeral"),
            Word::Text(kind),
        ] => !kind.starts_with("terraform_"),
        [Word::Name("module" | "provider"), Word::Text(_)]
        | [Word::Name("required_providers"), _] => true,
        _ => false,
    })
}

fn named(source: &str) -> Option<String> {
    let words = words(source);
    words.windows(3).find_map(|three| match three {
        [Word::Name("backend"), Word::Text(kind), Word::Sign('{')] => Some((*kind).to_owned()),
        [Word::Sign('{' | '}'), Word::Name("cloud"), Word::Sign('{')] => Some("cloud".to_owned()),
        _ => None,
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Word<'a> {
    Name(&'a str),
    Text(&'a str),
    Sign(char),
}

/// The words of a source without its comments; what stands in texts is not looked into.
fn words(source: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if first == '#' || rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            let text = quoted(rest);
            words.push(Word::Text(text.trim_matches('"')));
            text.len()
        } else if first.is_alphabetic() || first == '_' {
            let is_part = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == '-';
            let end = rest.find(|sign| !is_part(sign)).unwrap_or(rest.len());
            words.push(Word::Name(&rest[..end]));
            end
        } else {
            if !first.is_whitespace() {
                words.push(Word::Sign(first));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    words
}

/// A text with its quotes, to the end of its line at most.
fn quoted(source: &str) -> &str {
    let mut escaped = false;
    for (index, sign) in source.char_indices().skip(1) {
        match sign {
            '\n' => return &source[..index],
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return &source[..=index],
            _ => {}
        }
    }
    source
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backend_is_found_where_it_is_named() {
        let cases = [
            ("terraform {\n  backend \"s3\" {}\n}", Some("s3")),
            (
                "terraform {\n  required_version = \">= 1.0\"\n  backend   \"gcs\"   { bucket = \"b\" }\n}",
                Some("gcs"),
            ),
            (
                "terraform {\n  # backend \"s3\" {}\n  // backend \"s3\" {}\n  /* backend \"s3\" {} */\n}",
                None,
            ),
            ("locals { a = \"backend \\\"s3\\\" {\" }", None),
            ("terraform {\n  cloud {\n  }\n}", Some("cloud")),
            ("resource \"backend\" \"s3\" {}", None),
            ("a = \"open", None),
        ];
        for (source, expected) in cases {
            assert_eq!(named(source).as_deref(), expected, "{source}");
        }
    }
}
