//! What a page can ask: text to text.

use std::sync::Arc;

use nucleon_core::codes::Code;
use nucleon_core::context::Context;
use nucleon_core::diagnostic::{Diagnostic, Location};
use nucleon_core::rendered::Rendered;
use nucleon_core::schema::{InputType, Schema};
use nucleon_core::spec::{Spec, SpecPart};
use nucleon_core::template::TemplateSource;
use nucleon_core::{render, report, validate};
use serde_json::json;

/// Checks a spec against a template's schema.
///
/// Gives `{"format": 1, "diagnostics": […]}`, as `nucleon validate --format json` does; the files are called
/// `schema.yaml` and `spec.yaml`.
pub fn validate(schema: &str, spec: &str) -> String {
    let (schema, mut parsed) = Schema::parse(&"schema.yaml".into(), schema);
    let (spec, faults) = Spec::parse(&"spec.yaml".into(), spec);
    parsed.extend(faults);
    let checked = match (schema, spec) {
        (Some(schema), Some(spec)) => check(&schema, &spec),
        _ => Vec::new(),
    };
    report::json(&validate::merge(parsed, checked)).to_string()
}

/// Renders a template with a context, a JSON object as `nucleon-render template` takes it.
///
/// Gives `{"format": 1, "diagnostics": […], "text": …}`; the text is `null` where the template does not render.
pub fn render(template: &str, context: &str) -> String {
    let rendered = parse_context(context).and_then(|context| {
        let template = TemplateSource {
            file: "template.yaml".into(),
            text: template.into(),
        };
        render::render(&template, &context)
    });
    let (text, diagnostics) = match &rendered {
        Ok(rendered) => (Some(rendered.text()), not_yaml(rendered)),
        Err(diagnostics) => (None, diagnostics.clone()),
    };
    json!({"format": 1, "diagnostics": diagnostics, "text": text}).to_string()
}

fn check(schema: &Schema, spec: &Spec) -> Vec<Diagnostic> {
    if let Some(fault) = other_kind(schema, spec) {
        return vec![fault];
    }
    parts(spec)
        .into_iter()
        .filter(|(input, _)| schema.has(*input))
        .flat_map(|(input, part)| schema.check(input, part.values.as_ref(), &part.at).1)
        .collect()
}

/// A spec of an environment for the template of a service, or the other way round.
fn other_kind(schema: &Schema, spec: &Spec) -> Option<Diagnostic> {
    let (input, kind, other) = match spec {
        Spec::Environment(_) => (InputType::Environment, "EnvironmentSpec", "ServiceSpec"),
        Spec::Service(_) => (InputType::Service, "ServiceSpec", "EnvironmentSpec"),
        Spec::Component(_) => return None,
    };
    let message = format!("the spec is of the kind `{kind}`, and the template takes a `{other}`");
    let fault = Diagnostic::error(Code::SpecKind, message).at(spec.at().clone());
    (!schema.has(input)).then(|| fault.help(format!("write `proton: {other}`")))
}

/// The inputs that a spec sets, and the type that each must fit.
fn parts(spec: &Spec) -> Vec<(InputType, &SpecPart)> {
    match spec {
        Spec::Environment(spec) => vec![(InputType::Environment, &spec.part)],
        Spec::Service(spec) => {
            let instances = spec.instances.iter();
            let instances = instances.map(|instance| (InputType::Service, &instance.part));
            let pipeline = spec.pipeline.iter();
            let pipeline = pipeline.map(|part| (InputType::Pipeline, part));
            pipeline.chain(instances).collect()
        }
        Spec::Component(_) => Vec::new(),
    }
}

fn parse_context(text: &str) -> Result<Context, Vec<Diagnostic>> {
    let file: Arc<str> = "context.json".into();
    let fault = |message: String, line: usize, column: usize| {
        let location = Location {
            line: u32::try_from(line.max(1)).unwrap_or(u32::MAX),
            column: u32::try_from(column.max(1)).unwrap_or(u32::MAX),
            ..Location::start_of(file.clone())
        };
        vec![Diagnostic::error(Code::RenderFailed, message).at(location)]
    };
    let json = serde_json::from_str(text).map_err(|error| {
        let message = format!("the context is not JSON: {error}");
        fault(message, error.line(), error.column())
    })?;
    Context::from_json(json).map_err(|error| fault(error.to_string(), 1, 1))
}

fn not_yaml(rendered: &Rendered) -> Vec<Diagnostic> {
    rendered.parse().err().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    const SCHEMA: &str = "schema:\n  format: {openapi: \"3.0.0\"}\n  environment_input_type: E\n  types:\n    E:\n      type: object\n      properties:\n        count: {type: number, default: 1}\n      required: [count]\n";

    fn json(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_spec_that_fits_has_no_diagnostics() {
        let answer = validate(SCHEMA, "proton: EnvironmentSpec\nspec:\n  count: 2\n");
        assert_eq!(answer, r#"{"format":1,"diagnostics":[]}"#);
    }

    #[test]
    fn a_wrong_value_is_reported_where_it_stands() {
        let answer = json(&validate(
            SCHEMA,
            "proton: EnvironmentSpec\nspec:\n  count: [a]\n",
        ));
        assert_eq!(answer["diagnostics"][0]["code"], "spec/wrong-type");
        assert_eq!(answer["diagnostics"][0]["location"]["line"], 3);
    }

    #[test]
    fn a_spec_of_another_kind_is_reported() {
        let answer = json(&validate(SCHEMA, "proton: ServiceSpec\ninstances: []\n"));
        assert_eq!(answer["diagnostics"][0]["code"], "spec/kind");
    }

    #[test]
    fn a_template_renders() {
        let answer = render(
            "a: {{ environment.name }}\n",
            r#"{"environment": {"name": "dev"}}"#,
        );
        assert_eq!(answer, r#"{"format":1,"diagnostics":[],"text":"a: dev"}"#);
    }

    #[test]
    fn a_template_that_fails_has_no_text() {
        let answer = json(&render("a: {{ typo }}\n", "{}"));
        assert_eq!(answer["diagnostics"][0]["code"], "render/undefined");
        assert_eq!(answer["text"], Json::Null);
    }

    #[test]
    fn a_context_that_is_not_json_is_a_diagnostic() {
        let answer = json(&render("a", "{\n\"a\": }"));
        assert_eq!(answer["diagnostics"][0]["location"]["line"], 2);
    }
}
