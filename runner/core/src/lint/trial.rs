//! Renders a bundle's templates with samples of what its schema allows.

use std::collections::BTreeSet;

use crate::bundle::{Bundle, Part};
use crate::codes::Code;
use crate::context::{
    Context, EnvironmentFacts, InstanceFacts, Known, PipelineInstanceFacts, ServiceFacts,
};
use crate::diagnostic::{Diagnostic, Location, Severity};
use crate::facts::TemplateFacts;
use crate::inputs::Inputs;
use crate::lint::documents;
use crate::project::{project_properties, rendered_commands, rendered_variables};
use crate::render::Renderer;
use crate::schema::{InputType, Sample, SampleOf};
use crate::source::{Commands, Source};
use crate::target::Name;

/// What trying a part came to.
#[derive(Default)]
pub(super) struct Tried {
    pub(super) faults: Vec<Diagnostic>,
    /// Every output that some sample gave out; nothing where none could be rendered.
    pub(super) outputs: Option<BTreeSet<String>>,
}

/// Renders one part with every sample.
pub(super) fn tried(bundle: &Bundle, part: Part, renderer: &Renderer) -> Tried {
    let source = match bundle.parts.get(&part) {
        Some(source @ (Source::Template(_) | Source::Commands(_))) => source,
        Some(Source::Module(module)) => {
            return Tried {
                outputs: documents::outputs(module),
                ..Tried::default()
            };
        }
        None => return Tried::default(),
    };
    let samples = bundle.schema.samples(input_of(part));
    let mut tried = Tried::default();
    let mut usual: Option<BTreeSet<Option<Location>>> = None;
    for sample in &samples {
        let faults = match render(bundle, source, (part, sample), renderer) {
            Ok(outputs) => {
                if let Some(outputs) = outputs {
                    tried.outputs.get_or_insert_default().extend(outputs);
                }
                Vec::new()
            }
            Err(faults) => faults,
        };
        let endless = faults.iter().any(|fault| fault.code == Code::RenderFuel);
        match (&sample.of, &mut usual) {
            // What fails for a made-up value may work for a real one; a template that is no Jinja does not.
            (_, None) => {
                let told = faults.iter().map(|fault| fault.location.clone());
                usual = Some(told.collect());
                tried.faults.extend(
                    faults
                        .into_iter()
                        .filter(|fault| !sample.invented || is_certain(fault)),
                );
            }
            (SampleOf::Choice(choice), Some(usual)) => {
                let new = faults
                    .into_iter()
                    .filter(|fault| usual.insert(fault.location.clone()));
                tried
                    .faults
                    .extend(new.map(|fault| with_choice(fault, choice)));
            }
            (SampleOf::Least | SampleOf::Everything, Some(_)) => {}
        }
        // It would take as long for every other sample.
        if endless {
            break;
        }
    }
    tried
}

/// Faults of the template's text, whatever its values are.
fn is_certain(fault: &Diagnostic) -> bool {
    matches!(fault.code, Code::RenderSyntax | Code::RenderUnsupported)
}

fn with_choice(fault: Diagnostic, choice: &str) -> Diagnostic {
    Diagnostic {
        code: Code::TemplateChoice,
        severity: Severity::Warning,
        message: format!("with `{choice}`, {}", fault.message),
        ..fault
    }
}

pub(super) fn input_of(part: Part) -> InputType {
    match part {
        Part::Environment => InputType::Environment,
        Part::Instance => InputType::Service,
        Part::Pipeline => InputType::Pipeline,
    }
}

/// The outputs of what a sample renders to, where nothing in it stands for something unknown.
fn render(
    bundle: &Bundle,
    source: &Source,
    (part, sample): (Part, &Sample),
    renderer: &Renderer,
) -> Result<Option<Vec<String>>, Vec<Diagnostic>> {
    let context = context(bundle, part, &sample.inputs);
    let template = match source {
        Source::Template(template) => template,
        Source::Commands(commands) => return check_commands(commands, &context, renderer),
        Source::Module(_) => return Ok(None),
    };
    let rendered = renderer.render(template, &context)?;
    match TemplateFacts::of(&rendered) {
        Ok(facts) => Ok(Some(facts.outputs)),
        Err(_) if !rendered.unknown().is_empty() || sample.invented => Ok(None),
        Err(faults) => Err(faults),
    }
}

/// Renders what of a manifest is rendered; what commands give out shows only when they run.
fn check_commands(
    commands: &Commands,
    context: &Context,
    renderer: &Renderer,
) -> Result<Option<Vec<String>>, Vec<Diagnostic>> {
    let settings = &commands.settings;
    let all = [&settings.provision, &settings.deprovision];
    let rendered = all.map(|list| rendered_commands(renderer, list, context).map(drop));
    let properties = project_properties(renderer, commands, context).map(drop);
    let variables = rendered_variables(renderer, &settings.environment, context).map(drop);
    let results = rendered.into_iter().chain([properties, variables]);
    let faults: Vec<Diagnostic> = results.filter_map(Result::err).flatten().collect();
    if faults.is_empty() {
        Ok(None)
    } else {
        Err(faults)
    }
}

fn context(bundle: &Bundle, part: Part, inputs: &Inputs) -> Context {
    let name = || Name::new("sample").expect("it is a good name");
    let environment = EnvironmentFacts {
        name: name(),
        account_id: "111122223333".to_owned(),
        outputs: Known::NotYet,
    };
    let service = ServiceFacts {
        name: name(),
        repository: None,
    };
    match part {
        Part::Environment => Context::environment(&name(), inputs),
        Part::Instance => {
            let instance = InstanceFacts {
                name: name(),
                inputs: inputs.clone(),
                component: None,
            };
            Context::instance(environment, service, instance)
        }
        Part::Pipeline => {
            let of_instance = bundle.schema.samples(InputType::Service);
            let inputs_of_instance = of_instance.into_iter().next().map(|sample| sample.inputs);
            let instance = PipelineInstanceFacts {
                name: name(),
                inputs: inputs_of_instance.unwrap_or_else(Inputs::empty),
                outputs: Known::NotYet,
                environment,
            };
            Context::pipeline(inputs.clone(), service, vec![instance])
        }
    }
}
