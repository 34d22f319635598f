//! Rewrites what bundles have from Proton's preview: `engine:`, old names of values, old folders.
//!
//! Nothing else of a file changes. Whether the result is right is for [`crate::lint`] to say.

use std::sync::Arc;

use crate::bundle::{Part, SCHEMA};
use crate::files::{Content, Files, RelPath};
use crate::lint::{self, Edit};
use crate::schema::{InputType, Schema};
use crate::template::TemplateSource;
use crate::yaml::{self, Node};

/// One change to a repository's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// A file gets another text.
    Rewrite {
        /// The file.
        file: String,
        /// The whole text.
        text: String,
    },
    /// A folder gets another name; comes after the rewrites in it.
    Rename {
        /// The folder.
        from: String,
        /// Its new path.
        to: String,
    },
}

impl Fix {
    /// The file or folder that is changed.
    pub fn path(&self) -> &str {
        match self {
            Self::Rewrite { file, .. } => file,
            Self::Rename { from, .. } => from,
        }
    }
}

/// What has to change, bundle by bundle.
pub fn fixes(files: &Files) -> Vec<Fix> {
    let schemas = files.iter().filter_map(|(path, content)| {
        let folder = path.as_str().strip_suffix(SCHEMA)?.strip_suffix('/')?;
        match content {
            Content::Text(text) => Some((folder, text)),
            Content::Bytes(_) | Content::Refused(_) => None,
        }
    });
    schemas
        .flat_map(|(folder, schema)| bundle(files, folder, schema))
        .collect()
}

fn bundle(files: &Files, folder: &str, schema: &str) -> Vec<Fix> {
    let (schema, _) = Schema::parse(&SCHEMA.into(), schema);
    let is_environment = schema.is_some_and(|schema| schema.has(InputType::Environment));
    let parts: &[(&str, Part)] = if is_environment {
        &[("infrastructure", Part::Environment)]
    } else {
        &[
            ("infrastructure", Part::Instance),
            ("instance_infrastructure", Part::Instance),
            ("pipeline", Part::Pipeline),
            ("pipeline_infrastructure", Part::Pipeline),
        ]
    };
    let mut fixes = Vec::new();
    for (name, part) in parts {
        let old = format!("{folder}/{name}");
        let Some(text) = files.text(&format!("{old}/manifest.yaml")) else {
            continue;
        };
        fixes.extend(part_of(files, &old, text, *part));
        let new = format!("{folder}/{}", part.folder());
        if old != new && !files.has_folder(&new) {
            fixes.push(Fix::Rename { from: old, to: new });
        }
    }
    fixes
}

fn part_of(files: &Files, folder: &str, manifest: &str, part: Part) -> Vec<Fix> {
    let mut fixes = Vec::new();
    let file = format!("{folder}/manifest.yaml");
    let Ok(root) = yaml::parse(&Arc::from(file.as_str()), manifest) else {
        return fixes;
    };
    let templates = root
        .get("infrastructure")
        .and_then(|node| node.get("templates"));
    let entries = templates.and_then(Node::as_sequence).unwrap_or_default();
    let edits = entries.iter().filter_map(|entry| engine(entry, manifest));
    let mut edits: Vec<Edit> = edits.collect();
    if entries.iter().any(|entry| is(entry, "codebuild")) {
        edits.extend(lint::new_names_in_manifest(manifest, part));
    }
    fixes.extend(rewrite(file, manifest, edits));
    for entry in entries {
        if !is(entry, "jinja") {
            continue;
        }
        let named = entry
            .get("file")
            .and_then(|node| RelPath::new(node.text()).ok());
        let file = named.map(|named| format!("{folder}/{named}"));
        let found = file.and_then(|file| files.text(&file).map(|text| (file.clone(), text)));
        if let Some((file, text)) = found {
            let source = TemplateSource {
                file: file.as_str().into(),
                text: text.into(),
            };
            fixes.extend(rewrite(file, text, lint::new_names(&source, part)));
        }
    }
    fixes
}

/// Whether an entry names an engine, by either key.
fn is(entry: &Node, engine: &str) -> bool {
    let mut named = ["engine", "rendering_engine"].into_iter();
    named.any(|key| entry.get(key).is_some_and(|node| node.text() == engine))
}

/// `engine:` becomes `rendering_engine:`.
fn engine(entry: &Node, manifest: &str) -> Option<Edit> {
    let (key, _) = entry.entry("engine")?;
    if entry.get("rendering_engine").is_some() {
        return None;
    }
    let before = manifest
        .split_inclusive('\n')
        .take(key.span.line as usize - 1);
    let line_start: usize = before.map(str::len).sum();
    let line = &manifest[line_start..];
    let column = line.char_indices().nth(key.span.column as usize - 1)?.0;
    let start = line_start + column;
    let quoted = line[column..].starts_with(['"', '\'']);
    let start = start + usize::from(quoted);
    Some(Edit {
        range: start..start + "engine".len(),
        text: "rendering_engine".to_owned(),
    })
}

