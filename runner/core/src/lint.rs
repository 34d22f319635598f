//! What can be said of templates before anybody uses them: whether they fit their schema, and one another.
//!
//! Two ways lead there. Every value that a template mentions is looked up, also in branches that no spec takes; and each
//! template is rendered with samples of its schema: the least that a spec may set, everything, and every value of
//! inputs that have few. What is wrong only for made-up values is not told.

mod documents;
mod hcl;
mod hcl_tokens;
mod members;
mod old;
mod pinned;
mod reads;
mod tokens;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

pub use old::Edit;
pub use pinned::{AtHand, check_pinned};

use crate::bundle::{Bundle, BundleKind, Part};
use crate::codes::Code;
use crate::cores::{self, Cores};
use crate::diagnostic::{Diagnostic, Location};
use crate::quota;
use crate::render::Renderer;
use crate::rendered::{MOST_FAULTS, location};
use crate::schema::{Declared, InputType};
use crate::suggest::closest;
use crate::target::Name;
use crate::template::TemplateSource;
use documents::{Document, Language, documents, is_opaque, reads_of_manifest};
use reads::{Read, reads};
use trial::{Tried, input_of, tried};

/// Template versions of one repository.
pub type Bundles = BTreeMap<(Name, u32), Bundle>;

/// Checks templates against their schemas and against the environments that they are for.
pub fn check(cores: &dyn Cores, bundles: &Bundles) -> Vec<Diagnostic> {
    let renderer = Renderer::new();
    let all: Vec<(&(Name, u32), &Bundle)> = bundles.iter().collect();
    let tried = cores::map(cores, &all, |(_, bundle)| trials(bundle, &renderer));
    let trials: BTreeMap<&(Name, u32), Trials> = bundles.keys().zip(tried).collect();
    let linted = cores::map(cores, &all, |(key, bundle)| {
        let mut linter = Linter {
            bundle,
            declared: InputType::ALL.map(|input| bundle.schema.declared(input).map(Arc::new)),
            bundles,
            trials: &trials,
            diagnostics: Vec::new(),
        };
        linter.bundle(&trials[key]);
        linter.diagnostics
    });
    linted.into_iter().flatten().collect()
}

/// The edits that give a template's values the names that they have since June 2021.
pub fn new_names(template: &TemplateSource, part: Part) -> Vec<Edit> {
    renamed(&reads(&template.text), part)
}

/// The same for the commands and properties of a manifest.
pub fn new_names_in_manifest(manifest: &str, part: Part) -> Vec<Edit> {
    renamed(&reads_of_manifest(manifest), part)
}

fn renamed(reads: &[Read], part: Part) -> Vec<Edit> {
    let edits = reads.iter().filter_map(|read| old::edit(read, part));
    edits.collect()
}

/// The values of the context that a template mentions.
pub(crate) struct Mentions(Vec<Read>);

impl Mentions {
    pub(crate) fn of(template: &str) -> Self {
        Self(reads(template))
    }

    /// Those that a part of the template mentions, as one would write them.
    pub(crate) fn within(&self, part: &Range<usize>) -> impl Iterator<Item = String> {
        let inside = |read: &&Read| {
            let range = read.range();
            part.start <= range.start && range.end <= part.end
        };
        let name = |read: &Read| {
            let index = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
            let names = read.path.iter().map(String::as_str);
            names
                .filter(|name| !index(name))
                .collect::<Vec<_>>()
                .join(".")
        };
        self.0.iter().filter(inside).map(name)
    }
}

type Trials = BTreeMap<Part, Tried>;

fn trials(bundle: &Bundle, renderer: &Renderer) -> Trials {
    let parts = bundle.parts.keys();
    parts
        .map(|part| (*part, tried(bundle, *part, renderer)))
        .collect()
}

struct Linter<'a> {
    bundle: &'a Bundle,
    declared: [Option<Arc<Declared<'a>>>; 3],
    bundles: &'a Bundles,
    trials: &'a BTreeMap<&'a (Name, u32), Trials>,
    diagnostics: Vec<Diagnostic>,
}

