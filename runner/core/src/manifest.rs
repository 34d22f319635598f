//! `manifest.yaml`: which file of a folder is rendered, and by what.

mod settings;

use std::sync::Arc;

pub use settings::{Environment, InputsFile, Settings};

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::fields::{Faults, Fields, Reader};
use crate::files::RelPath;
use crate::located::Located;
use crate::yaml::{self, Node};

/// What makes infrastructure of a folder's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// Jinja over one CloudFormation template.
    CloudFormation,
    /// Terraform or OpenTofu over a module.
    Terraform,
    /// Shell commands, which `CodeBuild` ran for Proton.
    CodeBuild,
}

impl Engine {
    /// The engine's name, as people know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CloudFormation => "CloudFormation",
            Self::Terraform => "Terraform",
            Self::CodeBuild => "CodeBuild",
        }
    }
}

/// What a `manifest.yaml` says.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The engine, at the line that names it.
    pub engine: Located<Engine>,
    /// The one file that is meant, relative to the manifest's folder; nothing where it is the whole folder.
    pub file: Option<Located<RelPath>>,
    /// What is run, and how; only `CodeBuild` has settings.
    pub settings: Option<Settings>,
}

static FAULTS: Faults = Faults {
    unknown_key: (Code::BundleManifest, Severity::Warning),
    wrong_type: Code::BundleManifest,
    missing_key: Code::BundleManifest,
    bad_value: Code::BundleManifest,
    bad_name: Code::BundleManifest,
    bad_version: Code::BundleManifest,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rendering {
    Jinja,
    Hcl,
    CodeBuild,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    CloudFormation,
    Terraform,
}

/// What stands for all files of a folder.
const ALL: &str = "*";

const ENTRY: &str = "infrastructure.templates";

impl Manifest {
    /// Reads a manifest.
    pub fn parse(file: &Arc<str>, text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let node = match yaml::parse(file, text) {
            Ok(node) => node,
            Err(faults) => return (None, faults),
        };
        let mut reader = Reader::new(file, &FAULTS);
        let manifest = read(&mut reader, &node);
        (manifest, reader.finish())
    }
}

fn read(reader: &mut Reader, node: &Node) -> Option<Manifest> {
    let fields = reader.fields(node, "", &["infrastructure"])?;
    let help = "write `infrastructure: {templates: [{file: cloudformation.yaml, rendering_engine: jinja, template_language: cloudformation}]}`";
    let infrastructure = reader.required(&fields, "infrastructure", help)?;
    let fields = reader.fields(infrastructure, "infrastructure", &["templates"])?;
    let templates = reader.required(&fields, "templates", help)?;
    match reader.items(templates, ENTRY) {
        [entry] => template(reader, entry),
        [] => {
            reader.bad_value(templates, format!("`{ENTRY}` lists no template"), help);
            None
        }
        [_, second, ..] => {
            let message = format!("`{ENTRY}` lists more than one template");
            reader.bad_value(second, message, "keep one; Proton took one per folder");
            None
        }
    }
}

fn template(reader: &mut Reader, node: &Node) -> Option<Manifest> {
    let known = &[
        "file",
        "rendering_engine",
        "template_language",
        "settings",
        // Reported below, with what it became.
        "engine",
    ];
    let fields = reader.fields(node, ENTRY, known)?;
    let engine = engine(reader, &fields)?;
    let (file, settings) = match engine.value {
        Engine::CloudFormation => (Some(template_file(reader, &fields)?), None),
        Engine::Terraform => (Some(module_file(reader, &fields)?), None),
        Engine::CodeBuild => (None, Some(settings::read(reader, &fields)?)),
    };
    Some(Manifest {
        engine,
        file: file.filter(|file| file.value.as_str() != ALL),
        settings,
    })
}

fn engine(reader: &mut Reader, fields: &Fields<'_>) -> Option<Located<Engine>> {
    if let Some(old) = fields.key("engine") {
        let message = "`engine` is a key of Proton's preview, which Proton refused since June 2021";
        reader.bad_value(old, message, "write `rendering_engine`");
        return None;
    }
    let help = "write `rendering_engine: jinja`";
    let node = reader.required(fields, "rendering_engine", help)?;
    let words = &[
        ("jinja", Rendering::Jinja),
        ("hcl", Rendering::Hcl),
        ("codebuild", Rendering::CodeBuild),
    ];
    let rendering = reader.one_of(node, &fields.path("rendering_engine"), words)?;
    let at = reader.at(node);
    let value = match rendering {
        Rendering::CodeBuild => Engine::CodeBuild,
        Rendering::Jinja => language(reader, fields, Language::CloudFormation)?,
        Rendering::Hcl => language(reader, fields, Language::Terraform)?,
    };
    Some(Located { value, at })
}

fn language(reader: &mut Reader, fields: &Fields<'_>, expected: Language) -> Option<Engine> {
    let (help, engine) = match expected {
        Language::CloudFormation => (
            "write `template_language: cloudformation`",
            Engine::CloudFormation,
        ),
        Language::Terraform => ("write `template_language: terraform`", Engine::Terraform),
    };
    let words = &[
        ("cloudformation", Language::CloudFormation),
        ("terraform", Language::Terraform),
    ];
    let node = reader.required(fields, "template_language", help)?;
    let found = reader.one_of(node, &fields.path("template_language"), words)?;
    if found == expected {
        return Some(engine);
    }
    let message = "`rendering_engine` and `template_language` do not go together";
    let help = format!(
        "{help}, or `rendering_engine: {}`",
        match found {
            Language::CloudFormation => "jinja",
            Language::Terraform => "hcl",
        }
    );
    reader.bad_value(node, message, help);
    None
}

fn template_file(reader: &mut Reader, fields: &Fields<'_>) -> Option<Located<RelPath>> {
    let help = "write the template's name: `file: cloudformation.yaml`";
    let node = reader.required(fields, "file", help)?;
    let parse = |text: &str| {
        RelPath::new(text)
            .ok()
            .filter(|path| !path.as_str().is_empty() && path.as_str() != ALL)
            .ok_or_else(|| match text {
                ALL => "`*` means the files of a Terraform module; CloudFormation has one template"
                    .to_owned(),
                _ => format!("`{text}` is not a file below the manifest's folder"),
            })
    };
    reader.parsed(node, &fields.path("file"), parse, help)
}

/// The one file of a module, or `*` for all of them.
fn module_file(reader: &mut Reader, fields: &Fields<'_>) -> Option<Located<RelPath>> {
    let help = "write `file: \"*\"` for all `.tf` files of the folder, or name one";
    let node = reader.required(fields, "file", help)?;
    let good = |path: &RelPath| {
        path.as_str() == ALL || (path.ending() == "tf" && path.parent().is_empty())
    };
    let parse = |text: &str| {
        let path = RelPath::new(text).ok().filter(good);
        path.ok_or_else(|| format!("`{text}` is neither `*` nor a `.tf` file of this folder"))
    };
    reader.parsed(node, &fields.path("file"), parse, help)
}

#[cfg(test)]
mod tests {
    use super::{Engine, Manifest};

    fn parse(entry: &str) -> (Option<Engine>, Vec<String>) {
        let text = format!("infrastructure: {{templates: [{entry}]}}");
        let (manifest, faults) = Manifest::parse(&"manifest.yaml".into(), &text);
        let messages = faults.into_iter().map(|fault| fault.message);
        (
            manifest.map(|manifest| manifest.engine.value),
            messages.collect(),
        )
    }

    #[test]
    fn an_engine_is_known_by_its_words() {
        for (entry, engine) in [
            (
                "{file: x.yaml, rendering_engine: jinja, template_language: cloudformation}",
                Engine::CloudFormation,
            ),
            (
                "{file: \"*\", rendering_engine: hcl, template_language: terraform}",
                Engine::Terraform,
            ),
            (
                "{rendering_engine: codebuild, settings: {image: x, provision: [make]}}",
                Engine::CodeBuild,
            ),
        ] {
            assert_eq!(parse(entry), (Some(engine), vec![]), "{entry}");
        }
    }

    #[test]
    fn what_does_not_say_what_to_render_is_refused() {
        for (entry, message) in [
            ("", "`infrastructure.templates` lists no template"),
            (
                "{file: x.yaml, engine: jinja}",
                "`engine` is a key of Proton's preview, which Proton refused since June 2021",
            ),
            (
                "{file: x.yaml, rendering_engine: jinja}",
                "`infrastructure.templates.template_language` is missing",
            ),
            (
                "{rendering_engine: jinja, template_language: cloudformation}",
                "`infrastructure.templates.file` is missing",
            ),
            (
                "{file: x, rendering_engine: jinja, template_language: terraform}",
                "`rendering_engine` and `template_language` do not go together",
            ),
            (
                "{file: ../x, rendering_engine: jinja, template_language: cloudformation}",
                "`../x` is not a file below the manifest's folder",
            ),
            (
                "{file: x.yaml, rendering_engine: hcl, template_language: terraform}",
                "`x.yaml` is neither `*` nor a `.tf` file of this folder",
            ),
            (
                "{rendering_engine: codebuild, settings: {image: x}}",
                "`infrastructure.templates.settings.provision` is missing",
            ),
            (
                "{file: x, rendering_engine: mustache}",
                "`infrastructure.templates.rendering_engine` cannot be `mustache`",
            ),
        ] {
            assert_eq!(parse(entry), (None, vec![message.to_owned()]), "{entry}");
        }
    }
}
