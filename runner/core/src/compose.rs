//! From a repository to what one target's template renders to.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::bundle::{Bundle, Part};
use crate::context::{
    AttachedFacts, ComponentFacts, Context, EnvironmentFacts, InstanceFacts, Known,
    PipelineInstanceFacts, RepositoryFacts, ServiceFacts,
};
use crate::diagnostic::Diagnostic;
use crate::digest::RenderedDigest;
use crate::facts::TemplateFacts;
use crate::files::RelPath;
use crate::folder::{Folder, Provisioning, Subject};
use crate::inputs::Inputs;
use crate::manifest::Engine;
use crate::project::{project_properties, rendered_commands, rendered_variables};
use crate::record::TemplateUsed;
use crate::render::Renderer;
use crate::rendered::Rendered;
use crate::repository::{MergedFolder, Repository, Target};
use crate::schema::InputType;
use crate::source::Source;
use crate::target::{Name, TargetId};
use crate::template::TemplateSource;
use crate::version::VersionRef;

/// A template version and where its files come from.
#[derive(Clone, Debug)]
pub struct Versioned {
    /// The files.
    pub bundle: Arc<Bundle>,
    /// The commit whose tree holds them.
    pub commit: String,
}

/// The template versions at hand: those of the working tree and those that were fetched.
#[derive(Clone, Debug, Default)]
pub struct Versions(BTreeMap<VersionRef, Versioned>);

impl Versions {
    /// Adds a version; one without a minor is the newest content of its major.
    pub fn insert(&mut self, version: VersionRef, versioned: Versioned) {
        self.0.insert(version, versioned);
    }

    /// The files of a version.
    pub fn get(&self, version: &VersionRef) -> Option<&Versioned> {
        self.0.get(version)
    }

    /// All versions, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&VersionRef, &Versioned)> {
        self.0.iter()
    }
}

/// What one target comes to.
#[derive(Clone, Debug)]
pub struct Composition {
    /// The template version; nothing for components.
    pub template: Option<TemplateUsed>,
    /// The inputs; a component has none of its own.
    pub inputs: Inputs,
    /// What the template sees.
    pub context: Context,
    /// What came out.
    pub product: Product,
}

/// What a target renders to.
#[derive(Clone, Debug)]
pub enum Product {
    /// One CloudFormation template.
    Template(Box<RenderedTemplate>),
    /// A folder, for Terraform or for commands.
    Folder(Box<Folder>),
}

/// A CloudFormation template that was rendered.
#[derive(Clone, Debug)]
pub struct RenderedTemplate {
    /// The file that was rendered.
    pub source: TemplateSource,
    /// What came out.
    pub rendered: Rendered,
    /// What CloudFormation must know of it; nothing while something in it is unknown.
    pub facts: Option<TemplateFacts>,
}

impl Product {
    /// The digest of what came out: it changes when what would be deployed does.
    pub fn digest(&self) -> RenderedDigest {
        match self {
            Self::Template(template) => template.rendered.digest(),
            Self::Folder(folder) => folder.digest(),
        }
    }

    /// The values that are not known yet, sorted; where there are any, the product is provisional.
    pub fn unknown(&self) -> &[String] {
        match self {
            Self::Template(template) => template.rendered.unknown(),
            Self::Folder(folder) => folder.unknown(),
        }
    }

    /// What makes infrastructure of it.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Template(_) => Engine::CloudFormation,
            Self::Folder(folder) => folder.engine(),
        }
    }
}

/// Composes the targets of one repository; one serves any number of threads.
pub struct Composer<'a> {
    repository: &'a Repository,
    versions: &'a Versions,
    outputs: &'a (dyn Fn(&TargetId) -> Known + Sync),
    renderer: Renderer,
}

impl<'a> Composer<'a> {
    /// A composer that asks `outputs` for what other targets give out.
    pub fn new(
        repository: &'a Repository,
        versions: &'a Versions,
        outputs: &'a (dyn Fn(&TargetId) -> Known + Sync),
    ) -> Self {
        Self {
            repository,
            versions,
            outputs,
            renderer: Renderer::new(),
        }
    }

