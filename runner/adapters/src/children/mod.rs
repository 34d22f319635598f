//! What programs that Nucleon starts are given: little of this run's environment, and credentials of their target's account.
//!
//! What is surprising: credentials of a role live for an hour, and a program may run longer. Such programs therefore find no
//! keys in their environment but a `credential_process`, which is this very program under another name: it asks the run that
//! started them, over a channel that only they know, and the run renews what it answers with.

mod environment;
mod helper;
mod hidden;
mod lent;
mod link;
mod replace;
mod running;

pub(crate) use environment::{Variables, inherited};
pub use helper::{NAME as CREDENTIALS, run as run_credentials};
pub(crate) use hidden::Hidden;
pub(crate) use lent::Lent;
pub(crate) use link::link;
pub use replace::become_program;
pub(crate) use running::Running;
