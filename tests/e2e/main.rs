//! What users see: the real binaries against real parts.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be, in a helper, too"
)]

mod accounts;
mod actions;
mod apply;
mod both;
mod command_line;
mod commands;
mod concurrency;
mod crash;
mod documents;
mod examples;
mod folders;
mod import;
mod init;
mod modules;
mod notify;
mod outdated;
mod plan;
mod proposals;
mod publish;
mod refusals;
mod release;
mod render;
mod stages;
mod status;
mod story;
mod terraform;
mod unlock;
mod validate;
mod workflows;
