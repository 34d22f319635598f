//! What a rendered CloudFormation template says about itself, before anybody sends it anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::rendered::{MOST_FAULTS, Rendered};
use crate::suggest::closest;
use crate::yaml::{Node, Value};

/// What a template needs CloudFormation to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// It makes IAM resources.
    Iam,
    /// It makes IAM resources with names of its own.
    NamedIam,
    /// Macros expand it to something else.
    AutoExpand,
}

impl Capability {
    /// CloudFormation's name for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Iam => "CAPABILITY_IAM",
            Self::NamedIam => "CAPABILITY_NAMED_IAM",
            Self::AutoExpand => "CAPABILITY_AUTO_EXPAND",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The facts about a rendered template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateFacts {
    /// What it needs to be allowed, sorted; `CAPABILITY_NAMED_IAM` covers `CAPABILITY_IAM`.
    pub capabilities: Vec<Capability>,
    /// The parameters with `NoEcho`.
    pub sensitive: Vec<String>,
    /// The outputs, in the order of the template.
    pub outputs: Vec<String>,
    /// Those outputs that read a parameter with `NoEcho`, or a secret.
    pub sensitive_outputs: Vec<String>,
    /// The types of its resources, by logical id.
    pub resources: BTreeMap<String, String>,
}

/// The properties that give IAM resources names of their own.
const NAMES: &[(&str, &str)] = &[
    ("AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::InstanceProfile", "InstanceProfileName"),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::User", "UserName"),
];

impl TemplateFacts {
    /// Reads the facts off a rendered template.
    pub fn of(rendered: &Rendered) -> Result<Self, Vec<Diagnostic>> {
        let root = rendered.parse()?;
        let resources = resources(rendered, &root).map_err(|fault| vec![fault])?;
        sections(rendered, &root)?;
        let sensitive = no_echo(&root);
        let outputs = root.get("Outputs").and_then(Node::as_mapping);
        let outputs = outputs.unwrap_or_default();
        let parameters = sensitive.iter().map(String::as_str).collect();
        let reads_secret = |(_, output): &&(Node, Node)| is_secret(output, &parameters);
        let sensitive_outputs = outputs.iter().filter(reads_secret).map(key).collect();
        Ok(Self {
            capabilities: capabilities(&root),
            outputs: outputs.iter().map(key).collect(),
            sensitive_outputs,
            sensitive,
            resources: resources.iter().filter_map(resource_type).collect(),
        })
    }
}

fn key((key, _): &(Node, Node)) -> String {
    key.text().to_owned()
}

fn resources<'r>(rendered: &Rendered, root: &'r Node) -> Result<&'r [(Node, Node)], Diagnostic> {
    let fault = |node: &Node, message: String| {
        let place = rendered.locate(node.span.line, node.span.column);
        Diagnostic::error(Code::RenderNotTemplate, message)
            .at(place)
            .help("a CloudFormation template is a mapping with `Resources:`, a mapping of at least one resource by its logical id")
    };
    if root.as_mapping().is_none() {
        let message = format!(
            "the template renders to {}, not to a CloudFormation template",
            root.kind()
        );
        return Err(fault(root, message));
    }
    let Some((name, resources)) = root.entry("Resources") else {
        return Err(fault(
            root,
            "the rendered template has no `Resources`".to_owned(),
        ));
    };
    match resources.as_mapping() {
        Some([]) | None => {
            let message = format!(
                "`Resources` is {}, not a mapping of resources",
                empty_kind(resources)
            );
            Err(fault(name, message))
        }
        Some(members) => Ok(members),
    }
}

