//! One piece of a context, and its two forms: JSON as Proton wrote it, and values as templates read them.

use minijinja::Value;
use minijinja::value::Serde;
use serde_json::{Map, Value as Json, json};

use crate::context::Known;
use crate::context::unknown::{Reads, UnknownOutputs, partly_known};
use crate::inputs::Inputs;
use crate::secret::Secret;

/// A piece of a context.
#[derive(Clone, Debug)]
pub(super) enum Part {
    Json(Json),
    Inputs(Inputs),
    Mapping(Vec<(String, Self)>),
    List(Vec<Self>),
    Outputs(Known),
    /// `components` of an instance that none is attached to.
    NoComponent,
}

impl Part {
    pub(super) fn mapping<const N: usize>(members: [(&str, Self); N]) -> Self {
        let members = members.map(|(key, part)| (key.to_owned(), part));
        Self::Mapping(members.into())
    }

    fn to_json(&self) -> Json {
        match self {
            Self::Json(json) => json.clone(),
            Self::Inputs(inputs) => Json::Object(inputs.values().clone()),
            Self::Mapping(members) => members_to_json(members),
            Self::List(parts) => parts.iter().map(Self::to_json).collect(),
            Self::Outputs(Known::Yes(outputs) | Known::Partly(outputs, _)) => json!(outputs),
            Self::Outputs(Known::NotYet) | Self::NoComponent => json!({}),
        }
    }

    fn to_value(&self, path: &str, reads: &Reads) -> Value {
        match self {
            Self::Json(json) => Value::from(Serde(json)),
            Self::Inputs(inputs) => Value::from(Serde(inputs.values())),
            Self::Mapping(members) => members_to_value(members, path, reads),
            Self::List(parts) => list_to_value(parts, path, reads),
            Self::Outputs(Known::Yes(outputs)) => Value::from_pairs(outputs),
            Self::Outputs(Known::Partly(outputs, coming)) => {
                partly_known(path, outputs, coming, reads)
            }
            Self::Outputs(Known::NotYet) => UnknownOutputs::value(path, reads),
            // Proton's guide: the whole of `components.default` reads as `{}`, its members are undefined.
            Self::NoComponent => Value::from(Serde(json!({"default": {"outputs": {}}}))),
        }
    }

    /// Adds the paths of outputs that are not known yet.
    pub(super) fn add_unknown(&self, path: &str, unknown: &mut Vec<String>) {
        match self {
            Self::Outputs(Known::NotYet) => unknown.push(path.to_owned()),
            Self::Outputs(Known::Partly(_, coming)) => {
                unknown.extend(coming.iter().map(|name| join(path, name)));
            }
            Self::Mapping(members) => {
                for (key, part) in members {
                    part.add_unknown(&join(path, key), unknown);
                }
            }
            Self::List(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    part.add_unknown(&join(path, &index.to_string()), unknown);
                }
            }
            Self::Json(_) | Self::Inputs(_) | Self::Outputs(Known::Yes(_)) | Self::NoComponent => {}
        }
    }

    pub(super) fn add_secrets(&self, secrets: &mut Vec<Secret>) {
        match self {
            Self::Inputs(inputs) => secrets.extend_from_slice(inputs.secrets()),
            Self::Mapping(members) => {
                for (_, part) in members {
                    part.add_secrets(secrets);
                }
            }
            Self::List(parts) => {
                for part in parts {
                    part.add_secrets(secrets);
                }
            }
            Self::Json(_) | Self::Outputs(_) | Self::NoComponent => {}
        }
    }
}

pub(super) fn members_to_json(members: &[(String, Part)]) -> Json {
    let members = members
        .iter()
        .map(|(key, part)| (key.clone(), part.to_json()));
    Json::Object(members.collect::<Map<_, _>>())
}

pub(super) fn members_to_value(members: &[(String, Part)], path: &str, reads: &Reads) -> Value {
    let members = members.iter().map(|(key, part)| {
        let value = part.to_value(&join(path, key), reads);
        (key.as_str(), value)
    });
    Value::from_pairs(members)
}

fn list_to_value(parts: &[Part], path: &str, reads: &Reads) -> Value {
    let values = parts.iter().enumerate();
    values
        .map(|(index, part)| part.to_value(&join(path, &index.to_string()), reads))
        .collect()
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
