//! What holds for every input, tried with many: the seeds are fixed, so that a run can be repeated.

use std::cell::Cell;
use std::sync::Arc;

use nucleon_core::diagnostic::{Diagnostic, Location};
use nucleon_core::report;
use nucleon_core::schema::{InputType, Schema};
use nucleon_core::yaml::{self, Node};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Map, Value, json};

/// So many cases, or as many as `PROPTEST_CASES` asks for where that is more.
fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases: cases.max(Config::default().cases),
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..Config::default()
    })
}

/// Text that looks enough like YAML to get past the first token.
fn soup() -> impl Strategy<Value = String> {
    let tokens = select(vec![
        "a",
        "b: ",
        "- ",
        "? ",
        ": ",
        "\n",
        "\n  ",
        "\n\t",
        "  ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&a ",
        "*a",
        "!t ",
        "!!int ",
        "!<x> ",
        "|",
        ">-",
        "|2",
        "'",
        "\"",
        "\\",
        "\\x",
        "\\u00",
        "#",
        "%",
        "@",
        "`",
        "---",
        "...",
        "<<: ",
        "~",
        "null",
        "1",
        "-1.5e3",
        "0x",
        ".inf",
        "é",
        "\u{feff}",
        "\r",
        "\r\n",
        "\u{85}",
        "\u{2028}",
        "\0",
        "{{ x }}",
        "{% if %}",
        "schema:",
        "types:",
        "type: ",
        "$ref: ",
        "#/A",
        "\u{1f600}",
    ]);
    vec(tokens, 0..40).prop_map(|tokens| tokens.concat())
}

fn anything() -> impl Strategy<Value = String> {
    let bytes = vec(any::<u8>(), 0..200);
    let bytes = bytes.prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    prop_oneof![soup(), any::<String>(), bytes]
}

fn every_node(node: &Node, visit: &mut dyn FnMut(&Node)) {
    visit(node);
    for item in node.as_sequence().unwrap_or_default() {
        every_node(item, visit);
    }
    for (key, value) in node.as_mapping().unwrap_or_default() {
        every_node(key, visit);
        every_node(value, visit);
    }
}

fn shown(diagnostics: &[Diagnostic], source: &str) -> String {
    let source: Arc<str> = source.into();
    report::text(diagnostics, &|_| Some(source.clone()), true)
}

#[test]
fn any_text_is_a_document_or_has_faults_with_places() {
    let law = |text: String| {
        match yaml::parse(&"f".into(), &text) {
            Ok(node) => every_node(&node, &mut |node| {
                assert!(node.span.line > 0 && node.span.column > 0 && node.span.length > 0);
            }),
            Err(faults) => {
                assert!(!faults.is_empty() && faults.iter().all(|fault| fault.location.is_some()));
                assert!(!shown(&faults, &text).is_empty());
            }
        }
        Ok(())
    };
    runner(1500).run(&anything(), law).unwrap();
}

#[test]
fn any_text_is_a_schema_or_has_errors() {
    let law = |text: String| {
        let (schema, faults) = Schema::parse(&"f".into(), &text);
        assert!(schema.is_some() || faults.iter().any(Diagnostic::is_error));
        assert!(shown(&faults, &text).len() >= faults.len());
        Ok(())
    };
    runner(800).run(&anything(), law).unwrap();
}

