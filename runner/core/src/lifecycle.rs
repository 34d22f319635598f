//! `versions.yaml` beside a template's `v1`, `v2`: which versions are drafts, which is recommended, which are deprecated.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::fields::{Faults, Reader};
use crate::version::VersionRef;
use crate::yaml::{self, Node, Value};

/// The name of the file.
pub const FILE: &str = "versions.yaml";

static FAULTS: Faults = Faults {
    unknown_key: (Code::ConfigUnknownKey, Severity::Error),
    wrong_type: Code::ConfigWrongType,
    missing_key: Code::ConfigMissingKey,
    bad_value: Code::ConfigBadValue,
    bad_name: Code::ConfigBadValue,
    bad_version: Code::ConfigBadValue,
};

/// What a template's file says about its versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// Major versions that are not published yet.
    pub drafts: BTreeSet<u32>,
    /// The version that people are told to take; a major version stands for its newest minor one.
    pub recommended: Option<Numbers>,
    /// Versions that people are told to leave.
    pub deprecated: Vec<Deprecation>,
}

/// A version without its template's name: a major one, or a minor one of it.
pub type Numbers = (u32, Option<u32>);

/// Why and until when a version is to be left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deprecation {
    /// The version; a major one stands for all of its minor ones.
    pub version: Numbers,
    /// What to do.
    pub message: String,
    /// From when on nobody should use it.
    pub date: Option<Date>,
}

impl Lifecycle {
    /// Reads the file, and reports everything that is wrong with it.
    pub fn parse(file: &Arc<str>, text: &str) -> (Self, Vec<Diagnostic>) {
        let node = match yaml::parse(file, text) {
            Ok(node) => node,
            Err(faults) => return (Self::default(), faults),
        };
        let mut reader = Reader::new(file, &FAULTS);
        let lifecycle = lifecycle(&mut reader, &node).unwrap_or_default();
        (lifecycle, reader.finish())
    }

    /// The deprecation of a version, if there is one.
    pub fn deprecation(&self, version: &VersionRef) -> Option<&Deprecation> {
        self.deprecated.iter().find(|deprecation| {
            let (major, minor) = deprecation.version;
            major == version.major && (minor.is_none() || minor == version.minor)
        })
    }
}

fn lifecycle(reader: &mut Reader, node: &Node) -> Option<Lifecycle> {
    if node.value == Value::Null {
        return None;
    }
    let fields = reader.fields(node, "", &["draft", "recommended", "deprecated"])?;
    let mut lifecycle = Lifecycle::default();
    if let Some(drafts) = fields.get("draft") {
        for item in reader.items(drafts, "draft") {
            match numbers(reader, item, "draft") {
                Some((major, None)) => {
                    lifecycle.drafts.insert(major);
                }
                Some((_, Some(_))) => reader.bad_value(
                    item,
                    "only a major version can be a draft: a minor one is there once it is published",
                    "write the number of a folder, `2` for `v2`",
                ),
                None => {}
            }
        }
    }
    if let Some(recommended) = fields.get("recommended") {
        lifecycle.recommended = numbers(reader, recommended, "recommended");
    }
    if let Some(deprecated) = fields.get("deprecated") {
        for item in reader.items(deprecated, "deprecated") {
            lifecycle.deprecated.extend(deprecation(reader, item));
        }
    }
    Some(lifecycle)
}

fn deprecation(reader: &mut Reader, node: &Node) -> Option<Deprecation> {
    let fields = reader.fields(node, "deprecated", &["version", "message", "date"])?;
    let version = reader.required(
        &fields,
        "version",
        "write `version: \"1.2\"`, or `\"1\"` for all of v1",
    );
    let version = version.and_then(|version| numbers(reader, version, "deprecated.version"));
    let message = reader.required(&fields, "message", "write what its users should do instead");
    let message = message.and_then(|message| reader.text(message, "deprecated.message"));
    let date = fields.get("date");
    let date = date.and_then(|date| self::date(reader, date));
    Some(Deprecation {
        version: version?,
        message: message?.value,
        date,
    })
}

fn date(reader: &mut Reader, node: &Node) -> Option<Date> {
    let written = node.raw.as_deref().or_else(|| node.as_str());
    let date = written.and_then(|text| text.parse().ok());
    if date.is_none() {
        reader.bad_value(node, "this is no date", "write `2027-03-31`");
    }
    date
}

/// `1` or `1.4`, in quotes or not: as it was written, so that `1.10` is not `1.1`.
fn numbers(reader: &mut Reader, node: &Node, path: &str) -> Option<Numbers> {
    let written = node.raw.as_deref().or_else(|| node.as_str());
    let version = written.and_then(|text| format!("it@{text}").parse().ok());
    let Some(VersionRef { major, minor, .. }) = version else {
        let message = format!("`{path}` must be a version's number");
        reader.bad_value(
            node,
            message,
            "write `\"1.4\"`, or `\"1\"` for a major version",
        );
        return None;
    };
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Lifecycle, Vec<String>) {
        let (lifecycle, faults) = Lifecycle::parse(&FILE.into(), text);
        let told = faults.into_iter().map(|fault| {
            let at = fault.location.unwrap();
            format!("{}:{} {} {}", at.line, at.column, fault.code, fault.message)
        });
        (lifecycle, told.collect())
    }

    #[test]
    fn a_number_is_what_was_written() {
        let (lifecycle, faults) = read(
            "draft: [2]\nrecommended: 1.10\ndeprecated:\n  - {version: 1.1, message: take 1.10, date: 2027-03-31}\n",
        );
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(lifecycle.drafts, BTreeSet::from([2]));
        assert_eq!(lifecycle.recommended, Some((1, Some(10))));
        assert_eq!(
            lifecycle.deprecated[0].date,
            Some(jiff::civil::date(2027, 3, 31))
        );
        let version = |text: &str| text.parse::<VersionRef>().unwrap();
        assert!(lifecycle.deprecation(&version("vpc@1.1")).is_some());
        assert!(lifecycle.deprecation(&version("vpc@1.10")).is_none());
    }

    #[test]
    fn a_major_version_stands_for_all_of_its_minor_ones() {
        let (lifecycle, _) = read("deprecated: [{version: \"1\", message: take version 2}]");
        for version in ["vpc@1", "vpc@1.0", "vpc@1.9"] {
            assert!(lifecycle.deprecation(&version.parse().unwrap()).is_some());
        }
        assert!(lifecycle.deprecation(&"vpc@2.0".parse().unwrap()).is_none());
    }

    #[test]
    fn every_fault_is_told_where_it_is() {
        let (_, faults) = read(
            "drafts: []\ndraft: [1.2, x]\nrecommended: newest\ndeprecated:\n  - {version: 1, date: soon}\n",
        );
        insta::assert_snapshot!(faults.join("\n"), @r"
        1:1 config/unknown-key `drafts` is not a key
        2:9 config/bad-value only a major version can be a draft: a minor one is there once it is published
        2:14 config/bad-value `draft` must be a version's number
        3:14 config/bad-value `recommended` must be a version's number
        5:6 config/missing-key `deprecated.message` is missing
        5:24 config/bad-value this is no date
        ");
    }

    #[test]
    fn an_empty_file_says_nothing() {
        assert_eq!(read("# nothing yet\n"), (Lifecycle::default(), vec![]));
    }
}
