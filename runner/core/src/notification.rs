//! What is told to GitHub beside the comment: check runs, which also keep the digests of a pull request's plans.

use std::fmt::Write as _;

use crate::comment::{Frame, overview};
use crate::markdown::Limit;
use crate::plan_file::{FileDiagnostic, PlanFile, PlanResult};
use crate::show::totals;

mod previewed;
pub mod run;
pub mod webhook;

pub use previewed::Previewed;

/// GitHub's limit for a check run's summary, and again for its text.
pub const CHECK_LIMIT: Limit = Limit::Bytes(65_535);
/// GitHub's limit for a check run's title is not written down; longer ones are not shown whole.
const TITLE: usize = 200;

/// How a check run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// As it should.
    Success,
    /// Something could not be planned or deployed.
    Failure,
    /// Somebody cancelled it.
    Cancelled,
}

impl Conclusion {
    /// GitHub's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A check run that has ended. It displays; nothing is decided from its conclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What it is called in the list of checks; the same name on the same commit is the same check run.
    pub name: String,
    /// How it ended.
    pub conclusion: Conclusion,
    /// One line.
    pub title: String,
    /// Markdown.
    pub summary: String,
    /// More Markdown, below the summary.
    pub text: String,
    /// The page that says more: the run.
    pub url: Option<String>,
}

impl Check {
    /// By what the check run is known to be Nucleon's.
    pub fn external_id(&self) -> String {
        format!("nucleon:{}", self.name)
    }
}

/// The check run of a pull request's plans; its text keeps their digests.
pub fn preview(file: &PlanFile, frame: Frame<'_>) -> Check {
    let failed = |result: &PlanResult| matches!(result, PlanResult::Failed { .. });
    let wrong = file.targets.iter().any(|planned| failed(&planned.result))
        || file.diagnostics.iter().any(FileDiagnostic::is_error);
    Check {
        name: preview_name(frame.key),
        conclusion: if wrong {
            Conclusion::Failure
        } else {
            Conclusion::Success
        },
        title: title(&totals(file)),
        summary: overview(file, frame, CHECK_LIMIT),
        text: Previewed::of(file).to_markdown(CHECK_LIMIT),
        url: frame.run_url.map(str::to_owned),
    }
}

/// The name of the check run that shows a pull request's plans; `key` tells several platforms in one repository apart.
pub fn preview_name(key: &str) -> String {
    named("Nucleon plan", key)
}

fn named(name: &str, key: &str) -> String {
    let mut named = name.to_owned();
    if !key.is_empty() {
        let _infallible = write!(named, " ({key})");
    }
    named
}

fn title(text: &str) -> String {
    crate::visible::clipped(text, TITLE).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Format;

    #[test]
    fn a_target_that_cannot_be_planned_fails_the_check() {
        let mut file = PlanFile {
            format: Format,
            commit: "abc".to_owned(),
            run_url: None,
            targets: Vec::new(),
            diagnostics: Vec::new(),
        };
        let check = preview(&file, Frame::default());
        assert_eq!(check.name, "Nucleon plan");
        assert_eq!(
            (check.conclusion, check.title.as_str()),
            (Conclusion::Success, "nothing changes")
        );

        file.targets = serde_json::from_value(serde_json::json!([{
            "target": "environment/dev", "stage": "environments", "account_name": "dev", "account": "111122223333",
            "region": "eu-west-1", "github_environment": "dev", "failed": {"message": "no role"},
        }]))
        .unwrap();
        let check = preview(
            &file,
            Frame {
                key: "infra",
                ..Frame::default()
            },
        );
        assert_eq!(check.name, "Nucleon plan (infra)");
        assert_eq!(
            (check.conclusion, check.title.as_str()),
            (
                Conclusion::Failure,
                "0 of 1 target change, 1 cannot be planned"
            )
        );
    }
}
