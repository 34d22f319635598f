//! `.proton/deployment-metadata.json`: which deployment of which target a folder is from.

use serde_json::{Map, Value as Json, json};

use crate::folder::Subject;
use crate::tags::arn;
use crate::target::TargetId;

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
