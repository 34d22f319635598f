//! What a pull request's reviewers saw planned, as the text of its check run keeps it. Golden file: `tests/golden/previewed.md`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::markdown::Limit;
use crate::plan::{Approved, Plan};
use crate::plan_file::{PlanFile, PlanResult};
use crate::record::Format;
use crate::target::TargetId;

const BEFORE: &str = "What was planned, for comparison at deployment:\n\n```json\n";
const AFTER: &str = "\n```\n";

/// The digests of a pull request's plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previewed {
    /// The format.
    pub format: Format,
    /// The commit that was planned.
    pub commit: String,
    /// What approving each plan would mean: a digest or `provisional`.
    pub approvals: BTreeMap<TargetId, String>,
    /// Whether these are all; where they would not fit, the last ones are missing.
    pub complete: bool,
}

impl Previewed {
    /// The digests of a plan run.
    pub fn of(file: &PlanFile) -> Self {
        let approval = |result: &PlanResult| match result {
            PlanResult::Planned { approval, .. } => Some(approval.clone()),
            PlanResult::Failed { .. } => None,
        };
        let targets = file.targets.iter();
        let approvals = targets
            .filter_map(|planned| Some((planned.target.clone(), approval(&planned.result)?)));
        Self {
            format: Format,
            commit: file.commit.clone(),
            approvals: approvals.collect(),
            complete: true,
        }
    }

    /// A commit of which nobody was shown anything.
    pub fn nothing(commit: &str) -> Self {
        Self {
            format: Format,
            commit: commit.to_owned(),
            approvals: BTreeMap::new(),
            complete: true,
        }
    }

    /// The text of a check run.
    ///
    /// # Panics
    ///
    /// Never: all keys are text.
    pub fn to_markdown(&self, limit: Limit) -> String {
        let json = serde_json::to_string_pretty(self).expect("targets are text keys");
        let text = format!("{BEFORE}{json}{AFTER}");
        if limit.size(&text) <= limit.room() || self.approvals.is_empty() {
            return text;
        }
        let half = self.approvals.len() / 2;
        let approvals = self.approvals.clone().into_iter().take(half).collect();
        Self {
            approvals,
            complete: false,
            ..self.clone()
        }
        .to_markdown(limit)
    }

    /// Whether a plan is another one than the pull request showed. A provisional one showed neither replacement nor removal, and
    /// of a plan that changes nothing there was nothing to show.
    pub fn differs(&self, plan: &Plan) -> bool {
        if plan.is_empty() || plan.is_provisional() {
            return false;
        }
        let shown = self.approvals.get(&plan.target);
        match shown.and_then(|shown| shown.parse::<Approved>().ok()) {
            Some(Approved::Exactly(digest)) => digest != plan.digest(),
            Some(Approved::Provisionally) => plan.is_dangerous(),
            None => true,
        }
    }

    /// Reads the text of a check run; nothing where it is not one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("```json\n")?;
        let (json, _) = rest.split_once("\n```")?;
        serde_json::from_str(json).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn previewed(count: usize) -> Previewed {
        let digest = format!("sha256:{}", "0".repeat(64));
        let name = |number: usize| {
            format!("service/shop/service-instance/i{number}")
                .parse()
                .unwrap()
        };
        Previewed {
            format: Format,
            commit: "abc".to_owned(),
            approvals: (0..count)
                .map(|number| (name(number), digest.clone()))
                .collect(),
            complete: true,
        }
    }

    #[test]
    fn the_text_of_the_first_release_is_understood() {
        let golden = include_str!("../../tests/golden/previewed.md");
        let read = Previewed::parse(golden).unwrap();
        assert_eq!(read, previewed(1));
        assert_eq!(read.to_markdown(Limit::Bytes(65_535)), golden);
    }

    #[test]
    fn what_does_not_fit_is_said_to_be_missing() {
        let text = previewed(1_000).to_markdown(Limit::Bytes(65_535));
        assert!(text.len() <= 65_535);
        let read = Previewed::parse(&text).unwrap();
        assert!(!read.complete && read.approvals.len() >= 250);
    }

    #[test]
    fn another_text_is_none_of_ours() {
        assert_eq!(Previewed::parse("```json\n{\"format\": 2}\n```\n"), None);
        assert_eq!(Previewed::parse("all good"), None);
    }
}
