//! The `proton:*` tags, with the very values that Proton set: an update must not touch every resource for its tags.

use std::collections::BTreeMap;

use crate::target::{Name, TargetId};

/// What the tags of a target are made of.
#[derive(Clone, Copy, Debug)]
pub struct Tagged<'a> {
    /// The Proton management account, whose ARNs stay as they were.
    pub account: &'a str,
    /// Its region.
    pub region: &'a str,
    /// The template; components have none.
    pub template: Option<&'a Name>,
    /// The environment the target belongs to; pipelines belong to none.
    pub environment: Option<&'a Name>,
    /// The instance that a component is attached to.
    pub attached: Option<(&'a Name, &'a Name)>,
}

/// The ARN that Proton gave a target.
pub fn arn(account: &str, region: &str, target: &TargetId) -> String {
    format!("arn:aws:proton:{region}:{account}:{target}")
}

/// The tags of a target.
pub fn tags(target: &TargetId, of: Tagged<'_>) -> BTreeMap<String, String> {
    let arn = |resource: String| format!("arn:aws:proton:{}:{}:{resource}", of.region, of.account);
    let mut tags = BTreeMap::from([("proton:account".to_owned(), of.account.to_owned())]);
    let mut tag = |key: &str, resource: String| tags.insert(format!("proton:{key}"), arn(resource));
    if let Some(template) = of.template {
        let kind = if matches!(target, TargetId::Environment(_)) {
            "environment"
        } else {
            "service"
        };
        tag("template", format!("{kind}-template/{template}"));
    }
    if let Some(environment) = of.environment {
        tag("environment", format!("environment/{environment}"));
    }
    let instance = match target {
        TargetId::Instance { service, instance } => Some((service, instance)),
        TargetId::Component(_) => of.attached,
        TargetId::Environment(_) | TargetId::Pipeline { .. } => None,
    };
    if let Some((service, instance)) = instance {
        tag("service", format!("service/{service}"));
        tag(
            "service-instance",
            format!("service/{service}/service-instance/{instance}"),
        );
    }
    match target {
        TargetId::Pipeline { service } => {
            tag("service", format!("service/{service}"));
        }
        TargetId::Component(name) => {
            tag("component", format!("component/{name}"));
        }
        TargetId::Environment(_) | TargetId::Instance { .. } => {}
    }
    tags
}

/// The tags in the order in which Proton wrote them for Terraform; components had none there.
pub fn proton_tags(target: &TargetId, of: Tagged<'_>) -> Vec<(String, String)> {
    let mut tags = tags(target, of);
    let order = [
        "account",
        "template",
        "service",
        "environment",
        "service-instance",
    ];
    let keys = order.map(|key| format!("proton:{key}"));
    keys.into_iter()
        .filter_map(|key| tags.remove_entry(&key))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_has_the_tags_that_proton_wrote() {
        let target = "service/test-service/pipeline".parse().unwrap();
        let template = Name::new("scheduled-ecs-ec2-svc").unwrap();
        let of = Tagged {
            account: "111122223333",
            region: "us-east-1",
            template: Some(&template),
            environment: None,
            attached: None,
        };
        let expected = [
            ("proton:account", "111122223333"),
            (
                "proton:service",
                "arn:aws:proton:us-east-1:111122223333:service/test-service",
            ),
            (
                "proton:template",
                "arn:aws:proton:us-east-1:111122223333:service-template/scheduled-ecs-ec2-svc",
            ),
        ];
        let tags = tags(&target, of);
        assert_eq!(
            tags.iter()
                .map(|(key, value)| (key.as_str(), value.as_str()))
                .collect::<Vec<_>>(),
            expected
        );
    }
}
