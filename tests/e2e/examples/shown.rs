//! An example: its bundle or component, what it is shown with, and what it renders to.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nucleon_core::schema::{InputType, Schema};
use nucleon_core::spec::{InstanceSpec, Spec};
use nucleon_core::yaml;
use nucleon_tests::{Nucleon, Published};
use serde_json::{Map, Value, json};

use super::tree::{Tree, files};

/// A folder of `templates-examples/`.
#[derive(Debug)]
pub(crate) struct Shown(PathBuf);

/// The folder of all examples.
pub(crate) fn folder() -> PathBuf {
    Published::root().join("templates-examples")
}

impl Shown {
    /// All examples, sorted.
    pub(crate) fn all() -> Vec<Self> {
        let entries = fs::read_dir(folder()).unwrap();
        let mut folders: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        folders.sort();
        assert!(folders.len() >= 9, "{folders:?}");
        folders.into_iter().map(Self).collect()
    }

    pub(crate) fn named(name: &str) -> Self {
        Self(folder().join(name))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    pub(crate) fn name(&self) -> String {
        self.0.file_name().unwrap().to_string_lossy().into_owned()
    }

    #[track_caller]
    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path))
            .unwrap_or_else(|error| panic!("{}: {path}: {error}", self.name()))
    }

    fn yaml(&self, path: &str) -> Value {
        yaml::parse(&path.into(), &self.text(path))
            .unwrap()
            .to_json()
    }

    fn has(&self, path: &str) -> bool {
        self.0.join(path).exists()
    }

    fn is_component(&self) -> bool {
        self.has("component.yaml")
    }

    /// The names of its specs, sorted.
    pub(crate) fn specs(&self) -> Vec<String> {
        if self.is_component() {
            return vec!["spec".to_owned()];
        }
        files(&self.0.join("spec"))
            .iter()
            .filter(|file| file.extension().is_some_and(|ending| ending == "yaml"))
            .map(|file| file.file_stem().unwrap().to_string_lossy().into_owned())
            .collect()
    }

    /// What one of its specs renders to, without a diagnostic.
    pub(crate) fn rendered(&self, spec: &str) -> Tree {
        if self.is_component() {
            return self.template("cloudformation.yaml", "spec/context.json");
        }
        let out = tempfile::tempdir().unwrap();
        let mut run = Nucleon::new("nucleon-render", &self.0)
            .args(["bundle", "v1", "--spec", &format!("spec/{spec}.yaml")])
            .arg("--out")
            .arg(out.path());
        if self.has("spec/outputs.json") {
            run = run.args(["--outputs", "spec/outputs.json"]);
        }
        let finished = run.run().succeeds();
        assert_eq!(finished.stderr(), "", "{}: {finished}", self.name());
        Tree::read(out.path())
    }

    /// What one of its templates renders to in a context, without a diagnostic.
    pub(crate) fn template(&self, template: &str, context: &str) -> Tree {
        let finished = Nucleon::new("nucleon-render", &self.0)
            .args(["template", template, "--context", context])
            .run()
            .succeeds();
        assert_eq!(finished.stderr(), "", "{}: {finished}", self.name());
        Tree::one("cloudformation.yaml", finished.stdout())
    }

    /// What the instances of its spec render to while a component is attached that has outputs of every kind.
    pub(crate) fn with_component(&self) -> Tree {
        let template = "v1/instance_infrastructure/cloudformation.yaml";
        let mut all = Tree::default();
        if !self.has(template)
            || !self
                .text("v1/.template-registration.yaml")
                .contains("DIRECTLY_DEFINED")
        {
            return all;
        }
        let folder = tempfile::tempdir().unwrap();
        for (name, context) in self.contexts() {
            let file = folder.path().join(format!("{name}.json"));
            fs::write(&file, context.to_string()).unwrap();
            let rendered = self.template(template, &file.to_string_lossy());
            let text = rendered.texts().next().unwrap();
            assert!(
                text.contains("bucket-0") && text.contains("policy/one"),
                "{text}"
            );
            all.extend(Tree::one(&format!("{name}.yaml"), text));
        }
        all
    }

    /// What the instances of its spec see, with a component.
    fn contexts(&self) -> Vec<(String, Value)> {
        let file: Arc<str> = "spec.yaml".into();
        let (Some(Spec::Service(spec)), _) = Spec::parse(&file, &self.text("spec/spec.yaml"))
        else {
            panic!("{} has no spec of a service", self.name());
        };
        let schema = self.text("v1/schema/schema.yaml");
        let (schema, _) = Schema::parse(&"schema.yaml".into(), &schema);
        let schema = schema.unwrap();
        let contexts = spec.instances.iter().map(|instance| {
            let inputs = inputs(&schema, instance);
            (
                instance.name.value.to_string(),
                self.context(instance, &inputs),
            )
        });
        contexts.collect()
    }

    fn context(&self, instance: &InstanceSpec, inputs: &Map<String, Value>) -> Value {
        let environment = instance.environment.value.to_string();
        let outputs = json!({
            "BucketName": "bucket-0",
            "OnePolicyArn": "arn:aws:iam::123456789012:policy/one",
            "OtherPolicyArn": "arn:aws:iam::123456789012:policy/other",
            "Pattern": "*: yes",
            "Port": "5432",
        });
        json!({
            "environment": {"name": environment, "account_id": "123456789012", "outputs": self.environment_outputs()},
            "service": {"name": "shop", "branch_name": "", "repository_id": "", "repository_connection_arn": ""},
            "service_instance": {
                "name": instance.name.value.to_string(),
                "inputs": inputs,
                "components": {"default": {"name": "attached", "outputs": outputs}},
            },
        })
    }

    /// The outputs of an environment that it is shown with.
    pub(crate) fn environment_outputs(&self) -> BTreeMap<String, String> {
        if self.has("spec/outputs.json") {
            serde_json::from_str(&self.text("spec/outputs.json")).unwrap()
        } else {
            BTreeMap::new()
        }
    }

    /// The environment templates that a service template works with.
    pub(crate) fn environments(&self) -> Vec<String> {
        if !self.has("v1/.template-registration.yaml") {
            return vec![];
        }
        let registration = self.yaml("v1/.template-registration.yaml");
        let environments = registration["compatible_environments"].as_array().unwrap();
        environments
            .iter()
            .map(|environment| {
                environment
                    .as_str()
                    .unwrap()
                    .split(':')
                    .next()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    }

    /// All its inputs and their schemas.
    pub(crate) fn properties(&self) -> Vec<(String, Value)> {
        if self.is_component() {
            return vec![];
        }
        let schema = self.yaml("v1/schema/schema.yaml");
        let types = schema["schema"]["types"].as_object().unwrap();
        let properties = types
            .values()
            .map(|input_type| input_type["properties"].as_object().unwrap());
        properties
            .flatten()
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect()
    }

    /// The names of all its inputs.
    pub(crate) fn inputs(&self) -> Vec<String> {
        self.properties()
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    /// The names of all outputs in what it is shown to render to.
    pub(crate) fn outputs(&self) -> Vec<String> {
        let expected = Tree::read(&self.0.join("expected"));
        let mut outputs: Vec<String> = expected.texts().flat_map(outputs).collect();
        assert!(!outputs.is_empty(), "{} has no outputs", self.name());
        outputs.sort();
        outputs.dedup();
        outputs
    }
}

fn inputs(schema: &Schema, instance: &InstanceSpec) -> Map<String, Value> {
    let (inputs, _) = schema.check(
        InputType::Service,
        instance.part.values.as_ref(),
        &instance.part.at,
    );
    inputs.unwrap().values().clone()
}

/// The outputs of a template, be it CloudFormation's or Terraform's.
fn outputs(text: &str) -> Vec<String> {
    let terraform = text
        .lines()
        .filter_map(|line| line.strip_prefix("output \"")?.strip_suffix("\" {"));
    let (_, cloudformation) = text.split_once("\nOutputs:\n").unwrap_or_default();
    let cloudformation = cloudformation
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'))
        .filter(|name| name.chars().all(char::is_alphanumeric));
    terraform.chain(cloudformation).map(str::to_owned).collect()
}
