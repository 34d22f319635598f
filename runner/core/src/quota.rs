//! How large Proton let files be, and how many things there were. Nucleon takes more, and says so: what is larger can never have been Proton's.

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location};
use crate::files::RelPath;

/// What a file is to Proton's quotas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sized {
    /// `manifest.yaml`.
    Manifest,
    /// `schema.yaml`.
    Schema,
    /// A template of a bundle.
    Template,
    /// A spec.
    Spec,
    /// The template of a component.
    Component,
}

impl Sized {
    /// What a file of a bundle is; other files, which commands bring along, have no quota of their own.
    pub(crate) fn in_bundle(path: &RelPath) -> Option<Self> {
        match (path.file_name(), path.ending()) {
            ("manifest.yaml", _) => Some(Self::Manifest),
            ("schema.yaml", _) => Some(Self::Schema),
            (_, "tf" | "yaml" | "yml") => Some(Self::Template),
            _ => None,
        }
    }

    /// The most bytes that Proton took.
    fn most(self) -> usize {
        match self {
            Self::Manifest | Self::Schema | Self::Spec | Self::Component => 50 * 1024,
            Self::Template => 200 * 1024,
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Manifest => "keep commands in a script beside the manifest",
            Self::Schema => "shorten descriptions, or split the template",
            Self::Template => "split the file, or read what is long from elsewhere",
            Self::Spec => "split the service; Nucleon takes it as it is",
            Self::Component => "make a template of it; Nucleon takes it as it is",
        }
    }
}

/// The most bytes of all files of a bundle together.
const BUNDLE: usize = 5 * 1024 * 1024;

/// Says that a file is larger than Proton took.
pub(crate) fn file(path: &str, kind: Sized, bytes: usize) -> Option<Diagnostic> {
    (bytes > kind.most())
        .then(|| over(path, &format!("`{path}`"), bytes, kind.most()).help(kind.help()))
}

/// Says that a bundle is larger than Proton took; `schema` is where it is told.
pub(crate) fn bundle(folder: &str, schema: &str, bytes: usize) -> Option<Diagnostic> {
    let help = "keep archives in a bucket, and name them by an input";
    (bytes > BUNDLE)
        .then(|| over(schema, &format!("the bundle `{folder}`"), bytes, BUNDLE).help(help))
}

/// The most characters that the name of an input had.
const NAME: usize = 100;
/// The most outputs that Proton took from what it did not deploy itself.
pub(crate) const OUTPUTS: usize = 50;
/// The most characters that the value of an output had.
pub(crate) const VALUE: usize = 1_024;
/// The most characters that a message about a deployment had.
pub(crate) const MESSAGE: usize = 5_000;

/// Says that there are more things than Proton took.
pub(crate) fn count(found: usize, most: usize, things: &str) -> Diagnostic {
    let message = format!("there are {found} {things}, more than the {most} that Proton took");
    Diagnostic::warning(Code::FileQuota, message)
}

/// Says that the name of an input is longer than Proton took.
pub(crate) fn input_name(name: &str) -> Option<Diagnostic> {
    let found = name.chars().count();
    let message =
        format!("this name has {found} characters, more than the {NAME} that Proton took");
    (found > NAME).then(|| {
        let fault = Diagnostic::warning(Code::FileQuota, message);
        fault.help("shorten it, and say more in `title` and `description`")
    })
}

/// Says that there are more outputs than Proton took.
pub(crate) fn outputs(found: usize) -> Option<Diagnostic> {
    let help = "give out several values as one, with `jsonencode`";
    (found > OUTPUTS).then(|| count(found, OUTPUTS, "outputs").help(help))
}

fn over(path: &str, what: &str, bytes: usize, most: usize) -> Diagnostic {
    let message = format!("{what} has {bytes} bytes, more than the {most} that Proton took");
    Diagnostic::warning(Code::FileQuota, message).at(Location::start_of(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proton_took_is_not_told() {
        assert_eq!(file("schema/schema.yaml", Sized::Schema, 51_200), None);
        assert_eq!(file("x.tf", Sized::Template, 204_800), None);
        assert_eq!(bundle("x/v1", "x/v1/schema/schema.yaml", 5_242_880), None);
    }

    #[test]
    fn what_is_larger_is_told_with_both_numbers() {
        let fault = file("x.tf", Sized::Template, 204_801).unwrap();
        let message = "`x.tf` has 204801 bytes, more than the 204800 that Proton took";
        assert_eq!(fault.message, message);
        assert!(bundle("x/v1", "x/v1/schema/schema.yaml", 5_242_881).is_some());
    }
}