#[test]
fn json_is_yaml_with_the_same_meaning() {
    let law = |value: Value| {
        for text in [
            value.to_string(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let node = yaml::parse(&"f".into(), &text)
                .map_err(|faults| TestCaseError::fail(format!("{text} {faults:?}")))?;
            prop_assert_eq!(&node.to_json(), &value);
        }
        Ok(())
    };
    runner(200)
        .run(&json_value(any::<String>().boxed()), law)
        .unwrap();
}

#[test]
fn a_diagnostic_can_be_shown_wherever_it_points() {
    let places = (any::<String>(), any::<u32>(), any::<u32>(), any::<u32>());
    let near = (anything(), 0..6_u32, 0..40_u32, 0..40_u32);
    let law = |(text, line, column, length): (String, u32, u32, u32)| {
        let place = Location {
            file: "f".into(),
            line,
            column,
            length,
        };
        let fault = Diagnostic::error(nucleon_core::codes::Code::YamlSyntax, "m").at(place);
        assert!(!shown(std::slice::from_ref(&fault), &text).is_empty());
        assert!(report::github(&[fault]).ends_with('\n'));
        Ok(())
    };
    runner(400).run(&prop_oneof![places, near], law).unwrap();
}

/// What OpenAPI 3.0 says, in the words of JSON Schema's draft 4.
fn draft_4(schema: &Value) -> Value {
    match schema {
        Value::Object(keywords) => {
            let mut translated = Map::new();
            for (key, value) in keywords {
                let value = match (key.as_str(), value) {
                    ("nullable", _) => continue,
                    ("type", kind) if keywords.get("nullable") == Some(&json!(true)) => {
                        json!([kind, "null"])
                    }
                    ("$ref", Value::String(name)) => json!(name.replace("#/", "#/definitions/")),
                    ("enum" | "required", value) => value.clone(),
                    (_, value) => draft_4(value),
                };
                translated.insert(key.clone(), value);
            }
            Value::Object(translated)
        }
        Value::Array(items) => Value::Array(items.iter().map(draft_4).collect()),
        other => other.clone(),
    }
}

fn word() -> BoxedStrategy<String> {
    select(vec!["", "a", "b", "ab", "abc", "1", "12", "aé1", "é"])
        .prop_map(str::to_owned)
        .boxed()
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-4..9_i64).prop_map(|number| json!(number)),
        (-4..9_i32).prop_map(|number| json!(f64::from(number) / 2.0))
    ]
}

fn json_value(text: BoxedStrategy<String>) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number(),
        text.prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        let name = select(vec!["a", "b", "c", "d"]).prop_map(str::to_owned);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(name, inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect()))
        ]
    })
}

