//! Names that the template reads and the context does not have.

use std::ops::Range;
use std::sync::LazyLock;

use minijinja::{Error, ErrorKind};
use regex_lite::Regex;
use serde_json::Value as Json;

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::render::fault::Fault;
use crate::suggest;

static LOOP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\bfor\s+(\w+)\s+in\s+([\w.]+)")
        .expect("the pattern is a constant that the tests compile")
});

/// How Proton named things before June 2021: the old name and the new one.
const OLD_NAMES: &[(&str, &str)] = &[
    ("service_name", "service.name"),
    ("service_instance_name", "service_instance.name"),
    ("source.repository", "service.repository_id"),
    ("source.branch", "service.branch_name"),
    ("source.connection_arn", "service.repository_connection_arn"),
];

impl Fault<'_> {
    /// Describes the error if something undefined is behind it.
    pub(super) fn undefined(&self, error: &Error) -> Option<Diagnostic> {
        let detail = error.detail().unwrap_or_default();
        let expression = undefined_expression(detail);
        if expression.is_none() && error.kind() != ErrorKind::UndefinedError {
            return None;
        }
        let expression = expression.filter(|expression| !expression.contains("..."));
        let Some(expression) = expression else {
            return Some(self.undefined_lookup(&self.range(error)));
        };
        let place = self.place_of(expression, &self.range(error));
        let message = format!("`{expression}` is undefined");
        let diagnostic = self.at(Code::RenderUndefined, message, &place);
        Some(diagnostic.help(self.advice(expression)))
    }

    /// A lookup with a computed key, of which the engine does not know the name.
    fn undefined_lookup(&self, range: &Range<usize>) -> Diagnostic {
        let text = self.text(range).lines().next().unwrap_or_default();
        let message = format!("`{text}` finds nothing under its key");
        self.at(Code::RenderUndefined, message, range)
            .help("add the key to the mapping, or write `| default(…)` after the lookup")
    }

    /// Where an expression stands; the engine's range is sometimes what is done with it.
    fn place_of(&self, expression: &str, range: &Range<usize>) -> Range<usize> {
        let end = self.source[range.end.min(self.source.len())..]
            .find('\n')
            .map_or(self.source.len(), |newline| range.end + newline);
        let start = self.source[..range.start]
            .rfind("{{")
            .max(self.source[..range.start].rfind("{%"))
            .unwrap_or(range.start);
        let found = self
            .source
            .get(start..end)
            .and_then(|text| text.find(expression));
        found.map_or_else(
            || range.clone(),
            |offset| start + offset..start + offset + expression.len(),
        )
    }

    fn advice(&self, expression: &str) -> String {
        let json = self.context.to_json();
        let path = self.resolve(expression);
        self.loop_ended(expression)
            .or_else(|| renamed(&path, &json))
            .or_else(|| elsewhere(&path, &json))
            .or_else(|| misspelt(&path, expression, &json))
            .unwrap_or_else(|| {
                format!(
                    "set it before it is read, or write `{{{{ {expression} | default('…') }}}}`"
                )
            })
    }

    /// A loop's variable that is read where no loop has it.
    fn loop_ended(&self, expression: &str) -> Option<String> {
        let mut loops = LOOP.captures_iter(self.source);
        let over =
            loops.find(|over| over.get(1).is_some_and(|name| name.as_str() == expression))?;
        let line = self.source[..over.get(0)?.start()].matches('\n').count() + 1;
        Some(format!(
            "`{expression}` is there only inside of the loop of line {line}: move what reads it into the loop"
        ))
    }

    /// The path of an expression, with a loop's variable replaced by an element of what the loop goes over.
    fn resolve(&self, expression: &str) -> Vec<String> {
        let mut path = segments(expression);
        let root = path.first().cloned().unwrap_or_default();
        let over = LOOP
            .captures_iter(self.source)
            .find(|captures| captures.get(1).is_some_and(|name| name.as_str() == root));
        if let Some(list) = over.and_then(|captures| captures.get(2)) {
            let mut element = segments(list.as_str());
            element.push("0".to_owned());
            path.splice(..1, element);
        }
        path
    }
}

