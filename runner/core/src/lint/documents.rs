//! The files of a part that read values, and what they read.

use std::collections::BTreeSet;

use super::hcl::{Scanned, scan};
use super::reads::{Read, reads};
use crate::bundle::module::is_source;
use crate::diagnostic::{Diagnostic, Location};
use crate::files::Content;
use crate::quota;
use crate::rendered::location;
use crate::source::{Commands, Module, Source};
use crate::template::TemplateSource;

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Jinja,
    Hcl,
}

impl Language {
    /// How one provides for a value that is not there.
    pub(super) fn provided(self, written: &str) -> String {
        match self {
            Self::Jinja => "write `| default(…)`".to_owned(),
            Self::Hcl => format!("write `try({written}, null)`"),
        }
    }

    /// How one asks whether a value is there.
    pub(super) fn asked(self, written: &str) -> String {
        match self {
            Self::Jinja => format!("ask `{written} is defined` first"),
            Self::Hcl => self.provided(written),
        }
    }
}

/// A file, and the values that it reads.
pub(super) struct Document {
    pub(super) source: TemplateSource,
    pub(super) language: Language,
    pub(super) reads: Vec<Read>,
    /// The inputs that are read of something that is not followed; one is `*` where it has no name.
    pub(super) inputs: BTreeSet<String>,
}

/// The files of a part that can be looked into.
pub(super) fn documents(source: &Source) -> Vec<Document> {
    match source {
        Source::Template(template) => vec![Document {
            source: template.clone(),
            language: Language::Jinja,
            reads: reads(&template.text),
            inputs: BTreeSet::new(),
        }],
        Source::Module(module) => of_module(module),
        Source::Commands(commands) => manifest(commands).into_iter().collect(),
    }
}

/// Whether a part may read what its documents do not show.
pub(super) fn is_opaque(source: &Source) -> bool {
    match source {
        Source::Template(_) => false,
        Source::Module(module) => has_json(module),
        Source::Commands(_) => true,
    }
}

/// The outputs that a module declares; nothing where they cannot be known.
pub(super) fn outputs(module: &Module) -> Option<BTreeSet<String>> {
    let scanned = scanned(module).into_iter();
    let outputs = scanned.flat_map(|(_, scanned)| scanned.outputs);
    let outputs = outputs.map(|(name, _)| name).collect();
    (!has_json(module)).then_some(outputs)
}

/// Terraform takes modules as JSON, too; Proton had none.
fn has_json(module: &Module) -> bool {
    let mut paths = module.files.iter().map(|(path, _)| path);
    paths.any(|path| path.parent().is_empty() && path.file_name().ends_with(".tf.json"))
}

fn scanned(module: &Module) -> Vec<(TemplateSource, Scanned)> {
    let sources = module.files.iter().filter(|(path, _)| is_source(path));
    let texts = sources.filter_map(|(path, content)| match content {
        Content::Text(text) => Some((path, text)),
        Content::Bytes(_) | Content::Refused(_) => None,
    });
    let scanned = texts.map(|(path, text)| {
        let source = TemplateSource {
            file: format!("{}/{path}", module.folder).into(),
            text: text.clone(),
        };
        (source, scan(text))
    });
    scanned.collect()
}

fn of_module(module: &Module) -> Vec<Document> {
    let mut scanned = scanned(module);
    let own: BTreeSet<String> = scanned
        .iter_mut()
        .flat_map(|(_, scanned)| std::mem::take(&mut scanned.variables))
        .collect();
    // Whoever asks for a value in one place knows that it may be missing in the others.
    let all = scanned.iter().flat_map(|(_, scanned)| &scanned.reads);
    let guarded: BTreeSet<_> = all
        .filter(|read| read.guarded)
        .map(|read| read.path.clone())
        .collect();
    let document = |(source, scanned): (TemplateSource, Scanned)| {
        let mut reads = scanned.reads;
        reads.retain(|read| !own.contains(&read.path[0]));
        for read in &mut reads {
            read.guarded |= guarded.contains(&read.path);
        }
        Document {
            source,
            language: Language::Hcl,
            reads,
            inputs: scanned.inputs,
        }
    };
    scanned.into_iter().map(document).collect()
}

/// A manifest for `CodeBuild`: its commands and properties are rendered.
fn manifest(commands: &Commands) -> Option<Document> {
    let Some(Content::Text(text)) = commands.files.get("manifest.yaml") else {
        return None;
    };
    let source = TemplateSource {
        file: format!("{}/manifest.yaml", commands.folder).into(),
        text: text.clone(),
    };
    Some(Document {
        source,
        language: Language::Jinja,
        reads: reads_of_manifest(text),
        inputs: BTreeSet::new(),
    })
}

/// What a manifest reads; what its comments say is no Jinja.
pub(super) fn reads_of_manifest(text: &str) -> Vec<Read> {
    // Everything else stays where it is.
    let code = |line: &str| {
        if line.trim_start().starts_with('#') {
            " ".repeat(line.len())
        } else {
            line.to_owned()
        }
    };
    let code: String = text.split_inclusive('\n').map(code).collect();
    reads(&code)
}

/// Says that a module gives out more than Proton took, at the first output that is too many.
pub(super) fn output_over_quota(source: &Source) -> Option<Diagnostic> {
    let Source::Module(module) = source else {
        return None;
    };
    let scanned = scanned(module);
    let outputs = scanned.iter().flat_map(|(source, scanned)| {
        let ranges = scanned.outputs.iter().map(|(_, range)| range);
        ranges.map(|range| location(&source.file, &source.text, range))
    });
    let places: Vec<Location> = outputs.collect();
    let fault = quota::outputs(places.len())?;
    Some(fault.at(places.into_iter().nth(quota::OUTPUTS)?))
}
