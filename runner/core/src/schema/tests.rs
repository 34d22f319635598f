use std::fmt::Write as _;

use super::*;
use crate::yaml;

const FILE: &str = "spec.yaml";

fn schema(text: &str) -> (Option<Schema>, String) {
    let (schema, faults) = Schema::parse(&"schema.yaml".into(), text);
    (schema, shown(&faults))
}

/// A schema with one environment type.
fn environment(properties: &str) -> Schema {
    let indented: String = properties.lines().fold(String::new(), |mut text, line| {
        writeln!(text, "      {line}").unwrap();
        text
    });
    let text = format!(
        "schema:\n  format: {{openapi: '3.0.0'}}\n  environment_input_type: E\n  types:\n    E:\n{indented}"
    );
    let (schema, faults) = schema(&text);
    assert_eq!(faults, "", "{text}");
    schema.unwrap()
}

fn check(schema: &Schema, spec: &str) -> (Option<Inputs>, String) {
    let file = FILE.into();
    let values = yaml::parse(&file, spec).unwrap();
    let at = Location::start_of(file);
    let (inputs, faults) = schema.check(InputType::Environment, Some(&values), &at);
    (inputs, shown(&faults))
}

fn shown(faults: &[Diagnostic]) -> String {
    let mut text = String::new();
    for fault in faults {
        let place = fault.location.as_ref().unwrap();
        let severity = if fault.is_error() { "error" } else { "warning" };
        let (line, column, length) = (place.line, place.column, place.length);
        let (code, message) = (fault.code, &fault.message);
        let help = fault.help.as_deref().unwrap_or("-");
        writeln!(
            text,
            "{line}:{column}+{length} {severity} {code}: {message} | {help}"
        )
        .unwrap();
    }
    text
}

fn values(inputs: Option<Inputs>) -> String {
    let inputs = inputs.expect("the spec fits");
    serde_json::to_string(inputs.values()).unwrap()
}

#[test]
fn defaults_are_filled_in_in_the_order_of_the_schema() {
    let schema = environment(
        "type: object\nproperties:\n  first: {type: string, default: a}\n  second: {type: number}\n  third: {type: object, default: {x: 1}, properties: {y: {type: string, default: 'no'}}}\n  fourth: {type: boolean}",
    );
    let (inputs, faults) = check(&schema, "fourth: true\nsecond: 2\n");
    assert_eq!(faults, "");
    assert_eq!(
        values(inputs),
        r#"{"first":"a","second":2,"third":{"x":1},"fourth":true}"#
    );
}

