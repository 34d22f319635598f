//! Components: a template of their own, in an environment or attached to an instance.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::bundle::module;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::files::{Files, RelPath};
use crate::located::Located;
use crate::manifest::{Engine, Manifest};
use crate::quota::{self, Sized};
use crate::repository::{ComponentSource, Draft, Parser, arc, ending};
use crate::source::{Module, Source};
use crate::spec::{Attachment, ComponentSpec, SpecPart};
use crate::suggest::closest;
use crate::target::{Name, TargetId};
use crate::template::TemplateSource;

impl Parser<'_> {
    /// The targets of every component; the instances that they are attached to wait for them.
    pub(super) fn components(
        &mut self,
        specs: BTreeMap<Name, ComponentSpec>,
        services: &mut [Draft],
    ) -> Vec<Draft> {
        let index = services.iter().enumerate();
        let index: BTreeMap<TargetId, usize> =
            index.map(|(at, draft)| (draft.id.clone(), at)).collect();
        let mut attached: BTreeMap<usize, Name> = BTreeMap::new();
        let mut drafts = Vec::with_capacity(specs.len());
        for (name, spec) in specs {
            let instance = self.attached(&spec.attachment, &index);
            if let Some((at, written)) = &instance {
                if let Some(first) = attached.get(at) {
                    let fault = second(first, written);
                    self.report(fault);
                    continue;
                }
                attached.insert(*at, name.clone());
            }
            let instance = instance.map(|(at, _)| at);
            if let Some(draft) = self.component(&name, spec, instance.map(|at| &services[at])) {
                if let Some(at) = instance {
                    let instance = &mut services[at];
                    instance.dependencies.push(draft.id.clone());
                    self.repository.components.insert(instance.id.clone(), name);
                }
                drafts.push(draft);
            }
        }
        drafts
    }

    fn attached(
        &mut self,
        attachment: &Attachment,
        instances: &BTreeMap<TargetId, usize>,
    ) -> Option<(usize, Located<TargetId>)> {
        let Attachment::Instance(written) = attachment else {
            return None;
        };
        if let Some(at) = instances.get(&written.value) {
            return Some((*at, written.clone()));
        }
        if let TargetId::Instance { service, .. } = &written.value
            && self.repository.broken_services.contains(service)
        {
            return None;
        }
        let is_instance = |id: &&TargetId| matches!(id, TargetId::Instance { .. });
        let known: Vec<String> = instances
            .keys()
            .filter(is_instance)
            .map(TargetId::to_string)
            .collect();
        let text = written.to_string();
        let help = closest(&text, known.iter().map(String::as_str)).map_or_else(
            || "name an instance of a service here".to_owned(),
            |near| format!("write `attach: {near}`"),
        );
        let fault = Diagnostic::error(
            Code::SpecUnknownInstance,
            format!("no spec defines `{text}`"),
        );
        self.report(fault.at(written.at.clone()).help(help));
        None
    }

    fn component(
        &mut self,
        name: &Name,
        spec: ComponentSpec,
        instance: Option<&Draft>,
    ) -> Option<Draft> {
        let environment = match (&spec.attachment, instance) {
            (Attachment::Environment(environment), _) => {
                self.check_environment(environment);
                Some(environment.value.clone())
            }
            (Attachment::Instance(_), Some(instance)) => instance.environment.clone(),
            (Attachment::Instance(_), None) => None,
        };
        let source = self.component_source(&spec)?;
        let environment = environment?;
        Some(Draft {
            id: TargetId::Component(name.clone()),
            template: None,
            component: Some(ComponentSource {
                source,
                attached: instance.map(|instance| instance.id.clone()),
            }),
            dependencies: vec![TargetId::Environment(environment.clone())],
            environment: Some(environment),
            instance_environments: vec![],
            spec: SpecPart {
                file: spec.at.file.clone(),
                values: None,
                at: spec.at,
            },
        })
    }

    fn component_source(&mut self, spec: &ComponentSpec) -> Option<Source> {
        let engine = self.component_engine(spec)?;
        let path = beside(&spec.at.file, spec.file.value.as_str());
        let size = self.files.text(&path).map_or(0, str::len);
        let fault = quota::file(&path, Sized::Component, size);
        self.diagnostics.extend(fault);
        match engine.value {
            Engine::CloudFormation => self.component_template(spec).map(Source::Template),
            Engine::Terraform => self.component_module(spec).map(Source::Module),
            Engine::CodeBuild => {
                let message = "a component is CloudFormation or Terraform, never commands";
                let fault = Diagnostic::error(Code::BundleUnsupportedEngine, message);
                let help = "make a template of it, as `templates/NAME/v1/`";
                self.report(fault.at(engine.at).help(help));
                None
            }
        }
    }

    fn component_template(&mut self, spec: &ComponentSpec) -> Option<TemplateSource> {
        let path = beside(&spec.at.file, spec.file.value.as_str());
        match self.files.read(&path, "") {
            Some(Ok(text)) => Some(TemplateSource {
                file: path,
                text: text.clone(),
            }),
            Some(Err(fault)) => {
                self.report(fault);
                None
            }
            None => {
                self.no_component_file(spec, &path);
                None
            }
        }
    }

    fn component_module(&mut self, spec: &ComponentSpec) -> Option<Module> {
        let path = beside(&spec.at.file, spec.file.value.as_str());
        if self.files.get(&path).is_none() {
            self.no_component_file(spec, &path);
            return None;
        }
        let folder = folder_of(&spec.at.file);
        let below = self.files.below(folder);
        let own = |path: &RelPath| beside(&spec.at.file, path.as_str()) == spec.at.file;
        let files = module::files(&below, Some(&spec.file.value));
        let files: Files = files
            .iter()
            .filter(|(path, _)| !own(path))
            .map(|(path, content)| (path.clone(), content.clone()))
            .collect();
        let faults = module::check(&files, folder, &spec.file.at);
        let good = faults.is_empty();
        self.diagnostics.extend(faults);
        good.then(|| Module {
            folder: folder.into(),
            files,
        })
    }

    fn no_component_file(&mut self, spec: &ComponentSpec, path: &str) {
        let fault = Diagnostic::error(Code::FileMissing, format!("`{path}` is missing"));
        let help = "add the file, or name one that is in this folder";
        self.report(fault.at(spec.file.at.clone()).help(help));
    }

    /// The engine that the manifest beside a component names; without one, the file's ending tells.
    fn component_engine(&mut self, spec: &ComponentSpec) -> Option<Located<Engine>> {
        let path = beside(&spec.at.file, "manifest.yaml");
        let Some(text) = self.files.read(&path, "") else {
            let terraform = ending(spec.file.value.as_str()) == "tf";
            let value = if terraform {
                Engine::Terraform
            } else {
                Engine::CloudFormation
            };
            let at = spec.file.at.clone();
            return Some(Located { value, at });
        };
        let text = match text {
            Ok(text) => text,
            Err(fault) => {
                self.report(fault);
                return None;
            }
        };
        let (manifest, faults) = Manifest::parse(&path, text);
        self.diagnostics.extend(faults);
        let manifest = manifest?;
        if let Some(file) = manifest.file.filter(|file| file.value != spec.file.value) {
            let message = format!(
                "the manifest names `{}`, the component `{}`",
                file.value, spec.file.value
            );
            let fault = Diagnostic::error(Code::BundleManifest, message);
            let help = format!("write `file: {}`", spec.file.value);
            self.report(fault.at(file.at).help(help));
        }
        Some(manifest.engine)
    }
}

fn second(first: &Name, written: &Located<TargetId>) -> Diagnostic {
    let message = format!(
        "component `{first}` is attached to `{}` already",
        written.value
    );
    Diagnostic::error(Code::SpecSecondComponent, message)
        .at(written.at.clone())
        .help("attach one component per instance, as Proton did")
}

/// A file in the folder of another.
fn beside(file: &str, name: &str) -> Arc<str> {
    match folder_of(file) {
        "" => arc(name),
        folder => format!("{folder}/{name}").into(),
    }
}

fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}
