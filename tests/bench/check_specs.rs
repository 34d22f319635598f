//! How long the checker takes for a property, with a schema that is compiled already.
//!
//! Prints a line for each number of specs: how many, and nanoseconds a property.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nucleon_core::diagnostic::Location;
use nucleon_core::schema::{InputType, Schema};
use nucleon_core::yaml::{self, Node};

const SCHEMA: &str = r#"
schema:
  format: {openapi: "3.0.0"}
  service_input_type: S
  types:
    S:
      type: object
      required: [image, port]
      properties:
        image: {type: string, minLength: 1, maxLength: 200}
        port: {type: integer, minimum: 0, maximum: 65535}
        size: {type: string, enum: [x-small, small, medium, large, x-large], default: small}
        count: {type: integer, minimum: 1, default: 1}
        cidr: {type: string, pattern: '([0-9]{1,3}\.){3}[0-9]{1,3}($|/(16|18|24))', default: 10.0.0.0/16}
        public: {type: boolean, default: true}
        ratio: {type: number, minimum: 0, maximum: 1, default: 0.5}
        queues: {type: array, items: {type: string}, maxItems: 10, default: []}
        tags: {type: object, additionalProperties: {type: string}, default: {}}
        note: {type: string, nullable: true}
"#;

/// Values that each spec has: its inputs, and what is in them.
const PROPERTIES: u32 = 14;

#[expect(
    clippy::print_stdout,
    reason = "the figures are what the program is for"
)]
fn main() {
    let (schema, faults) = Schema::parse(&"schema.yaml".into(), SCHEMA);
    assert!(faults.is_empty(), "{faults:?}");
    let schema = schema.expect("it has no faults");
    for count in [100_u32, 1_000, 10_000] {
        let specs: Vec<Node> = (0..count).map(spec).collect();
        let best = (0..5).map(|_| took(&schema, &specs)).min();
        let nanoseconds = best.unwrap_or_default().as_nanos() / u128::from(count * PROPERTIES);
        println!("{count} {nanoseconds}");
    }
}

fn spec(number: u32) -> Node {
    let text = format!(
        "image: registry/app-{number}:1\nport: {}\nsize: large\ncount: 3\ncidr: 10.{}.0.0/24\npublic: false\nratio: 0.25\nqueues: [a{number}, b, c]\ntags: {{team: t{number}}}\nnote: nothing\n",
        number % 65_536,
        number % 256
    );
    yaml::parse(&"spec.yaml".into(), &text).expect("it is YAML")
}

fn took(schema: &Schema, specs: &[Node]) -> Duration {
    let file: Arc<str> = "spec.yaml".into();
    let at = Location::start_of(file);
    let start = Instant::now();
    for spec in specs {
        let (inputs, faults) = schema.check(InputType::Service, Some(spec), &at);
        assert!(inputs.is_some(), "{faults:?}");
        let _ = black_box(inputs);
    }
    start.elapsed()
}
