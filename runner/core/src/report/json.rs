//! For programs.

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;

/// Every diagnostic, in the format that `--format json` writes.
pub fn json(diagnostics: &[Diagnostic]) -> Value {
    json!({ "format": 1, "diagnostics": diagnostics })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Code;
    use crate::diagnostic::Location;

    #[test]
    fn the_format_is_stable() {
        let place = Location {
            file: "spec.yaml".into(),
            line: 7,
            column: 20,
            length: 5,
        };
        let diagnostics = [
            Diagnostic::error(Code::SpecWrongType, "`count` must be a number, found text")
                .at(place)
                .help("write `count: 2`"),
            Diagnostic::warning(Code::SpecUnpinned, "a warning without place"),
        ];
        let text = serde_json::to_string_pretty(&json(&diagnostics)).unwrap();
        insta::assert_snapshot!(text, @r#"
        {
          "format": 1,
          "diagnostics": [
            {
              "code": "spec/wrong-type",
              "severity": "error",
              "message": "`count` must be a number, found text",
              "location": {
                "file": "spec.yaml",
                "line": 7,
                "column": 20,
                "length": 5
              },
              "help": "write `count: 2`"
            },
            {
              "code": "spec/unpinned",
              "severity": "warning",
              "message": "a warning without place"
            }
          ]
        }
        "#);
    }
}