/// What CloudFormation calls the parts of a template.
const SECTIONS: [&str; 11] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// Refuses the sections that CloudFormation refuses; a macro may take any, as SAM takes `Globals`.
fn sections(rendered: &Rendered, root: &Node) -> Result<(), Vec<Diagnostic>> {
    let entries = root.as_mapping().unwrap_or_default();
    if root.get("Transform").is_some() {
        return Ok(());
    }
    let unknown = entries
        .iter()
        .filter(|(name, _)| !SECTIONS.contains(&name.text()))
        .take(MOST_FAULTS);
    let faults: Vec<Diagnostic> = unknown
        .map(|(name, _)| {
            let message = format!("CloudFormation templates have no section `{}`", name.text());
            let help = match closest(name.text(), SECTIONS) {
                Some(near) => format!("write `{near}`"),
                None if name.text() == "Globals" => {
                    "add `Transform: AWS::Serverless-2016-10-31`".to_owned()
                }
                None => "move it below `Resources`, `Metadata` or the section that it belongs to"
                    .to_owned(),
            };
            Diagnostic::error(Code::RenderUnknownSection, message)
                .at(rendered.locate(name.span.line, name.span.column))
                .help(help)
        })
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

fn empty_kind(node: &Node) -> &'static str {
    match node.as_mapping() {
        Some(_) => "empty",
        None if node.is_null() => "empty",
        None => node.kind(),
    }
}

fn resource_type((name, resource): &(Node, Node)) -> Option<(String, String)> {
    let kind = resource.get("Type")?;
    Some((name.text().to_owned(), kind.text().to_owned()))
}

/// The parameters whose values CloudFormation does not show.
fn no_echo(root: &Node) -> Vec<String> {
    let parameters = root.get("Parameters").and_then(Node::as_mapping);
    let hidden = |(_, parameter): &&(Node, Node)| {
        let no_echo = parameter.get("NoEcho");
        no_echo.is_some_and(|value| value.text().eq_ignore_ascii_case("true"))
    };
    let parameters = parameters.unwrap_or_default().iter();
    parameters.filter(hidden).map(key).collect()
}

/// Whether something mentions one of the parameters, or a secret by dynamic reference.
fn is_secret(node: &Node, parameters: &BTreeSet<&str>) -> bool {
    let mut found = false;
    visit(node, &mut |node| {
        let text = node.as_str().unwrap_or_default();
        let substituted = |start: &str| {
            let name = start.split('}').next();
            name.is_some_and(|name| parameters.contains(name))
        };
        found |= parameters.contains(text)
            || text.split("${").skip(1).any(substituted)
            || text.contains("{{resolve:secretsmanager:")
            || text.contains("{{resolve:ssm-secure:");
    });
    found
}

fn capabilities(root: &Node) -> Vec<Capability> {
    let (mut iam, mut named, mut expands) = (false, false, root.get("Transform").is_some());
    visit(root, &mut |node| {
        expands |= node.tag.as_deref() == Some("!Transform");
        for (key, value) in node.as_mapping().unwrap_or_default() {
            match (key.text(), value.as_str()) {
                ("Fn::Transform", _) => expands = true,
                ("Type", Some(kind)) => {
                    // SAM makes roles for functions; what is in nested stacks and modules cannot be seen from here.
                    let hidden = kind == "AWS::CloudFormation::Stack" || kind.ends_with("::MODULE");
                    iam |= kind.starts_with("AWS::IAM::") || kind.starts_with("AWS::Serverless::");
                    named |= hidden || names_iam(kind, node);
                    expands |= hidden;
                }
                _ => {}
            }
        }
    });
    let wanted = [
        (iam && !named, Capability::Iam),
        (named, Capability::NamedIam),
        (expands, Capability::AutoExpand),
    ];
    let wanted = wanted.into_iter().filter(|(wanted, _)| *wanted);
    wanted.map(|(_, capability)| capability).collect()
}

fn names_iam(kind: &str, resource: &Node) -> bool {
    let named = NAMES.iter().find(|(named, _)| *named == kind);
    let name = named.and_then(|(_, name)| resource.get("Properties")?.get(name));
    name.is_some()
}

