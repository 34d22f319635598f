//! Reads specs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::codes::Code;
use crate::config::{provisioning, region};
use crate::diagnostic::{Diagnostic, Severity};
use crate::fields::{Faults, Fields, Reader};
use crate::files::RelPath;
use crate::located::Located;
use crate::spec::{
    Attachment, ComponentSpec, EnvironmentSpec, InstanceSpec, ServiceSpec, Spec, SpecPart,
};
use crate::target::{Name, TargetId};
use crate::yaml::{self, Node, Value};

static FAULTS: Faults = Faults {
    unknown_key: (Code::SpecUnknownKey, Severity::Error),
    wrong_type: Code::SpecWrongType,
    missing_key: Code::SpecMissingKey,
    bad_value: Code::SpecBadValue,
    bad_name: Code::SpecBadName,
    bad_version: Code::SpecBadVersion,
};

const ENVIRONMENT: &str = "EnvironmentSpec";
const SERVICE: &str = "ServiceSpec";
const CURRENT: &str = "${Proton::CURRENT_VAL}";

pub(super) fn parse(file: &Arc<str>, text: &str) -> (Option<Spec>, Vec<Diagnostic>) {
    let node = match yaml::parse(file, text) {
        Ok(node) => node,
        Err(faults) => return (None, faults),
    };
    let mut reader = Reader::new(file, &FAULTS);
    let spec = spec(&mut reader, &node);
    (spec, reader.finish())
}

fn spec(reader: &mut Reader, node: &Node) -> Option<Spec> {
    let Value::Mapping(_) = node.value else {
        let help = "begin the file with `proton: EnvironmentSpec` or `proton: ServiceSpec`";
        reader.wrong_type(node, "", "a mapping", help);
        return None;
    };
    if let Some(kind) = node.get("proton") {
        let meant = meant(reader, node, kind).or(kind.as_str());
        return match meant {
            Some(ENVIRONMENT) => environment(reader, node).map(Spec::Environment),
            Some(SERVICE) => service(reader, node).map(Spec::Service),
            _ => unknown_kind(
                reader,
                kind,
                "`proton` is neither `EnvironmentSpec` nor `ServiceSpec`",
            ),
        };
    }
    match node.get("nucleon") {
        Some(kind) if kind.as_str() == Some("component") => {
            component(reader, node).map(Spec::Component)
        }
        Some(kind) => unknown_kind(reader, kind, "`nucleon` is not `component`"),
        None => unknown_kind(reader, node, "nothing says what kind of spec this is"),
    }
}

/// The kind that the keys of a spec show, where it names the other one.
fn meant(reader: &mut Reader, node: &Node, kind: &Node) -> Option<&'static str> {
    let has = |key: &str| node.get(key).is_some();
    let of_service = has("instances") || has("pipeline");
    let (meant, key) = match kind.as_str() {
        Some(ENVIRONMENT) if of_service && !has("spec") => (SERVICE, "instances"),
        Some(SERVICE) if has("spec") && !of_service => (ENVIRONMENT, "spec"),
        _ => return None,
    };
    let named = kind.text();
    let message = format!("this is no `{named}`: it has the keys of `{meant}`");
    let fault = Diagnostic::error(Code::SpecKind, message).at(reader.at(kind));
    let help = format!("write `proton: {meant}`; only that has `{key}`");
    reader.report(fault.help(help));
    Some(meant)
}

fn unknown_kind(reader: &mut Reader, node: &Node, message: &str) -> Option<Spec> {
    let help = "write `proton: EnvironmentSpec`, `proton: ServiceSpec` or `nucleon: component`";
    let fault = Diagnostic::error(Code::SpecKind, message);
    reader.report(fault.at(reader.at(node)).help(help));
    None
}

fn environment(reader: &mut Reader, node: &Node) -> Option<EnvironmentSpec> {
    let known = &[
        "proton",
        "name",
        "template",
        "account",
        "region",
        "provisioning",
        "spec",
    ];
    let fields = reader.fields(node, "", known)?;
    Some(EnvironmentSpec {
        name: (fields.get("name")).and_then(|node| reader.name(node, "name")),
        template: (fields.get("template")).and_then(|node| reader.version(node, "template")),
        account: (fields.get("account")).and_then(|node| reader.text(node, "account")),
        region: (fields.get("region")).and_then(|node| region(reader, node, "region")),
        provisioning: (fields.get("provisioning"))
            .and_then(|node| provisioning(reader, node, "provisioning")),
        part: part(reader, &fields, "spec"),
    })
}

fn service(reader: &mut Reader, node: &Node) -> Option<ServiceSpec> {
    let known = &["proton", "name", "template", "pipeline", "instances"];
    let fields = reader.fields(node, "", known)?;
    let name = fields
        .get("name")
        .and_then(|node| reader.name(node, "name"));
    let template = fields.get("template");
    let template = template.and_then(|node| reader.version(node, "template"));
    let pipeline = fields
        .key("pipeline")
        .map(|_| part(reader, &fields, "pipeline"));
    let help = "list the instances: `instances: [{name: prod, environment: prod}]`";
    let items = reader.required(&fields, "instances", help);
    let items = items.map_or(&[][..], |node| reader.items(node, "instances"));
    let instances = items
        .iter()
        .filter_map(|item| instance(reader, item))
        .collect();
    Some(ServiceSpec {
        name,
        template,
        pipeline,
        instances: unique(reader, instances),
        at: reader.at(fields.key("proton").unwrap_or(node)),
    })
}

