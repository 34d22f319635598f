//! The engine's settings: strict, without auto-escaping, bounded, and with the filters of Jinja2 and Proton.

use minijinja::value::merge_maps;
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value,
};

use crate::context::unknown::{self, Reads};
use crate::render::prepared::Templates;
use crate::render::python::operators;
use crate::render::{filters, functions, methods, proton, python, tests};

/// How much work one render may do: about as many instructions, or 64 bytes of data each.
const FUEL: u64 = 500_000;
/// How deep a template may nest and recurse.
const DEPTH: usize = 200;
/// Where the reads of a render stand; no template can name it.
const READS: &str = "<reads>";

/// The filters that there are, for suggestions.
pub(super) const FILTERS: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "capitalize",
    "center",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "filesizeformat",
    "first",
    "float",
    "forceescape",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "proton_cfn_ecs_task_definition_formatted_env_vars",
    "proton_cfn_iam_policy_arns",
    "proton_cfn_lambda_function_formatted_env_vars",
    "proton_cfn_sanitize",
    "random",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "string",
    "striptags",
    "sum",
    "title",
    "tojson",
    "trim",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "urlize",
    "wordcount",
    "wordwrap",
    "xmlattr",
];
/// The tests that there are.
pub(super) const TESTS: &[&str] = &[
    "!=",
    "<",
    "<=",
    "==",
    ">",
    ">=",
    "boolean",
    "callable",
    "defined",
    "divisibleby",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sameas",
    "sequence",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];
/// The functions that there are.
pub(super) const FUNCTIONS: &[&str] = &["cycler", "dict", "joiner", "namespace", "range"];

/// The engine for everything.
pub(super) fn strict(templates: &Templates) -> Environment<'static> {
    let mut environment = Environment::new();
    let templates = templates.clone();
    environment.set_loader(move |name| Ok(templates.text(name)));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEPTH);
    // Without it an error has no columns.
    environment.set_debug(true);
    environment.set_formatter(format);
    environment.set_unknown_method_callback(methods::call);
    // Ours alone, and it prints whatever the context holds.
    environment.remove_global("debug");
    filters::add_to(&mut environment);
    tests::add_to(&mut environment);
    functions::add_to(&mut environment);
    operators::add_to(&mut environment);
    proton::add_to(&mut environment);
    environment
}

/// The engine for templates that look something up by a value that is not known yet.
///
/// What such a lookup finds is undefined, and prints as the unknown value that was read last.
pub(super) fn forgiving(templates: &Templates) -> Environment<'static> {
    let mut environment = strict(templates);
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_formatter(format_forgiving);
    environment
}

/// Puts the reads of a render beside the data, where the formatter finds them.
pub(super) fn with_reads(members: Value, reads: &Reads) -> Value {
    let reads = Value::from_pairs([(READS, Value::from_object(reads.clone()))]);
    merge_maps([members, reads])
}

fn format(output: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    python::write(output, state, value)
}

fn format_forgiving(
    output: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let last = last_unknown(state);
    if !value.is_undefined() {
        return python::write(output, state, value);
    }
    let last = last.ok_or_else(|| Error::from(ErrorKind::UndefinedError))?;
    Ok(output.write_str(&last)?)
}

/// What stands for something undefined where an unknown value was read just before it; nothing in the strict engine.
pub(super) fn last_unknown(state: &State<'_, '_>) -> Option<String> {
    if matches!(state.undefined_behavior(), UndefinedBehavior::Strict) {
        return None;
    }
    let reads = state.lookup(READS)?;
    let name = reads.downcast_object_ref::<Reads>()?.take_last()?;
    Some(unknown::placeholder(&name))
}
