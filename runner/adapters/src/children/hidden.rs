//! What was given to programs and must not be shown.

use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_credential_types::Credentials;
use nucleon_core::secret::{Secret, Secrets};

/// Shorter keys are no keys of AWS: an emulator's may be a word that texts hold.
const SHORTEST_KEY: usize = 16;

/// Secrets, which may become more while programs run.
#[derive(Debug, Default)]
pub(crate) struct Hidden(Mutex<Secrets>);

impl Hidden {
    /// Hides more.
    pub(crate) fn add(&self, secrets: &[Secret]) {
        self.secrets().extend(Secrets::of(secrets));
    }

    /// Hides the secret parts of credentials.
    pub(crate) fn add_credentials(&self, credentials: &Credentials) {
        let keys = [
            Some(credentials.secret_access_key()),
            credentials.session_token(),
        ];
        let keys = keys.into_iter().flatten();
        let keys = keys.filter(|key| key.len() >= SHORTEST_KEY);
        self.add(&keys.map(Secret::new).collect::<Vec<_>>());
    }

    /// A text without them.
    pub(crate) fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        self.secrets().hide(&mut text);
        text
    }

    fn secrets(&self) -> MutexGuard<'_, Secrets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
