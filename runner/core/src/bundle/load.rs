//! Reads a bundle: which folders it has, what its manifests name, and whether schema and folders fit together.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::bundle::registration::{self, Registration};
use crate::bundle::{Bundle, BundleKind, Part, SCHEMA, module};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location};
use crate::digest::BundleDigest;
use crate::files::{Content, Files, RelPath};
use crate::manifest::{Engine, Manifest};
use crate::quota::{self, Sized};
use crate::schema::{InputType, Schema};
use crate::source::{Commands, Module, Source};
use crate::target::Name;
use crate::template::TemplateSource;

const PARTS: [Part; 3] = [Part::Environment, Part::Instance, Part::Pipeline];

pub(super) fn load(
    name: &Name,
    major: u32,
    folder: &str,
    files: &Files,
) -> (Option<Bundle>, Vec<Diagnostic>) {
    let mut loader = Loader {
        folder,
        files,
        diagnostics: Vec::new(),
    };
    let bundle = loader.load(name, major);
    (bundle, loader.diagnostics)
}

/// Reads one bundle and keeps its faults.
struct Loader<'b> {
    folder: &'b str,
    files: &'b Files,
    diagnostics: Vec<Diagnostic>,
}

impl Loader<'_> {
    fn load(&mut self, name: &Name, major: u32) -> Option<Bundle> {
        self.refused();
        self.quotas();
        let schema = self.schema()?;
        let kind = self.kind(&schema)?;
        let registration = match kind {
            BundleKind::Environment => Registration::default(),
            BundleKind::Service => {
                let (registration, faults) = registration::read(self.folder, self.files);
                self.diagnostics.extend(faults);
                registration
            }
        };
        let mut bundle = Bundle {
            name: name.clone(),
            major,
            kind,
            folder: self.folder.to_owned(),
            schema,
            parts: BTreeMap::new(),
            compatible: registration.compatible,
            components: registration.components,
            customer_managed: kind == BundleKind::Environment
                && !self.files.has_folder(Part::Environment.folder()),
            digest: self.digest(),
        };
        if bundle.customer_managed {
            self.diagnostics.extend(bundle.schema.not_outputs());
        }
        self.layout(&bundle);
        for part in self.wanted_parts(kind) {
            self.part(part, &mut bundle);
        }
        Some(bundle)
    }

    /// A path in this bundle, from the repository's root.
    fn path(&self, inside: &str) -> Arc<str> {
        match self.folder {
            "" => inside.into(),
            folder => format!("{folder}/{inside}").into(),
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    // A symbolic link among the files that matter could bring in anything.
    fn refused(&mut self) {
        for (path, content) in self.files.iter() {
            if let (Content::Refused(refusal), true) = (content, matters(first(path))) {
                let file = self.path(path.as_str());
                self.diagnostics.push(refusal.diagnostic(file));
            }
        }
    }

    fn quotas(&mut self) {
        let mut all = 0;
        for (path, content) in self.files.iter() {
            let bytes = match content {
                Content::Text(text) => text.len(),
                Content::Bytes(bytes) => bytes.len(),
                Content::Refused(_) => 0,
            };
            if matters(first(path)) {
                all += bytes;
                let kind = Sized::in_bundle(path);
                let fault =
                    kind.and_then(|kind| quota::file(&self.path(path.as_str()), kind, bytes));
                self.diagnostics.extend(fault);
            }
        }
        let fault = quota::bundle(self.folder, &self.path(SCHEMA), all);
        self.diagnostics.extend(fault);
    }

    fn schema(&mut self) -> Option<Schema> {
        match self.files.read(SCHEMA, self.folder) {
            Some(Ok(text)) => {
                let (schema, faults) = Schema::parse(&self.path(SCHEMA), text);
                self.diagnostics.extend(faults);
                schema
            }
            Some(Err(fault)) => {
                self.report(fault);
                None
            }
            None => {
                self.missing(SCHEMA, "a bundle needs its input types there");
                None
            }
        }
    }

    fn missing(&mut self, inside: &str, help: &str) {
        let file = self.path(inside);
        let fault = Diagnostic::error(Code::BundleMissingFile, format!("`{file}` is missing"));
        self.report(fault.at(Location::start_of(file)).help(help));
    }

    fn kind(&mut self, schema: &Schema) -> Option<BundleKind> {
        let environment = schema.has(InputType::Environment);
        let service = schema.has(InputType::Service);
        match (environment, service) {
            (true, false) => Some(BundleKind::Environment),
            (false, true) => Some(BundleKind::Service),
            (true, true) => {
                self.layout_fault(
                    SCHEMA,
                    "the schema has both `environment_input_type` and `service_input_type`",
                    "keep the one that the template makes",
                );
                None
            }
            // A service whose input type is misspelt still says by its folders what it is.
            (false, false) if self.files.has_folder(Part::Instance.folder()) => {
                Some(BundleKind::Service)
            }
            (false, false) if self.files.has_folder(Part::Environment.folder()) => {
                Some(BundleKind::Environment)
            }
            (false, false) => {
                self.layout_fault(
                    SCHEMA,
                    "the schema has neither `environment_input_type` nor `service_input_type`",
                    "write `environment_input_type: \"NAME\"`, or `service_input_type` for a service",
                );
                None
            }
        }
    }

    fn layout_fault(&mut self, inside: &str, message: impl Into<String>, help: &str) {
        let at = Location::start_of(self.path(inside));
        self.report(
            Diagnostic::error(Code::BundleLayout, message)
                .at(at)
                .help(help),
        );
    }

    fn layout_warning(&mut self, inside: &str, message: impl Into<String>, help: &str) {
        let at = Location::start_of(self.path(inside));
        self.report(
            Diagnostic::warning(Code::BundleLayout, message)
                .at(at)
                .help(help),
        );
    }

    fn layout(&mut self, bundle: &Bundle) {
        match bundle.kind {
            BundleKind::Environment => self.environment_layout(),
            BundleKind::Service => self.service_layout(&bundle.schema),
        }
    }

    fn environment_layout(&mut self) {
        for part in [Part::Instance, Part::Pipeline] {
            if self.files.has_folder(part.folder()) {
                let message = format!("an environment template has no `{}` folder", part.folder());
                self.layout_warning(
                    part.folder(),
                    message,
                    "take the folder out, or make the schema a service's",
                );
            }
        }
    }

    fn service_layout(&mut self, schema: &Schema) {
        let legacy = [
            ("infrastructure", Part::Instance),
            ("pipeline", Part::Pipeline),
        ];
        for (old, part) in legacy {
            if self.files.has_folder(old) && !self.files.has_folder(part.folder()) {
                let message = format!(
                    "`{old}` is a folder of Proton's preview, which Proton refused since June 2021"
                );
                let help = format!("rename it to `{}`", part.folder());
                self.layout_fault(old, message, &help);
            }
        }
        let folder = Part::Pipeline.folder();
        match (
            schema.has(InputType::Pipeline),
            self.files.has_folder(folder),
        ) {
            // That folder was told of already.
            (true, false) if self.files.has_folder("pipeline") => {}
            (true, false) => self.layout_warning(
                SCHEMA,
                format!("the schema has a `pipeline_input_type`, but there is no `{folder}`"),
                "take `pipeline_input_type` out",
            ),
            (false, true) => self.layout_warning(
                folder,
                "the pipeline has no inputs: the schema has no `pipeline_input_type`",
                "add `pipeline_input_type` to the schema",
            ),
            (true, true) | (false, false) => {}
        }
    }

    fn wanted_parts(&self, kind: BundleKind) -> Vec<Part> {
        let has = |part: &Part| self.files.has_folder(part.folder());
        match kind {
            // Without the folder the team provisions the environment itself.
            BundleKind::Environment => [Part::Environment].into_iter().filter(has).collect(),
            BundleKind::Service
                if self.files.has_folder("infrastructure") && !has(&Part::Instance) =>
            {
                vec![]
            }
            BundleKind::Service if has(&Part::Pipeline) => vec![Part::Instance, Part::Pipeline],
            BundleKind::Service => vec![Part::Instance],
        }
    }

    fn part(&mut self, part: Part, bundle: &mut Bundle) {
        if let Some(manifest) = self.manifest(part)
            && let Some(source) = self.source(part, manifest)
        {
            bundle.parts.insert(part, source);
        }
    }

    fn manifest(&mut self, part: Part) -> Option<Manifest> {
        let path = format!("{}/manifest.yaml", part.folder());
        match self.files.read(&path, self.folder) {
            Some(Ok(text)) => {
                let (manifest, faults) = Manifest::parse(&self.path(&path), text);
                self.diagnostics.extend(faults);
                manifest
            }
            Some(Err(fault)) => {
                self.report(fault);
                None
            }
            None => {
                let help = match part {
                    Part::Environment => {
                        "add it, or take the folder out: without one, teams provision the environment themselves"
                    }
                    Part::Instance | Part::Pipeline => {
                        "a manifest says which file is rendered, and by what"
                    }
                };
                self.missing(&path, help);
                None
            }
        }
    }

    fn source(&mut self, part: Part, manifest: Manifest) -> Option<Source> {
        let folder = self.path(part.folder());
        match manifest.engine.value {
            Engine::CloudFormation => self.template(part, manifest).map(Source::Template),
            Engine::Terraform => self.module(part, &manifest).map(Source::Module),
            Engine::CodeBuild => Some(Source::Commands(Box::new(Commands {
                folder,
                files: self.files.below(part.folder()),
                settings: manifest.settings?,
            }))),
        }
    }

    fn template(&mut self, part: Part, manifest: Manifest) -> Option<TemplateSource> {
        let named = manifest.file?;
        let path = format!("{}/{}", part.folder(), named.value);
        match self.files.read(&path, self.folder) {
            Some(Ok(text)) => Some(TemplateSource {
                file: self.path(&path),
                text: text.clone(),
            }),
            Some(Err(fault)) => {
                self.report(fault);
                None
            }
            None => {
                self.not_there(part, &path, named.at);
                None
            }
        }
    }

    fn module(&mut self, part: Part, manifest: &Manifest) -> Option<Module> {
        let only = manifest.file.as_ref();
        if let Some(named) = only
            && self
                .files
                .get(&format!("{}/{}", part.folder(), named.value))
                .is_none()
        {
            let path = format!("{}/{}", part.folder(), named.value);
            self.not_there(part, &path, named.at.clone());
            return None;
        }
        let files = module::files(
            &self.files.below(part.folder()),
            only.map(|only| &only.value),
        );
        let folder = self.path(part.folder());
        let faults = module::check(&files, &folder, &manifest.engine.at);
        // What was not read has been reported with the bundle.
        let is_read = |(_, content): (_, &Content)| !matches!(content, Content::Refused(_));
        let good = faults.is_empty() && files.iter().all(is_read);
        self.diagnostics.extend(faults);
        good.then_some(Module { folder, files })
    }

    fn not_there(&mut self, part: Part, path: &str, at: Location) {
        let message = format!("`{}` is missing", self.path(path));
        let help = format!("add the file, or name one that is in `{}`", part.folder());
        let fault = Diagnostic::error(Code::BundleMissingFile, message);
        self.report(fault.at(at).help(help));
    }

    fn digest(&self) -> BundleDigest {
        let files = self.files.filtered(|path, _| matters(first(path)));
        let parts: Vec<_> = files.digested().flatten().collect();
        BundleDigest::of(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>())
    }
}

/// Whether a folder of a bundle has a say in what is deployed; Proton ignored everything else.
pub(crate) fn matters(folder: &str) -> bool {
    folder == "schema" || PARTS.iter().any(|part| part.folder() == folder)
}

fn first(path: &RelPath) -> &str {
    path.as_str().split('/').next().unwrap_or_default()
}
