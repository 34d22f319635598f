//! `nucleon-render bundle`: one bundle with one spec, no repository.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use nucleon_adapters::files::read_folder;
use nucleon_core::bundle::{Bundle, Part};
use nucleon_core::compose;
use nucleon_core::context::{
    Context, EnvironmentFacts, InstanceFacts, Known, PipelineInstanceFacts, ServiceFacts,
};
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::folder::{self, Subject};
use nucleon_core::inputs::Inputs;
use nucleon_core::outcome::Outputs;
use nucleon_core::render::Renderer;
use nucleon_core::schema::InputType;
use nucleon_core::spec::{InstanceSpec, ServiceSpec, Spec, SpecPart};
use nucleon_core::tags::Tagged;
use nucleon_core::target::{Name, TargetId};

use crate::args::Format;
use crate::error::{Failure, Kind};
use crate::{output, product};

/// Arguments of `nucleon-render bundle`.
#[derive(Debug, Args)]
pub(super) struct BundleArgs {
    /// The bundle's folder: the one that holds schema/
    dir: PathBuf,
    /// The spec
    #[arg(long, value_name = "FILE")]
    spec: PathBuf,
    /// Outputs of the environment, as Proton's list or as a map; without them they are shown as unknown
    #[arg(long, value_name = "FILE")]
    outputs: Option<PathBuf>,
    /// Only this instance
    #[arg(long, value_name = "NAME", value_parser = Name::new)]
    instance: Option<Name>,
    /// The id of the environment's account
    #[arg(long, value_name = "ID", default_value = "123456789012")]
    account: String,
    /// The region that ARNs name
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    region: String,
    /// Write what is rendered below this folder
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Reads a file that was named on the command line.
pub(super) fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::new(
            Kind::Files,
            format!("could not read `{}`: {error}", path.display()),
        )
    })
}