/// Visits a node and everything below it.
fn visit(node: &Node, visitor: &mut impl FnMut(&Node)) {
    visitor(node);
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| visit(item, visitor)),
        Value::Mapping(entries) => entries.iter().for_each(|(_, value)| visit(value, visitor)),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::context::Context;
    use crate::render::render;
    use crate::template::TemplateSource;

    fn facts(text: &str) -> Result<TemplateFacts, Vec<Diagnostic>> {
        let template = TemplateSource {
            file: "cloudformation.yaml".into(),
            text: text.into(),
        };
        TemplateFacts::of(&render(&template, &Context::from_json(json!({})).unwrap()).unwrap())
    }

    fn capabilities(resource: &str) -> Vec<Capability> {
        facts(&format!("Resources:\n  X:\n    {resource}\n"))
            .unwrap()
            .capabilities
    }

    #[test]
    fn iam_resources_need_a_capability() {
        assert_eq!(capabilities("Type: AWS::S3::Bucket"), []);
        assert_eq!(capabilities("Type: AWS::IAM::Role"), [Capability::Iam]);
        assert_eq!(
            capabilities("Type: AWS::Serverless::Function"),
            [Capability::Iam]
        );
    }

    #[test]
    fn iam_resources_with_names_need_another() {
        let role = "{Type: AWS::IAM::Role, Properties: {RoleName: x}}".replace("{Type", "Y: {Type");
        let facts = facts(&format!("Resources:\n  {role}\n")).unwrap();
        assert_eq!(facts.capabilities, [Capability::NamedIam]);
    }

    #[test]
    fn the_name_of_an_inline_policy_is_no_name_of_its_own() {
        let policy = "Resources: {P: {Type: AWS::IAM::Policy, Properties: {PolicyName: p}}}";
        assert_eq!(facts(policy).unwrap().capabilities, [Capability::Iam]);
    }

    #[test]
    fn macros_need_a_capability() {
        let transform =
            "Transform: AWS::Serverless-2016-10-31\nResources: {A: {Type: AWS::SNS::Topic}}";
        let function =
            "Resources: {A: {Type: AWS::SNS::Topic, Properties: {Fn::Transform: {Name: M}}}}";
        let tag =
            "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties: !Transform {Name: M}";
        for text in [transform, function, tag] {
            assert_eq!(
                facts(text).unwrap().capabilities,
                [Capability::AutoExpand],
                "{text}"
            );
        }
    }

    #[test]
    fn parameters_and_outputs_that_hold_secrets_are_known() {
        let text = concat!(
            "Parameters:\n  Open: {Type: String}\n  Password: {Type: String, NoEcho: 'true'}\n",
            "Resources: {A: {Type: AWS::SNS::Topic}}\n",
            "Outputs:\n  Plain: {Value: !Ref Open}\n  Secret: {Value: !Ref Password}\n",
            "  Url: {Value: !Sub 'https://x:${Password}@y'}\n",
        );
        let facts = facts(text).unwrap();
        assert_eq!(facts.sensitive, ["Password"]);
        assert_eq!(facts.outputs, ["Plain", "Secret", "Url"]);
        assert_eq!(facts.sensitive_outputs, ["Secret", "Url"]);
        assert_eq!(facts.resources["A"], "AWS::SNS::Topic");
    }

    #[test]
    fn a_template_in_json_is_read_as_well() {
        let facts =
            facts("{\n\t\"Resources\": {\"A\": {\"Type\": \"AWS::SNS::Topic\"}}\n}").unwrap();
        assert_eq!(facts.resources["A"], "AWS::SNS::Topic");
    }

    #[test]
    fn what_has_no_resources_is_not_a_template() {
        for text in [
            "",
            "- a",
            "a: b",
            "Resources:",
            "Resources: {}",
            "Resources: [a]",
        ] {
            let faults = facts(text).unwrap_err();
            assert_eq!(faults[0].code, Code::RenderNotTemplate, "{text}");
        }
    }
}