/// The expression in "`environment.inputs.x` is undefined".
fn undefined_expression(detail: &str) -> Option<&str> {
    let end = detail.find("` is undefined")?;
    let start = detail[..end].rfind('`')? + 1;
    Some(&detail[start..end])
}

/// `a.b['c'][0]` → a, b, c, 0.
fn segments(expression: &str) -> Vec<String> {
    let parts = expression.split(['.', '[', ']', '\'', '"']);
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(ToOwned::to_owned).collect()
}

fn lookup<'j>(json: &'j Json, path: &[String]) -> Option<&'j Json> {
    path.iter().try_fold(json, |json, key| match json {
        Json::Object(members) => members.get(key),
        Json::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

fn exists(json: &Json, path: &str) -> bool {
    lookup(json, &segments(path)).is_some()
}

/// A name of Proton's preview, with the one that it has had since.
fn renamed(path: &[String], json: &Json) -> Option<String> {
    let old = path.join(".");
    let listed = OLD_NAMES.iter().find(|(name, _)| *name == old);
    let new = match (listed, path) {
        (Some((_, new)), _) => (*new).to_owned(),
        (None, [root, name])
            if matches!(
                root.as_str(),
                "environment" | "service_instance" | "pipeline"
            ) =>
        {
            let candidates = [
                format!("{root}.inputs.{name}"),
                format!("{root}.outputs.{name}"),
            ];
            candidates.into_iter().find(|new| exists(json, new))?
        }
        (None, [root, index, spec, name]) if root == "service_instances" && spec == "spec" => {
            format!("{root}[{index}].outputs.{name}")
        }
        _ => return None,
    };
    exists(json, &new).then(|| format!("write `{new}`; Proton called it `{old}` before June 2021"))
}

/// What one kind of template sees and another does not.
fn elsewhere(path: &[String], json: &Json) -> Option<String> {
    let path: Vec<_> = path.iter().map(String::as_str).collect();
    match path[..] {
        ["service_instance", "environment", ref rest @ ..] => {
            Some(format!("write `environment.{}`", rest.join(".")))
        }
        ["service_instance", "components", "default", ..] => Some(
            "no component with it is attached; write `| default('')`, or ask `is defined` first"
                .to_owned(),
        ),
        ["environment", "inputs", ..] if exists(json, "environment.outputs") => Some(
            "only the environment's own template sees its inputs; write an output for it there, and read `environment.outputs`"
                .to_owned(),
        ),
        ["service_instance", ..] if exists(json, "service_instances") => Some(
            "a pipeline sees every instance: `{% for service_instance in service_instances %}`"
                .to_owned(),
        ),
        _ => None,
    }
}

/// The name that was meant, or those that there are.
fn misspelt(path: &[String], expression: &str, json: &Json) -> Option<String> {
    let depth = (0..path.len()).rfind(|depth| lookup(json, &path[..*depth]).is_some())?;
    let members = lookup(json, &path[..depth])?.as_object()?;
    let wrong = &path[depth];
    let names = members.keys().map(String::as_str);
    if let Some(near) = suggest::closest(wrong, names.clone()) {
        let (before, after) = expression.rsplit_once(wrong.as_str())?;
        return Some(format!("did you mean `{before}{near}{after}`?"));
    }
    let Some(parent) = depth.checked_sub(1) else {
        let names = listed(names);
        return Some(format!(
            "set it before it is read; what a template of this kind sees {names}"
        ));
    };
    let declare = match path.get(parent).map(String::as_str) {
        Some("inputs") => {
            "declare it in the schema, and give it a default where specs may leave it out"
        }
        Some("outputs") => "give it out there, under `Outputs`",
        _ => {
            let parent = path[..depth].join(".");
            return Some(format!("what is in `{parent}` {}", listed(names)));
        }
    };
    Some(format!("{declare}; there {}", listed(names)))
}

/// `is `a`` or `are `a`, `b``; a long list is cut.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    match &names[..] {
        [] => "is nothing else".to_owned(),
        [one] => format!("is {one}"),
        names if names.len() > 8 => format!("are {}, …", names[..8].join(", ")),
        names => format!("are {}", names.join(", ")),
    }
}
