//! What others say about infrastructure that they provision: Proton's `NotifyResourceDeploymentStatusChange`.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::Value as Json;

use crate::outcome::Outputs;
use crate::proposal::BRANCHES;
use crate::quota::{MESSAGE, OUTPUTS, VALUE};
use crate::secret::{Secret, Secrets, hide_credentials, holds_credential};
use crate::target::{BadTargetId, TargetId};
use crate::terraform::read_outputs;

/// A target as others name it: its id, the ARN that Proton gave it, or the branch on which it is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTarget(pub TargetId);

impl FromStr for NamedTarget {
    type Err = BadTargetId;

    fn from_str(text: &str) -> Result<Self, BadTargetId> {
        let text = text.trim();
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let id = match parts[..] {
            ["arn", _, "proton", _, _, resource] => resource,
            _ => text.strip_prefix(BRANCHES).unwrap_or(text),
        };
        id.parse()
            .map(Self)
            .map_err(|_| BadTargetId(text.to_owned()))
    }
}

/// Outputs that may be kept, and what the reader should know about the others.
#[derive(Clone, Debug, Default)]
pub struct ReportedOutputs {
    /// What may be kept.
    pub outputs: Outputs,
    /// What was left out or is larger than Proton took; a sentence each.
    pub notes: Vec<String>,
    secrets: Vec<Secret>,
}

impl ReportedOutputs {
    /// Reads Proton's `[{"key", "valueString"}]`, a map, or what `terraform output -json` prints.
    ///
    /// Sensitive ones and those that look like credentials are left out.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Json = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| error.to_string())?;
        let mut read = match document {
            Json::Array(list) => of_list(&list)?,
            Json::Object(map) if is_of_terraform(&map) => of_terraform(text)?,
            Json::Object(map) => of_map(map),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
                return Err("it is neither a list nor a map".to_owned());
            }
        };
        read.drop_credentials();
        read.compare_with_quotas();
        Ok(read)
    }

    /// A message without the secrets that stood in the outputs, and without what looks like a credential.
    pub fn discreet(&self, message: &str) -> String {
        let mut message = message.to_owned();
        Secrets::of(&self.secrets).hide(&mut message);
        hide_credentials(&mut message);
        message
    }

    fn drop_credentials(&mut self) {
        let notes = &mut self.notes;
        self.outputs.retain(|key, value| {
            let looks = holds_credential(value);
            if looks {
                notes.push(format!(
                    "output `{key}` is left out, because it looks like a credential"
                ));
            }
            !looks
        });
    }

    fn compare_with_quotas(&mut self) {
        let count = self.outputs.len();
        if count > OUTPUTS {
            self.notes.push(format!(
                "there are {count} outputs, more than the {OUTPUTS} that Proton took"
            ));
        }
        for (key, value) in &self.outputs {
            let length = value.chars().count();
            if length > VALUE {
                self.notes.push(format!(
                    "output `{key}` has {length} characters, more than the {VALUE} that Proton took"
                ));
            }
        }
    }
}

/// What a message is to Proton's quota.
pub fn long_message(message: &str) -> Option<String> {
    let length = message.chars().count();
    (length > MESSAGE).then(|| {
        format!("the message has {length} characters, more than the {MESSAGE} that Proton took")
    })
}

fn of_list(list: &[Json]) -> Result<ReportedOutputs, String> {
    let mut read = ReportedOutputs::default();
    for (index, entry) in list.iter().enumerate() {
        let key = entry.get("key").and_then(Json::as_str);
        let value = entry.get("valueString").and_then(text_of);
        let (Some(key), Some(value)) = (key.filter(|key| !key.is_empty()), value) else {
            let number = index + 1;
            return Err(format!("entry {number} lacks `key` or `valueString`"));
        };
        read.outputs.insert(key.to_owned(), value);
    }
    Ok(read)
}

fn of_map(map: serde_json::Map<String, Json>) -> ReportedOutputs {
    let mut read = ReportedOutputs::default();
    for (key, value) in map {
        if let Some(value) = text_of(&value) {
            read.outputs.insert(key, value);
        }
    }
    read
}

