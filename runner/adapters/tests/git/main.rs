//! Git for real: the state, template versions and the checkout, in whole clones, shallow ones and none.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

mod checkout;
mod reaching;
mod refusals;
mod repo;
mod state;
mod templates;
mod view;
