//! The part of Nucleon that runs in browsers: the same verdicts and the same rendering as in CI.
//!
//! Text goes in and JSON text comes out; what is wrong comes out as diagnostics, never as an exception.

pub mod api;

#[cfg(target_family = "wasm")]
mod exports;
