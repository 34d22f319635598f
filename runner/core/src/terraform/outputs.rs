//! What a module gives out: `output -json`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::sensitive;
use crate::outcome::Outputs;
use crate::secret::Secret;

/// What a module gives out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The outputs that may be kept. Lists, objects, numbers and flags are JSON, as `jsondecode` reads it.
    pub outputs: Outputs,
    /// The values of the others.
    pub secrets: Vec<Secret>,
}

#[derive(Deserialize)]
struct Output {
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    value: Json,
}

/// Reads the outputs of a state; an output without a value is none.
pub fn read_outputs(document: &str) -> Result<Given, serde_json::Error> {
    let all: BTreeMap<String, Output> = serde_json::from_str(document)?;
    let mut given = Given::default();
    let mut secrets = Vec::new();
    for (name, output) in all {
        if output.sensitive {
            sensitive::collect(&output.value, Some(&Json::Bool(true)), &mut secrets);
            continue;
        }
        match output.value {
            Json::Null => {}
            Json::String(text) => {
                given.outputs.insert(name, text);
            }
            value @ (Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_)) => {
                given.outputs.insert(name, value.to_string());
            }
        }
    }
    given.secrets = secrets.into_iter().map(Secret::new).collect();
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_kept_as_they_are_and_everything_else_as_json() {
        let document = r#"{
            "name": {"sensitive": false, "type": "string", "value": "a \"b\""},
            "subnets": {"sensitive": false, "type": ["list", "string"], "value": ["one", "two"]},
            "count": {"sensitive": false, "type": "number", "value": 2},
            "none": {"sensitive": false, "type": "string", "value": null},
            "key": {"sensitive": true, "type": ["object", {}], "value": {"a": "hunter22"}}
        }"#;
        let given = read_outputs(document).unwrap();
        let kept: Vec<String> = given
            .outputs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            kept,
            ["count=2", "name=a \"b\"", "subnets=[\"one\",\"two\"]"]
        );
        assert_eq!(given.secrets, [Secret::new("hunter22")]);
        assert!(read_outputs("not JSON").is_err());
    }
}
