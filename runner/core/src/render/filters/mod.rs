//! Jinja2's filters, with its parameters, by position or by name.

use minijinja::Environment;

mod html;
pub(super) mod json;
mod layout;
mod lists;
mod members;
mod numbers;
mod pretty;
mod select;
mod sort;
mod text;
mod wrap;

pub(super) fn add_to(environment: &mut Environment<'_>) {
    html::add_to(environment);
    json::add_to(environment);
    layout::add_to(environment);
    lists::add_to(environment);
    numbers::add_to(environment);
    pretty::add_to(environment);
    select::add_to(environment);
    sort::add_to(environment);
    text::add_to(environment);
    wrap::add_to(environment);
}
