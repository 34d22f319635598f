//! Proton's four filters.

use minijinja::value::{DynObject, Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value};

use crate::context::unknown::is_unknown;
use crate::render::arguments::Arguments;
use crate::render::python::refuse_undefined;
use crate::render::{blocks, python, scalar};

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter(
        "proton_cfn_ecs_task_definition_formatted_env_vars",
        ecs_variables,
    );
    environment.add_filter(
        "proton_cfn_lambda_function_formatted_env_vars",
        lambda_variables,
    );
    environment.add_filter("proton_cfn_iam_policy_arns", policy_arns);
    environment.add_filter("proton_cfn_sanitize", sanitize);
}

/// A list of `Name` and `Value`, as a task definition takes it.
fn ecs_variables(
    state: &State<'_, '_>,
    outputs: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<String, Error> {
    let raw = raw_of(given)?;
    let mut lines = Vec::new();
    for (key, value) in members(state, outputs)? {
        lines.push(format!("- Name: {}", scalar::quoted(&key)));
        lines.push(format!("  Value: {}", variable(&value, raw)?));
    }
    Ok(blocks::mark(&lines))
}

/// A mapping, as a function takes it.
fn lambda_variables(
    state: &State<'_, '_>,
    outputs: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<String, Error> {
    let raw = raw_of(given)?;
    let mut lines = Vec::new();
    for (key, value) in members(state, outputs)? {
        let value = variable(&value, raw)?;
        lines.push(format!("{}: {value}", scalar::quoted(&key)));
    }
    Ok(blocks::mark(&lines))
}

/// A list of those values that are the ARNs of policies.
fn policy_arns(state: &State<'_, '_>, outputs: &Value) -> Result<String, Error> {
    let values = members(state, outputs)?.into_iter().map(|(_, value)| value);
    let arns = values.filter(|value| scalar::is_policy_arn(value) || is_unknown(value));
    let lines: Vec<_> = arns.map(|arn| format!("- {arn}")).collect();
    Ok(blocks::mark(&lines))
}

/// The value, where it cannot break out of its place in a template.
fn sanitize(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    refuse_undefined(value)?;
    let text = python::text(state, value)?;
    if scalar::is_safe(&text) || scalar::is_arn(&text) || is_unknown(&text) {
        return Ok(text);
    }
    Err(illegal(&text, " or be a valid ARN"))
}

fn raw_of(given: Rest<ValueOrKwargs>) -> Result<bool, Error> {
    let arguments = Arguments::of(given, &["raw"])?;
    Ok(arguments.value("raw").is_none() || arguments.is_true("raw")?)
}

fn variable(value: &str, raw: bool) -> Result<String, Error> {
    if raw || scalar::is_safe(value) || is_unknown(value) {
        Ok(scalar::quoted(value))
    } else {
        Err(illegal(value, ""))
    }
}

/// The outputs by key, as text.
fn members(state: &State<'_, '_>, outputs: &Value) -> Result<Vec<(String, String)>, Error> {
    refuse_undefined(outputs)?;
    let pairs = outputs
        .as_object()
        .filter(|_| outputs.kind() == ValueKind::Map)
        .and_then(DynObject::try_iter_pairs);
    let Some(pairs) = pairs else {
        let found = outputs.kind();
        let message = format!(
            "the filter takes outputs by name, as `service_instance.components.default.outputs`; found {found}"
        );
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    };
    pairs
        .map(|(key, value)| Ok((python::text(state, &key)?, python::text(state, &value)?)))
        .collect()
}

/// Says what is wrong without the value: it may be a secret.
fn illegal(text: &str, alternative: &str) -> Error {
    let odd = text
        .chars()
        .find(|character| !scalar::is_safe(character.encode_utf8(&mut [0; 4])));
    let odd = odd.unwrap_or_default();
    let message = format!(
        "a value has an illegal character, {odd:?}; it must match regex ^[a-zA-Z0-9_-]*${alternative}"
    );
    Error::new(ErrorKind::InvalidOperation, message)
}
