//! Values in, values out: everything Nucleon knows about bundles, schemas, specs, rendering, plans and records.
//!
//! Nothing in this crate reads a file, a variable, a clock or the network, because the same code runs in
//! actions and in browsers. `clippy.toml` beside it forbids the functions that would compile for WASM and fail there.
//!
//! Data flows one way, and each step has one type:
//! [`bundle`] → [`schema`] → [`spec`] → [`inputs`] → [`context`] → [`rendered`] → [`plan`] → [`outcome`] → [`record`] → [`notification`].

pub mod bundle;
pub mod codes;
pub mod comment;
pub mod compose;
pub mod config;
pub mod context;
pub mod cores;
pub mod deployment;
pub mod diagnostic;
pub mod digest;
pub mod editor;
pub mod facts;
mod fields;
pub mod files;
pub mod fix;
pub mod folder;
pub mod inputs;
pub mod lifecycle;
pub mod lint;
pub mod located;
pub mod manifest;
pub mod markdown;
pub mod notification;
pub mod outcome;
pub mod outcome_file;
pub mod outdated;
pub mod plan;
pub mod plan_file;
pub mod project;
pub mod proposal;
mod quota;
pub mod record;
pub mod render;
pub mod rendered;
pub mod report;
pub mod reported;
pub mod repository;
pub mod schema;
pub mod script;
pub mod secret;
pub mod show;
pub mod source;
pub mod spec;
pub mod stack_name;
pub mod suggest;
pub mod tags;
pub mod target;
pub mod template;
pub mod terraform;
pub mod validate;
pub mod version;
pub mod visible;
pub mod yaml;
