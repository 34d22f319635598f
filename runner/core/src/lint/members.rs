//! Which members Proton's variables have in a Terraform module; their types are declared beside it.

use super::reads::Read;
use crate::bundle::Part;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::suggest::closest;

const SERVICE: &[&str] = &[
    "name",
    "branch_name",
    "repository_connection_arn",
    "repository_id",
];

/// What a value has, in the modules of a part; nothing where anything goes.
fn members(part: Part, path: &[&str]) -> Option<&'static [&'static str]> {
    match (part, path) {
        (Part::Environment, ["environment"]) => Some(&["name", "inputs"]),
        (Part::Instance, ["environment"])
        | (Part::Pipeline, ["service_instances", _, "environment"]) => {
            Some(&["name", "account_id", "outputs"])
        }
        (Part::Instance | Part::Pipeline, ["service"]) => Some(SERVICE),
        (Part::Instance, ["service_instance"]) => Some(&["name", "inputs", "components"]),
        (Part::Pipeline, ["service_instances", _]) => {
            Some(&["name", "inputs", "outputs", "environment"])
        }
        (Part::Pipeline, ["pipeline"]) => Some(&["inputs"]),
        _ => None,
    }
}

/// The variables of a part's modules.
fn variables(part: Part) -> &'static [&'static str] {
    match part {
        Part::Environment => &["environment", "proton_tags"],
        Part::Instance => &["environment", "service", "service_instance", "proton_tags"],
        Part::Pipeline => &["service_instances", "service", "pipeline", "proton_tags"],
    }
}

/// What is wrong with a read of a variable that only modules of other parts have.
fn foreign(written: &str, root: &str, part: Part) -> Option<Diagnostic> {
    let known = variables(part);
    let all = [Part::Environment, Part::Instance, Part::Pipeline];
    let elsewhere = all.iter().any(|other| variables(*other).contains(&root));
    if known.contains(&root) || !elsewhere {
        return None;
    }
    let folder = part.folder();
    let message =
        format!("`{written}` is undefined: modules in `{folder}` have no variable `{root}`");
    let help = format!("they have `{}`", known.join("`, `"));
    Some(Diagnostic::error(Code::RenderUndefined, message).help(help))
}

/// What is wrong with a read of a member that the variable does not have: Terraform refuses it in every plan.
pub(super) fn fault(written: &str, read: &Read, part: Part) -> Option<Diagnostic> {
    if read.guarded {
        return None;
    }
    let path: Vec<&str> = read.path.iter().map(String::as_str).collect();
    if let Some(fault) = foreign(written, path[0], part) {
        return Some(fault);
    }
    let (length, known) = (1..path.len())
        .filter_map(|length| Some((length, members(part, &path[..length])?)))
        .find(|(length, known)| !known.contains(&path[*length]))?;
    let (name, value) = (path[length], path[length - 1]);
    let value = if value.bytes().all(|byte| byte.is_ascii_digit()) {
        "an element of `service_instances`".to_owned()
    } else {
        format!("`{value}`")
    };
    let has = known.join("`, `");
    let message = format!("`{written}` is undefined: {value} has no `{name}`");
    let help = match (name, closest(name, known.iter().copied())) {
        ("inputs", _) if known.contains(&"account_id") => {
            "only the environment's own module sees its inputs; write an output for it there, and read `outputs`".to_owned()
        }
        (_, Some(near)) => format!("write `{near}`"),
        (_, None) if known.contains(&"inputs") => format!("write `inputs.{name}`; it has `{has}`"),
        (_, None) if known.contains(&"outputs") => format!("write `outputs.{name}`; it has `{has}`"),
        (_, None) => format!("it has `{has}`"),
    };
    Some(Diagnostic::error(Code::RenderUndefined, message).help(help))
}
