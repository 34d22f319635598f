//! The JSON Schema Test Suite's cases for draft 4, whose keywords OpenAPI 3.0 took over.
//!
//! A schema is rewritten only in where it stands: `#` and `#/definitions/…` become types. What OpenAPI 3.0 left out
//! (lists of types, tuples, `patternProperties`, `id` and other documents) is passed over, and counted.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the suite stands in files outside of the crate, and one that cannot be read is a failure"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use nucleon_core::diagnostic::{Diagnostic, Location};
use nucleon_core::schema::{InputType, Schema};
use nucleon_core::yaml;
use serde_json::{Map, Value, json};

/// Keywords that OpenAPI 3.0 does not have.
const LEFT_OUT: [&str; 8] = [
    "additionalItems",
    "dependencies",
    "patternProperties",
    "id",
    "$schema",
    "definitions",
    "dependentSchemas",
    "if",
];

/// Cases on which Nucleon differs, each with its reason.
const DIFFERENT: &[(&str, &str)] = &[
    ("bignum: integer: a bignum is an integer", BEYOND),
    ("bignum: integer: a negative bignum is an integer", BEYOND),
    (
        "float-overflow: all integers are multiples of 0.5, if overflow is handled: valid if optional overflow handling is implemented",
        BEYOND,
    ),
];

const BEYOND: &str =
    "a template would see other digits than the spec has, so whole numbers end where 64 bits do";

/// What became of the suite's cases.
#[derive(Default)]
struct Tally {
    agreed: usize,
    passed_over: BTreeMap<String, usize>,
    different: Vec<String>,
}

#[test]
fn the_verdicts_are_those_of_the_test_suite() {
    let mut tally = Tally::default();
    for file in files() {
        let groups: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        for group in groups.as_array().unwrap() {
            check_group(&name, group, &mut tally);
        }
    }
    let expected: Vec<&str> = DIFFERENT.iter().map(|(case, _)| *case).collect();
    assert_eq!(tally.different, expected);
    insta::assert_snapshot!(shown(&tally), @r"
    556 agreed
    4 passed over: `$ref` to something else than a type
    6 passed over: `additionalItems`
    2 passed over: `definitions`
    14 passed over: `id`
    38 passed over: `patternProperties`
    35 passed over: a list of `items`
    22 passed over: a list of types
    24 passed over: the type `null`
    7 passed over: told: Unicode classes cannot be checked, so this pattern has no effect
    ");
}

fn files() -> Vec<PathBuf> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/json-schema-test-suite/draft4");
    let folders = [
        root.clone(),
        root.join("optional"),
        root.join("optional/format"),
    ];
    let entries = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
}

fn check_group(file: &str, group: &Value, tally: &mut Tally) {
    let title = group["description"].as_str().unwrap();
    let cases = group["tests"].as_array().unwrap();
    let schema = rewritten(&group["schema"]).and_then(|types| parsed(&types));
    let schema = match schema {
        Ok(schema) => schema,
        Err(reason) => {
            *tally.passed_over.entry(reason).or_default() += cases.len();
            return;
        }
    };
    for case in cases {
        if fits(&schema, &case["data"]) == case["valid"].as_bool().unwrap() {
            tally.agreed += 1;
        } else {
            let case = case["description"].as_str().unwrap();
            tally.different.push(format!("{file}: {title}: {case}"));
        }
    }
}

fn shown(tally: &Tally) -> String {
    let mut shown = format!("{} agreed\n", tally.agreed);
    for (reason, count) in &tally.passed_over {
        writeln!(shown, "{count} passed over: {reason}").unwrap();
    }
    shown
}

/// The types of a schema of draft 4, or which of its keywords OpenAPI 3.0 lacks.
fn rewritten(schema: &Value) -> Result<Value, String> {
    let mut root = schema.clone();
    let mut types = Map::new();
    if let Some(members) = root.as_object_mut() {
        for (name, definition) in members
            .remove("definitions")
            .iter()
            .flat_map(|definitions| definitions.as_object().unwrap())
        {
            types.insert(name.clone(), rule(definition)?);
        }
    }
    types.insert("Root".to_owned(), rule(&root)?);
    let inputs = json!({"type": "object", "required": ["value"], "properties": {"value": {"$ref": "#/Root"}}});
    types.insert("Inputs".to_owned(), inputs);
    Ok(Value::Object(types))
}

fn rule(schema: &Value) -> Result<Value, String> {
    let mut rewritten = Map::new();
    for (key, value) in schema.as_object().unwrap() {
        if LEFT_OUT.contains(&key.as_str()) {
            return Err(format!("`{key}`"));
        }
        let value = match (key.as_str(), value) {
            ("type", Value::Array(_)) => return Err("a list of types".to_owned()),
            ("type", Value::String(kind)) if kind == "null" => {
                return Err("the type `null`".to_owned());
            }
            ("items", Value::Array(_)) => return Err("a list of `items`".to_owned()),
            ("$ref", Value::String(name)) => json!(reference(name)?),
            ("properties", Value::Object(properties)) => each(properties)?,
            ("allOf" | "anyOf" | "oneOf", Value::Array(rules)) => {
                Value::Array(rules.iter().map(rule).collect::<Result<_, _>>()?)
            }
            ("not" | "items" | "additionalProperties", Value::Object(_)) => rule(value)?,
            _ => value.clone(),
        };
        rewritten.insert(key.clone(), value);
    }
    Ok(Value::Object(rewritten))
}

fn each(properties: &Map<String, Value>) -> Result<Value, String> {
    let rewritten = properties
        .iter()
        .map(|(name, schema)| Ok((name.clone(), rule(schema)?)));
    Ok(Value::Object(rewritten.collect::<Result<_, String>>()?))
}

fn reference(name: &str) -> Result<String, String> {
    match name.strip_prefix("#/definitions/") {
        Some(name) if !name.contains('/') => Ok(format!("#/{name}")),
        None if name == "#" => Ok("#/Root".to_owned()),
        _ => Err("`$ref` to something else than a type".to_owned()),
    }
}

fn parsed(types: &Value) -> Result<Schema, String> {
    let text = json!({"schema": {"format": {"openapi": "3.0.0"}, "service_input_type": "Inputs", "types": types}});
    let (schema, faults) = Schema::parse(&"schema.yaml".into(), &text.to_string());
    let told = faults
        .iter()
        .filter(|fault| fault.code.as_str() == "schema/bad-pattern");
    if let Some(fault) = told.into_iter().next() {
        return Err(format!("told: {}", fault.message));
    }
    let error = faults.iter().find(|fault| fault.is_error());
    error.map_or_else(|| Ok(schema.unwrap()), |fault| panic!("{text} {fault:?}"))
}

fn fits(schema: &Schema, value: &Value) -> bool {
    let file = "spec.yaml".into();
    let spec = yaml::parse(&file, &json!({ "value": value }).to_string()).unwrap();
    let at = Location::start_of(file);
    let (inputs, faults) = schema.check(InputType::Service, Some(&spec), &at);
    assert_eq!(inputs.is_none(), faults.iter().any(Diagnostic::is_error));
    inputs.is_some()
}
