//! What the manifest of commands says, with the values of this target: properties of the `CodeBuild` project, commands,
//! and the variables in their environment.
//!
//! Expressions are replaced by values, not by text: where a property is one expression, a list stays a list.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::context::Context;
use crate::diagnostic::{Diagnostic, Location};
use crate::located::Located;
use crate::manifest::Environment;
use crate::render::Renderer;
use crate::script::Variable;
use crate::source::Commands;
use crate::template::TemplateSource;
use crate::yaml::{Node, Value};

/// The properties of a bundle's project for one target; nothing where the manifest has none.
///
/// Reports every expression that cannot be replaced, where it stands.
pub fn project_properties(
    renderer: &Renderer,
    commands: &Commands,
    context: &Context,
) -> Result<Option<Json>, Vec<Diagnostic>> {
    let Some(node) = &commands.settings.project_properties else {
        return Ok(None);
    };
    let mut filling = Filling {
        renderer,
        context,
        diagnostics: Vec::new(),
    };
    let file = format!("{}/manifest.yaml", commands.folder).into();
    let properties = filling.fill(node, &file);
    if filling.diagnostics.is_empty() {
        Ok(Some(properties))
    } else {
        Err(filling.diagnostics)
    }
}

/// Commands with the values of one target: Proton rendered the whole manifest.
///
/// Reports every expression that cannot be replaced, where its command stands.
pub fn rendered_commands(
    renderer: &Renderer,
    commands: &[Located<String>],
    context: &Context,
) -> Result<Vec<String>, Vec<Diagnostic>> {
    let (mut texts, mut diagnostics) = (Vec::with_capacity(commands.len()), Vec::new());
    for command in commands {
        if !has_expressions(&command.value) {
            texts.push(command.value.clone());
            continue;
        }
        let template = TemplateSource {
            file: command.at.file.clone(),
            text: command.value.as_str().into(),
        };
        match renderer.render(&template, context) {
            Ok(rendered) => texts.push(rendered.text().to_owned()),
            Err(faults) => {
                let faults = faults.into_iter();
                diagnostics.extend(faults.map(|fault| within(&command.at, command, fault, 0)));
            }
        }
    }
    if diagnostics.is_empty() {
        Ok(texts)
    } else {
        Err(diagnostics)
    }
}

/// The variables of a manifest with the values of one target, in its order: what stands there, then what is kept elsewhere.
///
/// Reports every expression that cannot be replaced, where its variable stands.
pub fn rendered_variables(
    renderer: &Renderer,
    environment: &Environment,
    context: &Context,
) -> Result<Vec<(String, Variable)>, Vec<Diagnostic>> {
    let mut filling = Filling {
        renderer,
        context,
        diagnostics: Vec::new(),
    };
    let mut variables = Vec::new();
    for (name, text) in &environment.variables {
        variables.push((name.clone(), Variable::Value(filling.text(text))));
    }
    for (name, text) in &environment.parameters {
        variables.push((name.clone(), Variable::Parameter(filling.text(text))));
    }
    for (name, text) in &environment.secrets {
        variables.push((name.clone(), Variable::Secret(filling.text(text))));
    }
    if filling.diagnostics.is_empty() {
        Ok(variables)
    } else {
        Err(filling.diagnostics)
    }
}

fn has_expressions(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

struct Filling<'a> {
    renderer: &'a Renderer,
    context: &'a Context,
    diagnostics: Vec<Diagnostic>,
}

impl Filling<'_> {
    fn fill(&mut self, node: &Node, file: &Arc<str>) -> Json {
        match &node.value {
            Value::Mapping(entries) => {
                let members = entries.iter();
                let members =
                    members.map(|(key, value)| (key.text().to_owned(), self.fill(value, file)));
                Json::Object(members.collect::<Map<_, _>>())
            }
            Value::Sequence(items) => items.iter().map(|item| self.fill(item, file)).collect(),
            Value::String(text) if has_expressions(text) => {
                self.replaced(&node.location(file), text)
            }
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::String(_) => node.to_json(),
        }
    }

    /// A text is all that an environment can hold: lists and numbers stand there as JSON.
    fn text(&mut self, text: &Located<String>) -> String {
        if !has_expressions(text) {
            return text.value.clone();
        }
        match self.replaced(&text.at, text) {
            Json::String(text) => text,
            Json::Null => String::new(),
            value @ (Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_)) => {
                value.to_string()
            }
        }
    }

    fn replaced(&mut self, at: &Location, text: &str) -> Json {
        let Some(expression) = whole_expression(text) else {
            let value = self.render(at, text, (text, 0));
            return value.map_or(Json::Null, Json::from);
        };
        let template = format!("{OPENING}{expression}) | tojson }}}}");
        let before = text.find(expression).unwrap_or_default();
        let moved = chars(&text[..before]) - chars(OPENING);
        let Some(value) = self.render(at, &template, (text, moved)) else {
            return Json::Null;
        };
        serde_json::from_str(&value).unwrap_or(Json::String(value))
    }

    /// Renders a template that was made of a text; the text has so many characters more before the expression.
    fn render(
        &mut self,
        at: &Location,
        template: &str,
        (text, moved): (&str, i64),
    ) -> Option<String> {
        let template = TemplateSource {
            file: at.file.clone(),
            text: template.into(),
        };
        match self.renderer.render(&template, self.context) {
            Ok(rendered) => Some(rendered.text().to_owned()),
            Err(faults) => {
                let faults = faults.into_iter();
                let faults = faults.map(|fault| within(at, text, fault, moved));
                self.diagnostics.extend(faults);
                None
            }
        }
    }
}

