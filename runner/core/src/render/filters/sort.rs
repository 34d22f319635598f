//! Filters that order and compare: `sort`, `unique`, `min`, `max`, `groupby`, `dictsort`.

use std::cmp::Ordering;
use std::collections::HashSet;

use minijinja::value::{Rest, Tuple, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, State, Value};

use crate::render::arguments::Arguments;
use crate::render::filters::members::Path;
use crate::render::methods::containers::pairs;
use crate::render::python::iterators::{Generator, Group};
use crate::render::python::kind::{check_hashable, type_error, type_name};
use crate::render::python::{charge, collect, compare, refuse_undefined};

pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("sort", sort);
    environment.add_filter("dictsort", dict_sort);
    environment.add_filter("unique", unique);
    environment.add_filter("groupby", group_by);
    environment.add_filter(
        "min",
        |state: &State<'_, '_>, value: &Value, given: Rest<ValueOrKwargs>| {
            extreme(state, value, given, Ordering::Less)
        },
    );
    environment.add_filter(
        "max",
        |state: &State<'_, '_>, value: &Value, given: Rest<ValueOrKwargs>| {
            extreme(state, value, given, Ordering::Greater)
        },
    );
}

/// Sorts by keys; equal ones stay in their order, also where the order is reversed.
pub(super) fn sorted<T>(
    state: &State<'_, '_>,
    keyed: Vec<(Vec<Value>, T)>,
    reverse: bool,
) -> Result<Vec<T>, Error> {
    sorted_by(keyed, reverse, |left, right| order_keys(state, left, right))
}

/// Sorts by one key, which Python compares at once: `None` has no order even beside itself.
fn sorted_by_one<T>(
    state: &State<'_, '_>,
    keyed: Vec<(Value, T)>,
    reverse: bool,
) -> Result<Vec<T>, Error> {
    sorted_by(keyed, reverse, |left, right| {
        charge(state, 32)?;
        let ordering = compare::order(state, left, "<", right)?;
        Ok(ordering.unwrap_or(Ordering::Equal))
    })
}

fn sorted_by<K, T>(
    mut keyed: Vec<(K, T)>,
    reverse: bool,
    order: impl Fn(&K, &K) -> Result<Ordering, Error>,
) -> Result<Vec<T>, Error> {
    let mut fault = None;
    keyed.sort_by(|(left, _), (right, _)| {
        if fault.is_some() {
            return Ordering::Equal;
        }
        let ordering = order(left, right).unwrap_or_else(|error| {
            fault = Some(error);
            Ordering::Equal
        });
        if reverse {
            ordering.reverse()
        } else {
            ordering
        }
    });
    match fault {
        Some(error) => Err(error),
        None => Ok(keyed.into_iter().map(|(_, item)| item).collect()),
    }
}

fn order_keys(state: &State<'_, '_>, left: &[Value], right: &[Value]) -> Result<Ordering, Error> {
    charge(state, 32)?;
    for (left, right) in left.iter().zip(right) {
        if compare::is_equal(state, left, right)? {
            continue;
        }
        return Ok(compare::order(state, left, "<", right)?.unwrap_or(Ordering::Equal));
    }
    Ok(Ordering::Equal)
}

