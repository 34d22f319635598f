//! What specs may set, seen from the schema alone: the inputs there are, and samples of them.

use super::fill::Filler;
use super::rule::{Kind, Rule};
use super::{InputType, Schema};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location};
use crate::inputs::Inputs;
use crate::yaml::{Node, Span, Value};

/// So many samples are made of one input type at most.
const MOST: usize = 64;

/// Where the values of samples claim to stand, so that faults in them count.
const HERE: Span = Span {
    line: 1,
    column: 1,
    length: 1,
};

/// Texts that may meet a pattern.
const TEXTS: [&str; 12] = [
    "sample",
    "10.0.0.0/16",
    "10.0.0.0",
    "1",
    "a",
    "111122223333",
    "arn:aws:iam::111122223333:role/sample",
    "example.com",
    "https://example.com",
    "me@example.com",
    "1.0.0",
    "sample:latest",
];

/// The inputs that a type declares.
pub(crate) struct Declared<'s> {
    pub(crate) inputs: Vec<DeclaredInput<'s>>,
    /// Whether there may be others.
    pub(crate) open: bool,
}

/// One input that a type declares.
pub(crate) struct DeclaredInput<'s> {
    pub(crate) name: &'s str,
    /// Where the schema names it.
    pub(crate) at: Location,
    /// Whether every spec has it, by itself or by default.
    pub(crate) always: bool,
}

/// Inputs that some spec could have.
pub(crate) struct Sample {
    pub(crate) inputs: Inputs,
    pub(crate) of: SampleOf,
    /// Whether a value stands in it that the schema does not show.
    pub(crate) invented: bool,
}

/// What a sample is a sample of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SampleOf {
    /// A spec that sets only what it must.
    Least,
    /// A spec that sets everything.
    Everything,
    /// One value of one input, as one would write it.
    Choice(String),
}

impl Schema {
    /// What an input type declares; nothing where the schema does not have the type.
    pub(crate) fn declared(&self, input: InputType) -> Option<Declared<'_>> {
        let rule = self.name(input).and_then(|name| self.rule(name))?;
        let filler = Filler::of(self, rule);
        let inputs = filler
            .properties()
            .map(|(name, rule, certain)| DeclaredInput {
                name,
                at: Node::new(Value::Null, rule.named_at).location(&self.file),
                always: certain && (rule.default.is_some() || filler.requires(name)),
            });
        Some(Declared {
            inputs: inputs.collect(),
            open: filler.is_open(),
        })
    }

    /// What Proton refuses where a spec gives the outputs of an environment: only texts are outputs, and each is given.
    pub(crate) fn not_outputs(&self) -> Vec<Diagnostic> {
        let rule = self.name(InputType::Environment);
        let Some(rule) = rule.and_then(|name| self.rule(name)) else {
            return Vec::new();
        };
        let fault = |(name, rule, _): (&str, &Rule, _)| {
            let (what, help) = match rule {
                Rule {
                    default: Some(_), ..
                } => (
                    "has a default",
                    "take `default` out: the spec gives the output",
                ),
                Rule {
                    kind: None | Some(Kind::String),
                    ..
                } => return None,
                Rule { .. } => ("is not a text", "write `type: string`"),
            };
            let message =
                format!("`{name}` is an output of customer-managed infrastructure and {what}");
            let at = Node::new(Value::Null, rule.named_at).location(&self.file);
            Some(
                Diagnostic::warning(Code::SchemaNotAnOutput, message)
                    .at(at)
                    .help(help),
            )
        };
        Filler::of(self, rule)
            .properties()
            .filter_map(fault)
            .collect()
    }

    /// Samples: of the least, of everything, and of every value of those inputs that have few.
    pub(crate) fn samples(&self, input: InputType) -> Vec<Sample> {
        let Some(rule) = self.name(input).and_then(|name| self.rule(name)) else {
            return vec![Sample {
                inputs: Inputs::empty(),
                of: SampleOf::Least,
                invented: false,
            }];
        };
        let filler = Filler::of(self, rule);
        let mut least = Values::default();
        let mut everything = Values::default();
        let mut choices = Vec::new();
        for (name, rule, _) in filler.properties() {
            if rule.default.is_none() {
                let value = sample(rule);
                if filler.requires(name) {
                    least.set(name, value.clone());
                }
                everything.set(name, value);
            }
            choices.extend(options(rule).into_iter().map(|option| (name, option)));
        }
        let mut samples = Vec::new();
        samples.extend(self.sample(input, &least, SampleOf::Least));
        samples.extend(self.sample(input, &everything, SampleOf::Everything));
        for (name, option) in choices.into_iter().take(MOST) {
            let of = SampleOf::Choice(format!("{name}: {}", option.text()));
            let mut values = least.clone();
            values.set(name, Some((option, false)));
            samples.extend(self.sample(input, &values, of));
        }
        samples
    }

    fn sample(&self, input: InputType, values: &Values, of: SampleOf) -> Option<Sample> {
        let node = Node::new(Value::Mapping(values.entries.clone()), HERE);
        let at = Location::start_of(self.file.clone());
        let (inputs, _) = self.check(input, Some(&node), &at);
        inputs.map(|inputs| Sample {
            inputs,
            of,
            invented: values.invented,
        })
    }
}