/// Some of several keywords, each with a value of its own.
fn keywords(all: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Map<String, Value>> {
    let names: Vec<usize> = (0..all.len()).collect();
    let most = names.len().min(3);
    let chosen = subsequence(names, 0..=most);
    chosen
        .prop_flat_map(move |chosen| {
            let each: Vec<_> = chosen
                .into_iter()
                .map(|index| (Just(all[index].0.to_owned()), all[index].1.clone()))
                .collect();
            each
        })
        .prop_map(|entries| entries.into_iter().collect())
        .boxed()
}

fn of_type(
    kind: &'static str,
    keywords: BoxedStrategy<Map<String, Value>>,
) -> BoxedStrategy<Value> {
    (keywords, any::<bool>(), any::<bool>())
        .prop_map(move |(mut schema, nullable, typed)| {
            if typed || nullable {
                schema.insert("type".to_owned(), json!(kind));
            }
            if nullable {
                schema.insert("nullable".to_owned(), json!(true));
            }
            Value::Object(schema)
        })
        .boxed()
}

fn counts() -> BoxedStrategy<Value> {
    (0..4_u32).prop_map(Value::from).boxed()
}

fn leaf_schema() -> BoxedStrategy<Value> {
    let patterns = [
        "^a",
        "b$",
        "[0-9]",
        "^.{2}$",
        "a|b",
        r"^\d+$",
        "[^a]",
        r"^[\w-]*$",
        r"\S\W",
        r"^(?:a|b)+?c?$",
        r"[\s\S]{2}",
        r"\u0061b|\x31",
    ];
    let pattern = select(patterns.to_vec()).prop_map(Value::from).boxed();
    let bound = prop_oneof![
        (-3..6_i64).prop_map(Value::from),
        Just(json!(0.5)),
        Just(json!(2.5))
    ]
    .boxed();
    let step = select(vec![json!(1), json!(2), json!(0.5), json!(1.5)]).boxed();
    let flag = any::<bool>().prop_map(Value::from).boxed();
    let options = vec(json_value(word()), 1..4).prop_map(Value::from);
    let text = keywords(vec![
        ("minLength", counts()),
        ("maxLength", counts()),
        ("pattern", pattern),
    ]);
    let number = keywords(vec![
        ("minimum", bound.clone()),
        ("maximum", bound),
        ("multipleOf", step),
    ]);
    let number = (number, flag.clone(), flag).prop_map(|(mut number, above, below)| {
        for (bound, name, flag) in [
            ("minimum", "exclusiveMinimum", above),
            ("maximum", "exclusiveMaximum", below),
        ] {
            if number.contains_key(bound) {
                number.insert(name.to_owned(), flag);
            }
        }
        number
    });
    let number = number.boxed();
    prop_oneof![
        of_type("string", text),
        of_type("number", number.clone()),
        of_type("integer", number),
        of_type("boolean", Just(Map::new()).boxed()),
        options.prop_map(|options| json!({ "enum": options })),
        select(vec![
            json!({"$ref": "#/Tree"}),
            json!({"$ref": "#/Text"}),
            json!({})
        ])
    ]
    .boxed()
}

fn any_schema() -> impl Strategy<Value = Value> {
    leaf_schema().prop_recursive(3, 16, 3, |inner| {
        let inner = inner.boxed();
        let name = || select(vec!["a", "b", "c"]).prop_map(str::to_owned);
        let properties = btree_map(name(), inner.clone(), 0..3);
        let properties = properties
            .prop_map(|entries| Value::Object(entries.into_iter().collect()))
            .boxed();
        let required = subsequence(vec!["a", "b", "c"], 1..=2)
            .prop_map(|names| json!(names))
            .boxed();
        let additional = prop_oneof![any::<bool>().prop_map(Value::from), inner.clone()].boxed();
        let flag = any::<bool>().prop_map(Value::from).boxed();
        let list = || vec(inner.clone(), 1..3).prop_map(Value::from);
        let object = keywords(vec![
            ("properties", properties),
            ("required", required),
            ("additionalProperties", additional),
            ("minProperties", counts()),
            ("maxProperties", counts()),
        ]);
        let array = keywords(vec![
            ("items", inner.clone()),
            ("minItems", counts()),
            ("maxItems", counts()),
            ("uniqueItems", flag),
        ]);
        prop_oneof![
            of_type("object", object),
            of_type("array", array),
            list().prop_map(|rules| json!({ "allOf": rules })),
            list().prop_map(|rules| json!({ "anyOf": rules })),
            list().prop_map(|rules| json!({ "oneOf": rules })),
            inner.clone().prop_map(|rule| json!({ "not": rule })),
        ]
    })
}

/// A rule and a value; half of them about numbers or texts alone, where bounds are met exactly.
fn pairs() -> impl Strategy<Value = (Value, Value)> {
    let text = word().prop_map(Value::from);
    prop_oneof![
        2 => (any_schema(), json_value(word())),
        1 => (leaf_schema(), number()),
        1 => (leaf_schema(), text),
    ]
}

fn types(value: &Value) -> Value {
    json!({
        "Inputs": {"type": "object", "required": ["value"], "properties": {"value": value}},
        "Tree": {"type": "object", "properties": {"a": {"$ref": "#/Tree"}, "b": {"type": "integer"}}},
        "Text": {"type": "string"},
    })
}

/// The schema whose one input has to meet a rule.
fn schema(rule: &Value) -> Schema {
    let text = json!({"schema": {"format": {"openapi": "3.0.0"}, "service_input_type": "Inputs", "types": types(rule)}});
    let (schema, faults) = Schema::parse(&"schema.yaml".into(), &text.to_string());
    assert!(
        !faults.iter().any(Diagnostic::is_error),
        "{text} {faults:?}"
    );
    schema.expect("it has no errors")
}

/// Checks a value against a schema with our checker: whether it fits, and what was told.
fn check(rule: &Value, value: &Value) -> (Option<Value>, Vec<Diagnostic>) {
    let schema = schema(rule);
    let spec = yaml::parse(&"spec.yaml".into(), &json!({ "value": value }).to_string());
    let spec = spec.expect("JSON is YAML");
    let at = Location::start_of("spec.yaml");
    let (inputs, faults) = schema.check(InputType::Service, Some(&spec), &at);
    (
        inputs.map(|inputs| inputs.values()["value"].clone()),
        faults,
    )
}

#[test]
fn the_checker_agrees_with_jsonschema() {
    let (fitting, unfitting) = (Cell::new(0), Cell::new(0));
    let law = |(rule, value): (Value, Value)| {
        let oracle = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft4)
            .build(&json!({"allOf": [draft_4(&rule)], "definitions": draft_4(&types(&rule))}))
            .unwrap();
        let (checked, faults) = check(&rule, &value);
        prop_assert_eq!(
            checked.is_some(),
            oracle.is_valid(&value),
            "{} {} {:?}",
            rule,
            value,
            faults
        );
        if let Some(checked) = checked {
            prop_assert_eq!(&checked, &value);
            fitting.set(fitting.get() + 1);
        } else {
            unfitting.set(unfitting.get() + 1);
        }
        Ok(())
    };
    runner(1000).run(&pairs(), law).unwrap();
    assert!(
        fitting.get() > 150 && unfitting.get() > 150,
        "{fitting:?} {unfitting:?}"
    );
}

