//! The functions that JavaScript sees.

#![expect(
    unreachable_pub,
    reason = "JavaScript reaches them, and `wasm_bindgen` takes public functions only"
)]

use wasm_bindgen::prelude::wasm_bindgen;

use crate::api;

/// See [`api::validate`].
#[wasm_bindgen]
pub fn validate(schema: &str, spec: &str) -> String {
    api::validate(schema, spec)
}

/// See [`api::render`].
#[cfg(feature = "render")]
#[wasm_bindgen]
pub fn render(template: &str, context: &str) -> String {
    api::render(template, context)
}
