//! What a service template works with: `.template-registration.yaml`, or the older `.compatible-envs`.

use std::sync::Arc;

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location, Severity};
use crate::fields::{Faults, Fields, Reader};
use crate::files::Files;
use crate::quota;
use crate::target::Name;
use crate::version::number;
use crate::yaml::{self, Node};

const REGISTRATION: &str = ".template-registration.yaml";
const LINES: &str = ".compatible-envs";
/// How it is written now and then; Proton did not read it.
const MISSPELT: &str = ".compatible_envs";
/// So many environment templates Proton took.
const MOST: usize = 10;
const HELP: &str = "write `compatible_environments: [fargate-env:1]`";

/// What a registration says; by default everything is allowed, as it was for templates registered by other means.
pub(super) struct Registration {
    pub(super) compatible: Vec<(Name, u32)>,
    pub(super) components: bool,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            compatible: Vec::new(),
            components: true,
        }
    }
}

static FAULTS: Faults = Faults {
    unknown_key: (Code::BundleRegistration, Severity::Warning),
    wrong_type: Code::BundleRegistration,
    missing_key: Code::BundleRegistration,
    bad_value: Code::BundleRegistration,
    bad_name: Code::BundleRegistration,
    bad_version: Code::BundleRegistration,
};

/// Reads the registration of the bundle in a folder.
pub(super) fn read(folder: &str, files: &Files) -> (Registration, Vec<Diagnostic>) {
    let path = |name: &str| -> Arc<str> { format!("{folder}/{name}").into() };
    if let Some(text) = files.read(REGISTRATION, folder) {
        return match text {
            Ok(text) => from_yaml(&path(REGISTRATION), text),
            Err(fault) => (Registration::default(), vec![fault]),
        };
    }
    match files.read(LINES, folder) {
        Some(Ok(text)) => from_lines(&path(LINES), text),
        Some(Err(fault)) => (Registration::default(), vec![fault]),
        None if files.get(MISSPELT).is_some() => {
            (Registration::default(), vec![misspelt(path(MISSPELT))])
        }
        None => (Registration::default(), vec![silent(path(REGISTRATION))]),
    }
}

fn misspelt(file: Arc<str>) -> Diagnostic {
    let message = format!("`{file}` is not read, neither here nor by Proton");
    Diagnostic::warning(Code::BundleRegistration, message)
        .at(Location::start_of(file))
        .help("rename it to `.template-registration.yaml`, or to `.compatible-envs` where it is one `name:1` a line")
}

fn silent(file: Arc<str>) -> Diagnostic {
    let message =
        format!("`{file}` is missing, so the template is taken to work with every environment");
    Diagnostic::warning(Code::BundleRegistration, message)
        .at(Location::start_of(file))
        .help(HELP)
}

fn environment(text: &str) -> Result<(Name, u32), String> {
    let parse = || {
        let (name, major) = text.trim().split_once(':')?;
        Some((Name::new(name).ok()?, number(major)?))
    };
    parse().ok_or_else(|| format!("`{}` is not an environment template", text.trim()))
}

fn from_lines(file: &Arc<str>, text: &str) -> (Registration, Vec<Diagnostic>) {
    let mut registration = Registration::default();
    let mut faults = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        match environment(text) {
            _ if text.trim().is_empty() => {}
            Ok(found) => registration.compatible.push(found),
            Err(message) => faults.push(
                Diagnostic::error(Code::BundleRegistration, message)
                    .at(Location {
                        line,
                        ..Location::start_of(file.clone())
                    })
                    .help("write one environment template a line, as `fargate-env:1`"),
            ),
        }
    }
    (registration, faults)
}

fn from_yaml(file: &Arc<str>, text: &str) -> (Registration, Vec<Diagnostic>) {
    let node = match yaml::parse(file, text) {
        Ok(node) => node,
        Err(faults) => return (Registration::default(), faults),
    };
    let mut reader = Reader::new(file, &FAULTS);
    let registration = registration(&mut reader, &node).unwrap_or_default();
    (registration, reader.finish())
}