    /// Checks a target's spec, builds its context and renders its template.
    pub fn compose(&self, target: &Target) -> (Option<Composition>, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        if let Some(merged) = &target.merged {
            return (merged_as_it_is(merged), diagnostics);
        }
        let composition = self
            .parts(target, &mut diagnostics)
            .and_then(|parts| self.composed(target, parts, &mut diagnostics));
        let composition = composition.filter(|_| !diagnostics.iter().any(Diagnostic::is_error));
        (composition, diagnostics)
    }

    fn composed(
        &self,
        target: &Target,
        parts: Parts,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Composition> {
        let Parts {
            template,
            inputs,
            context,
            source,
        } = parts;
        let product = product(&self.renderer, &source, &context, self.subject(target))
            .map_err(|faults| diagnostics.extend(faults))
            .ok()?;
        Some(Composition {
            template,
            inputs,
            context,
            product,
        })
    }

    fn subject<'t>(&'t self, target: &'t Target) -> Subject<'t> {
        let version = target.template.as_ref();
        Subject {
            target: &target.id,
            tagged: self.repository.tagged(target),
            version: version.map(|version| (version.major, version.minor)),
        }
    }

    fn parts(&self, target: &Target, diagnostics: &mut Vec<Diagnostic>) -> Option<Parts> {
        match &target.id {
            TargetId::Environment(name) => {
                let versioned = self.versioned(target)?;
                let inputs = check(versioned, InputType::Environment, target, diagnostics)?;
                let context = Context::environment(name, &inputs);
                parts(target, versioned, Part::Environment, inputs, context)
            }
            TargetId::Instance { service, instance } => {
                let versioned = self.versioned(target)?;
                let inputs = check(versioned, InputType::Service, target, diagnostics)?;
                let facts = InstanceFacts {
                    name: instance.clone(),
                    inputs: inputs.clone(),
                    component: self.component_of(&target.id),
                };
                let context =
                    Context::instance(self.environment(target)?, self.service(service), facts);
                parts(target, versioned, Part::Instance, inputs, context)
            }
            TargetId::Pipeline { service } => {
                let versioned = self.versioned(target)?;
                let inputs = check(versioned, InputType::Pipeline, target, diagnostics)?;
                let instances = self.instances(service);
                let context = Context::pipeline(inputs.clone(), self.service(service), instances);
                parts(target, versioned, Part::Pipeline, inputs, context)
            }
            TargetId::Component(name) => {
                let component = target.component.as_ref()?;
                let attached = component
                    .attached
                    .as_ref()
                    .and_then(|instance| self.attached(instance));
                let context = Context::component(name, self.environment(target)?, attached);
                Some(Parts {
                    template: None,
                    inputs: Inputs::empty(),
                    context,
                    source: component.source.clone(),
                })
            }
        }
    }

    fn versioned(&self, target: &Target) -> Option<&'a Versioned> {
        self.versions.get(target.template.as_ref()?)
    }

    fn environment(&self, target: &Target) -> Option<EnvironmentFacts> {
        let name = target.environment.clone()?;
        let id = TargetId::Environment(name.clone());
        let place = self
            .repository
            .targets()
            .get(&id)
            .map_or(&target.place, |environment| &environment.place);
        Some(EnvironmentFacts {
            name,
            account_id: place.account.clone(),
            outputs: (self.outputs)(&id),
        })
    }

    fn service(&self, name: &Name) -> ServiceFacts {
        let known = self.repository.config().services.get(name);
        let repository = known.and_then(|service| {
            Some(RepositoryFacts {
                id: service.repository.clone()?,
                connection_arn: service.connection.clone().unwrap_or_default(),
                branch_name: service.branch.clone().unwrap_or_else(|| "main".to_owned()),
            })
        });
        ServiceFacts {
            name: name.clone(),
            repository,
        }
    }

    fn component_of(&self, instance: &TargetId) -> Option<ComponentFacts> {
        let name = self.repository.component_of(instance)?.clone();
        let id = TargetId::Component(name.clone());
        self.repository.targets().get(&id)?;
        Some(ComponentFacts {
            name,
            outputs: (self.outputs)(&id),
        })
    }

