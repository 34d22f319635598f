//! JSON as Proton printed it: a space before each colon, `{ }`, and lists of objects without a line of their own.

use std::fmt::Write as _;

use serde_json::Value as Json;

/// A document, without a newline at its end.
pub(super) fn pretty(json: &Json) -> String {
    pretty_with(json, string)
}

/// A document whose texts are written by `string`.
pub(super) fn pretty_with(json: &Json, string: WriteText) -> String {
    let mut text = String::new();
    write(&mut text, json, 0, string);
    text
}

/// Writes a text with its quotes.
pub(super) type WriteText = fn(&mut String, &str);

fn write(text: &mut String, json: &Json, depth: usize, string: WriteText) {
    match json {
        Json::Object(members) if members.is_empty() => text.push_str("{ }"),
        Json::Object(members) => {
            let mut separator = "{";
            for (key, value) in members {
                text.push_str(separator);
                separator = ",";
                line(text, depth + 1);
                string(text, key);
                text.push_str(" : ");
                write(text, value, depth + 1, string);
            }
            line(text, depth);
            text.push('}');
        }
        Json::Array(items) if items.is_empty() => text.push_str("[ ]"),
        Json::Array(items) => {
            let mut separator = "[ ";
            for item in items {
                text.push_str(separator);
                separator = ", ";
                write(text, item, depth, string);
            }
            text.push_str(" ]");
        }
        Json::String(value) => string(text, value),
        Json::Null | Json::Bool(_) | Json::Number(_) => text.push_str(&json.to_string()),
    }
}

fn line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

/// A text in quotes; only what JSON forbids is escaped.
fn string(text: &mut String, value: &str) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\0'..='\u{1f}' => control(text, character),
            other => text.push(other),
        }
    }
    text.push('"');
}

/// A character as the four digits of its code.
pub(super) fn control(text: &mut String, character: char) {
    write!(text, "\\u{:04X}", u32::from(character)).expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::pretty;

    #[test]
    fn lists_stay_on_the_line_of_what_they_hold() {
        let json = json!({
            "a": [{"n": 1, "o": {}}, {"n": 2.5}], "b": ["x", true, null], "c": [], "d": {"e": [[1], []]},
        });
        let expected = r#"{
  "a" : [ {
    "n" : 1,
    "o" : { }
  }, {
    "n" : 2.5
  } ],
  "b" : [ "x", true, null ],
  "c" : [ ],
  "d" : {
    "e" : [ [ 1 ], [ ] ]
  }
}"#;
        assert_eq!(pretty(&json), expected);
    }

    #[test]
    fn texts_are_escaped_only_where_they_must_be() {
        let json = json!("\"\\/<>&'ü☂\u{7f}\u{1f}\n\t\r\u{8}\u{c}");
        assert_eq!(
            pretty(&json),
            "\"\\\"\\\\/<>&'ü☂\u{7f}\\u001F\\n\\t\\r\\b\\f\""
        );
    }
}