#[derive(Clone, Default)]
struct Values {
    entries: Vec<(Node, Node)>,
    invented: bool,
}

impl Values {
    fn set(&mut self, name: &str, value: Option<(Node, bool)>) {
        let Some((value, invented)) = value else {
            return;
        };
        self.invented |= invented;
        self.entries.retain(|(key, _)| key.text() != name);
        let key = Node::new(Value::String(name.into()), HERE);
        self.entries.push((key, value));
    }
}

/// A value that meets a rule, and whether it had to be invented.
fn sample(rule: &Rule) -> Option<(Node, bool)> {
    let shown = rule
        .example
        .iter()
        .chain(&rule.default)
        .chain(rule.options.iter().flatten());
    let fits = |node: &&Node| rule.kind.is_none_or(|kind| kind.fits(&node.value));
    if let Some(node) = shown.into_iter().find(fits) {
        return Some((placed(node), false));
    }
    let value = match rule.kind.unwrap_or(Kind::String) {
        Kind::String => Value::String(text(rule)?.into()),
        Kind::Number | Kind::Integer => Value::Integer(whole(rule)),
        Kind::Boolean => Value::Bool(true),
        Kind::Array => {
            let item = rule.items.as_deref().map_or_else(
                || Some(Node::new(Value::String("sample".into()), HERE)),
                |rule| sample(rule).map(|(node, _)| node),
            );
            let count = rule.item_count.minimum.unwrap_or(1).clamp(1, 100);
            let items = std::iter::repeat_n(item?, usize::try_from(count).unwrap_or(1));
            Value::Sequence(items.collect())
        }
        Kind::Object => {
            let mut values = Values::default();
            for (name, rule) in &rule.properties {
                if rule.default.is_some()
                    || !values
                        .entries
                        .iter()
                        .any(|(key, _)| key.text() == name.as_ref())
                {
                    values.set(name, sample(rule));
                }
            }
            Value::Mapping(values.entries)
        }
    };
    Some((Node::new(value, HERE), true))
}

fn text(rule: &Rule) -> Option<String> {
    if let Some(format) = rule.format {
        return Some(format.describe().1.trim_matches('"').to_owned());
    }
    let least = usize::try_from(rule.length.minimum.unwrap_or(0)).unwrap_or(usize::MAX);
    let padded = |text: &str| {
        format!(
            "{text}{}",
            "a".repeat(least.min(1000).saturating_sub(text.len()))
        )
    };
    let good = |text: &String| {
        rule.length.contain(text.len())
            && rule
                .pattern
                .as_ref()
                .is_none_or(|pattern| pattern.occurs_in(text))
    };
    TEXTS.iter().map(|text| padded(text)).find(good)
}

fn whole(rule: &Rule) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "any number near the bound will do"
    )]
    let near = |bound: super::number::Number| bound.real().clamp(-1e15, 1e15).ceil() as i64;
    let exclusive = i64::from(rule.range.exclusive_minimum);
    let least = rule.range.minimum.map(near).map(|least| least + exclusive);
    least.or(rule.range.maximum.map(near)).unwrap_or(1)
}

/// The values of an input that has few, besides its default.
fn options(rule: &Rule) -> Vec<Node> {
    let options = match (&rule.options, rule.kind) {
        (Some(options), _) => options.iter().map(placed).collect(),
        (None, Some(Kind::Boolean)) => [true, false]
            .into_iter()
            .map(|value| Node {
                raw: Some(value.to_string().into()),
                ..Node::new(Value::Bool(value), HERE)
            })
            .collect(),
        (None, _) => Vec::new(),
    };
    let is_default = |option: &Node| {
        let default = rule.default.as_ref();
        default.is_some_and(|default| default.value == option.value)
    };
    options
        .into_iter()
        .filter(|option| !is_default(option))
        .collect()
}

/// A copy whose faults count.
fn placed(node: &Node) -> Node {
    Node {
        span: HERE,
        ..node.clone()
    }
}
