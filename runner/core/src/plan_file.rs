//! `plan.json`: what a plan run hands to whoever shows it. Golden file: `tests/golden/plan.json`.

use serde::{Deserialize, Serialize};

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::Plan;
use crate::record::Format;
use crate::target::{Stage, TargetId};

/// The plans of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanFile {
    /// The format of this file.
    pub format: Format,
    /// The commit that was planned.
    pub commit: String,
    /// The run, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_url: Option<String>,
    /// Every target that was asked for, planned or not.
    pub targets: Vec<PlannedTarget>,
    /// Faults in the user's files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<FileDiagnostic>,
}

/// One target of a plan run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedTarget {
    /// The target.
    pub target: TargetId,
    /// Its stage.
    pub stage: Stage,
    /// The account's name in `nucleon.yaml`.
    pub account_name: String,
    /// The account's id.
    pub account: String,
    /// The region.
    pub region: String,
    /// The GitHub environment its job runs in.
    pub github_environment: String,
    /// The template version, `name@1.4`; nothing for components.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// What would change, or why that cannot be said.
    #[serde(flatten)]
    pub result: PlanResult,
}

/// What came of planning one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanResult {
    /// A plan, and what approving it means: a digest or `provisional`.
    Planned {
        /// The plan.
        plan: Plan,
        /// What a reviewer approves.
        approval: String,
    },
    /// Why there is none.
    Failed {
        /// One sentence.
        message: String,
        /// What to do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
}

/// A diagnostic as it stands in a file of ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileDiagnostic {
    /// The code.
    pub code: String,
    /// `error` or `warning`.
    pub severity: String,
    /// The sentence.
    pub message: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<crate::diagnostic::Location>,
    /// What to write instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl From<&Diagnostic> for FileDiagnostic {
    fn from(diagnostic: &Diagnostic) -> Self {
        Self {
            code: diagnostic.code.as_str().to_owned(),
            severity: if diagnostic.is_error() {
                "error".to_owned()
            } else {
                "warning".to_owned()
            },
            message: diagnostic.message.clone(),
            location: diagnostic.location.clone(),
            help: diagnostic.help.clone(),
        }
    }
}

impl FileDiagnostic {
    /// The diagnostic; nothing where a newer Nucleon wrote a code that this one does not know.
    pub fn to_diagnostic(&self) -> Option<Diagnostic> {
        let code = Code::ALL.iter().find(|code| code.as_str() == self.code)?;
        let mut diagnostic = Diagnostic::error(*code, self.message.clone());
        if !self.is_error() {
            diagnostic.severity = Severity::Warning;
        }
        diagnostic.location.clone_from(&self.location);
        diagnostic.help.clone_from(&self.help);
        Some(diagnostic)
    }

    /// Whether it stops the work.
    pub fn is_error(&self) -> bool {
        self.severity == "error"
    }
}
