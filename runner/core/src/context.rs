//! What a template sees, in exactly the objects that Proton handed to templates.
//!
//! Outputs of another target may not be known yet, because an earlier stage of the same run will set them.
//! They are [`Known::NotYet`], and the template is rendered all the same: what it reads of them
//! becomes `<unknown environment.outputs.VpcId>`.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value as Json;

use crate::context::part::Part;
use crate::inputs::Inputs;
use crate::outcome::Outputs;
use crate::secret::Secret;
use crate::target::Name;

mod part;
pub(crate) mod unknown;

/// The outputs of another target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// What the target gives out.
    Yes(Outputs),
    /// What the target gives out, and the names of what it will give out besides: an earlier stage of the same run will set them.
    Partly(Outputs, BTreeSet<String>),
    /// An earlier stage of the same run will set them.
    NotYet,
}

/// An environment, as the targets that live in it see it.
#[derive(Clone, Debug)]
pub struct EnvironmentFacts {
    /// Its name.
    pub name: Name,
    /// The account it lives in.
    pub account_id: String,
    /// What it gives out.
    pub outputs: Known,
}

/// A service, as its instances and its pipeline see it.
#[derive(Clone, Debug)]
pub struct ServiceFacts {
    /// Its name.
    pub name: Name,
    /// Where its code is; a service without a pipeline has none.
    pub repository: Option<RepositoryFacts>,
}

/// The repository of a service's code.
#[derive(Clone, Debug)]
pub struct RepositoryFacts {
    /// `owner/name`.
    pub id: String,
    /// The ARN of the connection to it.
    pub connection_arn: String,
    /// The branch that is built.
    pub branch_name: String,
}

/// A service instance, as its own template sees it.
#[derive(Clone, Debug)]
pub struct InstanceFacts {
    /// Its name.
    pub name: Name,
    /// Its checked inputs.
    pub inputs: Inputs,
    /// The component that is attached to it.
    pub component: Option<ComponentFacts>,
}

/// A component, as the instance that it is attached to sees it.
#[derive(Clone, Debug)]
pub struct ComponentFacts {
    /// Its name.
    pub name: Name,
    /// What it gives out.
    pub outputs: Known,
}

/// A service instance, as its service's pipeline sees it.
#[derive(Clone, Debug)]
pub struct PipelineInstanceFacts {
    /// Its name.
    pub name: Name,
    /// Its checked inputs.
    pub inputs: Inputs,
    /// What it gives out.
    pub outputs: Known,
    /// Where it lives.
    pub environment: EnvironmentFacts,
}

/// The instance that a component is attached to, as the component sees it.
#[derive(Clone, Debug)]
pub struct AttachedFacts {
    /// The service.
    pub service: Name,
    /// The instance.
    pub instance: Name,
    /// The instance's checked inputs.
    pub inputs: Inputs,
}

/// The data that one template sees.
#[derive(Clone, Debug)]
pub struct Context {
    root: Vec<(String, Part)>,
}

/// A JSON value that is not an object, and so cannot be a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAContext;

impl fmt::Display for NotAContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "a context is an object such as `{\"environment\": {\"name\": \"dev\", \"inputs\": {}}}`",
        )
    }
}

impl std::error::Error for NotAContext {}

impl Context {
    /// What an environment's template sees.
    pub fn environment(name: &Name, inputs: &Inputs) -> Self {
        let environment = [
            ("name", text(name)),
            ("inputs", Part::Inputs(inputs.clone())),
        ];
        Self::of([("environment", Part::mapping(environment))])
    }

    /// What a service instance's template sees.
    pub fn instance(
        environment: EnvironmentFacts,
        service: ServiceFacts,
        instance: InstanceFacts,
    ) -> Self {
        let facts = [
            ("name", text(&instance.name)),
            ("inputs", Part::Inputs(instance.inputs)),
            ("components", components(instance.component)),
        ];
        Self::of([
            ("environment", environment.into_part()),
            ("service", service.into_part()),
            ("service_instance", Part::mapping(facts)),
        ])
    }

    /// What a pipeline's template sees.
    pub fn pipeline(
        inputs: Inputs,
        service: ServiceFacts,
        instances: Vec<PipelineInstanceFacts>,
    ) -> Self {
        let instances = instances
            .into_iter()
            .map(PipelineInstanceFacts::into_part)
            .collect();
        Self::of([
            (
                "pipeline",
                Part::mapping([("inputs", Part::Inputs(inputs))]),
            ),
            ("service", service.into_part()),
            ("service_instances", Part::List(instances)),
        ])
    }

    /// What a component's template sees.
    pub fn component(
        name: &Name,
        environment: EnvironmentFacts,
        attached: Option<AttachedFacts>,
    ) -> Self {
        let mut context = Self::of([
            ("component", Part::mapping([("name", text(name))])),
            ("environment", environment.into_part()),
        ]);
        if let Some(attached) = attached {
            let service = [("name", text(&attached.service))];
            let instance = [
                ("name", text(&attached.instance)),
                ("inputs", Part::Inputs(attached.inputs)),
            ];
            context.push("service", Part::mapping(service));
            context.push("service_instance", Part::mapping(instance));
        }
        context
    }

    /// Takes a context as somebody wrote it; everything in it is known.
    pub fn from_json(json: Json) -> Result<Self, NotAContext> {
        let Json::Object(members) = json else {
            return Err(NotAContext);
        };
        let root = members
            .into_iter()
            .map(|(key, value)| (key, Part::Json(value)))
            .collect();
        Ok(Self { root })
    }

    /// The data as Proton wrote it for Terraform and `CodeBuild`; outputs that are not known yet are empty.
    pub fn to_json(&self) -> Json {
        part::members_to_json(&self.root)
    }