/// A read, and the template it is in.
#[derive(Clone, Copy)]
struct Mention<'m> {
    read: &'m Read,
    source: &'m TemplateSource,
    language: Language,
    part: Part,
}

impl Mention<'_> {
    /// What is read, as the template has it.
    fn written(&self) -> &str {
        &self.source.text[self.read.range()]
    }
}

impl Linter<'_> {
    fn bundle(&mut self, trials: &Trials) {
        let mut used: BTreeMap<InputType, Used> = BTreeMap::new();
        for (part, source) in &self.bundle.parts {
            for document in documents(source) {
                self.document(&document, *part, &mut used);
            }
        }
        self.unused(&used);
        self.quotas();
        // Static findings say it better than what came of them.
        let told: BTreeSet<(String, u32)> = self.diagnostics.iter().filter_map(line).collect();
        let tried = trials.values().flat_map(|tried| &tried.faults);
        let further = tried.filter(|fault| line(fault).is_none_or(|line| !told.contains(&line)));
        self.diagnostics.extend(further.cloned());
    }

    fn document(&mut self, document: &Document, part: Part, used: &mut BTreeMap<InputType, Used>) {
        let most = self.diagnostics.len() + MOST_FAULTS;
        for read in &document.reads {
            if self.diagnostics.len() < most {
                self.mention(Mention {
                    read,
                    source: &document.source,
                    language: document.language,
                    part,
                });
            }
            if let Some(input) = inputs_of(read, part) {
                used.entry(input).or_default().note(read, part);
            }
        }
        if part == Part::Pipeline {
            let used = used.entry(InputType::Service).or_default();
            used.all |= document.inputs.contains(hcl::ANY);
            used.names.extend(document.inputs.iter().cloned());
        }
    }

    fn mention(&mut self, mention: Mention<'_>) {
        let Mention {
            read,
            part,
            language,
            ..
        } = mention;
        if language == Language::Hcl
            && let Some(fault) = members::fault(mention.written(), read, part)
        {
            self.report(mention, fault);
        } else if language == Language::Jinja
            && let Some(edit) = old::edit(read, part)
        {
            self.old_name(mention, &edit);
        } else if let Some(input) = inputs_of(read, part) {
            self.input(mention, input);
        } else if part != Part::Environment {
            self.output(mention);
        }
    }

    fn report(&mut self, mention: Mention<'_>, fault: Diagnostic) {
        let Mention { read, source, .. } = mention;
        let place = location(&source.file, &source.text, &read.range());
        self.diagnostics.push(fault.at(place));
    }

    fn old_name(&mut self, mention: Mention<'_>, edit: &Edit) {
        let range = mention.read.range();
        let text = &mention.source.text;
        let old = &text[range.clone()];
        let new = format!(
            "{}{}{}",
            &text[range.start..edit.range.start],
            edit.text,
            &text[edit.range.end..range.end]
        );
        let message =
            format!("`{old}` is a name of Proton's preview, which Proton refused since June 2021");
        let fault = Diagnostic::error(Code::TemplateOldName, message);
        self.report(
            mention,
            fault.help(format!("write `{new}`; `nucleon validate --fix` does")),
        );
    }

    fn input(&mut self, mention: Mention<'_>, input: InputType) {
        let read = mention.read;
        let Some(name) = member(read, "inputs") else {
            return;
        };
        let Some(declared) = self.declared[input as usize].clone() else {
            return self.no_inputs(mention, name, input);
        };
        let known = declared.inputs.iter().find(|known| known.name == name);
        match known {
            None if declared.open || read.guarded => {}
            None => {
                let message = format!("`{name}` is not an input of the schema's `{}`", input.key());
                let near = closest(name, declared.inputs.iter().map(|input| input.name));
                let provided = mention.language.provided(mention.written());
                let help = near.map_or_else(
                    || format!("declare `{name}` in the schema, or {provided}"),
                    |near| format!("write `{near}`"),
                );
                let fault = graded(Code::TemplateUnknownInput, message, read);
                self.report(mention, fault.help(help));
            }
            Some(known) if !known.always && !read.guarded && !read.conditional => {
                let message = format!("`{name}` is read always, but specs may leave it out");
                let asked = mention.language.asked(mention.written());
                let help = format!("give it a default in the schema, require it, or {asked}");
                let fault = Diagnostic::warning(Code::TemplateOptionalInput, message);
                self.report(mention, fault.help(help));
            }
            Some(_) => {}
        }
    }

    fn no_inputs(&mut self, mention: Mention<'_>, name: &str, input: InputType) {
        if mention.read.guarded {
            return;
        }
        let message = format!("`{name}` is read, but the schema has no `{}`", input.key());
        let fault = graded(Code::TemplateUnknownInput, message, mention.read);
        let help = format!("declare `{name}` in a type of the schema, and name the type there");
        self.report(mention, fault.help(help));
    }

    fn output(&mut self, mention: Mention<'_>) {
        let read = mention.read;
        let Some(name) = member(read, "outputs").filter(|_| !read.guarded) else {
            return;
        };
        let path: Vec<&str> = read.path.iter().map(String::as_str).collect();
        match path[..] {
            ["environment", "outputs", _]
            | ["service_instance", "environment", "outputs", _]
            | ["service_instances", _, "environment", "outputs", _] => {
                for key in &self.bundle.compatible {
                    self.environment_output(mention, name, key);
                }
            }
            ["service_instances", _, "outputs", _] => self.instance_output(mention, name),
            _ => {}
        }
    }

    fn environment_output(&mut self, mention: Mention<'_>, name: &str, key: &(Name, u32)) {
        let Some(outputs) = self.environment_outputs(key) else {
            return;
        };
        if outputs.contains(name) {
            return;
        }
        let (template, major) = key;
        let message = format!("`{name}` is not an output of `{template}@{major}`");
        let near = closest(name, outputs.iter().map(String::as_str));
        let help = near.map_or_else(
            || format!("add it to the outputs of `{template}`, or take `{template}:{major}` out of `compatible_environments`"),
            |near| format!("write `{near}`"),
        );
        let fault = graded(Code::TemplateUnknownOutput, message, mention.read);
        self.report(mention, fault.help(help));
    }

    /// What an environment template gives out, where that can be known.
    fn environment_outputs(&self, key: &(Name, u32)) -> Option<BTreeSet<String>> {
        let bundle = self
            .bundles
            .get(key)
            .filter(|bundle| bundle.kind == BundleKind::Environment)?;
        let trials = self.trials.get(key);
        given_out(
            bundle,
            trials.and_then(|trials| trials.get(&Part::Environment)),
        )
    }

    fn instance_output(&mut self, mention: Mention<'_>, name: &str) {
        let key = (self.bundle.name.clone(), self.bundle.major);
        let trials = self.trials.get(&key);
        let outputs = trials.and_then(|trials| trials.get(&Part::Instance)?.outputs.as_ref());
        let Some(outputs) = outputs.filter(|outputs| !outputs.contains(name)) else {
            return;
        };
        let message = format!("`{name}` is not an output of the instances of this template");
        let near = closest(name, outputs.iter().map(String::as_str));
        let help = near.map_or_else(
            || "add it to the outputs of `instance_infrastructure`".to_owned(),
            |near| format!("write `{near}`"),
        );
        let fault = graded(Code::TemplateUnknownOutput, message, mention.read);
        self.report(mention, fault.help(help));
    }

    fn quotas(&mut self) {
        for known in self
            .declared
            .iter()
            .flatten()
            .flat_map(|declared| &declared.inputs)
        {
            let fault = quota::input_name(known.name);
            self.diagnostics
                .extend(fault.map(|fault| fault.at(known.at.clone())));
        }
        let sources = self.bundle.parts.values();
        let over = sources.filter_map(documents::output_over_quota);
        self.diagnostics.extend(over);
    }

    fn unused(&mut self, used: &BTreeMap<InputType, Used>) {
        for part in self.bundle.parts.keys() {
            let input = input_of(*part);
            let sees = |part: Part| input_of(part) == input || part == Part::Pipeline;
            let mut parts = self.bundle.parts.iter();
            if parts.any(|(part, source)| sees(*part) && is_opaque(source)) {
                continue;
            }
            let nothing = Used::default();
            let used = used.get(&input).unwrap_or(&nothing);
            let declared = self.declared[input as usize].clone();
            for known in declared.iter().flat_map(|declared| &declared.inputs) {
                if used.all || used.names.contains(known.name) {
                    continue;
                }
                let message = format!("no template reads the input `{}`", known.name);
                let fault = Diagnostic::warning(Code::TemplateUnusedInput, message);
                self.diagnostics.push(
                    fault
                        .at(known.at.clone())
                        .help("read it, or take it out of the schema"),
                );
            }
        }
    }
}

