//! `.proton/deployment-metadata.json`: which deployment of which target a folder is from.

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use crate::folder::Subject;
use crate::tags::arn;
use crate::target::TargetId;

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The deployment's id.
    pub deployment: String,
    /// Whether the target is to be destroyed.
    pub deleted: bool,
    /// The target's ARN.
    pub arn: String,
    /// The ARN of the environment that it lives in; environments and pipelines have none.
    pub environment: Option<String>,
    /// The template's ARN; components have none.
    pub template: Option<String>,
    /// The template's version, `1.4`.
    pub version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    deployment_id: String,
    // Proton wrote it from March 2022 on.
    #[serde(default)]
    is_resource_deleted: bool,
    resource_metadata: Option<Resource>,
    component_metadata: Option<Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    arn: String,
    environment_arn: Option<String>,
    template_arn: Option<String>,
    template_major_version: Option<String>,
    template_minor_version: Option<String>,
}

/// Reads the file; where it is not what Proton writes there, what is wrong and where: line and column.
pub fn read(text: &str) -> Result<Metadata, (String, u32, u32)> {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).max(1);
    let wire: Wire = serde_json::from_str(text)
        .map_err(|error| (plain(&error), number(error.line()), number(error.column())))?;
    let Some(resource) = wire.resource_metadata.or(wire.component_metadata) else {
        let message = "it has neither `resourceMetadata` nor `componentMetadata`";
        return Err((message.to_owned(), 1, 1));
    };
    let major = resource.template_major_version;
    let minor = resource.template_minor_version;
    Ok(Metadata {
        deployment: wire.deployment_id,
        deleted: wire.is_resource_deleted,
        arn: resource.arn,
        environment: resource.environment_arn,
        template: resource.template_arn,
        version: major.map(|major| match minor {
            Some(minor) => format!("{major}.{minor}"),
            None => major,
        }),
    })
}

/// The error without the place, which is told apart.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// The id of the deployment in the folder of a target that was deleted.
const DELETED: &str = "<proton-resource-deleted>";

/// What the file says of the target: one member, by its key.
pub(super) fn resource(subject: Subject<'_>) -> Json {
    let Subject {
        target,
        tagged,
        version,
    } = subject;
    let named = |resource: String| {
        Json::from(format!(
            "arn:aws:proton:{}:{}:{resource}",
            tagged.region, tagged.account
        ))
    };
    let environment = tagged
        .environment
        .map(|name| named(format!("environment/{name}")));
    let mut members = Map::new();
    let mut add = |key: &str, value: Option<Json>| {
        if let Some(value) = value {
            members.insert(key.to_owned(), value);
        }
    };
    add(
        "arn",
        Some(arn(tagged.account, tagged.region, target).into()),
    );
    if let TargetId::Component(_) = target {
        add("environmentArn", environment);
        if let Some((service, instance)) = tagged.attached {
            add("serviceArn", Some(named(format!("service/{service}"))));
            let instance = format!("service/{service}/service-instance/{instance}");
            add("serviceInstanceArn", Some(named(instance)));
        }
        add("componentType", Some("default".into()));
        return json!({"componentMetadata": members});
    }
    let kind = match target {
        TargetId::Environment(_) => "environment",
        TargetId::Instance { .. } | TargetId::Pipeline { .. } | TargetId::Component(_) => "service",
    };
    let template = tagged
        .template
        .map(|name| named(format!("{kind}-template/{name}")));
    let (major, minor) = version.unzip();
    add("templateArn", template);
    add(
        "templateMajorVersion",
        major.map(|major| major.to_string().into()),
    );
    add(
        "templateMinorVersion",
        minor.flatten().map(|minor| minor.to_string().into()),
    );
    if let TargetId::Instance { .. } = target {
        add("environmentArn", environment);
    }
    json!({"resourceMetadata": members})
}

/// The whole file.
pub(super) fn document(deployment: &str, resource: &Json) -> Json {
    let mut members = Map::new();
    members.insert("deploymentId".to_owned(), deployment.into());
    members.insert("isResourceDeleted".to_owned(), false.into());
    if let Json::Object(resource) = resource {
        members.extend(resource.clone());
    }
    Json::Object(members)
}

/// The whole file after the target was deleted; nothing where it is not what Proton writes there.
pub(super) fn deleted(text: &str) -> Option<String> {
    let Ok(Json::Object(old)) = serde_json::from_str(text) else {
        return None;
    };
    let mut members = Map::new();
    members.insert("deploymentId".to_owned(), DELETED.into());
    members.insert("isResourceDeleted".to_owned(), true.into());
    for (key, value) in old {
        members.entry(key).or_insert(value);
    }
    Some(super::pretty::pretty(&Json::Object(members)))
}
