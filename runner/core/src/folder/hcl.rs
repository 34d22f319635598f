//! Values as Terraform's variable definitions: JSON's objects and lists are expressions there, but texts are templates.

use serde_json::Value as Json;

use crate::folder::pretty;

/// One definition for each member.
pub(super) fn definitions(values: &Json) -> String {
    let members = values.as_object().into_iter().flatten();
    let lines = members.map(|(name, value)| {
        let value = pretty::pretty_with(value, string);
        format!("{name} = {value}\n")
    });
    lines.collect()
}

/// A text that means itself.
fn string(text: &mut String, value: &str) {
    let value = value.replace("${", "$${").replace("%{", "%%{");
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\0'..='\u{1f}' => pretty::control(text, character),
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::definitions;

    #[test]
    fn a_text_is_no_template() {
        let inputs = json!({"script": "echo ${HOME} %{x}\u{8}\\b", "sizes": [1, 2]});
        let values = json!({"environment": {"name": "dev", "inputs": inputs}});
        let expected = r#"environment = {
  "name" : "dev",
  "inputs" : {
    "script" : "echo $${HOME} %%{x}\u0008\\b",
    "sizes" : [ 1, 2 ]
  }
}
"#;
        assert_eq!(definitions(&values), expected);
    }
}