/// Which inputs of a type are read.
#[derive(Default)]
struct Used {
    names: BTreeSet<String>,
    all: bool,
}

impl Used {
    fn note(&mut self, read: &Read, part: Part) {
        let old = old::edit(read, part).is_some();
        match member(read, "inputs") {
            Some(name) => {
                self.names.insert(name.to_owned());
            }
            None if old => {
                self.names.extend(read.path.last().cloned());
            }
            None => self.all = true,
        }
    }
}

/// The input type whose values a read is about.
fn inputs_of(read: &Read, part: Part) -> Option<InputType> {
    let path: Vec<&str> = read.path.iter().map(String::as_str).collect();
    match (part, &path[..]) {
        (Part::Environment, ["environment"] | ["environment", "inputs", ..]) => {
            Some(InputType::Environment)
        }
        (Part::Instance, ["service_instance"] | ["service_instance", "inputs", ..])
        | (Part::Pipeline, ["service_instances", _, "inputs", ..]) => Some(InputType::Service),
        (Part::Pipeline, ["service_instances"] | ["service_instances", _]) if read.whole => {
            Some(InputType::Service)
        }
        (Part::Pipeline, ["pipeline"] | ["pipeline", "inputs", ..]) => Some(InputType::Pipeline),
        _ if old::edit(read, part).is_some() => match (part, path.first()) {
            (Part::Environment, Some(&"environment")) => Some(InputType::Environment),
            (Part::Instance, Some(&"service_instance")) => Some(InputType::Service),
            (Part::Pipeline, Some(&"pipeline")) => Some(InputType::Pipeline),
            _ => None,
        },
        _ => None,
    }
}

/// The name that stands after `inputs` or `outputs`.
/// What an environment template gives out, where that can be known from its schema or from trying it.
fn given_out(bundle: &Bundle, tried: Option<&Tried>) -> Option<BTreeSet<String>> {
    if bundle.customer_managed {
        let declared = bundle.schema.declared(InputType::Environment)?;
        let names = declared.inputs.iter().map(|input| input.name.to_owned());
        return Some(names.collect()).filter(|_| !declared.open);
    }
    tried?.outputs.clone()
}

fn member<'r>(read: &'r Read, group: &str) -> Option<&'r str> {
    let index = read.path.iter().position(|name| name == group)?;
    read.path.get(index + 1).map(String::as_str)
}

/// An error where it stands for every spec, a warning where a branch has to be taken first.
fn graded(code: Code, message: String, read: &Read) -> Diagnostic {
    if read.conditional {
        Diagnostic::warning(code, message)
    } else {
        Diagnostic::error(code, message)
    }
}

fn line(fault: &Diagnostic) -> Option<(String, u32)> {
    let Location { file, line, .. } = fault.location.as_ref()?;
    Some((file.as_ref().to_owned(), *line))
}
