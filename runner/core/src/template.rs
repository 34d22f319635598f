//! A template as it stands in a bundle, before anything is rendered.

use std::sync::Arc;

/// A template's text and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateSource {
    /// The file, relative to the repository's root.
    pub file: Arc<str>,
    /// What the file says.
    pub text: Arc<str>,
}
