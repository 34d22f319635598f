//! JSON Schemas for editors: one for `nucleon.yaml`, one for the specs of each template version.
//!
//! They are of draft 7, which the YAML language server reads. What is a warning for Nucleon is refused in them where
//! that helps whoever types: an input that the template does not have.

use serde_json::{Map, Value, json};

use crate::bundle::{Bundle, BundleKind};
use crate::schema::InputType;
use crate::yaml::{self, Node};

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The text of the schema of `nucleon.yaml`.
pub const CONFIG_SCHEMA: &str = include_str!("editor/nucleon.schema.json");

/// The text of the schema of a template's `versions.yaml`.
pub const VERSIONS_SCHEMA: &str = include_str!("editor/versions.schema.json");

/// The schema of a template version's specs; `schema` is the text of its `schema.yaml`.
///
/// Gives nothing where that text cannot be read, which [`Bundle::parse`] has told.
pub fn spec_schema(bundle: &Bundle, schema: &str) -> Option<Value> {
    let root = yaml::parse(&crate::bundle::SCHEMA.into(), schema).ok()?;
    let body = root.get("schema")?;
    let types = body.get("types")?.as_mapping()?;
    let definitions: Map<String, Value> = types
        .iter()
        .map(|(name, rule)| (name.text().to_owned(), translated(rule)))
        .collect();
    let inputs = |input: InputType| inputs(bundle, body, input);
    let mut properties = Map::new();
    let required: &[&str] = match bundle.kind {
        BundleKind::Environment => {
            properties.insert("proton".to_owned(), json!({"const": "EnvironmentSpec"}));
            for key in ["name", "template", "account", "region"] {
                properties.insert(key.to_owned(), json!({"type": "string"}));
            }
            let provisioning = json!({"enum": ["direct", "pull-request"]});
            properties.insert("provisioning".to_owned(), provisioning);
            properties.insert("spec".to_owned(), inputs(InputType::Environment));
            &["proton"]
        }
        BundleKind::Service => {
            properties.insert("proton".to_owned(), json!({"const": "ServiceSpec"}));
            for key in ["name", "template"] {
                properties.insert(key.to_owned(), json!({"type": "string"}));
            }
            if bundle.schema.has(InputType::Pipeline) {
                properties.insert("pipeline".to_owned(), inputs(InputType::Pipeline));
            }
            let instance = json!({
                "type": "object",
                "required": ["name", "environment"],
                "additionalProperties": false,
                "properties": {
                    "name": {"type": "string"},
                    "environment": {"type": "string"},
                    "template": {"type": "string"},
                    "spec": inputs(InputType::Service),
                },
            });
            let instances = json!({"type": "array", "items": instance});
            properties.insert("instances".to_owned(), instances);
            &["proton", "instances"]
        }
    };
    Some(json!({
        "$schema": DRAFT,
        "title": format!("Specs of {}@{}", bundle.name, bundle.major),
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": properties,
        "definitions": definitions,
    }))
}

/// The rule of an input type's values: what it names, and nothing else unless it says so itself.
fn inputs(bundle: &Bundle, body: &Node, input: InputType) -> Value {
    let name = body.get(input.key()).map_or("", Node::text);
    let reference = json!({"$ref": pointer(name)});
    let Some(declared) = bundle
        .schema
        .declared(input)
        .filter(|declared| !declared.open)
    else {
        return reference;
    };
    let names = declared
        .inputs
        .iter()
        .map(|input| (input.name.to_owned(), json!({})));
    let names: Map<String, Value> = names.collect();
    let closed = json!({"properties": names, "additionalProperties": false});
    json!({"allOf": [reference, closed]})
}

fn pointer(name: &str) -> String {
    let escaped = name
        .replace('~', "~0")
        .replace('/', "~1")
        .replace('%', "%25");
    format!("#/definitions/{escaped}")
}

/// A rule of OpenAPI 3.0 in the words of JSON Schema's draft 7.
fn translated(rule: &Node) -> Value {
    let Some(entries) = rule.as_mapping() else {
        return json!({});
    };
    if let Some(reference) = rule.get("$ref").and_then(Node::as_str) {
        let name = crate::schema::type_name(reference).unwrap_or_default();
        return json!({"$ref": pointer(&name)});
    }
    let is = |key: &str| rule.get(key).and_then(Node::as_bool) == Some(true);
    let mut words = Map::new();
    for (key, value) in entries {
        let (key, value) = match key.text() {
            "type" if is("nullable") => ("type", json!([value.text(), "null"])),
            "minimum" if is("exclusiveMinimum") => ("exclusiveMinimum", value.to_json()),
            "maximum" if is("exclusiveMaximum") => ("exclusiveMaximum", value.to_json()),
            "exclusiveMinimum" | "exclusiveMaximum" | "nullable" | "discriminator" | "xml"
            | "externalDocs" | "deprecated" => continue,
            "example" => ("examples", json!([value.to_json()])),
            "properties" => ("properties", each(value)),
            "allOf" | "anyOf" | "oneOf" => (key.text(), list(value)),
            "items" | "not" => (key.text(), translated(value)),
            "additionalProperties" if value.as_mapping().is_some() => {
                ("additionalProperties", translated(value))
            }
            other => (other, value.to_json()),
        };
        words.insert(key.to_owned(), value);
    }
    Value::Object(words)
}