/// `sort(reverse=false, case_sensitive=false, attribute=none)`.
fn sort(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<Vec<Value>, Error> {
    let arguments = Arguments::of(given, &["reverse", "case_sensitive", "attribute"])?;
    let ignore_case = !arguments.is_true("case_sensitive")?;
    let attribute = arguments.some("attribute")?;
    let paths: Vec<Path> = match attribute.as_ref().and_then(Value::as_str) {
        Some(names) => names
            .split(',')
            .map(|name| Path::of(Some(&Value::from(name))))
            .collect::<Result<_, _>>()?,
        None => vec![Path::of(attribute.as_ref())?],
    };
    let paths: Vec<Path> = paths
        .into_iter()
        .map(|path| path.ignoring_case(ignore_case))
        .collect();
    let mut keyed = Vec::new();
    for item in collect(state, value)? {
        let key = paths
            .iter()
            .map(|path| path.get(&item))
            .collect::<Result<_, _>>()?;
        keyed.push((key, item));
    }
    sorted(state, keyed, arguments.is_true("reverse")?)
}

/// `dictsort(case_sensitive=false, by='key', reverse=false)`.
fn dict_sort(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<Vec<Value>, Error> {
    let arguments = Arguments::of(given, &["case_sensitive", "by", "reverse"])?;
    refuse_undefined(value)?;
    let by_value = match arguments.value("by") {
        None => false,
        Some(by) if by.as_str() == Some("key") => false,
        Some(by) if by.as_str() == Some("value") => true,
        Some(_) => {
            return Err(type_error(
                "You can only sort by either \"key\" or \"value\"",
            ));
        }
    };
    if value.kind() != ValueKind::Map {
        return Err(type_error(format!(
            "'{}' object has no attribute 'items'",
            type_name(value)
        )));
    }
    let path = Path::of(None)?.ignoring_case(!arguments.is_true("case_sensitive")?);
    let mut keyed = Vec::new();
    for (key, value) in pairs(value) {
        let by = path.get(if by_value { &value } else { &key })?;
        keyed.push((by, Value::from(Tuple::from([key, value]))));
    }
    sorted_by_one(state, keyed, arguments.is_true("reverse")?)
}

/// `unique(case_sensitive=false, attribute=none)`.
fn unique(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<Value, Error> {
    let arguments = Arguments::of(given, &["case_sensitive", "attribute"])?;
    let path = Path::of(arguments.some("attribute")?.as_ref())?
        .ignoring_case(!arguments.is_true("case_sensitive")?);
    let mut texts = HashSet::new();
    let mut others: Vec<Value> = Vec::new();
    let items = collect(state, value)?;
    Ok(Generator::value(items.into_iter().filter_map(
        |item| match is_new(state, &path, &item, &mut texts, &mut others) {
            Ok(is_new) => is_new.then_some(Ok(item)),
            Err(error) => Some(Err(error)),
        },
    )))
}

fn is_new(
    state: &State<'_, '_>,
    path: &Path,
    item: &Value,
    texts: &mut HashSet<String>,
    others: &mut Vec<Value>,
) -> Result<bool, Error> {
    let key = path.get(item)?;
    refuse_undefined(&key)?;
    if let Some(text) = key.as_str() {
        return Ok(texts.insert(text.to_owned()));
    }
    check_hashable(&key)?;
    for known in others.iter() {
        if compare::is_equal(state, known, &key)? {
            return Ok(false);
        }
    }
    others.push(key);
    Ok(true)
}

/// `min` and `max(case_sensitive=false, attribute=none)`: the first of those that are the most.
fn extreme(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
    wanted: Ordering,
) -> Result<Value, Error> {
    let arguments = Arguments::of(given, &["case_sensitive", "attribute"])?;
    let path = Path::of(arguments.some("attribute")?.as_ref())?
        .ignoring_case(!arguments.is_true("case_sensitive")?);
    let mut best: Option<(Value, Value)> = None;
    for item in collect(state, value)? {
        let key = path.get(&item)?;
        let operator = if wanted.is_lt() { "<" } else { ">" };
        let better = match &best {
            None => true,
            Some((known, _)) => compare::order(state, &key, operator, known)? == Some(wanted),
        };
        if better {
            best = Some((key, item));
        }
    }
    Ok(best.map_or(Value::UNDEFINED, |(_, item)| item))
}

/// `groupby(attribute, default=none, case_sensitive=false)`: pairs of what groups, and the list of the group.
fn group_by(
    state: &State<'_, '_>,
    value: &Value,
    given: Rest<ValueOrKwargs>,
) -> Result<Vec<Value>, Error> {
    let arguments = Arguments::of(given, &["attribute", "default", "case_sensitive"])?;
    let attribute = arguments.required("attribute")?;
    refuse_undefined(&attribute)?;
    let plain = Path::of(Some(&attribute).filter(|attribute| !attribute.is_none()))?;
    let plain = plain.or(arguments.some("default")?);
    let path = plain
        .clone()
        .ignoring_case(!arguments.is_true("case_sensitive")?);
    let mut keyed = Vec::new();
    for item in collect(state, value)? {
        let key = path.get(&item)?;
        keyed.push((key.clone(), (key, item)));
    }
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for (key, item) in sorted_by_one(state, keyed, false)? {
        match groups.last_mut() {
            Some((known, items)) if compare::is_equal(state, known, &key)? => items.push(item),
            _ => groups.push((key, vec![item])),
        }
    }
    let named = groups.into_iter().map(|(_, items)| {
        let grouper = plain.get(&items[0])?;
        Ok(Value::from_object(Group {
            grouper,
            list: Value::from(items),
        }))
    });
    named.collect()
}
