//! What a role session is called: the name stands in `CloudTrail`, so it tells the run and the target.

use nucleon_core::target::TargetId;

/// What STS allows.
const LONGEST: usize = 64;

/// Names the sessions of one process: the run, and the target where there is only one.
///
/// The sessions are shared by all targets of a process, so several targets are told by their number.
pub fn session_name(run: &str, targets: &[TargetId]) -> String {
    let what = match targets {
        [] => String::new(),
        [target] => format!("-{}", short(target)),
        targets => format!("-{}-targets", targets.len()),
    };
    let name: String = format!("nucleon-{run}{what}")
        .chars()
        .map(|c| if is_allowed(c) { c } else { '-' })
        .take(LONGEST)
        .collect();
    name.trim_end_matches('-').to_owned()
}

fn short(target: &TargetId) -> String {
    match target {
        TargetId::Environment(name) | TargetId::Component(name) => name.to_string(),
        TargetId::Instance { service, instance } => format!("{service}.{instance}"),
        TargetId::Pipeline { service } => format!("{service}.pipeline"),
    }
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_target_is_told_by_its_name() {
        let target = "service/web/service-instance/prod".parse().unwrap();
        assert_eq!(session_name("123-1", &[target]), "nucleon-123-1-web.prod");
    }

    #[test]
    fn several_targets_are_told_by_their_number() {
        let targets = ["environment/a", "environment/b"].map(|id| id.parse().unwrap());
        assert_eq!(session_name("123-1", &targets), "nucleon-123-1-2-targets");
    }

    #[test]
    fn a_name_is_cut_and_cleaned_to_what_sts_allows() {
        let target = format!("component/{}", "x".repeat(100)).parse().unwrap();
        let name = session_name("me@host/42 é", &[target]);
        assert!(name.starts_with("nucleon-me@host-42---xxx"), "{name}");
        assert_eq!(name.len(), LONGEST);
    }
}
