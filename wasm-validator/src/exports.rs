//! The functions that JavaScript sees.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::api;

/// See [`api::validate`].
#[wasm_bindgen]
pub(crate) fn validate(schema: &str, spec: &str) -> String {
    api::validate(schema, spec)
}

/// See [`api::render`].
#[cfg(feature = "render")]
#[wasm_bindgen]
pub(crate) fn render(template: &str, context: &str) -> String {
    api::render(template, context)
}
