//! What a new stack is called.
//!
//! Roles that were made for Proton allow only stacks whose names begin with `AWSProton-`, so the prefix stays; Proton's
//! random suffix cannot be computed, so a digest of the target's id takes its place. Names in records are kept as they are.

use sha2::{Digest as _, Sha256};

use crate::target::TargetId;

/// What CloudFormation allows.
const LONGEST: usize = 128;

/// Names a target's stack: the same target always gets the same name, and two targets never share one.
pub fn stack_name(prefix: &str, target: &TargetId) -> String {
    let digest = short_digest(&target.to_string());
    let parts = match target {
        TargetId::Environment(name) => vec![name.as_str()],
        TargetId::Component(name) => vec![name.as_str(), "component"],
        TargetId::Instance { service, instance } => vec![service.as_str(), instance.as_str()],
        TargetId::Pipeline { service } => vec![service.as_str(), "pipeline"],
    };
    // A hyphen before each part and before the digest.
    let room = LONGEST.saturating_sub(prefix.len() + digest.len() + parts.len());
    let longest_part = room / parts.len();
    let parts: Vec<String> = parts.iter().map(|part| cut(part, longest_part)).collect();
    format!("{prefix}{}-{digest}", parts.join("-"))
}

/// Stack names have letters, digits and hyphens; Proton's names may have `_` too. Both are ASCII.
fn cut(part: &str, longest: usize) -> String {
    let end = part.len().min(longest);
    part[..end].replace('_', "-").trim_matches('-').to_owned()
}

fn short_digest(text: &str) -> String {
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(text.as_bytes()));
    format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(target: &str) -> String {
        stack_name("AWSProton-", &target.parse().unwrap())
    }

    #[test]
    fn a_name_tells_the_target() {
        insta::assert_snapshot!(
            [
                name("environment/dev"),
                name("component/uploads"),
                name("service/web/service-instance/prod"),
                name("service/web/pipeline"),
            ]
            .join("\n"),
            @r"
        AWSProton-dev-78aef305
        AWSProton-uploads-component-6a7f5068
        AWSProton-web-prod-bb114031
        AWSProton-web-pipeline-63f248ba
        "
        );
    }

    #[test]
    fn names_that_look_alike_do_not_collide() {
        assert_ne!(name("environment/a_b"), name("environment/a-b"));
        assert_ne!(
            name("service/a-b/service-instance/c"),
            name("service/a/service-instance/b-c")
        );
        assert_ne!(
            name("service/web/service-instance/pipeline"),
            name("service/web/pipeline")
        );
    }

    #[test]
    fn the_longest_names_fit() {
        let long = "x".repeat(100);
        let name = name(&format!("service/{long}/service-instance/{long}"));
        assert!(name.len() <= LONGEST, "{} characters", name.len());
    }

    #[test]
    fn only_what_cloudformation_allows_is_left() {
        let name = name("environment/0_dev_");
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
            "{name}"
        );
    }
}