fn each(properties: &Node) -> Value {
    let entries = properties.as_mapping().unwrap_or_default();
    let entry = |(name, rule): &(Node, Node)| (name.text().to_owned(), translated(rule));
    Value::Object(entries.iter().map(entry).collect())
}

fn list(rules: &Node) -> Value {
    let rules = rules.as_sequence().unwrap_or_default();
    Value::Array(rules.iter().map(translated).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{Content, Files, RelPath};
    use crate::target::Name;

    const SCHEMA: &str = r##"
schema:
  format: {openapi: "3.0.0"}
  environment_input_type: E
  types:
    E:
      type: object
      required: [port]
      properties:
        port: {type: integer, minimum: 0, exclusiveMinimum: true, example: 80}
        zone: {type: string, nullable: true, enum: [a, b, null]}
        tags: {$ref: "#/Tags"}
    Tags: {type: array, items: {type: string}}
"##;

    fn bundle() -> Bundle {
        let file = (
            RelPath::new("schema/schema.yaml").unwrap(),
            Content::Text(SCHEMA.into()),
        );
        let files: Files = [file].into_iter().collect();
        Bundle::parse(&Name::new("net").unwrap(), 1, "net/v1", &files)
            .0
            .unwrap()
    }

    #[test]
    fn editors_refuse_what_nucleon_refuses() {
        let schema = spec_schema(&bundle(), SCHEMA).unwrap();
        let validator = jsonschema::draft7::new(&schema).unwrap();
        for (spec, good) in [
            (
                json!({"proton": "EnvironmentSpec", "spec": {"port": 80}}),
                true,
            ),
            (
                json!({"proton": "EnvironmentSpec", "spec": {"port": 80, "zone": null, "tags": ["a"]}}),
                true,
            ),
            (
                json!({"proton": "EnvironmentSpec", "spec": {"port": 0}}),
                false,
            ),
            (
                json!({"proton": "EnvironmentSpec", "spec": {"port": 1, "zone": "c"}}),
                false,
            ),
            (
                json!({"proton": "EnvironmentSpec", "spec": {"port": 1, "tags": "a"}}),
                false,
            ),
            (
                json!({"proton": "EnvironmentSpec", "spec": {"port": 1, "prot": 2}}),
                false,
            ),
            (json!({"proton": "EnvironmentSpec", "spec": {}}), false),
            (
                json!({"proton": "ServiceSpec", "spec": {"port": 80}}),
                false,
            ),
            (json!({"proton": "EnvironmentSpec", "spce": {}}), false),
        ] {
            assert_eq!(validator.is_valid(&spec), good, "{spec}");
        }
    }

    /// A document with every key that a schema names.
    fn every_key(schema: &Value) -> Value {
        let properties = schema["properties"].as_object();
        let entry = |(key, value): (&String, &Value)| (key.clone(), every_key(value));
        match (
            properties,
            &schema["additionalProperties"],
            &schema["items"],
        ) {
            (Some(properties), ..) => Value::Object(properties.iter().map(entry).collect()),
            (None, Value::Object(_), _) => {
                json!({"dev": every_key(&schema["additionalProperties"])})
            }
            (None, _, Value::Object(_)) => json!([every_key(&schema["items"])]),
            _ => json!("x"),
        }
    }

    #[test]
    fn nucleon_yaml_has_every_key_of_its_schema() {
        let text = every_key(&config_schema()).to_string();
        let file = RelPath::new(crate::config::FILE).unwrap();
        let files: Files = [(file, Content::Text(text.into()))].into_iter().collect();
        let (_, faults) = crate::config::Config::parse(&files);
        let unknown = faults
            .iter()
            .filter(|fault| fault.code == crate::codes::Code::ConfigUnknownKey);
        assert_eq!(
            unknown.collect::<Vec<_>>(),
            Vec::<&crate::diagnostic::Diagnostic>::new()
        );
        assert!(faults.len() > 5, "{faults:?}");
    }

    fn config_schema() -> Value {
        serde_json::from_str(CONFIG_SCHEMA).unwrap()
    }

    #[test]
    fn the_schema_of_nucleon_yaml_is_a_schema() {
        assert!(jsonschema::draft7::new(&config_schema()).is_ok());
    }
}
