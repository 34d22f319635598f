//! Names of change sets: they tell the run that made them and the deployment they are for.

use uuid::Uuid;

/// What CloudFormation allows.
const LONGEST: usize = 128;

/// Names a change set of a plan, which is deleted again.
pub(crate) fn of_plan(run: &str) -> String {
    named(run, &mark(&Uuid::new_v4().to_string()))
}

/// Names the change set that a deployment executes, so that it can be found again by the deployment's id alone.
pub(crate) fn of_deployment(run: &str, id: &str) -> String {
    named(run, &mark(id))
}

/// Whether a change set, by name or ARN, is the one of a deployment.
pub(crate) fn is_of_deployment(change_set: &str, id: &str) -> bool {
    let name = change_set
        .split_once(":changeSet/")
        .and_then(|(_, rest)| rest.split('/').next())
        .unwrap_or(change_set);
    name.starts_with("nucleon-") && name.ends_with(&format!("-{}", mark(id)))
}

fn named(run: &str, mark: &str) -> String {
    let room = LONGEST - "nucleon--".len() - mark.len();
    let run: String = run
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(room)
        .collect();
    format!("nucleon-{run}-{mark}")
}

/// A UUID without its hyphens; every letter and digit of an id that is none.
fn mark(id: &str) -> String {
    id.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0b8f2c66-2f0e-4d7c-9a3e-5d1f6f0f7a11";

    #[test]
    fn a_change_set_is_found_by_the_id_of_its_deployment() {
        let name = of_deployment("4711-2", ID);
        assert_eq!(name, "nucleon-4711-2-0b8f2c662f0e4d7c9a3e5d1f6f0f7a11");
        let arn = format!("arn:aws:cloudformation:us-east-1:111122223333:changeSet/{name}/5c2e");
        assert!(is_of_deployment(&name, ID) && is_of_deployment(&arn, ID));
        assert!(!is_of_deployment(&name, "another"));
    }

    #[test]
    fn a_name_has_only_what_cloudformation_allows() {
        let name = of_plan(&format!("me@host/{}", "x".repeat(200)));
        assert!(name.len() <= LONGEST && name.starts_with("nucleon-me-host-xxx"));
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        );
    }
}
