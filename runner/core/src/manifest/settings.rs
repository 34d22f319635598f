//! The `settings` of a manifest for `CodeBuild`: which commands are run, and in what.

use crate::fields::{Fields, Reader};
use crate::located::Located;
use crate::manifest::ENTRY;
use crate::yaml::{Node, Value};

/// What is run, and in what.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The image that `CodeBuild` ran the commands in.
    pub image: Option<Located<String>>,
    /// The versions of languages: `nodejs`, `16`; in the order of the file.
    pub runtimes: Vec<(String, String)>,
    /// What the commands find in their environment.
    pub environment: Environment,
    /// The commands that make the infrastructure, in their order.
    pub provision: Vec<Located<String>>,
    /// The commands that delete it.
    pub deprovision: Vec<Located<String>>,
    /// The form of the file that holds the inputs.
    pub inputs_file: InputsFile,
    /// Properties of the `CodeBuild` project, before expressions in them are replaced.
    pub project_properties: Option<Node>,
}

/// The `env` of a manifest, as a buildspec has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// Values, before expressions in them are replaced.
    pub variables: Vec<(String, Located<String>)>,
    /// Names of secrets in Secrets Manager, likewise.
    pub secrets: Vec<(String, Located<String>)>,
    /// Names of parameters in Systems Manager, likewise.
    pub parameters: Vec<(String, Located<String>)>,
}

/// The form of the file that holds the inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputsFile {
    /// `proton-inputs.json`.
    #[default]
    Json,
    /// The same values as Terraform's variable definitions.
    Hcl,
}

const SETTINGS: &str = "infrastructure.templates.settings";

/// Reads the settings of a manifest's entry.
pub(super) fn read(reader: &mut Reader, entry: &Fields<'_>) -> Option<Settings> {
    let help = "write `settings: {provision: [./deploy.sh], deprovision: [./delete.sh]}`";
    let node = reader.required(entry, "settings", help)?;
    debug_assert_eq!(entry.path("settings"), SETTINGS, "{ENTRY} is the entry");
    let known = &[
        "image",
        "runtimes",
        "env",
        "provision",
        "deprovision",
        "input_type",
        "project_properties",
    ];
    let fields = reader.fields(node, SETTINGS, known)?;
    let image = fields.get("image");
    let image = image.and_then(|node| reader.text(node, &fields.path("image")));
    let provision = reader.required(&fields, "provision", "list the commands that deploy");
    let provision = commands(reader, provision?, &fields.path("provision"));
    let deprovision = fields.get("deprovision");
    let deprovision = deprovision.map_or_else(Vec::new, |node| {
        commands(reader, node, &fields.path("deprovision"))
    });
    let words = &[("JSON", InputsFile::Json), ("HCL", InputsFile::Hcl)];
    let inputs_file = fields.get("input_type");
    let inputs_file =
        inputs_file.and_then(|node| reader.one_of(node, &fields.path("input_type"), words));
    Some(Settings {
        image,
        runtimes: pairs(reader, &fields, "runtimes")
            .into_iter()
            .map(|(name, version)| (name, version.value))
            .collect(),
        environment: environment(reader, &fields),
        provision,
        deprovision,
        inputs_file: inputs_file.unwrap_or_default(),
        project_properties: properties(reader, &fields),
    })
}

fn commands(reader: &mut Reader, node: &Node, path: &str) -> Vec<Located<String>> {
    let items = reader.items(node, path).iter();
    items.filter_map(|node| reader.text(node, path)).collect()
}

fn environment(reader: &mut Reader, fields: &Fields<'_>) -> Environment {
    let Some(node) = fields.get("env") else {
        return Environment::default();
    };
    // Proton's names, and those of a buildspec, which have a hyphen.
    let known = &[
        "variables",
        "secrets_manager",
        "parameter_store",
        "secrets-manager",
        "parameter-store",
    ];
    let Some(fields) = reader.fields(node, &fields.path("env"), known) else {
        return Environment::default();
    };
    let mut all = |keys: &[&str]| {
        let pairs = keys.iter().map(|key| pairs(reader, &fields, key));
        pairs.flatten().collect()
    };
    Environment {
        variables: all(&["variables"]),
        secrets: all(&["secrets_manager", "secrets-manager"]),
        parameters: all(&["parameter_store", "parameter-store"]),
    }
}

