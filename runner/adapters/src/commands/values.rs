//! What the variables of commands are set to, got from where their account keeps it.

use nucleon_core::script::Variable;
use nucleon_core::secret::{Secret, Secrets};
use nucleon_engine::ports::PortError;

use crate::aws::Session;
use crate::aws::kept::{Kept, parameter, secret};
use crate::children::Hidden;

/// Plain parameters that are shorter are words like `1` or `on`: hiding them would hide nothing and spoil every text.
const SHORTEST_PLAIN: usize = 4;

/// Variables with their values.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// In the order of the manifest.
    pub(super) variables: Vec<(String, String)>,
    /// What may not even be in an output, because it would be written into the state.
    pub(super) encrypted: Secrets,
}

impl Values {
    /// Gets them with the target's own role; what was kept elsewhere becomes hidden.
    pub(super) async fn of(
        given: &[(String, Variable)],
        session: &Session,
        hidden: &Hidden,
    ) -> Result<Self, PortError> {
        let mut values = Self::default();
        for (name, given) in given {
            let value = match given {
                Variable::Value(value) => value.clone(),
                Variable::Parameter(name) => values.keep(&parameter(session, name).await?, hidden),
                Variable::Secret(name) => values.keep(&secret(session, name).await?, hidden),
            };
            values.variables.push((name.clone(), value));
        }
        Ok(values)
    }

    fn keep(&mut self, kept: &Kept, hidden: &Hidden) -> String {
        let value = kept.value.expose();
        let secret = [Secret::new(value)];
        if kept.encrypted {
            self.encrypted.extend(Secrets::of(&secret));
        }
        if kept.encrypted || value.len() >= SHORTEST_PLAIN {
            hidden.add(&secret);
        }
        value.to_owned()
    }
}
