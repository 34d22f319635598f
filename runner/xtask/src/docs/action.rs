//! What an `action.yml` declares.

use saphyr_parser::{Event, Parser, ScanError};
use serde_json::{Map, Value};

/// An action's inputs and outputs, in the order of the file.
#[derive(Debug)]
pub(super) struct Action {
    pub(super) inputs: Vec<Input>,
    pub(super) outputs: Vec<Output>,
}

/// One input.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) required: bool,
    pub(super) default: String,
}

/// One output.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) description: String,
}

impl Action {
    /// Reads the text of an `action.yml`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let file = parse(text).map_err(|error| error.to_string())?;
        let input = |(name, value): (&String, &Value)| Input {
            name: name.clone(),
            description: text_of(value, "description"),
            required: text_of(value, "required") == "true",
            default: text_of(value, "default"),
        };
        let output = |(name, value): (&String, &Value)| Output {
            name: name.clone(),
            description: text_of(value, "description"),
        };
        Ok(Self {
            inputs: entries(&file, "inputs")?.iter().map(input).collect(),
            outputs: entries(&file, "outputs")?.iter().map(output).collect(),
        })
    }
}

fn entries<'a>(file: &'a Value, key: &str) -> Result<&'a Map<String, Value>, String> {
    file.get(key)
        .and_then(Value::as_object)
        .ok_or_else(|| format!("`{key}` is not a mapping"))
}

fn text_of(value: &Value, key: &str) -> String {
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// Reads YAML in which every scalar is text.
fn parse(text: &str) -> Result<Value, ScanError> {
    let events = Parser::new_from_str(text)
        .map(|event| Ok(event?.0))
        .collect::<Result<Vec<_>, ScanError>>()?;
    let mut events = events
        .into_iter()
        .skip_while(|event| !matches!(event, Event::DocumentStart(_)))
        .skip(1);
    Ok(node(&mut events).unwrap_or_default())
}

/// Reads one node; `None` at the end of a collection.
fn node<'a>(events: &mut impl Iterator<Item = Event<'a>>) -> Option<Value> {
    match events.next()? {
        Event::Scalar(text, ..) => Some(Value::String(text.into_owned())),
        Event::SequenceStart(..) => {
            Some(Value::Array(std::iter::from_fn(|| node(events)).collect()))
        }
        Event::MappingStart(..) => Some(Value::Object(
            std::iter::from_fn(|| entry(events)).collect(),
        )),
        Event::Nothing
        | Event::StreamStart
        | Event::StreamEnd
        | Event::DocumentStart(_)
        | Event::DocumentEnd
        | Event::Alias(_)
        | Event::SequenceEnd
        | Event::MappingEnd => None,
    }
}

fn entry<'a>(events: &mut impl Iterator<Item = Event<'a>>) -> Option<(String, Value)> {
    let Value::String(key) = node(events)? else {
        return None;
    };
    Some((key, node(events).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_and_outputs_keep_their_order() {
        let action = Action::parse(
            "inputs:\n  b: {description: B, required: true}\n  a: {description: A, default: \"1\"}\noutputs:\n  c: {description: C}\n",
        )
        .unwrap();

        let inputs: Vec<_> = action
            .inputs
            .iter()
            .map(|input| (&*input.name, input.required, &*input.default))
            .collect();
        assert_eq!(inputs, [("b", true, ""), ("a", false, "1")]);
        assert_eq!(action.outputs[0].description, "C");
    }

    #[test]
    fn an_action_without_outputs_is_reported() {
        assert_eq!(
            Action::parse("inputs: {}\n").unwrap_err(),
            "`outputs` is not a mapping"
        );
    }
}
