//! What outside systems say no to.

use std::error::Error;
use std::sync::Arc;

use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::target::TargetId;

/// What an outside system said no to.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PortError {
    /// The system refused the request as it stands; asking again won't help.
    #[error("{system} refused to {action}: {message}")]
    Refused {
        /// The system: `CloudFormation`, `STS`, `git`, `GitHub`.
        system: &'static str,
        /// What was asked for, as a verb phrase: `assume role arn:…`.
        action: String,
        /// Its own words.
        message: String,
        /// What to do about it, where we know.
        hint: Option<String>,
    },
    /// Somebody changed what the request builds on; it was not carried out, and a new plan may look different.
    #[error("{system} refused to {action}: {message}")]
    Stale {
        /// The system.
        system: &'static str,
        /// What was asked for.
        action: String,
        /// Its own words.
        message: String,
    },
    /// The system could not be reached or did not answer in time.
    #[error("could not reach {system} to {action}")]
    Unreachable {
        /// The system.
        system: &'static str,
        /// What was asked for.
        action: String,
        /// Why.
        #[source]
        source: Arc<dyn Error + Send + Sync>,
    },
    /// Credentials answer for another account than the one that was expected; nothing was done with them.
    #[error("the credentials belong to account {found}, not to {expected}")]
    WrongAccount {
        /// The account that `nucleon.yaml` names.
        expected: String,
        /// The account that answered.
        found: String,
    },
    /// Another stack bears the target's tags: adopt it instead of making a second one.
    #[error("stack `{stack}` already bears the tags of {target}")]
    ForeignStack {
        /// The target.
        target: TargetId,
        /// The stack.
        stack: String,
    },
    /// The user's files are wrong, and the system has said where.
    #[error("what {target} is made from has {} faults", diagnostics.len())]
    Faulty {
        /// The target.
        target: TargetId,
        /// What is wrong.
        diagnostics: Vec<Diagnostic>,
    },
    /// The system answered what we do not understand.
    #[error("{system} answered to {action} with what Nucleon does not understand: {message}")]
    Unexpected {
        /// The system.
        system: &'static str,
        /// What was asked for.
        action: String,
        /// What was not understood.
        message: String,
    },
}

/// An error and all its causes, in one line; a cause that is told already is not told again.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let told = cause.to_string();
        if !text.contains(&told) {
            text = format!("{text}: {told}");
        }
        source = cause.source();
    }
    text
}

impl PortError {
    /// A system that could not be reached, and why.
    pub fn unreachable(
        system: &'static str,
        action: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Unreachable {
            system,
            action: action.into(),
            source: source.into().into(),
        }
    }

    /// What to do about it, from the error that knows.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Refused { hint, .. } => hint.clone(),
            Self::Stale { .. } => Some("plan again".to_owned()),
            Self::Unreachable { .. } => {
                Some("check the network and the endpoint, then run it again".to_owned())
            }
            Self::WrongAccount { expected, .. } => Some(format!(
                "give a role of account {expected} under `accounts` in nucleon.yaml"
            )),
            Self::ForeignStack { target, stack } => {
                Some(format!("adopt it: nucleon import {target} --stack {stack}"))
            }
            Self::Faulty { .. } => None,
            Self::Unexpected { .. } => Some(
                "run it again; if it answers the same, report it as a fault of Nucleon".to_owned(),
            ),
        }
    }
}