#[test]
fn what_fits_a_schema_fits_one_that_is_not_narrower() {
    let compared = Cell::new(0);
    let law = |((old, value), (new, _)): ((Value, Value), (Value, Value))| {
        prop_assert_eq!(
            schema(&old).narrower_than(&schema(&old)).len(),
            0,
            "{}",
            old
        );
        let narrower = schema(&new).narrower_than(&schema(&old));
        // With a warning, the value has keys that the old schema does not name: a new one may.
        let (fitting, warnings) = check(&old, &value);
        if narrower.is_empty() && fitting.is_some() && warnings.is_empty() {
            let (checked, faults) = check(&new, &value);
            prop_assert!(checked.is_some(), "{} {} {} {:?}", old, new, value, faults);
            compared.set(compared.get() + 1);
        }
        Ok(())
    };
    runner(4000).run(&(pairs(), pairs()), law).unwrap();
    assert!(compared.get() > 50, "{compared:?}");
}

#[test]
fn types_that_name_themselves_and_each_other_are_compared_to_an_end() {
    let text = |leaf: &str, form: &str| {
        let mut types = Map::new();
        for level in 0..60 {
            let next = json!({"$ref": format!("#/T{}", level + 1)});
            let first = json!({"$ref": "#/T0"});
            types.insert(format!("T{level}"), json!({form: [next, next, first]}));
        }
        types.insert("T60".to_owned(), json!({"type": leaf}));
        let inputs = json!({"type": "object", "properties": {"value": {"$ref": "#/T0"}}});
        types.insert("Inputs".to_owned(), inputs);
        json!({"schema": {"format": {"openapi": "3.0.0"}, "service_input_type": "Inputs", "types": types}})
            .to_string()
    };
    let parsed = |text: String| Schema::parse(&"schema.yaml".into(), &text).0.unwrap();
    for form in ["allOf", "anyOf", "oneOf"] {
        let (texts, numbers) = (parsed(text("string", form)), parsed(text("number", form)));
        assert_eq!(
            texts.narrower_than(&parsed(text("string", form))),
            [],
            "{form}"
        );
        assert_ne!(numbers.narrower_than(&texts), [], "{form}");
    }
}

#[test]
fn the_same_spec_gives_the_same_answer() {
    let law = |(rule, value): (Value, Value)| {
        prop_assert_eq!(check(&rule, &value), check(&rule, &value));
        Ok(())
    };
    runner(200)
        .run(&(any_schema(), json_value(word())), law)
        .unwrap();
}
