//! The names that values had in Proton's preview, and what they became in June 2021.

use std::ops::Range;

use super::reads::Read;
use crate::bundle::Part;

/// A text to write in a place of a file; an empty place is where it is put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that it replaces.
    pub range: Range<usize>,
    /// The text.
    pub text: String,
}

const RENAMED: [(&[&str], &str); 5] = [
    (&["service_name"], "service.name"),
    (&["service_instance_name"], "service_instance.name"),
    (&["source", "repository"], "service.repository_id"),
    (&["source", "branch"], "service.branch_name"),
    (
        &["source", "connection_arn"],
        "service.repository_connection_arn",
    ),
];

/// What a read has to become, where it has an old name.
pub(super) fn edit(read: &Read, part: Part) -> Option<Edit> {
    let path: Vec<&str> = read.path.iter().map(String::as_str).collect();
    let renamed = RENAMED.iter().find(|(old, _)| path.starts_with(old));
    if let Some((old, new)) = renamed {
        // A loop variable or a name that was set stands for more than one part.
        let last = read
            .parts
            .get(old.len() - 1)
            .filter(|_| read.parts.len() == path.len())?;
        return Some(Edit {
            range: read.parts[0].start..last.end,
            text: (*new).to_owned(),
        });
    }
    match path[..] {
        ["environment", name, ..] if !is_member(part, "environment", name) => {
            let group = if part == Part::Environment {
                ".inputs"
            } else {
                ".outputs"
            };
            insert(read, &path, 1, group)
        }
        ["service_instance", name, ..] if !is_member(part, "service_instance", name) => {
            insert(read, &path, 1, ".inputs")
        }
        ["pipeline", name, ..] if !is_member(part, "pipeline", name) => {
            insert(read, &path, 1, ".inputs")
        }
        ["service_instances", _, "spec", _, ..] => {
            let written = read.parts.len();
            let spec =
                (path.len() - 2 <= written).then(|| &read.parts[written - (path.len() - 2)])?;
            Some(Edit {
                range: spec.clone(),
                text: "outputs".to_owned(),
            })
        }
        _ => None,
    }
}

/// Whether a value has had that member since June 2021, in the templates that see it.
pub(super) fn is_member(part: Part, root: &str, name: &str) -> bool {
    match root {
        "environment" => {
            ["name", "inputs", "outputs", "account_id"].contains(&name)
                || (part != Part::Environment && name == "0")
        }
        "service_instance" => {
            ["name", "inputs", "outputs", "components", "environment"].contains(&name)
        }
        "pipeline" => ["inputs", "name"].contains(&name),
        _ => true,
    }
}

fn insert(read: &Read, path: &[&str], after: usize, text: &str) -> Option<Edit> {
    let part = read
        .parts
        .get(after - 1)
        .filter(|_| read.parts.len() == path.len())?;
    Some(Edit {
        range: part.end..part.end,
        text: text.to_owned(),
    })
}
