//! Jinja2's tests.

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, State, Value};

use crate::render::environment::{FILTERS, TESTS};
use crate::render::methods::checks;
use crate::render::python::iterators::Absent;
use crate::render::python::kind::{Number, check_hashable, number, type_name};
use crate::render::python::{self, compare, operators, refuse_undefined};
use crate::render::translate::ABSENT;
use crate::render::unsupported;

pub(super) fn add_to(environment: &mut Environment<'_>) {
    kinds(environment);
    comparisons(environment);
    environment.add_test("odd", |state: &State<'_, '_>, value: &Value| {
        divides(state, value, 2, 1)
    });
    environment.add_test("even", |state: &State<'_, '_>, value: &Value| {
        divides(state, value, 2, 0)
    });
    environment.add_test(
        "divisibleby",
        |state: &State<'_, '_>, value: &Value, by: &Value| {
            let rest = operators::binary(state, value, "%", by)?;
            compare::is_equal(state, &rest, &Value::from(0))
        },
    );
    environment.add_test("lower", |state: &State<'_, '_>, value: &Value| {
        Ok::<bool, Error>(checks::is_lower(&python::text(state, value)?))
    });
    environment.add_test("upper", |state: &State<'_, '_>, value: &Value| {
        Ok::<bool, Error>(checks::is_upper(&python::text(state, value)?))
    });
    environment.add_test("filter", |value: &Value| is_among(value, FILTERS));
    environment.add_test("test", |value: &Value| is_among(value, TESTS));
    environment.add_test("sameas", is_same);
}

/// Tests of what a value is.
fn kinds(environment: &mut Environment<'_>) {
    environment.add_test("defined", |value: &Value| !is_missing(value));
    environment.add_test("undefined", is_missing);
    environment.add_test(ABSENT, |value: &Value| {
        value.downcast_object_ref::<Absent>().is_some()
    });
    environment.add_test("none", |value: &Value| value.is_none());
    environment.add_test("boolean", |value: &Value| value.kind() == ValueKind::Bool);
    environment.add_test("true", |value: &Value| {
        value.kind() == ValueKind::Bool && value.is_true()
    });
    environment.add_test("false", |value: &Value| {
        value.kind() == ValueKind::Bool && !value.is_true()
    });
    environment.add_test("integer", |value: &Value| type_name(value) == "int");
    environment.add_test("float", |value: &Value| type_name(value) == "float");
    environment.add_test("number", |value: &Value| {
        matches!(value.kind(), ValueKind::Number | ValueKind::Bool)
    });
    environment.add_test("string", |value: &Value| value.kind() == ValueKind::String);
    environment.add_test("mapping", |value: &Value| {
        value.kind() == ValueKind::Map && python::is_plain_map(value)
    });
    environment.add_test("escaped", |value: &Value| value.is_safe());
    environment.add_test("callable", is_callable);
    environment.add_test("sequence", |value: &Value| {
        let kind = type_name(value);
        matches!(kind, "str" | "Markup" | "list" | "tuple" | "range")
            || python::is_nothing(value)
            || kind == "dict" && python::is_plain_map(value)
    });
    environment.add_test("iterable", |value: &Value| {
        refuse_undefined(value)?;
        let kind = value.kind();
        let is_plain = kind != ValueKind::Map || python::is_plain_map(value);
        let iterates = matches!(
            kind,
            ValueKind::Seq | ValueKind::Iterable | ValueKind::Map | ValueKind::String
        );
        Ok::<bool, Error>(iterates && is_plain)
    });
}

fn is_missing(value: &Value) -> bool {
    value.is_undefined() || python::is_nothing(value)
}

fn comparisons(environment: &mut Environment<'_>) {
    const NAMES: [(&str, &[&str]); 7] = [
        ("==", &["eq", "equalto", "=="]),
        ("!=", &["ne", "!="]),
        ("<", &["lt", "lessthan", "<"]),
        ("<=", &["le", "<="]),
        (">", &["gt", "greaterthan", ">"]),
        (">=", &["ge", ">="]),
        ("in", &["in"]),
    ];
    for (operator, names) in NAMES {
        for name in names {
            environment.add_test(
                *name,
                move |state: &State<'_, '_>, value: &Value, other: &Value| {
                    compare::compare(state, value, operator, other)
                },
            );
        }
    }
}

fn divides(state: &State<'_, '_>, value: &Value, by: i64, rest: i64) -> Result<bool, Error> {
    let found = operators::binary(state, value, "%", &Value::from(by))?;
    compare::is_equal(state, &found, &Value::from(rest))
}

fn is_among(value: &Value, names: &[&str]) -> Result<bool, Error> {
    refuse_undefined(value)?;
    check_hashable(value)?;
    Ok(value.as_str().is_some_and(|name| names.contains(&name)))
}

fn is_callable(value: &Value) -> Result<bool, Error> {
    match type_name(value) {
        // Also what is undefined has a `__call__`, which fails.
        "Undefined" => Ok(true),
        "object" | "dict" if value.as_object().is_some() && !python::is_plain_map(value) => Err(
            unsupported::error("`is callable` of what is not plain data"),
        ),
        _ => Ok(false),
    }
}

/// `is sameas`: the same object in the memory of Python, as far as that is certain.
fn is_same(value: &Value, other: &Value) -> Result<bool, Error> {
    let (kind, other_kind) = (type_name(value), type_name(other));
    if kind != other_kind {
        return Ok(false);
    }
    match (kind, number(value), number(other)) {
        ("Undefined", ..) => Err(uncertain()),
        ("NoneType", ..) => Ok(true),
        ("bool", ..) => Ok(value.is_true() == other.is_true()),
        (_, Some(Number::Whole(left)), Some(Number::Whole(right))) => {
            // Python makes each of these once.
            let is_kept = (-5..=256).contains(&left);
            if left == right && !is_kept {
                Err(uncertain())
            } else {
                Ok(left == right)
            }
        }
        (_, Some(Number::Real(left)), Some(Number::Real(right))) => {
            if left.total_cmp(&right).is_eq() {
                Err(uncertain())
            } else {
                Ok(false)
            }
        }
        _ => match (value.as_str(), other.as_str()) {
            (Some(left), Some(right)) if left == right && left.len() > 1 => Err(uncertain()),
            (Some(left), Some(right)) => Ok(left == right),
            _ if is_same_list(value, other) => Ok(true),
            _ if value == other => Err(uncertain()),
            _ => Ok(false),
        },
    }
}

fn is_same_list(value: &Value, other: &Value) -> bool {
    let list = |value: &Value| {
        value
            .downcast_object_ref::<Vec<Value>>()
            .map(std::ptr::from_ref)
    };
    list(value).is_some() && list(value) == list(other)
}

fn uncertain() -> Error {
    unsupported::error("`is sameas` of equal values asks where Python keeps them; use `==`")
}