    /// The outputs that are not known yet: `environment.outputs`, `service_instances.0.outputs`.
    pub fn unknown(&self) -> Vec<String> {
        let mut unknown = Vec::new();
        for (key, part) in &self.root {
            part.add_unknown(key, &mut unknown);
        }
        unknown
    }

    /// The data as templates read it, and the names of unknown values that get read.
    pub(crate) fn view(&self) -> (minijinja::Value, unknown::Reads) {
        let reads = unknown::Reads::default();
        let members = part::members_to_value(&self.root, "", &reads);
        (members, reads)
    }

    /// The values of sensitive inputs, which no message may show.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let mut secrets = Vec::new();
        for (_, part) in &self.root {
            part.add_secrets(&mut secrets);
        }
        secrets
    }

    fn of<const N: usize>(root: [(&str, Part); N]) -> Self {
        let root = root.map(|(key, part)| (key.to_owned(), part));
        Self { root: root.into() }
    }

    fn push(&mut self, key: &str, part: Part) {
        self.root.push((key.to_owned(), part));
    }
}

impl EnvironmentFacts {
    fn into_part(self) -> Part {
        Part::mapping([
            ("account_id", Part::Json(self.account_id.into())),
            ("name", text(&self.name)),
            ("outputs", Part::Outputs(self.outputs)),
        ])
    }
}

impl ServiceFacts {
    fn into_part(self) -> Part {
        // Proton wrote empty texts where a service has no repository.
        let (id, arn, branch) = self.repository.map_or_else(Default::default, |repository| {
            (
                repository.id,
                repository.connection_arn,
                repository.branch_name,
            )
        });
        Part::mapping([
            ("name", text(&self.name)),
            ("repository_connection_arn", Part::Json(arn.into())),
            ("repository_id", Part::Json(id.into())),
            ("branch_name", Part::Json(branch.into())),
        ])
    }
}

impl PipelineInstanceFacts {
    fn into_part(self) -> Part {
        Part::mapping([
            ("name", text(&self.name)),
            ("inputs", Part::Inputs(self.inputs)),
            ("outputs", Part::Outputs(self.outputs)),
            ("environment", self.environment.into_part()),
        ])
    }
}

fn components(component: Option<ComponentFacts>) -> Part {
    let Some(component) = component else {
        return Part::NoComponent;
    };
    let facts = [
        ("name", text(&component.name)),
        ("outputs", Part::Outputs(component.outputs)),
    ];
    Part::mapping([("default", Part::mapping(facts))])
}

fn text(name: &Name) -> Part {
    Part::Json(name.as_str().into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    fn environment(outputs: Known) -> EnvironmentFacts {
        EnvironmentFacts {
            name: name("dev"),
            account_id: "111122223333".to_owned(),
            outputs,
        }
    }

    fn service() -> ServiceFacts {
        ServiceFacts {
            name: name("web"),
            repository: None,
        }
    }

    fn inputs(json: &Json) -> Inputs {
        Inputs::new(json.as_object().cloned().unwrap(), Vec::new(), Vec::new())
    }

    #[test]
    fn an_environment_sees_its_name_and_inputs() {
        let context = Context::environment(&name("dev"), &inputs(&json!({"cidr": "10.0.0.0/16"})));
        let expected = r#"{"environment":{"name":"dev","inputs":{"cidr":"10.0.0.0/16"}}}"#;
        assert_eq!(context.to_json().to_string(), expected);
    }

    #[test]
    fn an_instance_sees_its_environment_and_service_in_protons_order() {
        let outputs = Known::Yes([("VpcId".to_owned(), "vpc-1".to_owned())].into());
        let instance = InstanceFacts {
            name: name("prod"),
            inputs: inputs(&json!({"port": 80})),
            component: None,
        };
        let context = Context::instance(environment(outputs), service(), instance);
        let expected = concat!(
            r#"{"environment":{"account_id":"111122223333","name":"dev","outputs":{"VpcId":"vpc-1"}},"#,
            r#""service":{"name":"web","repository_connection_arn":"","repository_id":"","branch_name":""},"#,
            r#""service_instance":{"name":"prod","inputs":{"port":80},"components":{}}}"#,
        );
        assert_eq!(context.to_json().to_string(), expected);
    }

    #[test]
    fn a_pipeline_sees_every_instance() {
        let instance = PipelineInstanceFacts {
            name: name("prod"),
            inputs: Inputs::empty(),
            outputs: Known::NotYet,
            environment: environment(Known::NotYet),
        };
        let context = Context::pipeline(Inputs::empty(), service(), vec![instance]);
        let expected = json!([{
            "name": "prod", "inputs": {}, "outputs": {},
            "environment": {"account_id": "111122223333", "name": "dev", "outputs": {}},
        }]);
        assert_eq!(context.to_json()["service_instances"], expected);
    }

    #[test]
    fn a_component_sees_a_service_only_when_it_is_attached() {
        let outputs = Known::Yes(Outputs::new());
        let attached = AttachedFacts {
            service: name("web"),
            instance: name("prod"),
            inputs: inputs(&json!({"port": 80})),
        };
        let alone = Context::component(&name("uploads"), environment(outputs.clone()), None);
        let context =
            Context::component(&name("uploads"), environment(outputs), Some(attached)).to_json();
        assert_eq!(alone.to_json().get("service"), None);
        assert_eq!(context["service"], json!({"name": "web"}));
        assert_eq!(
            context["service_instance"],
            json!({"name": "prod", "inputs": {"port": 80}})
        );
    }

    #[test]
    fn what_is_not_an_object_is_no_context() {
        assert_eq!(Context::from_json(json!([])).unwrap_err(), NotAContext);
    }
}
