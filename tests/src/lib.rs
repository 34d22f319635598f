//! What the end-to-end tests stand on: real parts, started hermetically.
//!
//! Nothing here is a fake. [`Emulator`] is LocalStack, [`Prism`] serves
//! GitHub's own API description, [`Act`] runs real workflow files, and
//! [`Nucleon`] runs the binaries as users get them. A part that is missing
//! fails the test that needs it: a skipped test proves nothing.
//!
//! `cargo xtask setup` installs the parts and `cargo xtask test` starts the
//! slow ones once, handing over their addresses in the variables of
//! [`variables`]. Without those, each test starts its own.

#![expect(
    clippy::missing_panics_doc,
    reason = "a harness that cannot go on fails the test, that is its job"
)]

mod act;
mod cloudformation;
mod daemon;
mod emulator;
mod example;
mod file_server;
mod gateway;
mod http;
mod platform;
mod prism;
mod process;
mod published;
mod recorder;
mod repository;
mod tools;
pub mod variables;

pub use act::{Act, Run};
pub use daemon::Daemon;
pub use emulator::{Account, Emulator};
pub use example::{ACCOUNTS, Example};
pub use file_server::FileServer;
pub use gateway::Gateway;
pub use platform::Platform;
pub use prism::Prism;
pub use process::{FIXED_NOW, Finished, Nucleon, Running, binary, hermetic};
pub use published::Published;
pub use recorder::{Recorder, Request};
pub use repository::Repository;
pub use tools::Tools;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Gives a name that no other test uses.
///
/// Tests run at the same time against the same emulator; what they create
/// there must not meet.
pub fn unique(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is past 1970");
    format!(
        "{name}-{:x}{:x}{next:x}",
        std::process::id(),
        now.subsec_micros()
    )
}