    /// The inputs of the instance that a component is attached to; its own faults are reported with it.
    fn attached(&self, id: &TargetId) -> Option<AttachedFacts> {
        let TargetId::Instance { service, instance } = id else {
            return None;
        };
        let target = self.repository.targets().get(id)?;
        let inputs = check(
            self.versioned(target)?,
            InputType::Service,
            target,
            &mut Vec::new(),
        )?;
        Some(AttachedFacts {
            service: service.clone(),
            instance: instance.clone(),
            inputs,
        })
    }

    fn instances(&self, of: &Name) -> Vec<PipelineInstanceFacts> {
        let facts = |id: &TargetId| {
            let TargetId::Instance { service, instance } = id else {
                return None;
            };
            let target = self
                .repository
                .targets()
                .get(id)
                .filter(|_| service == of)?;
            let inputs = check(
                self.versioned(target)?,
                InputType::Service,
                target,
                &mut Vec::new(),
            )?;
            Some(PipelineInstanceFacts {
                name: instance.clone(),
                inputs: inputs.clone(),
                outputs: (self.outputs)(id),
                environment: self.environment(target)?,
            })
        };
        self.repository
            .instances_of(of)
            .iter()
            .filter_map(facts)
            .collect()
    }
}

/// Renders what a target is made from.
pub fn product(
    renderer: &Renderer,
    source: &Source,
    context: &Context,
    subject: Subject<'_>,
) -> Result<Product, Vec<Diagnostic>> {
    Ok(match source {
        Source::Template(source) => {
            Product::Template(Box::new(template(renderer, source, context)?))
        }
        Source::Module(module) => {
            Product::Folder(Box::new(Folder::of_module(module, context, subject)))
        }
        Source::Commands(commands) => {
            let settings = commands.settings.clone();
            let provisioning = Provisioning {
                provision: rendered_commands(renderer, &settings.provision, context)?,
                variables: rendered_variables(renderer, &settings.environment, context)?,
                project: project_properties(renderer, commands, context)?,
                settings,
            };
            let folder = Folder::of_commands(&commands.files, provisioning, context, subject);
            Product::Folder(Box::new(folder))
        }
    })
}

fn template(
    renderer: &Renderer,
    source: &TemplateSource,
    context: &Context,
) -> Result<RenderedTemplate, Vec<Diagnostic>> {
    let rendered = renderer.render(source, context)?;
    // What stands for an unknown value may not be what CloudFormation or YAML takes there.
    let facts = match TemplateFacts::of(&rendered) {
        Ok(facts) => Some(facts),
        Err(_) if !rendered.unknown().is_empty() => None,
        Err(faults) => return Err(faults),
    };
    Ok(RenderedTemplate {
        source: source.clone(),
        rendered,
        facts,
    })
}

struct Parts {
    template: Option<TemplateUsed>,
    inputs: Inputs,
    context: Context,
    source: Source,
}

/// A folder of an infrastructure repository renders to itself.
fn merged_as_it_is(merged: &MergedFolder) -> Option<Composition> {
    let path = RelPath::new(&merged.path).ok()?;
    let folder = Folder::of_merged(&path, &merged.files);
    let context = Context::from_json(folder.values().clone());
    let context = context.or_else(|_| Context::from_json(serde_json::json!({})));
    Some(Composition {
        template: None,
        inputs: Inputs::empty(),
        context: context.ok()?,
        product: Product::Folder(Box::new(folder)),
    })
}

fn check(
    versioned: &Versioned,
    input: InputType,
    target: &Target,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Inputs> {
    let (inputs, faults) =
        versioned
            .bundle
            .schema
            .check(input, target.spec.values.as_ref(), &target.spec.at);
    diagnostics.extend(faults);
    inputs
}

fn parts(
    target: &Target,
    versioned: &Versioned,
    part: Part,
    inputs: Inputs,
    context: Context,
) -> Option<Parts> {
    let version = target.template.as_ref()?;
    let template = TemplateUsed {
        name: version.name.clone(),
        major: version.major,
        minor: version.minor,
        commit: versioned.commit.clone(),
        digest: versioned.bundle.digest.clone(),
    };
    let source = versioned.bundle.parts.get(&part)?.clone();
    Some(Parts {
        template: Some(template),
        inputs,
        context,
        source,
    })
}