/// What stands before an expression whose value is wanted, not its text.
const OPENING: &str = "{{ (";

/// A fault of a text that was rendered, in the place of the file where the text stands.
///
/// Where the text stands there on one line as it is, or in quotes, that is the place of the fault itself.
fn within(at: &Location, text: &str, fault: Diagnostic, moved: i64) -> Diagnostic {
    let quotes = i64::from(at.length) - chars(text);
    let place = fault.location.as_ref().filter(|place| place.line == 1);
    let column = place.and_then(|place| {
        let column = i64::from(place.column) - 1 + moved + quotes / 2;
        u32::try_from(column)
            .ok()
            .map(|column| (column, place.length))
    });
    let at = match column {
        Some((column, length)) if matches!(quotes, 0 | 2) && column + length <= at.length => {
            Location {
                column: at.column + column,
                length,
                ..at.clone()
            }
        }
        _ => at.clone(),
    };
    fault.at(at)
}

fn chars(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// The expression that a text is as a whole: `{{ environment.inputs.subnets }}`.
fn whole_expression(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let inside = inside.trim_matches('-').trim();
    let nested = ["{{", "}}", "{%", "%}"]
        .iter()
        .any(|mark| inside.contains(mark));
    (!nested && !inside.is_empty()).then_some(inside)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::files::Files;
    use crate::manifest::Manifest;

    fn context() -> Context {
        let context = json!({"environment": {"name": "dev", "inputs": {
            "subnets": ["subnet-1", "subnet-2"], "limit": 2, "html": "<a&'b'>",
        }}});
        Context::from_json(context).unwrap()
    }

    fn commands(properties: &str) -> Commands {
        let text = format!(
            "infrastructure:\n  templates:\n    - rendering_engine: codebuild\n      settings:\n        provision: [make]\n{properties}"
        );
        let (manifest, faults) = Manifest::parse(&"manifest.yaml".into(), &text);
        assert_eq!(faults, []);
        Commands {
            folder: "infrastructure".into(),
            files: Files::default(),
            settings: manifest.unwrap().settings.unwrap(),
        }
    }

    fn filled(properties: &str) -> Result<Option<Json>, Vec<Diagnostic>> {
        project_properties(&Renderer::new(), &commands(properties), &context())
    }

    fn variables(environment: &str) -> Result<Vec<(String, Variable)>, Vec<Diagnostic>> {
        let environment = commands(environment).settings.environment;
        rendered_variables(&Renderer::new(), &environment, &context())
    }

    #[test]
    fn variables_have_the_values_of_the_target() {
        let variables = variables(concat!(
            "        env:\n",
            "          variables: {A: \"{{ environment.inputs.subnets }}\", B: \"{{ environment.inputs.html }}\", C: \"x{{ environment.inputs.limit }}\", D: \"$HOME\"}\n",
            "          secrets_manager: {E: \"{{ environment.name }}/token:key\"}\n",
            "          parameter_store: {F: \"/{{ environment.name }}/key\"}\n",
        ));
        let expected = [
            (
                "A",
                Variable::Value(r#"["subnet-1","subnet-2"]"#.to_owned()),
            ),
            ("B", Variable::Value("<a&'b'>".to_owned())),
            ("C", Variable::Value("x2".to_owned())),
            ("D", Variable::Value("$HOME".to_owned())),
            ("F", Variable::Parameter("/dev/key".to_owned())),
            ("E", Variable::Secret("dev/token:key".to_owned())),
        ];
        assert_eq!(
            variables,
            Ok(expected
                .map(|(name, given)| (name.to_owned(), given))
                .into())
        );
    }

    #[test]
    fn a_variable_that_reads_nothing_is_reported_where_it_stands() {
        let faults = variables("        env: {variables: {A: \"{{ nothing }}\"}}\n").unwrap_err();
        let at = faults[0].location.as_ref().unwrap();
        assert_eq!((&*at.file, at.line, at.column), ("manifest.yaml", 6, 34));
    }

    #[test]
    fn a_list_stays_a_list_and_a_text_becomes_one() {
        let properties = filled(concat!(
            "        project_properties:\n",
            "          VpcConfig:\n",
            "            Subnets: \"{{ environment.inputs.subnets }}\"\n",
            "            Names: [\"{{ environment.name }}-a\", plain]\n",
            "          ConcurrentBuildLimit: \"{{environment.inputs.limit}}\"\n",
            "          Description: \"{{- environment.inputs.html -}}\"\n",
            "          TimeoutInMinutes: 30\n",
        ));
        let expected = json!({
            "VpcConfig": {"Subnets": ["subnet-1", "subnet-2"], "Names": ["dev-a", "plain"]},
            "ConcurrentBuildLimit": 2, "Description": "<a&'b'>", "TimeoutInMinutes": 30,
        });
        assert_eq!(properties, Ok(Some(expected)));
        assert_eq!(filled(""), Ok(None));
    }

    #[test]
    fn every_expression_that_reads_nothing_is_reported_where_it_stands() {
        let faults = filled(concat!(
            "        project_properties:\n",
            "          A: \"{{ environment.inputs.subnet }}\"\n",
            "          B: \"x-{{ nothing }}\"\n",
        ))
        .unwrap_err();
        let places = faults.iter().map(|fault| {
            let at = fault.location.as_ref().unwrap();
            (&*at.file, at.line, at.column)
        });
        let file = "infrastructure/manifest.yaml";
        assert_eq!(places.collect::<Vec<_>>(), [(file, 7, 18), (file, 8, 20)]);
    }
}