fn instance(reader: &mut Reader, node: &Node) -> Option<InstanceSpec> {
    let known = &["name", "environment", "template", "spec"];
    let fields = reader.fields(node, "instances", known)?;
    let name = reader.required(&fields, "name", "name the instance: `name: prod`");
    let name = name.and_then(|node| reader.name(node, "instances.name"));
    let help = "name the environment that it runs in: `environment: prod`";
    let environment = reader.required(&fields, "environment", help);
    let environment = environment.and_then(|node| reader.name(node, "instances.environment"));
    let template = fields.get("template");
    let template = template.and_then(|node| reader.version(node, "instances.template"));
    let part = part(reader, &fields, "spec");
    Some(InstanceSpec {
        name: name?,
        environment: environment?,
        template,
        part,
    })
}

// Of two instances of one name only the first is kept: there is one target.
fn unique(reader: &mut Reader, instances: Vec<InstanceSpec>) -> Vec<InstanceSpec> {
    let mut seen: BTreeMap<Name, u32> = BTreeMap::new();
    let mut kept = Vec::with_capacity(instances.len());
    for instance in instances {
        let name = &instance.name;
        if let Some(line) = seen.get(&name.value) {
            let message = format!(
                "instance `{}` is defined twice, first in line {line}",
                name.value
            );
            let fault = Diagnostic::error(Code::SpecDuplicateTarget, message);
            reader.report(fault.at(name.at.clone()).help("give it another name"));
        } else {
            seen.insert(name.value.clone(), name.at.line);
            kept.push(instance);
        }
    }
    kept
}

/// The values below a key, and where an input that is not among them is reported: at the key, else where the mapping begins.
fn part(reader: &mut Reader, fields: &Fields<'_>, key: &str) -> SpecPart {
    let values = fields.get(key);
    if let Some(values) = values {
        refuse_current_values(reader, values);
    }
    SpecPart {
        file: reader.file.clone(),
        values: values.cloned(),
        at: reader.at(fields.key(key).unwrap_or_else(|| fields.start())),
    }
}

fn refuse_current_values(reader: &mut Reader, node: &Node) {
    match &node.value {
        Value::String(text) if text.contains(CURRENT) => {
            let message = format!("`{CURRENT}` asks for a value that Nucleon keeps nowhere else");
            let fault = Diagnostic::error(Code::SpecCurrentValue, message);
            let help = "write the value itself; this file is where it is kept";
            reader.report(fault.at(reader.at(node)).help(help));
        }
        Value::Sequence(items) => {
            for item in items {
                refuse_current_values(reader, item);
            }
        }
        Value::Mapping(entries) => {
            for (_, value) in entries {
                refuse_current_values(reader, value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::String(_) => {}
    }
}

fn component(reader: &mut Reader, node: &Node) -> Option<ComponentSpec> {
    let known = &["nucleon", "name", "environment", "attach", "file"];
    let fields = reader.fields(node, "", known)?;
    let name = fields
        .get("name")
        .and_then(|node| reader.name(node, "name"));
    let attachment = attachment(reader, &fields);
    let help = "name the component's template: `file: cloudformation.yaml`";
    let file = reader.required(&fields, "file", help);
    let file = file.and_then(|node| component_file(reader, node));
    Some(ComponentSpec {
        name,
        attachment: attachment?,
        file: file?,
        at: reader.at(fields.key("nucleon").unwrap_or(node)),
    })
}

fn component_file(reader: &mut Reader, node: &Node) -> Option<Located<RelPath>> {
    let parse = |text: &str| {
        RelPath::new(text).map_err(|bad| format!("`{}` is not a file beside this one", bad.0))
    };
    reader.parsed(node, "file", parse, "name a file in this folder")
}

fn attachment(reader: &mut Reader, fields: &Fields<'_>) -> Option<Attachment> {
    match (fields.get("environment"), fields.get("attach")) {
        (Some(node), None) => reader
            .name(node, "environment")
            .map(Attachment::Environment),
        (None, Some(node)) => attached(reader, node).map(Attachment::Instance),
        (Some(_), Some(node)) => {
            let message = "`attach` and `environment` exclude each other";
            let help = "keep `attach`; the instance says which environment it is";
            reader.bad_value(node, message, help);
            None
        }
        (None, None) => {
            let help = "write `environment: prod`, or `attach: service/NAME/service-instance/NAME`";
            reader.required(fields, "environment", help);
            None
        }
    }
}

fn attached(reader: &mut Reader, node: &Node) -> Option<Located<TargetId>> {
    let parse = |text: &str| match text.parse::<TargetId>() {
        Ok(target @ TargetId::Instance { .. }) => Ok(target),
        Ok(_) | Err(_) => Err(format!("`{text}` is not a service instance")),
    };
    let help = "write `attach: service/NAME/service-instance/NAME`";
    reader.parsed(node, "attach", parse, help)
}
