//! Outputs as the AWS CLI takes them: JSON, the path of a file with JSON, or its shorthand `key=…,valueString=…`.

use std::path::Path;

use nucleon_core::outcome::Outputs;
use nucleon_core::record::outputs;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(transparent)]
struct Document(#[serde(with = "outputs")] Outputs);

/// Reads the values of `--outputs`; paths are relative to `folder`.
pub(super) fn parse(values: &[String], folder: &Path) -> Result<Outputs, String> {
    if let [one] = values
        && let Some(path) = one.strip_prefix("file://")
    {
        let path = folder.join(path);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("could not read `{}`: {error}", path.display()))?;
        return document(&text).map_err(|why| format!("`{}` {why}", path.display()));
    }
    if let [one] = values
        && one.trim_start().starts_with(['[', '{'])
    {
        return document(one).map_err(|why| format!("the text {why}"));
    }
    values.iter().map(|value| pair(value)).collect()
}

/// Reads Proton's list, or a map of texts.
pub(super) fn document(text: &str) -> Result<Outputs, String> {
    let read: Result<Document, _> = serde_json::from_str(text);
    read.map(|document| document.0).map_err(|_| {
        "is not a list of `{\"key\": …, \"valueString\": …}` whose values are text".to_owned()
    })
}

/// `key=VpcId,valueString=vpc-1`; a value with commas stands in quotes.
fn pair(text: &str) -> Result<(String, String), String> {
    let (mut key, mut value) = (None, None);
    for part in parts(text) {
        match part.split_once('=') {
            Some(("key", text)) => key = Some(unquoted(text)),
            Some(("valueString", text)) => value = Some(unquoted(text)),
            Some(_) | None => return Err(not_shorthand(text)),
        }
    }
    key.zip(value).ok_or_else(|| not_shorthand(text))
}

fn not_shorthand(text: &str) -> String {
    format!("`{text}` is not of the form `key=NAME,valueString=TEXT`")
}

/// Splits at the commas outside of quotes.
fn parts(text: &str) -> Vec<&str> {
    let mut quote = None;
    let mut before = '=';
    let is_end = |character: char| {
        match quote {
            Some(open) if character == open => quote = None,
            None if before == '=' && matches!(character, '"' | '\'') => quote = Some(character),
            Some(_) | None => {}
        }
        before = character;
        character == ',' && quote.is_none()
    };
    text.split(is_end).collect()
}

fn unquoted(text: &str) -> String {
    let quoted = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let inside = quoted('"').or_else(|| quoted('\''));
    inside.unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(values: &[&str]) -> Result<Vec<(String, String)>, String> {
        let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
        parse(&values, Path::new("/nowhere")).map(|outputs| outputs.into_iter().collect())
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |&(key, value): &(&str, &str)| (key.to_owned(), value.to_owned());
        expected.iter().map(owned).collect()
    }

    #[test]
    fn every_form_of_the_aws_cli_is_read() {
        let expected = pairs(&[("Url", "https://x/?a=1,b"), ("Vpc", "vpc-1")]);
        let shorthand = [
            "key=Vpc,valueString=vpc-1",
            "key=Url,valueString='https://x/?a=1,b'",
        ];
        assert_eq!(parsed(&shorthand).unwrap(), expected);
        let json = r#"[{"key":"Vpc","valueString":"vpc-1"},{"key":"Url","valueString":"https://x/?a=1,b"}]"#;
        assert_eq!(parsed(&[json]).unwrap(), expected);
        let map = r#"{"Vpc": "vpc-1", "Url": "https://x/?a=1,b"}"#;
        assert_eq!(parsed(&[map]).unwrap(), expected);
    }

    #[test]
    fn what_is_none_of_them_is_refused_with_the_form_to_write() {
        for wrong in [
            "Vpc=vpc-1",
            "key=Vpc",
            r#"[{"key":"Vpc","valueString":1}]"#,
            "file://gone.json",
        ] {
            let error = parsed(&[wrong]).unwrap_err();
            assert!(error.contains('`'), "{error}");
        }
    }
}
