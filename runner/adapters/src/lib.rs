//! The outside systems, each behind its port of `nucleon-engine`.
//!
//! What is surprising: git is run as a program, and never on the user's clone where it would have to write.

pub mod aws;
pub mod children;
pub mod clock;
pub mod cloudformation;
pub mod commands;
pub mod files;
pub mod git;
pub mod github;
mod http;
pub mod infrastructure;
pub mod terraform;
pub mod webhook;