/// Outputs in a file, as Proton's list or as a map.
fn outputs(path: &Path) -> Result<Outputs, Failure> {
    let text = read(path)?;
    let mut deserializer = serde_json::Deserializer::from_str(&text);
    nucleon_core::record::outputs::deserialize(&mut deserializer).map_err(|error| {
        Failure::new(Kind::Files, format!("{}: {error}", path.display()))
            .hint(r#"write [{"key": "VpcId", "valueString": "vpc-1"}] or {"VpcId": "vpc-1"}"#)
    })
}

impl BundleArgs {
    /// Does it.
    pub(super) fn run(&self, format: Format) -> Result<ExitCode, Failure> {
        let files = read_folder(&self.dir)?;
        let (name, major) = self.version();
        let folder = self.dir.display().to_string();
        let (bundle, mut diagnostics) = Bundle::parse(&name, major, &folder, &files);
        let spec_file: Arc<str> = self.spec.display().to_string().into();
        let spec_text = read(&self.spec)?;
        let (spec, faults) = Spec::parse(&spec_file, &spec_text);
        diagnostics.extend(faults);
        let known = match &self.outputs {
            Some(path) => Known::Yes(outputs(path)?),
            None => Known::NotYet,
        };
        if let (Some(bundle), Some(spec)) = (&bundle, &spec) {
            let mut job = Job {
                arguments: self,
                bundle,
                known,
                renderer: Renderer::new(),
                diagnostics: &mut diagnostics,
            };
            job.spec(spec)?;
        }
        let sources = |file: &str| {
            let inside = file.strip_prefix(&format!("{folder}/")).unwrap_or(file);
            if *file == *spec_file {
                Some(spec_text.as_str().into())
            } else {
                files.text(inside).map(Into::into)
            }
        };
        output::diagnostics(&diagnostics, format, &sources);
        if diagnostics.iter().any(Diagnostic::is_error) {
            Err(Failure::told(Kind::Files))
        } else {
            Ok(ExitCode::SUCCESS)
        }
    }

    /// The template's name and major version, from the folder's path: `…/<name>/v<major>`.
    fn version(&self) -> (Name, u32) {
        let path = self.dir.canonicalize().unwrap_or_else(|_| self.dir.clone());
        let part = |path: Option<&Path>| {
            path.and_then(Path::file_name)
                .map(|part| part.to_string_lossy().into_owned())
        };
        let last = part(Some(&path)).unwrap_or_default();
        let major = last.strip_prefix('v').unwrap_or(&last).parse().ok();
        let name = if major.is_some() {
            part(path.parent())
        } else {
            Some(last)
        };
        let name = name.and_then(|name| Name::new(&name).ok());
        let name = name.unwrap_or_else(|| Name::new("template").expect("`template` is a name"));
        (name, major.unwrap_or(1))
    }
}

/// One bundle and one spec on their way to files.
struct Job<'a> {
    arguments: &'a BundleArgs,
    bundle: &'a Bundle,
    known: Known,
    renderer: Renderer,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Job<'_> {
    fn spec(&mut self, spec: &Spec) -> Result<(), Failure> {
        match spec {
            Spec::Environment(environment) => {
                let name = environment
                    .name
                    .as_ref()
                    .map_or(&self.bundle.name, |name| &name.value)
                    .clone();
                let Some(inputs) = self.check(InputType::Environment, &environment.part) else {
                    return Ok(());
                };
                let context = Context::environment(&name, &inputs);
                let target = TargetId::Environment(name.clone());
                self.write(Part::Environment, &target, Some(&name), &context)
            }
            Spec::Service(service) => self.service(service),
            Spec::Component(_) => Err(Failure::new(Kind::Files, "a component has no bundle")
                .hint("nucleon-render component/NAME renders it")),
        }
    }

    fn service(&mut self, service: &ServiceSpec) -> Result<(), Failure> {
        let name = service
            .name
            .as_ref()
            .map_or(&self.bundle.name, |name| &name.value)
            .clone();
        let facts = ServiceFacts {
            name: name.clone(),
            repository: None,
        };
        let mut seen = Vec::new();
        let wanted = self.arguments.instance.as_ref();
        for instance in service
            .instances
            .iter()
            .filter(|instance| wanted.is_none_or(|wanted| *wanted == instance.name.value))
        {
            let Some(inputs) = self.check(InputType::Service, &instance.part) else {
                continue;
            };
            let environment = self.environment(instance);
            let known = InstanceFacts {
                name: instance.name.value.clone(),
                inputs: inputs.clone(),
                component: None,
            };
            let context = Context::instance(environment.clone(), facts.clone(), known);
            let target = TargetId::Instance {
                service: name.clone(),
                instance: instance.name.value.clone(),
            };
            let environment_name = &instance.environment.value;
            self.write(Part::Instance, &target, Some(environment_name), &context)?;
            seen.push(PipelineInstanceFacts {
                name: instance.name.value.clone(),
                inputs: inputs.clone(),
                outputs: Known::NotYet,
                environment,
            });
        }
        if wanted.is_some() && seen.is_empty() && self.diagnostics.is_empty() {
            return Err(Failure::new(Kind::Files, "the spec has no such instance"));
        }
        let Some(pipeline) = service
            .pipeline
            .as_ref()
            .filter(|_| wanted.is_none() && self.bundle.has(Part::Pipeline))
        else {
            return Ok(());
        };
        let Some(inputs) = self.check(InputType::Pipeline, pipeline) else {
            return Ok(());
        };
        let context = Context::pipeline(inputs, facts, seen);
        let target = TargetId::Pipeline { service: name };
        self.write(Part::Pipeline, &target, None, &context)
    }

    fn environment(&self, instance: &InstanceSpec) -> EnvironmentFacts {
        EnvironmentFacts {
            name: instance.environment.value.clone(),
            account_id: self.arguments.account.clone(),
            outputs: self.known.clone(),
        }
    }

    fn check(&mut self, input: InputType, part: &SpecPart) -> Option<Inputs> {
        let (inputs, faults) = self
            .bundle
            .schema
            .check(input, part.values.as_ref(), &part.at);
        self.diagnostics.extend(faults);
        inputs
    }

    fn write(
        &mut self,
        part: Part,
        target: &TargetId,
        environment: Option<&Name>,
        context: &Context,
    ) -> Result<(), Failure> {
        let Some(source) = self.bundle.parts.get(&part) else {
            return Ok(());
        };
        let subject = Subject {
            target,
            tagged: Tagged {
                account: &self.arguments.account,
                region: &self.arguments.region,
                template: Some(&self.bundle.name),
                environment,
                attached: None,
            },
            version: Some((self.bundle.major, Some(0))),
        };
        let product = match compose::product(&self.renderer, source, context, subject) {
            Ok(product) => product,
            Err(faults) => {
                self.diagnostics.extend(faults);
                return Ok(());
            }
        };
        let path = folder::path(target, environment);
        let files = product::write(Some(&self.arguments.out), &path, &product)?;
        output::data(&(files.join("\n") + "\n"));
        Ok(())
    }
}
