//! What users see: the real binaries against real parts.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be, in a helper, too"
)]

mod actions;
mod notify;
mod release;
mod workflows;