#[test]
fn every_fault_is_reported_where_it_stands() {
    let schema = environment(
        r"type: object
required: [vpc_cidr, region]
properties:
  vpc_cidr: {type: string, example: 10.0.0.0/16, pattern: '^([0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]+$'}
  region: {type: string, enum: [eu-west-1, us-east-1]}
  desired_count: {type: integer, minimum: 1, maximum: 10, default: 2}
  size: {type: string, enum: [small, medium, large], default: small}
  name: {type: string, minLength: 3, maxLength: 5}
  public: {type: boolean}
  ratio: {type: number, minimum: 0, exclusiveMinimum: true, maximum: 1, exclusiveMaximum: true}
  step: {type: number, multipleOf: 5}
  zones: {type: array, minItems: 2, uniqueItems: true, items: {type: string}}
  tags: {type: object, maxProperties: 1, additionalProperties: {type: string}}
  database:
    type: object
    required: [engine]
    additionalProperties: false
    properties: {engine: {type: string, default: mysql}, port: {type: integer}}",
    );
    let spec = "vpc_cidr: 10.0.0.0
desired_count: \"two\"
size: smal
name: ab
public: yes
ratio: 1
step: 7
zones: [a, 1, a]
tags: {a: 1, b: x}
database: {prot: 3306}
regoin: eu-west-1
";
    let (inputs, faults) = check(&schema, spec);
    assert_eq!(inputs, None);
    insta::assert_snapshot!(faults, @r#"
    1:1+1 error spec/missing-input: `region` is required | add `region: eu-west-1`
    1:11+8 error spec/pattern: `vpc_cidr` does not match the pattern `^([0-9]{1,3}\.){3}[0-9]{1,3}/[0-9]+$` | write it like `vpc_cidr: 10.0.0.0/16`
    2:16+5 error spec/wrong-type: `desired_count` must be a whole number, found text | write `desired_count: 2`
    3:7+4 error spec/not-in-enum: `size` is `smal`, which is none of the values allowed | write `size: small`; allowed are `small`, `medium` and `large`
    4:7+2 error spec/out-of-range: `name` must have at least 3 characters, has 2 | add 1 more
    5:9+3 error spec/wrong-type: `public` must be `true` or `false`, found text | write `public: true`
    6:8+1 error spec/out-of-range: `ratio` must be less than 1, found `1` | -
    7:7+1 error spec/schema-mismatch: `step` must be a multiple of 5, found `7` | write `step: 5`
    8:8+9 error spec/schema-mismatch: `zones` must not repeat an item, but item 3 equals item 1 | remove one of them
    8:12+1 error spec/wrong-type: `zones[1]` must be text, found a number | write `"1"`
    9:7+12 error spec/out-of-range: `tags` must have at most 1 property, has 2 | remove 1
    9:11+1 error spec/wrong-type: `tags.a` must be text, found a number | write `a: "1"`
    10:11+12 error spec/missing-input: `database.engine` is required | add `engine: mysql`
    10:12+4 error spec/unknown-input: `database.prot` is not a property of `database` | write `port`
    11:1+6 warning spec/unknown-input: `regoin` is not an input of the template | write `region`
    "#);
}

#[test]
fn help_writes_the_value_as_the_type_that_is_wanted() {
    let schema = environment(
        "properties:\n  count: {type: number}\n  whole: {type: integer}\n  text: {type: string}\n  flag: {type: boolean}\n  list: {type: array, items: {type: string}}\n  map: {type: object}\n  none: {type: string, default: x}",
    );
    let spec = "count: '2'\nwhole: 2.0\ntext: 012\nflag: 'off'\nlist: one\nmap: [1]\nnone:\n";
    insta::assert_snapshot!(check(&schema, spec).1, @r#"
    1:8+3 error spec/wrong-type: `count` must be a number, found text | write `count: 2`
    2:8+3 error spec/wrong-type: `whole` must be a whole number, found `2.0` | write `whole: 2`
    3:7+3 error spec/wrong-type: `text` must be text, found a number: `012` is read as 12 | write `text: "012"`
    4:7+5 error spec/wrong-type: `flag` must be `true` or `false`, found text | write `flag: false`
    5:7+3 error spec/wrong-type: `list` must be a list, found text | write `list: [one]`
    6:6+3 error spec/wrong-type: `map` must be a mapping, found a list | write `map: {…: …}`
    7:5+1 error spec/wrong-type: `none` must be text, found nothing | write `none: x`, or remove the line
    "#);
}

#[test]
fn a_set_of_inputs_that_is_no_mapping_is_one_fault() {
    let schema = environment("type: object\nproperties: {a: {type: string}}");
    insta::assert_snapshot!(check(&schema, "- a\n").1, @"1:1+3 error spec/wrong-type: the set of inputs must be a mapping, found a list | write each input as `name: value`");
}

#[test]
fn unknown_inputs_are_warnings_and_go_nowhere() {
    let schema = environment("type: object\nproperties: {count: {type: number}}");
    let (inputs, faults) = check(&schema, "coutn: 1\ncolour: red\ncount: 3\n");
    insta::assert_snapshot!(faults, @r"
    1:1+5 warning spec/unknown-input: `coutn` is not an input of the template | write `count`
    2:1+6 warning spec/unknown-input: `colour` is not an input of the template | remove it; there are `count`
    ");
    assert_eq!(values(inputs), r#"{"count":3}"#);
}

#[test]
fn what_additional_properties_allow_is_kept_after_the_rest() {
    let schema = environment(
        "type: object\nproperties: {count: {type: number}}\nadditionalProperties: {type: string}",
    );
    let (inputs, faults) = check(&schema, "b: x\na: y\ncount: 3\n");
    assert_eq!(faults, "");
    assert_eq!(values(inputs), r#"{"count":3,"b":"x","a":"y"}"#);
    let closed = environment(
        "type: object\nproperties: {count: {type: number}}\nadditionalProperties: false",
    );
    insta::assert_snapshot!(check(&closed, "cuont: 3\n").1, @"1:1+5 error spec/unknown-input: `cuont` is not an input of the template | write `count`");
}

#[test]
fn missing_inputs_are_reported_where_the_caller_says() {
    let schema = environment(
        "type: object\nrequired: [a, b]\nproperties: {a: {type: array, items: {type: number}}, b: {default: 1}}",
    );
    let at = Location {
        file: FILE.into(),
        line: 7,
        column: 3,
        length: 4,
    };
    let (inputs, faults) = schema.check(InputType::Environment, None, &at);
    assert_eq!(inputs, None);
    insta::assert_snapshot!(shown(&faults), @"7:3+4 error spec/missing-input: `a` is required | add `a: [1]`");
}

#[test]
fn a_part_without_input_type_takes_nothing() {
    let schema = environment("type: object\nproperties: {a: {type: string}}");
    assert!(schema.has(InputType::Environment) && !schema.has(InputType::Pipeline));
    let values = yaml::parse(&FILE.into(), "a: x").unwrap();
    let (inputs, faults) = schema.check(
        InputType::Pipeline,
        Some(&values),
        &Location::start_of(FILE),
    );
    assert_eq!(inputs, Some(Inputs::empty()));
    insta::assert_snapshot!(shown(&faults), @"1:1+1 warning spec/unknown-input: `a` is not an input of the template | remove it: the template's schema has no `pipeline_input_type`");
}

#[test]
fn secrets_are_named_and_never_shown() {
    let schema = environment(
        "type: object\nproperties:\n  password: {type: string, format: password, minLength: 12, pattern: '^[a-z]+$'}\n  port: {type: number}\n  database:\n    type: object\n    properties: {token: {type: number, writeOnly: true, maximum: 3, enum: [1]}, user: {type: string}}",
    );
    let spec = "password: hunter2\nport: x\ndatabase: {token: 44, user: 5}\npasword: hunter3\n";
    let file = FILE.into();
    let values = yaml::parse(&file, spec).unwrap();
    let (_, faults) = schema.check(
        InputType::Environment,
        Some(&values),
        &Location::start_of(file),
    );
    insta::assert_snapshot!(shown(&faults), @r#"
    1:11+7 error spec/out-of-range: `password` must have at least 12 characters, has 7 | add 5 more
    1:11+7 error spec/pattern: `password` does not match the pattern `^[a-z]+$` | the pattern is a regular expression that must occur in the text
    2:7+1 error spec/wrong-type: `port` must be a number, found text | write `port: 1`
    3:19+2 error spec/not-in-enum: `database.token` is none of the values allowed | write `token: 1`
    3:19+2 error spec/out-of-range: `database.token` must be at most 3 | write `token: 3`
    3:29+1 error spec/wrong-type: `database.user` must be text, found a number | write `user: "5"`
    4:1+7 warning spec/unknown-input: `pasword` is not an input of the template | write `password`
    "#);
    let hidden: Vec<bool> = faults.iter().map(|fault| fault.hides_source).collect();
    assert_eq!(hidden, [true, true, false, true, true, true, true]);

    let (inputs, _) = check(&schema, "password: abcdefghijklm\ndatabase: {token: 1}\n");
    let inputs = inputs.unwrap();
    assert_eq!(inputs.sensitive(), ["password", "database.token"]);
    let secrets: Vec<&str> = inputs
        .secrets()
        .iter()
        .map(crate::secret::Secret::expose)
        .collect();
    assert_eq!(secrets, ["abcdefghijklm", "1"]);
    insta::assert_snapshot!(format!("{inputs:?}"), @r#"Inputs { names: ["password", "database"], sensitive: ["password", "database.token"], .. }"#);
}

#[test]
fn references_and_forms_are_followed() {
    let text = "schema:
  format: {openapi: 3.0.0}
  environment_input_type: E
  types:
    E:
      allOf:
        - {$ref: '#/Base'}
        - {properties: {extra: {type: string, default: more}}}
      properties:
        tree: {$ref: '#/Tree'}
        either:
          oneOf:
            - {title: by name, type: object, required: [name], properties: {name: {type: string}}}
            - {title: by number, type: object, required: [id], properties: {id: {type: integer}}}
        some: {anyOf: [{type: string, minLength: 3}, {type: integer}]}
        none: {not: {type: string}}
    Base: {type: object, properties: {base: {type: integer}}}
    Tree: {type: object, properties: {value: {type: integer}, children: {type: array, items: {$ref: '#/Tree'}}}}
";
    let (schema, faults) = schema(text);
    assert_eq!(faults, "");
    let spec = "base: x\ntree: {children: [{children: [{value: y}]}]}\neither: {name: a, id: 1}\nsome: ab\nnone: text\n";
    insta::assert_snapshot!(check(&schema.unwrap(), spec).1, @r"
    1:7+1 error spec/wrong-type: `base` must be a whole number, found text | write `base: 1`
    2:39+1 error spec/wrong-type: `tree.children[0].children[0].value` must be a whole number, found text | write `value: 1`
    3:9+16 error spec/schema-mismatch: `either` fits 2 forms of the schema, but may fit only one | leave out what belongs to the others
    4:7+2 error spec/out-of-range: `some` must have at least 3 characters, has 2 | add 1 more
    5:7+4 error spec/schema-mismatch: `none` is what the schema's `not` excludes | compare it with `not` in the template's schema
    ");
}

#[test]
fn types_that_lead_in_circles_come_to_an_end() {
    for circle in [
        "{$ref: '#/A'}",
        "{allOf: [{$ref: '#/A'}, {$ref: '#/A'}]}",
        "{oneOf: [{$ref: '#/A'}, {$ref: '#/A'}]}",
    ] {
        let text = format!(
            "schema: {{format: {{openapi: 3.0.0}}, environment_input_type: A, types: {{A: {circle}}}}}"
        );
        let (schema, faults) = schema(&text);
        assert_eq!(faults, "");
        let (inputs, faults) = check(&schema.unwrap(), "a: 1");
        assert_eq!(inputs, None);
        assert!(faults.contains("spec/schema-mismatch"), "{faults}");
    }
}

#[test]
fn a_null_fits_where_it_is_allowed() {
    let schema = environment(
        "properties:\n  a: {type: string, nullable: true, minLength: 3}\n  b: {type: string, default: x}",
    );
    let (inputs, faults) = check(&schema, "a: ~\n");
    assert_eq!(faults, "");
    assert_eq!(values(inputs), r#"{"a":null,"b":"x"}"#);
}

#[test]
fn a_pattern_is_checked_in_texts_of_bounded_length() {
    let schema = environment("properties: {a: {type: string, pattern: 'a'}}");
    let (inputs, faults) = check(&schema, &format!("a: {}", "a".repeat(70_000)));
    assert_eq!(inputs, None);
    insta::assert_snapshot!(faults, @"1:4+70000 error spec/out-of-range: `a` has a pattern, which is checked in up to 65536 bytes | shorten it, or take `pattern` out of the template's schema");
}

#[test]
fn malformed_schemas_load_with_warnings() {
    let text = r#"schema:
  format: {openapi: "3.1.0"}
  environment_input_type: E
  types:
    E:
      type: object
      required: [a]
      properties:
        public: {type: boolean, default: public}
        port: {type: number, default: "80", minLength: 1}
        name: {type: string, default: 5, minlength: 3, required: true}
        size: {type: string, maxLength: -1, enum: [1, "2"]}
        count: {type: number, exclusiveMinimum: 3}
        look: {type: string, pattern: "^(?!aws)"}
        items: {type: array, default: [1], items: {type: string}}
        reference: {$ref: '#/F', default: 1}
    F: {type: string}
"#;
    let (loaded, faults) = schema(text);
    assert!(loaded.unwrap().has(InputType::Environment));
    insta::assert_snapshot!(faults, @r#"
    2:21+7 warning schema/malformed: the format is not OpenAPI 3.0; the schema is read as if it were | write `format: {openapi: "3.0.0"}`
    7:18+1 warning schema/malformed: `required` names `a`, which `properties` does not have | define `a` under `properties`
    9:42+6 warning schema/bad-default: `default` must be `true` or `false`, found text | write `default: true`
    10:39+4 warning schema/bad-default: `default` must be a number, found text | write `default: 80`
    10:45+9 warning schema/malformed: `minLength` has no effect on a number | remove it, or correct `type`
    11:39+1 warning schema/bad-default: `default` must be text, found a number | write `default: "5"`
    11:42+9 warning schema/malformed: `minlength` is not a keyword of OpenAPI 3.0 schemas; it has no effect | write `minLength`
    11:56+8 warning schema/malformed: `required` is a list of names and belongs to the object | write `required: [name]` beside the object's `properties`
    12:41+2 warning schema/malformed: `maxLength` must be a whole number from 0, found a number; it has no effect | -
    12:52+1 warning schema/malformed: `enum` has a value that never fits: a number, where the type is text | write `"1"`
    13:49+1 warning schema/malformed: `exclusiveMinimum` must be `true` or `false`, found a number; it has no effect | write `minimum: 3` and `exclusiveMinimum: true`
    14:39+10 warning schema/bad-pattern: look-ahead and look-behind cannot be checked, so this pattern has no effect | write the pattern without, or use `enum`
    15:39+3 warning schema/bad-default: `default[0]` must be text, found a number | write `"1"`
    16:34+7 warning schema/malformed: `default` has no effect beside `$ref` | put both into `allOf`, or remove it
    "#);
}

#[test]
fn schemas_that_cannot_be_used_say_why() {
    let texts = [
        "",
        "types: {}",
        "schema: {format: {openapi: 3.0.0}}",
        "schema: {format: {openapi: 3.0.0}, types: []}",
        "schema: {format: {openapi: 3.0.0}, types: {}}",
        "schema: {format: {openapi: 3.0.0}, service_input_type: Input, types: {Inputs: {type: object}}}",
        "schema: {format: {openapi: 3.0.0}, service_input_typ: A, types: {A: {type: object}}}",
        "schema: {format: {openapi: 3.0.0}, service_input_type: A, types: {A: {type: object, properties: {a: {type: String}, b: {type: [string, 'null']}, c: {type: bol}, d: string, e: {pattern: '(a'}, f: {$ref: 'B'}, g: {$ref: '#/B'}}}}}",
        "schema: {format: {openapi: 3.0.0}, service_input_type: A, types: {A: {type: object, properties: [a]}}}",
        "schema: [\n",
    ];
    let faults = texts.map(|text| format!("{text}\n{}", schema(text).1));
    insta::assert_snapshot!(faults.join("\n"), @r##"
    1:1+1 error schema/malformed: a schema must have the key `schema` with a mapping | write `schema:` and below it `format`, `environment_input_type` or `service_input_type`, and `types`

    types: {}
    1:1+9 error schema/malformed: a schema must have the key `schema` with a mapping | write `schema:` and below it `format`, `environment_input_type` or `service_input_type`, and `types`

    schema: {format: {openapi: 3.0.0}}
    1:9+26 error schema/malformed: `schema` has no `types` | write `schema:` and below it `format`, `environment_input_type` or `service_input_type`, and `types`

    schema: {format: {openapi: 3.0.0}, types: []}
    1:36+5 error schema/malformed: `types` must be a mapping, found a list | write `schema:` and below it `format`, `environment_input_type` or `service_input_type`, and `types`

    schema: {format: {openapi: 3.0.0}, types: {}}

    schema: {format: {openapi: 3.0.0}, service_input_type: Input, types: {Inputs: {type: object}}}
    1:56+5 error schema/unknown-type: `service_input_type` names the type `Input`, which `types` does not have | write `service_input_type: Inputs`

    schema: {format: {openapi: 3.0.0}, service_input_typ: A, types: {A: {type: object}}}
    1:36+17 warning schema/malformed: `service_input_typ` is not a key of `schema`; it has no effect | write `service_input_type`

    schema: {format: {openapi: 3.0.0}, service_input_type: A, types: {A: {type: object, properties: {a: {type: String}, b: {type: [string, 'null']}, c: {type: bol}, d: string, e: {pattern: '(a'}, f: {$ref: 'B'}, g: {$ref: '#/B'}}}}}
    1:108+6 error schema/malformed: `String` is not a type | write `type: string`
    1:127+16 error schema/malformed: `type` must be the name of a type, found a list | write one of `string`, `number`, `integer`, `boolean`, `array`, `object`
    1:156+3 error schema/malformed: `bol` is not a type | write `type: boolean`
    1:165+6 error schema/malformed: a schema must be a mapping, found text | write `type: string`, or another type, below it
    1:186+4 error schema/bad-pattern: `(a` is not a regular expression: a `(` is not closed | write a regular expression as JavaScript has them
    1:203+3 error schema/malformed: `$ref` does not name a type of this schema | write `$ref: "#/TypeName"`, where `types` has `TypeName`
    1:219+5 error schema/unknown-type: `$ref` names the type `B`, which `types` does not have | define `B` under `types`

    schema: {format: {openapi: 3.0.0}, service_input_type: A, types: {A: {type: object, properties: [a]}}}
    1:97+3 error schema/malformed: `properties` must be a mapping, found a list | write each property's name and below it its schema

    schema: [

    2:1+1 error yaml/syntax: a value is missing | close the `[` of line 1 with `]`, or quote the value if it is text
    "##);
}

#[test]
fn a_pattern_that_would_be_searched_for_too_long_is_not() {
    let schema = environment(
        "type: object\nproperties:\n  a: {type: string, pattern: '(a{1,50}){1,40}$'}\n  b: {type: string, pattern: '^b$'}",
    );
    let spec = format!("{{a: {}, b: c}}", "a".repeat(60_000));
    let (_, faults) = check(&schema, &spec);
    let faults: Vec<&str> = faults.lines().collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("takes too long to check in 60000 bytes of text"));
    assert!(faults[1].contains("`b` does not match"), "{faults:?}");
}

#[test]
fn many_values_may_have_a_pattern_with_a_large_repetition() {
    let schema = environment(
        "type: object\nproperties:\n  a: {type: array, items: {type: string, pattern: '^[a-zA-Z0-9_./-]{1,2048}$'}}",
    );
    let spec = format!("a: [{}]", "/service/shop/password, ".repeat(100));
    assert_eq!(check(&schema, &spec).1, "");
}
