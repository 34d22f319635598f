//! Which of Proton's forms a folder has.

use serde_json::Value as Json;

use crate::files::Files;
use crate::folder::{Kind, values};

/// What Proton wrote in some years and left out in others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// Whether the values hold `proton_tags`.
    pub(super) has_tags_value: bool,
    /// Whether `proton_tags` is declared.
    pub(super) has_tags_variable: bool,
    /// Whether the declarations end with a newline.
    pub(super) has_last_newline: bool,
    /// How the inputs are declared.
    pub(super) inputs: InputsType,
}

/// The type of the variable that holds the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputsType {
    /// `any`.
    Any,
    /// `map(string)`, which takes no lists and no objects.
    Texts,
}

impl Form {
    /// The form of a folder that is there, or the newest where there is none.
    pub(super) fn of(existing: &Files, kind: Kind, context: &Json) -> Self {
        let variables = existing.text(kind.variables_file());
        let values = values::read(existing);
        let tagged = kind != Kind::Component;
        let has_tags_value =
            tagged && values.is_none_or(|values| values.get("proton_tags").is_some());
        let has_tags_variable =
            tagged && variables.is_none_or(|text| text.contains("variable \"proton_tags\""));
        Self {
            has_tags_value,
            has_tags_variable,
            has_last_newline: variables
                .map_or(kind != Kind::Component, |text| text.ends_with('\n')),
            inputs: inputs(variables, kind, context),
        }
    }
}

fn inputs(variables: Option<&str>, kind: Kind, context: &Json) -> InputsType {
    let texts = match variables {
        None => kind == Kind::Component,
        Some(text) => declares_texts(text),
    };
    if texts && values::are_scalar(context) {
        InputsType::Texts
    } else {
        InputsType::Any
    }
}

/// Whether a file declares inputs as `map(string)`, however the line is aligned.
fn declares_texts(variables: &str) -> bool {
    let is_texts = |line: &str| {
        let (key, value) = line.split_once('=')?;
        Some(key.trim() == "inputs" && value.trim() == "map(string)")
    };
    variables.lines().any(|line| is_texts(line) == Some(true))
}
