//! Which version of which template: `name@1.4`, or `name@1` for the newest content of a major version.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::target::Name;

/// A template version as a spec or `nucleon.yaml` names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionRef {
    /// The template.
    pub name: Name,
    /// The major version.
    pub major: u32,
    /// The minor version; nothing means the newest content of the major version.
    pub minor: Option<u32>,
}

/// A text that does not name a template version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadVersion(pub String);

impl fmt::Display for BadVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` does not name a template version", self.0)
    }
}

impl std::error::Error for BadVersion {}

impl BadVersion {
    /// What to write instead: the same template with a version.
    pub fn help(&self) -> String {
        let name = self.0.split('@').next().unwrap_or_default();
        let name = Name::new(name).map_or_else(|_| "name".to_owned(), String::from);
        format!(
            "write `{name}@1.4` for a published version, `{name}@1` for the newest content of v1"
        )
    }
}

impl fmt::Display for VersionRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.name, self.major)?;
        match self.minor {
            Some(minor) => write!(formatter, ".{minor}"),
            None => Ok(()),
        }
    }
}

/// A version number as Proton wrote it: `0`, or digits without a leading zero.
pub(crate) fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let padded = text.len() > 1 && text.starts_with('0');
    (plain && !padded).then(|| text.parse().ok()).flatten()
}

impl FromStr for VersionRef {
    type Err = BadVersion;

    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let parse = || {
            let (name, version) = text.split_once('@')?;
            let (major, minor) = match version.split_once('.') {
                Some((major, minor)) => (major, Some(number(minor)?)),
                None => (version, None),
            };
            Some(Self {
                name: Name::new(name).ok()?,
                major: number(major)?,
                minor,
            })
        };
        parse().ok_or_else(|| BadVersion(text.to_owned()))
    }
}

impl TryFrom<String> for VersionRef {
    type Error = BadVersion;
    fn try_from(text: String) -> Result<Self, BadVersion> {
        text.parse()
    }
}

impl From<VersionRef> for String {
    fn from(version: VersionRef) -> Self {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::VersionRef;

    #[test]
    fn a_version_reads_as_it_is_written() {
        for text in ["fargate-env@1.4", "fargate-env@1", "x@0.0", "x@10.12"] {
            assert_eq!(text.parse::<VersionRef>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_version_is_refused() {
        for text in [
            "x", "x@", "x@v1", "x@1.", "x@01", "x@1.4.2", "@1", "x@-1", "x@+1", "x@1@2",
        ] {
            assert!(text.parse::<VersionRef>().is_err(), "{text}");
        }
    }
}
