//! What a template rendered to, and which part of the template each part of it came from.

use std::ops::Range;
use std::sync::Arc;

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location};
use crate::digest::RenderedDigest;
use crate::lint::Mentions;
use crate::secret::Secret;
use crate::yaml::{self, Node};

const LONGEST_EXCERPT: usize = 80;
/// So many faults of a file, or of a rendered text, are told: one loop can make as many as it has turns.
pub(crate) const MOST_FAULTS: usize = 50;
/// So many values of a line are named.
const MOST_VALUES: usize = 4;
/// So many places of a line that have values are looked at.
const MOST_SEGMENTS: usize = 20;

/// A rendered template.
#[derive(Clone, Debug)]
pub struct Rendered {
    text: String,
    unknown: Vec<String>,
    origin: Origin,
}

/// Where a rendered text came from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The template's file.
    pub(crate) file: Arc<str>,
    /// The template's text, as it was rendered.
    pub(crate) source: Arc<str>,
    /// Which part came from where, in the order of the rendered text.
    pub(crate) segments: Vec<Segment>,
    /// What no message may show.
    pub(crate) secrets: Vec<Secret>,
}

/// A part of the rendered text and the part of the template that wrote it; both in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) output: Range<usize>,
    pub(crate) source: Range<usize>,
    /// Whether the template's text was copied as it stands, byte for byte.
    pub(crate) copied: bool,
}