fn of_terraform(text: &str) -> Result<ReportedOutputs, String> {
    let given = read_outputs(text).map_err(|error| error.to_string())?;
    let all: BTreeMap<String, Json> =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    let sensitive = all
        .into_iter()
        .filter(|(_, output)| output["sensitive"].as_bool() == Some(true));
    let note = |key: String| format!("output `{key}` is left out, because it is sensitive");
    Ok(ReportedOutputs {
        outputs: given.outputs,
        notes: sensitive.map(|(key, _)| note(key)).collect(),
        secrets: given.secrets,
    })
}

/// `output -json`: every value is told apart from its type and from whether it is sensitive.
fn is_of_terraform(map: &serde_json::Map<String, Json>) -> bool {
    let told = |value: &Json| {
        value.get("value").is_some() && value.get("sensitive").is_some_and(Json::is_boolean)
    };
    !map.is_empty() && map.values().all(told)
}

/// A value as text; lists and objects are JSON, as `jsondecode` reads it.
fn text_of(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
            Some(value.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let read = ReportedOutputs::parse(text).unwrap();
        let outputs = read
            .outputs
            .iter()
            .map(|(key, value)| format!("{key}={value}"));
        outputs.chain(read.notes).collect()
    }

    #[test]
    fn three_forms_of_outputs_are_read() {
        assert_eq!(
            read(r#"[{"key": "A", "valueString": "1"}, {"key": "A", "valueString": "2"}]"#),
            ["A=2"]
        );
        assert_eq!(
            read(r#"{"A": "1", "B": ["x"], "C": null}"#),
            ["A=1", "B=[\"x\"]"]
        );
        let terraform = r#"{"A": {"sensitive": false, "type": "string", "value": "1"}, "B": {"sensitive": true, "value": "hunter2"}}"#;
        assert_eq!(
            read(terraform),
            ["A=1", "output `B` is left out, because it is sensitive"]
        );
        let read = ReportedOutputs::parse(terraform).unwrap();
        assert_eq!(read.discreet("it is hunter2"), "it is ***");
    }

    #[test]
    fn credentials_are_left_out_and_quotas_only_told() {
        assert_eq!(
            read(r#"{"Id": "AKIAIOSFODNN7EXAMPLE", "Name": "queue"}"#),
            [
                "Name=queue",
                "output `Id` is left out, because it looks like a credential"
            ]
        );
        let long = "x".repeat(1_025);
        let told = read(&format!(r#"{{"A": "{long}"}}"#));
        assert_eq!(told[0], format!("A={long}"));
        assert_eq!(
            told[1],
            "output `A` has 1025 characters, more than the 1024 that Proton took"
        );
        let many: BTreeMap<String, String> = (0..51)
            .map(|key| (key.to_string(), String::new()))
            .collect();
        let told = read(&serde_json::to_string(&many).unwrap());
        assert_eq!(
            (told.len(), told[51].as_str()),
            (
                52,
                "there are 51 outputs, more than the 50 that Proton took"
            )
        );
        assert_eq!(long_message(&"x".repeat(5_000)), None);
        assert!(long_message(&"x".repeat(5_001)).is_some());
    }

    #[test]
    fn what_is_no_list_of_outputs_is_refused_with_its_place() {
        for (text, expected) in [
            ("no JSON", "expected"),
            ("3", "it is neither a list nor a map"),
            (
                r#"[{"key": "A", "valueString": "1"}, {"key": "B"}]"#,
                "entry 2 lacks `key` or `valueString`",
            ),
        ] {
            let error = ReportedOutputs::parse(text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_target_may_be_named_by_its_arn_or_by_its_branch() {
        let named = |text: &str| text.parse().map(|NamedTarget(id)| id.to_string());
        let id = "service/web/service-instance/prod";
        assert_eq!(named(id).unwrap(), id);
        assert_eq!(
            named(&format!("arn:aws-cn:proton:us-east-1:111122223333:{id}")).unwrap(),
            id
        );
        assert_eq!(named(&format!("nucleon/{id}")).unwrap(), id);
        assert!(named("nucleon/main").is_err());
        assert!(named("arn:aws:ecs:us-east-1:111122223333:environment/dev").is_err());
        assert!(named("arn:aws:proton:us-east-1:111122223333:environment-template/x").is_err());
    }
}
