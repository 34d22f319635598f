//! Properties of the `CodeBuild` project that Proton ran a bundle's commands in, with the values of this target.
//!
//! Expressions are replaced by values, not by text: where a property is one expression, a list stays a list.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::context::Context;
use crate::diagnostic::Diagnostic;
use crate::located::Located;
use crate::render::Renderer;
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
        file: format!("{}/manifest.yaml", commands.folder).into(),
        diagnostics: Vec::new(),
    };
    let properties = filling.fill(node);
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
                let faults = faults.into_iter().map(|fault| fault.at(command.at.clone()));
                diagnostics.extend(faults);
            }
        }
    }
    if diagnostics.is_empty() {
        Ok(texts)
    } else {
        Err(diagnostics)
    }
}

fn has_expressions(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

struct Filling<'a> {
    renderer: &'a Renderer,
    context: &'a Context,
    file: Arc<str>,
    diagnostics: Vec<Diagnostic>,
}

impl Filling<'_> {
    fn fill(&mut self, node: &Node) -> Json {
        match &node.value {
            Value::Mapping(entries) => {
                let members = entries.iter();
                let members = members.map(|(key, value)| (key.text().to_owned(), self.fill(value)));
                Json::Object(members.collect::<Map<_, _>>())
            }
            Value::Sequence(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::String(text) if text.contains("{{") || text.contains("{%") => {
                self.replaced(node, text)
            }
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::String(_) => node.to_json(),
        }
    }

    fn replaced(&mut self, node: &Node, text: &str) -> Json {
        let Some(expression) = whole_expression(text) else {
            return self.render(node, text).map_or(Json::Null, Json::from);
        };
        let Some(value) = self.render(node, &format!("{{{{ ({expression}) | tojson }}}}")) else {
            return Json::Null;
        };
        serde_json::from_str(&value).unwrap_or(Json::String(value))
    }

    fn render(&mut self, node: &Node, text: &str) -> Option<String> {
        let template = TemplateSource {
            file: self.file.clone(),
            text: text.into(),
        };
        match self.renderer.render(&template, self.context) {
            Ok(rendered) => Some(rendered.text().to_owned()),
            Err(faults) => {
                // Their places are places in the expression alone.
                let at = node.location(&self.file);
                let faults = faults.into_iter().map(|fault| fault.at(at.clone()));
                self.diagnostics.extend(faults);
                None
            }
        }
    }
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

    fn filled(properties: &str) -> Result<Option<Json>, Vec<Diagnostic>> {
        let text = format!(
            "infrastructure:\n  templates:\n    - rendering_engine: codebuild\n      settings:\n        provision: [make]\n{properties}"
        );
        let (manifest, faults) = Manifest::parse(&"manifest.yaml".into(), &text);
        assert_eq!(faults, []);
        let commands = Commands {
            folder: "infrastructure".into(),
            files: Files::default(),
            settings: manifest.unwrap().settings.unwrap(),
        };
        let context = json!({"environment": {"name": "dev", "inputs": {
            "subnets": ["subnet-1", "subnet-2"], "limit": 2, "html": "<a&'b'>",
        }}});
        let context = Context::from_json(context).unwrap();
        project_properties(&Renderer::new(), &commands, &context)
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
        assert_eq!(places.collect::<Vec<_>>(), [(file, 7, 14), (file, 8, 14)]);
    }
}