impl Rendered {
    pub(crate) fn new(text: String, unknown: Vec<String>, origin: Origin) -> Self {
        Self {
            text,
            unknown,
            origin,
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of values that the template has read and that are not known yet, sorted.
    ///
    /// Where there are any, the text is provisional: it has placeholders in their places.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The digest of the text.
    pub fn digest(&self) -> RenderedDigest {
        RenderedDigest::of(&[self.text.as_bytes()])
    }

    /// The place in the template that wrote a place in the rendered text; both start at 1.
    pub fn locate(&self, line: u32, column: u32) -> Location {
        let offset = offset_of(&self.text, line, column);
        let Origin {
            file,
            source,
            segments,
            ..
        } = &self.origin;
        let index = segments.partition_point(|segment| segment.output.end <= offset);
        let range = match segments.get(index).or_else(|| segments.last()) {
            None => 0..0,
            Some(segment) if segment.copied => {
                let start = segment.source.start + offset.saturating_sub(segment.output.start);
                let start = start.min(segment.source.end);
                start..start
            }
            Some(segment) => segment.source.clone(),
        };
        location(file, source, &range)
    }

    /// The text as YAML, or as JSON, which is YAML; places in it are places in the rendered text.
    ///
    /// Faults are reported where the template wrote what is wrong.
    pub fn parse(&self) -> Result<Node, Vec<Diagnostic>> {
        yaml::parse(&self.origin.file, &self.text).map_err(|faults| {
            let mentions = Mentions::of(&self.origin.source);
            let faults = faults.into_iter().take(MOST_FAULTS);
            faults.map(|fault| self.blame(fault, &mentions)).collect()
        })
    }

    /// A fault of the rendered text as a fault of the template.
    fn blame(&self, fault: Diagnostic, mentions: &Mentions) -> Diagnostic {
        let place = fault
            .location
            .unwrap_or_else(|| Location::start_of(self.origin.file.clone()));
        let message = format!(
            "this renders to `{}`: {}",
            self.excerpt(place.line),
            fault.message
        );
        let help = fault.help.map(|help| self.relocate(&help));
        let values = self.values_on(place.line, mentions);
        let help = match (help, values.as_str()) {
            (help, "") => help,
            (Some(help), values) => Some(format!("{help}; the line holds {values}")),
            (None, values) => Some(format!("the line holds {values}")),
        };
        Diagnostic {
            help,
            ..Diagnostic::error(Code::RenderInvalidYaml, message)
                .at(self.locate(place.line, place.column))
        }
    }

    /// The values that were written into a line, `` `environment.inputs.zone` ``.
    fn values_on(&self, line: u32, mentions: &Mentions) -> String {
        let start = offset_of(&self.text, line, 1);
        let length = self.text[start..].find('\n');
        let end = length.map_or(self.text.len(), |length| start + length);
        let computed = self.origin.segments.iter().filter(|segment| {
            !segment.copied && segment.output.start <= end && start <= segment.output.end
        });
        let mut values: Vec<String> = Vec::new();
        for segment in computed.take(MOST_SEGMENTS) {
            values.extend(
                mentions
                    .within(&segment.source)
                    .map(|value| format!("`{value}`")),
            );
        }
        values.dedup();
        values.truncate(MOST_VALUES);
        values.join(", ")
    }

    /// A text that names a line of the rendered text, naming the template's line instead.
    fn relocate(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("line ") else {
            return text.to_owned();
        };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        match rest[..digits].parse() {
            Ok(line) => format!(
                "{before}line {}{}",
                self.locate(line, 1).line,
                &rest[digits..]
            ),
            Err(_) => text.to_owned(),
        }
    }

    /// A line of the text, without its secrets, cut to what fits into a message.
    fn excerpt(&self, line: u32) -> String {
        let index = line.saturating_sub(1) as usize;
        let line = self.text.lines().nth(index).unwrap_or_default().trim();
        let secrets = self.origin.secrets.iter().map(Secret::expose);
        let line = secrets
            .filter(|secret| !secret.is_empty())
            .fold(line.to_owned(), |line, secret| line.replace(secret, "***"));
        match line.char_indices().nth(LONGEST_EXCERPT) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }
}

/// The place of a range of bytes in a file; what goes on past the end of its first line does not count.
pub(crate) fn location(file: &Arc<str>, source: &str, range: &Range<usize>) -> Location {
    let before = source.get(..range.start).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let marked = source.get(range.clone()).unwrap_or_default();
    let marked = marked.lines().next().unwrap_or_default();
    Location {
        file: file.clone(),
        line: count(before.matches('\n').count()) + 1,
        column: count(before[line_start..].chars().count()) + 1,
        length: count(marked.chars().count()).max(1),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn offset_of(text: &str, line: u32, column: u32) -> usize {
    let line_index = line.saturating_sub(1) as usize;
    let line_start = match line_index.checked_sub(1) {
        None => 0,
        Some(newline) => text
            .match_indices('\n')
            .nth(newline)
            .map_or(text.len(), |(offset, _)| offset + 1),
    };
    let rest = &text[line_start..];
    let end = rest.find('\n').unwrap_or(rest.len());
    let column_index = column.saturating_sub(1) as usize;
    let within = rest[..end].char_indices().nth(column_index);
    line_start + within.map_or(end, |(offset, _)| offset)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::context::Context;
    use crate::inputs::Inputs;
    use crate::render::render;
    use crate::target::Name;
    use crate::template::TemplateSource;

    fn rendered(template: &str) -> Rendered {
        let template = TemplateSource {
            file: "t.yaml".into(),
            text: template.into(),
        };
        let context = json!({"list": ["a", "b"], "bad": "a: b", "o": {"A": "1", "B": "x"}});
        render(&template, &Context::from_json(context).unwrap()).unwrap()
    }

    /// Line and column in the template of a text in the rendered text.
    fn origin(rendered: &Rendered, text: &str) -> (u32, u32) {
        let offset = rendered.text().find(text).unwrap();
        let before = &rendered.text()[..offset];
        let line = count(before.matches('\n').count()) + 1;
        let column = count(before.chars().rev().take_while(|c| *c != '\n').count()) + 1;
        let place = rendered.locate(line, column);
        (place.line, place.column)
    }

    #[test]
    fn text_leads_back_to_its_place_in_the_template() {
        let rendered =
            rendered("a: ü\n{% for x in list %}\n- {{ x }}: one\n{% endfor %}\nz: end\n");
        assert_eq!(rendered.text(), "a: ü\n\n- a: one\n\n- b: one\n\nz: end");
        assert_eq!(origin(&rendered, "b: one"), (3, 6));
        assert_eq!(origin(&rendered, "one"), (3, 12));
        assert_eq!(origin(&rendered, "end"), (5, 4));
    }

    #[test]
    fn text_after_a_block_leads_back_to_its_place() {
        let rendered = rendered(
            "x:\n  {{ o | proton_cfn_lambda_function_formatted_env_vars }} # tail\ny: 1\n",
        );
        assert_eq!(rendered.text(), "x:\n  A: \"1\"\n  B: x # tail\ny: 1");
        assert_eq!(origin(&rendered, "B: x"), (2, 6));
        assert_eq!(origin(&rendered, "tail"), (2, 61));
        assert_eq!(origin(&rendered, "y: 1"), (3, 1));
    }

    #[test]
    fn what_is_not_yaml_is_a_fault_of_the_template() {
        let faults = rendered("a: 1\nb: {{ bad }}\n").parse().unwrap_err();
        let place = faults[0].location.as_ref().unwrap();
        assert_eq!(faults[0].code, Code::RenderInvalidYaml);
        assert_eq!((place.line, place.column), (2, 7));
        assert!(faults[0].message.starts_with("this renders to `b: a: b`: "));
    }
    #[test]
    fn a_fault_does_not_show_a_secret() {
        let secret = Secret::new("pass: word");
        let values = json!({"password": "pass: word"}).as_object().cloned();
        let inputs = Inputs::new(values.unwrap(), vec!["password".to_owned()], vec![secret]);
        let template = TemplateSource {
            file: "t.yaml".into(),
            text: "a: {{ environment.inputs.password }}".into(),
        };
        let context = Context::environment(&Name::new("dev").unwrap(), &inputs);
        let faults = render(&template, &context).unwrap().parse().unwrap_err();
        assert!(faults[0].message.starts_with("this renders to `a: ***`"));
    }
}
