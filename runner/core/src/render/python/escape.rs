//! Text that is marked as safe for HTML: Python's `Markup`.

use std::borrow::Cow;

use minijinja::Value;

/// A text with HTML's own signs written as entities.
pub(in crate::render) fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\'', "&#39;")
        .replace('"', "&#34;")
}

/// The text of a value, escaped where it is not marked as safe.
pub(in crate::render) fn of<'t>(value: &Value, text: &'t str) -> Cow<'t, str> {
    if value.is_safe() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(html(text))
    }
}

/// A text that is as safe as the value that it was made from.
pub(in crate::render) fn like(value: &Value, text: String) -> Value {
    if value.is_safe() {
        Value::from_safe_string(text)
    } else {
        Value::from(text)
    }
}