fn registration(reader: &mut Reader, node: &Node) -> Option<Registration> {
    let known = &[
        "compatible_environments",
        "supported_component_sources",
        // Several of AWS's own bundles have it so; reported below.
        "compatible_environment",
    ];
    let fields = reader.fields(node, "", known)?;
    let compatible = compatible(reader, &fields);
    let sources = fields.get("supported_component_sources");
    let path = "supported_component_sources";
    let sources = sources
        .map_or(&[][..], |node| reader.items(node, path))
        .iter();
    let sources: Vec<()> = sources
        .filter_map(|node| reader.one_of(node, path, &[("DIRECTLY_DEFINED", ())]))
        .collect();
    Some(Registration {
        compatible,
        components: !sources.is_empty(),
    })
}

fn compatible(reader: &mut Reader, fields: &Fields<'_>) -> Vec<(Name, u32)> {
    let node = match fields.key("compatible_environment") {
        Some(key) => {
            let message = "`compatible_environment` is not a key; Proton did not read it";
            let fault = Diagnostic::warning(Code::BundleRegistration, message);
            reader.report(
                fault
                    .at(reader.at(key))
                    .help("write `compatible_environments`"),
            );
            fields.get("compatible_environment")
        }
        None => reader.required(fields, "compatible_environments", HELP),
    };
    let items = node.map_or(&[][..], |node| {
        reader.items(node, "compatible_environments")
    });
    if let Some(node) = node.filter(|_| items.is_empty()) {
        let message = "this names no environment template, so the template is taken to work with every environment";
        let fault = Diagnostic::warning(Code::BundleRegistration, message);
        reader.report(fault.at(reader.at(node)).help(HELP));
    }
    if let Some(item) = items.get(MOST) {
        let fault = quota::count(items.len(), MOST, "environment templates");
        let help = "make a second template for the others, or leave out those that nobody uses";
        reader.report(fault.at(reader.at(item)).help(help));
    }
    let help = "write the template and its major version, as `fargate-env:1`";
    let items = items.iter();
    items
        .filter_map(|node| reader.parsed(node, "compatible_environments", environment, help))
        .map(|environment| environment.value)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::files::{Content, Files, RelPath};

    fn registration(name: &str, text: &str) -> (Vec<String>, bool, Vec<String>) {
        let path = RelPath::new(name).unwrap();
        let files: Files = [(path, Content::Text(text.into()))].into_iter().collect();
        let (found, faults) = read("x/v1", &files);
        let names = found.compatible.iter();
        let names = names.map(|(name, major)| format!("{name}:{major}"));
        let messages = faults.into_iter().map(|fault| fault.message);
        (names.collect(), found.components, messages.collect())
    }

    #[test]
    fn old_lines_say_which_environments_and_allow_components() {
        let found = registration(".compatible-envs", "vpc-env:1\n\nfargate-env:2");
        assert_eq!(
            found,
            (
                vec!["vpc-env:1".to_owned(), "fargate-env:2".to_owned()],
                true,
                vec![]
            )
        );
    }

    #[test]
    fn a_line_that_names_no_version_is_reported_and_the_others_count() {
        let found = registration(".compatible-envs", "vpc-env\nfargate-env:2");
        let message = "`vpc-env` is not an environment template".to_owned();
        assert_eq!(
            found,
            (vec!["fargate-env:2".to_owned()], true, vec![message])
        );
    }

    #[test]
    fn a_misspelt_file_is_told() {
        let (_, _, messages) = registration(".compatible_envs", "vpc-env:1\n");
        let message = "`x/v1/.compatible_envs` is not read, neither here nor by Proton";
        assert_eq!(messages, [message]);
    }

    #[test]
    fn components_are_taken_only_where_a_registration_says_so() {
        let text = "compatible_environments: [vpc-env:1]\n";
        assert!(!registration(".template-registration.yaml", text).1);
        let text = format!("{text}supported_component_sources: [DIRECTLY_DEFINED]\n");
        assert!(registration(".template-registration.yaml", &text).1);
    }
}
