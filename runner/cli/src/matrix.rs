//! The matrix of a stage's apply jobs.

use nucleon_core::repository::Target;
use serde::Serialize;

/// GitHub's limit of jobs in one matrix.
const MOST_JOBS: usize = 256;

/// One job of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What the job is called; unique in the matrix.
    pub name: String,
    /// The GitHub environment it runs in.
    pub environment: String,
    /// Its targets, one a line.
    pub targets: String,
}

/// One job a target; beyond GitHub's limit, several targets of one GitHub environment share a job.
pub fn matrix(targets: &[&Target]) -> Vec<Entry> {
    pack(
        targets
            .iter()
            .map(|target| (target.github_environment.as_str(), target.id.to_string()))
            .collect(),
    )
}

fn pack(mut targets: Vec<(&str, String)>) -> Vec<Entry> {
    targets.sort();
    let mut size = 1;
    while jobs(&targets, size) > MOST_JOBS && size < targets.len() {
        size += 1;
    }
    let by_environment = targets.chunk_by(|left, right| left.0 == right.0);
    by_environment
        .flat_map(|group| group.chunks(size))
        .map(entry)
        .collect()
}

/// How many jobs there are with at most so many targets in each.
fn jobs(targets: &[(&str, String)], size: usize) -> usize {
    targets
        .chunk_by(|left, right| left.0 == right.0)
        .map(|group| group.len().div_ceil(size))
        .sum()
}

fn entry(group: &[(&str, String)]) -> Entry {
    let (environment, first) = &group[0];
    let name = if group.len() == 1 {
        first.clone()
    } else {
        format!("{first} and {} more", group.len() - 1)
    };
    let targets: Vec<&str> = group.iter().map(|(_, target)| target.as_str()).collect();
    Entry {
        name,
        environment: (*environment).to_owned(),
        targets: targets.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_has_a_job_of_its_own() {
        let entries = pack(vec![
            ("prod", "environment/prod".into()),
            ("dev", "environment/dev".into()),
        ]);
        assert_eq!(
            entries
                .iter()
                .map(|entry| entry.name.as_str())
                .collect::<Vec<_>>(),
            ["environment/dev", "environment/prod"]
        );
    }

    #[test]
    fn beyond_the_limit_targets_of_one_environment_share_jobs() {
        let targets: Vec<_> = (0..600)
            .map(|n| {
                (
                    if n < 500 { "dev" } else { "prod" },
                    format!("environment/e{n:03}"),
                )
            })
            .collect();
        let entries = pack(targets);
        assert!(entries.len() <= MOST_JOBS);
        assert_eq!(
            entries
                .iter()
                .map(|entry| entry.targets.lines().count())
                .sum::<usize>(),
            600
        );
        assert!(
            entries
                .iter()
                .all(|entry| entry.targets.lines().count() <= 3)
        );
    }
}
