//! The one place that turns an error into a kind, and a kind into an exit code.

use std::process::ExitCode;

use nucleon_engine::ports::{PortError, chain};
use nucleon_engine::refusal::Refusal;

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The user's files are wrong; diagnostics were printed.
    Files = 1,
    /// The command line is wrong.
    CommandLine = 2,
    /// An outside system refused or could not be reached, or a deployment failed there.
    Outside = 3,
    /// Somebody was faster, or the plan is stale: plan again.
    Stale = 4,
    /// A bug in Nucleon.
    Bug = 70,
}

impl From<Kind> for ExitCode {
    fn from(kind: Kind) -> Self {
        Self::from(kind as u8)
    }
}

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub struct Failure {
    /// Whose fault it is.
    pub kind: Kind,
    /// One sentence; nothing where everything has been printed already.
    pub message: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure that has been told already, by diagnostics or by a table.
    pub fn told(kind: Kind) -> Self {
        Self {
            kind,
            message: None,
            hint: None,
        }
    }

    /// A failure with its sentence.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: Some(message.into()),
            hint: None,
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self {
            kind: kind_of_port(&error),
            message: Some(chain(&error)),
            hint: error.hint(),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self {
            kind: kind_of(&refusal),
            message: Some(chain(&refusal)),
            hint: refusal.hint(),
        }
    }
}

/// Whose fault a refusal is.
pub fn kind_of(refusal: &Refusal) -> Kind {
    match refusal {
        Refusal::Locked { .. }
        | Refusal::Faster { .. }
        | Refusal::Stale(_)
        | Refusal::Changed { .. }
        | Refusal::Unapproved { .. } => Kind::Stale,
        Refusal::NoReview { .. }
        | Refusal::Unknown { .. }
        | Refusal::Dependency { .. }
        | Refusal::InUse { .. }
        | Refusal::Stopped { .. } => Kind::Outside,
        Refusal::Port(error) => kind_of_port(error),
        Refusal::Corrupt(_)
        | Refusal::Faulty { .. }
        | Refusal::OnlyRendered { .. }
        | Refusal::OtherEngine { .. }
        | Refusal::OtherWay { .. }
        | Refusal::NoInfrastructure { .. }
        | Refusal::NoBundle { .. } => Kind::Files,
    }
}

fn kind_of_port(error: &PortError) -> Kind {
    match error {
        PortError::Stale { .. } => Kind::Stale,
        PortError::Refused { .. }
        | PortError::Unreachable { .. }
        | PortError::WrongAccount { .. }
        | PortError::ForeignStack { .. }
        | PortError::Unexpected { .. } => Kind::Outside,
        PortError::Faulty { .. } => Kind::Files,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_change_set_that_became_stale_asks_for_a_new_plan() {
        let stale = PortError::Stale {
            system: "CloudFormation",
            action: "execute change set nucleon-1".to_owned(),
            message: "it is obsolete".to_owned(),
        };
        let failure = Failure::from(Refusal::Port(Arc::new(stale)));
        assert_eq!(failure.kind, Kind::Stale);
        assert_eq!(failure.hint.as_deref(), Some("plan again"));
    }
}
