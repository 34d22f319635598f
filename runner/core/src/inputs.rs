//! What a spec came to after checking.

use std::fmt;

use serde_json::{Map, Value};

use crate::digest::InputsDigest;
use crate::secret::Secret;

/// A spec's values that fit their schema, defaults filled in, in the order of the schema.
///
/// Only [`Schema::check`](crate::schema::Schema::check) makes inputs that hold anything, so whoever has
/// some knows that they were checked.
#[derive(Clone, PartialEq)]
pub struct Inputs {
    values: Map<String, Value>,
    sensitive: Vec<String>,
    secrets: Vec<Secret>,
}

impl Inputs {
    /// No inputs: what a component has, or a template without input type.
    pub fn empty() -> Self {
        Self::new(Map::new(), Vec::new(), Vec::new())
    }

    pub(crate) fn new(
        values: Map<String, Value>,
        sensitive: Vec<String>,
        secrets: Vec<Secret>,
    ) -> Self {
        Self {
            values,
            sensitive,
            secrets,
        }
    }

    /// The values; optional inputs without default that nobody set are not there.
    pub fn values(&self) -> &Map<String, Value> {
        &self.values
    }

    /// Which inputs must not be shown, as paths: `password`, `database.password`, `users[0].token`.
    pub fn sensitive(&self) -> &[String] {
        &self.sensitive
    }

    /// The texts below the sensitive inputs, so that they can be masked wherever they turn up.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// What the values are, in one digest.
    pub fn digest(&self) -> InputsDigest {
        let text = Value::Object(self.values.clone()).to_string();
        InputsDigest::of(&[text.as_bytes()])
    }
}

impl fmt::Debug for Inputs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.values.keys().collect();
        formatter
            .debug_struct("Inputs")
            .field("names", &names)
            .field("sensitive", &self.sensitive)
            .finish_non_exhaustive()
    }
}
