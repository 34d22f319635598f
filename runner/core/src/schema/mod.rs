//! A template's schema, and the one checker that decides whether a spec fits it.
//!
//! The schema is OpenAPI 3.0's Schema Object in Proton's wrapping. It is compiled once; the same code runs
//! in CI and in the browser, so that both give one verdict. Three decisions are Proton's: defaults are filled
//! in at the top level of an input type only, an optional input without default is left out, and inputs keep the
//! order of the schema. An input that the schema does not name is a warning and goes nowhere, because no
//! template can have asked for it; where `additionalProperties` allows more, more is kept, after the rest.

mod check;
mod compile;
mod equality;
mod explain;
mod fill;
mod format;
mod habits;
mod narrower;
mod number;
mod parse;
mod path;
mod pattern;
mod pointer;
mod rule;
mod sample;
mod secrets;

use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, Location};
use crate::inputs::Inputs;
use crate::yaml::Node;
pub(crate) use pointer::type_name;
use rule::Rule;
pub(crate) use sample::{Declared, Sample, SampleOf};

/// Which of a schema's input types is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InputType {
    /// `environment_input_type`.
    Environment,
    /// `service_input_type`: what an instance takes.
    Service,
    /// `pipeline_input_type`.
    Pipeline,
}

impl InputType {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Environment, Self::Service, Self::Pipeline];

    /// The key in a schema that names the type.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Environment => "environment_input_type",
            Self::Service => "service_input_type",
            Self::Pipeline => "pipeline_input_type",
        }
    }
}

/// A template's input types, compiled.
#[derive(Clone, Debug)]
pub struct Schema {
    file: Arc<str>,
    types: Arc<IndexMap<Arc<str>, Rule>>,
    inputs: [Option<Arc<str>>; 3],
}

impl Schema {
    /// Parses `schema.yaml`; what Proton registered loads, with warnings.
    pub fn parse(file: &Arc<str>, text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        parse::schema(file, text)
    }

    /// Whether it has an input type: a service without `pipeline_input_type` has no pipeline.
    pub fn has(&self, input: InputType) -> bool {
        self.name(input).is_some()
    }

    /// Checks a spec's values against an input type and fills in defaults.
    ///
    /// Reports every fault, in the order of the file; `at` is where a missing input is reported. Unknown
    /// inputs are warnings: a template may drop an input without breaking the specs that still set it.
    pub fn check(
        &self,
        input: InputType,
        values: Option<&Node>,
        at: &Location,
    ) -> (Option<Inputs>, Vec<Diagnostic>) {
        fill::inputs(self, input, values, at)
    }

    /// What specs that fit an older schema may set and this one refuses: with any of it, a version is no minor one.
    pub fn narrower_than(&self, older: &Self) -> Vec<Diagnostic> {
        narrower::than(older, self)
    }

    fn name(&self, input: InputType) -> Option<&Arc<str>> {
        self.inputs[input as usize].as_ref()
    }

    fn rule(&self, name: &str) -> Option<&Rule> {
        self.types.get(name)
    }
}

#[cfg(test)]
mod tests;