/// Names with one value each; numbers and booleans count as they are written.
fn pairs(reader: &mut Reader, fields: &Fields<'_>, key: &str) -> Vec<(String, Located<String>)> {
    let path = fields.path(key);
    let Some(entries) = fields.get(key).and_then(|node| reader.entries(node, &path)) else {
        return Vec::new();
    };
    let mut pairs = Vec::with_capacity(entries.len());
    for (name, value) in entries {
        match &value.value {
            Value::Mapping(_) | Value::Sequence(_) => {
                let path = format!("{path}.{}", name.value);
                reader.wrong_type(value, &path, "one value", "write it on the same line");
            }
            Value::Null
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::String(_) => {
                let at = reader.at(value);
                let value = value.text().to_owned();
                pairs.push((name.value, Located { value, at }));
            }
        }
    }
    pairs
}

fn properties(reader: &mut Reader, fields: &Fields<'_>) -> Option<Node> {
    let node = fields.get("project_properties")?;
    let path = fields.path("project_properties");
    reader.entries(node, &path).map(|_| node.clone())
}

#[cfg(test)]
mod tests {
    use super::{InputsFile, Located, Settings};
    use crate::manifest::Manifest;

    fn parse(settings: &str) -> (Option<Settings>, Vec<String>) {
        let text = format!(
            "infrastructure:\n  templates:\n    - rendering_engine: codebuild\n      settings:\n{settings}"
        );
        let (manifest, faults) = Manifest::parse(&"manifest.yaml".into(), &text);
        let messages = faults.into_iter().map(|fault| fault.message);
        (
            manifest.and_then(|manifest| manifest.settings),
            messages.collect(),
        )
    }

    #[test]
    fn everything_that_bundles_say_is_read() {
        let (settings, faults) = parse(concat!(
            "        image: aws/codebuild/standard:6.0\n",
            "        runtimes: {nodejs: 16, golang: 1.18}\n",
            "        env:\n",
            "          variables: {TF_VERSION: 1.4.2, DEBUG: true}\n",
            "          secrets_manager: {TOKEN: \"team/token:Secret\"}\n",
            "          parameter-store: {KEY: /team/key}\n",
            "        provision: [npm ci, ./deploy.sh]\n",
            "        deprovision: [./delete.sh]\n",
            "        input_type: HCL\n",
            "        project_properties: {ConcurrentBuildLimit: 2}\n",
        ));
        let settings = settings.unwrap();
        assert_eq!(faults, Vec::<String>::new());
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            settings.runtimes,
            [pair("nodejs", "16"), pair("golang", "1.18")]
        );
        let environment = settings.environment;
        let plain = |pairs: Vec<(String, Located<String>)>| {
            let pairs = pairs.into_iter().map(|(name, value)| (name, value.value));
            pairs.collect::<Vec<_>>()
        };
        assert_eq!(
            plain(environment.variables),
            [pair("TF_VERSION", "1.4.2"), pair("DEBUG", "true")]
        );
        assert_eq!(
            plain(environment.secrets),
            [pair("TOKEN", "team/token:Secret")]
        );
        assert_eq!(plain(environment.parameters), [pair("KEY", "/team/key")]);
        let commands: Vec<_> = settings.provision.iter().map(|one| one.as_str()).collect();
        assert_eq!(commands, ["npm ci", "./deploy.sh"]);
        assert_eq!(settings.inputs_file, InputsFile::Hcl);
        assert!(settings.project_properties.is_some());
    }

    #[test]
    fn every_fault_is_reported() {
        let (_, faults) = parse(concat!(
            "        env: {secrets: {A: b}}\n",
            "        runtimes: {nodejs: [16]}\n",
            "        provision: make\n",
            "        input_type: json\n",
            "        project_properties: [x]\n",
        ));
        assert_eq!(
            faults,
            [
                "`infrastructure.templates.settings.provision` must be a list, found text",
                "`infrastructure.templates.settings.input_type` cannot be `json`",
                "`infrastructure.templates.settings.runtimes.nodejs` must be one value, found a list",
                "`secrets` is not a key in `infrastructure.templates.settings.env`",
                "`infrastructure.templates.settings.project_properties` must be a mapping, found a list",
            ]
        );
    }
}
