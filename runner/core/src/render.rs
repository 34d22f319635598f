//! Rendering: Jinja as Proton's templates use it, with Proton's filters, for CloudFormation templates.
//!
//! A template is text first and YAML later: expressions stand unquoted wherever YAML allows a scalar. What Jinja2 does
//! is what must come out, byte for byte, so values print in Python's forms (`True`, `None`, `['a', 'b']`).
//! A template cannot reach outside itself, and cannot run for ever: work, memory, depth and output are bounded.

use std::sync::Arc;

use minijinja::{Environment, ErrorKind, OutputSpan, OutputSpanKind};

use crate::codes::Code;
use crate::context::Context;
use crate::diagnostic::{Diagnostic, Location};
use crate::render::fault::Fault;
use crate::render::prepared::{Prepared, Templates};
use crate::render::translate::{Anchors, Refusal, RefusalKind};
use crate::rendered::{Origin, Rendered, Segment, location};
use crate::template::TemplateSource;

mod arguments;
mod blocks;
mod environment;
mod fault;
mod filters;
mod functions;
mod methods;
mod prepared;
mod proton;
mod python;
mod scalar;
mod stack;
mod tests;
mod translate;
mod unsupported;

pub use stack::STACK;

/// The most bytes that a template may render to.
///
/// CloudFormation takes 1 MB at most.
const LARGEST_OUTPUT: usize = 5_000_000;

/// The most bytes that a template may have; Proton took 200,000.
///
/// How deep a template can nest depends on it, and so how deep a stack it needs.
const LARGEST_TEMPLATE: usize = 1_000_000;

/// Renders one template once; a [`Renderer`] is the better choice for many.
pub fn render(template: &TemplateSource, context: &Context) -> Result<Rendered, Vec<Diagnostic>> {
    Renderer::new().render(template, context)
}

/// Renders templates, and keeps what it has compiled; one serves any number of threads.
#[derive(Clone, Debug)]
pub struct Renderer {
    strict: Environment<'static>,
    forgiving: Environment<'static>,
    templates: Templates,
}

impl Default for Renderer {
    fn default() -> Self {
        Self::new()
    }
}

impl Renderer {
    /// Makes a renderer that has not compiled anything yet.
    pub fn new() -> Self {
        let templates = Templates::default();
        Self {
            strict: environment::strict(&templates),
            forgiving: environment::forgiving(&templates),
            templates,
        }
    }

    /// Renders a template with a context.
    pub fn render(
        &self,
        template: &TemplateSource,
        context: &Context,
    ) -> Result<Rendered, Vec<Diagnostic>> {
        let file = &template.file;
        if template.text.len() > LARGEST_TEMPLATE {
            return Err(vec![template_too_large(file)]);
        }
        if stack::must_be_deep(&template.text) {
            stack::deep(|| self.render_here(template, context))
        } else {
            self.render_here(template, context)
        }
    }

    fn render_here(
        &self,
        template: &TemplateSource,
        context: &Context,
    ) -> Result<Rendered, Vec<Diagnostic>> {
        let file = &template.file;
        let prepared = self.templates.prepared(&template.text);
        let Prepared {
            source,
            translation,
            ..
        } = &*prepared;
        let fault = Fault {
            file,
            source,
            context,
            anchors: &translation.anchors,
        };
        if let Some(refusal) = &translation.refusal {
            return Err(vec![self.refuse(&fault, refusal)]);
        }
        let (text, unknown, segments) = self
            .evaluate(&prepared, context)
            .map_err(|error| vec![self.describe(&fault, &error)])?;
        if text.len() > LARGEST_OUTPUT {
            let largest = segments.iter().max_by_key(|segment| segment.output.len());
            let range = largest.map_or(0..0, |segment| segment.source.clone());
            return Err(vec![too_large(location(file, source, &range))]);
        }
        let origin = Origin {
            file: file.clone(),
            source: source.clone(),
            segments,
            secrets: context.secrets(),
        };
        Ok(Rendered::new(text, unknown, origin))
    }

    /// What is not Jinja is said as the engine says it, where it sees the fault, too.
    fn refuse(&self, fault: &Fault<'_>, refusal: &Refusal) -> Diagnostic {
        let engine = match refusal.kind {
            RefusalKind::Syntax => self.strict.template_from_str(fault.source).err(),
            RefusalKind::Missing | RefusalKind::Unsupported => None,
        };
        engine.map_or_else(|| fault.refusal(refusal), |error| fault.describe(&error))
    }

    /// What is wrong with the statements is said of those that the author wrote.
    fn describe(&self, fault: &Fault<'_>, error: &minijinja::Error) -> Diagnostic {
        let of_source = match error.kind() {
            ErrorKind::SyntaxError => self.strict.template_from_str(fault.source).err(),
            _ => None,
        };
        let anchors = &Anchors::default();
        of_source.map_or_else(
            || fault.describe(error),
            |error| Fault { anchors, ..*fault }.describe(&error),
        )
    }

    fn evaluate(&self, template: &Prepared, context: &Context) -> Result<Output, minijinja::Error> {
        match run(&self.strict, template, context) {
            Err(refused) if may_be_unknown(&refused) => {
                run(&self.forgiving, template, context).map_err(|_| refused.error)
            }
            other => other.map_err(|refused| refused.error),
        }
    }
}

type Output = (String, Vec<String>, Vec<Segment>);

/// A render that did not come to its end.
struct Refused {
    error: minijinja::Error,
    has_unknown: bool,
}

fn run(
    environment: &Environment<'_>,
    template: &Prepared,
    context: &Context,
) -> Result<Output, Refused> {
    let (members, reads) = context.view();
    let root = environment::with_reads(members, &reads);
    let evaluated = environment
        .get_template(&template.name)
        .and_then(|template| template.render_with_spans(root));
    let unknown = reads.names();
    match evaluated {
        Ok((text, spans)) => {
            let (text, segments) =
                blocks::indent(text, segments(&spans, &template.translation.anchors));
            Ok((text, unknown, segments))
        }
        Err(error) => Err(Refused {
            error,
            has_unknown: !unknown.is_empty(),
        }),
    }
}

/// Whether an unknown value may be why a lookup found nothing: `{…}[environment.outputs.Size]`.
fn may_be_unknown(refused: &Refused) -> bool {
    let computed_key = |detail: &str| detail.contains("[...]");
    refused.has_unknown
        && refused.error.kind() == ErrorKind::UndefinedError
        && refused.error.detail().is_some_and(computed_key)
}

fn segments(spans: &[OutputSpan], anchors: &Anchors) -> Vec<Segment> {
    let segments = spans.iter().map(|span| Segment {
        output: span.output_range(),
        source: anchors.range(&span.source_range()),
        copied: span.kind() == OutputSpanKind::Raw,
    });
    segments.collect()
}

fn too_large(place: Location) -> Diagnostic {
    Diagnostic::error(
        Code::RenderFuel,
        "the template renders to more than 5 MB; CloudFormation takes 1 MB at most",
    )
    .at(place)
    .help("look for a loop or a repeated text that grows with its input")
}

fn template_too_large(file: &Arc<str>) -> Diagnostic {
    Diagnostic::error(Code::FileTooLarge, "a template has more than 1 MB")
        .at(Location::start_of(file.clone()))
        .help("Proton took 200 kB a file; what CloudFormation takes may have 1 MB")
}
