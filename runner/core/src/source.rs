//! What a target is made from, as it stands in a bundle or beside a component, before anything is rendered.

use std::sync::Arc;

use crate::files::Files;
use crate::manifest::{Engine, Settings};
use crate::template::TemplateSource;

/// What a part of a bundle, or a component, is made from.
#[derive(Clone, Debug)]
pub enum Source {
    /// One CloudFormation template.
    Template(TemplateSource),
    /// A Terraform module.
    Module(Module),
    /// Shell commands and the files that they work on.
    Commands(Box<Commands>),
}

impl Source {
    /// What makes infrastructure of it.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Template(_) => Engine::CloudFormation,
            Self::Module(_) => Engine::Terraform,
            Self::Commands(_) => Engine::CodeBuild,
        }
    }

    /// The template, where it is one.
    pub fn template(&self) -> Option<&TemplateSource> {
        match self {
            Self::Template(template) => Some(template),
            Self::Module(_) | Self::Commands(_) => None,
        }
    }
}

/// A Terraform module: its `.tf` files, and whatever else it needs beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its folder, relative to the repository's root.
    pub folder: Arc<str>,
    /// Its files, relative to that folder; each `.tf` at the top is text.
    pub files: Files,
}

/// Commands that `CodeBuild` ran for Proton, and the files that they work on.
#[derive(Clone, Debug, PartialEq)]
pub struct Commands {
    /// The folder of the manifest, relative to the repository's root.
    pub folder: Arc<str>,
    /// All files of that folder, relative to it, the manifest too.
    pub files: Files,
    /// What the manifest says.
    pub settings: Settings,
}