fn rewrite(file: String, text: &str, mut edits: Vec<Edit>) -> Option<Fix> {
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|edit| edit.range.start);
    edits.dedup();
    let mut rewritten = String::with_capacity(text.len());
    let mut done = 0;
    for edit in edits.iter().filter(|edit| edit.range.end <= text.len()) {
        if edit.range.start < done {
            continue;
        }
        rewritten.push_str(&text[done..edit.range.start]);
        rewritten.push_str(&edit.text);
        done = edit.range.end;
    }
    rewritten.push_str(&text[done..]);
    Some(Fix::Rewrite {
        file,
        text: rewritten,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str)]) -> Files {
        let file = |(path, text): &(&str, &str)| {
            (RelPath::new(path).unwrap(), Content::Text((*text).into()))
        };
        all.iter().map(file).collect()
    }

    fn rewrite_of(file: &str, text: &str) -> Fix {
        Fix::Rewrite {
            file: file.to_owned(),
            text: text.to_owned(),
        }
    }

    const SERVICE: &str = "schema:\n  format: {openapi: '3.0.0'}\n  service_input_type: S\n  types: {S: {type: object, properties: {size: {type: string}}}}\n";

    #[test]
    fn a_service_of_the_preview_is_rewritten() {
        let files = files(&[
            ("t/v1/schema/schema.yaml", SERVICE),
            (
                "t/v1/infrastructure/manifest.yaml",
                "infrastructure:\n  templates:\n    - file: c.yaml # engine\n      engine: jinja\n      template_language: cloudformation\n",
            ),
            (
                "t/v1/infrastructure/c.yaml",
                "# {{ service_name }}é\na: \"{{ service_instance.size | lower }}-{{ environment['Vpc'] }}\"\n{# service_name #}",
            ),
        ]);
        let expected = [
            rewrite_of(
                "t/v1/infrastructure/manifest.yaml",
                "infrastructure:\n  templates:\n    - file: c.yaml # engine\n      rendering_engine: jinja\n      template_language: cloudformation\n",
            ),
            rewrite_of(
                "t/v1/infrastructure/c.yaml",
                "# {{ service.name }}é\na: \"{{ service_instance.inputs.size | lower }}-{{ environment.outputs['Vpc'] }}\"\n{# service_name #}",
            ),
            Fix::Rename {
                from: "t/v1/infrastructure".to_owned(),
                to: "t/v1/instance_infrastructure".to_owned(),
            },
        ];
        assert_eq!(fixes(&files), expected);
    }

    #[test]
    fn commands_are_rewritten_where_they_stand() {
        let manifest = |size: &str| {
            format!(
                "# {{{{ service_name }}}}\ninfrastructure:\n  templates:\n    - rendering_engine: codebuild\n      settings:\n        provision: [\"make {{{{ {size} }}}}\"]\n"
            )
        };
        let file = "t/v1/instance_infrastructure/manifest.yaml";
        let (old, new) = ("service_instance.size", "service_instance.inputs.size");
        let files = files(&[("t/v1/schema/schema.yaml", SERVICE), (file, &manifest(old))]);
        assert_eq!(fixes(&files), [rewrite_of(file, &manifest(new))]);
    }

    #[test]
    fn loop_variables_keep_their_names() {
        let files = files(&[
            ("t/v1/schema/schema.yaml", SERVICE),
            (
                "t/v1/pipeline_infrastructure/manifest.yaml",
                "infrastructure: {templates: [{file: c.yaml, \"engine\": jinja}]}\n",
            ),
            (
                "t/v1/pipeline_infrastructure/c.yaml",
                "{% for i in service_instances %}{{ i.spec.Url }}{{ i.name }}{% endfor %}{{ service_instances[0].spec.Url }}",
            ),
        ]);
        let expected = [
            rewrite_of(
                "t/v1/pipeline_infrastructure/manifest.yaml",
                "infrastructure: {templates: [{file: c.yaml, \"rendering_engine\": jinja}]}\n",
            ),
            rewrite_of(
                "t/v1/pipeline_infrastructure/c.yaml",
                "{% for i in service_instances %}{{ i.outputs.Url }}{{ i.name }}{% endfor %}{{ service_instances[0].outputs.Url }}",
            ),
        ];
        assert_eq!(fixes(&files), expected);
    }

    #[test]
    fn what_is_of_today_stays_as_it_is() {
        let files = files(&[
            ("t/v1/schema/schema.yaml", SERVICE),
            (
                "t/v1/instance_infrastructure/manifest.yaml",
                "infrastructure: {templates: [{file: c.yaml, rendering_engine: jinja, template_language: cloudformation}]}\n",
            ),
            (
                "t/v1/instance_infrastructure/c.yaml",
                "{{ service.name }} {{ environment.outputs.Vpc }} {{ service_instance.components.default.outputs }}",
            ),
        ]);
        assert_eq!(fixes(&files), []);
    }
}
