//! From the parser's events to nodes, without recursion, within bounds.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use indexmap::IndexMap;
use nucleon_yaml::{Event, Events, Marker, ScalarStyle, ScanError, Span as Marks, Tag};

use super::{Node, Span, Value, fault, scalar};
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location};

/// How large a document may be, in bytes: as large as a whole Proton bundle.
pub const MAX_BYTES: usize = 5 * 1024 * 1024;
/// How many values a document may hold.
pub const MAX_NODES: usize = 500_000;
/// How many values aliases may add to it.
pub const MAX_COPIES: usize = 50_000;
/// How deep lists and mappings may be nested.
pub const MAX_DEPTH: usize = 128;

/// Up to so many keys are compared with each other sooner than with a table.
const FEW: usize = 8;

/// Parses a text that holds exactly one document; an empty one is a null.
///
/// Reports every duplicate key before a syntax error, and the first syntax error.
pub fn parse(file: &Arc<str>, text: &str) -> Result<Node, Vec<Diagnostic>> {
    if text.len() > MAX_BYTES {
        let message = format!("the file holds more than {} MB of YAML", MAX_BYTES >> 20);
        let fault = Diagnostic::error(Code::YamlTooLarge, message).help("split the file");
        return Err(vec![fault.at(Location::start_of(file.clone()))]);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder::new(file, text);
    if let Err(fault) = builder.document() {
        builder.faults.push(*fault);
    }
    if builder.faults.is_empty() {
        return Ok(builder.root.unwrap_or_else(|| {
            Node::new(
                Value::Null,
                Span {
                    line: 1,
                    column: 1,
                    length: 1,
                },
            )
        }));
    }
    builder.faults.sort_by_key(|fault| fault.location.clone());
    Err(builder.faults)
}

type Step = Result<(), Box<Diagnostic>>;

struct Builder<'a> {
    file: &'a Arc<str>,
    text: &'a str,
    /// Characters per line, without trailing blanks.
    lines: Vec<u32>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    copies: usize,
    faults: Vec<Diagnostic>,
    root: Option<Node>,
}

/// A list or mapping whose end has not come yet.
struct Open {
    anchor: usize,
    tag: Option<Arc<str>>,
    start: Marker,
    items: Items,
    /// Nodes seen before it, to know how many it holds.
    nodes_before: usize,
    /// Levels below it.
    height: usize,
}

enum Items {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<(Node, Node)>,
        key: Option<Node>,
    },
}

struct Anchored {
    node: Node,
    size: usize,
    height: usize,
}

impl<'a> Builder<'a> {
    fn new(file: &'a Arc<str>, text: &'a str) -> Self {
        Self {
            file,
            text,
            lines: line_lengths(text),
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            copies: 0,
            faults: Vec::new(),
            root: None,
        }
    }

    fn document(&mut self) -> Step {
        for event in Events::of(self.text) {
            let (event, marks) = event.map_err(|error| self.syntax(&error))?;
            self.event(event, marks)?;
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, marks: Marks) -> Step {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(&text, style, tag.as_deref(), marks)?;
                self.nodes += 1;
                self.close(node, anchor, 1, 0)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Items::Sequence(Vec::new()), anchor, tag.as_deref(), marks)
            }
            Event::MappingStart(anchor, tag) => {
                let items = Items::Mapping {
                    entries: Vec::new(),
                    key: None,
                };
                self.open(items, anchor, tag.as_deref(), marks)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(marks),
            Event::Alias(anchor) => self.alias(anchor, marks),
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(self.second_document(marks).into())
            }
            Event::DocumentStart(_)
            | Event::DocumentEnd
            | Event::StreamStart
            | Event::StreamEnd
            | Event::Nothing => Ok(()),
        }
    }

    fn open(&mut self, items: Items, anchor: usize, tag: Option<&Tag>, marks: Marks) -> Step {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.too_deep(marks).into());
        }
        self.open.push(Open {
            anchor,
            tag: tag.and_then(own_tag),
            start: marks.start,
            items,
            nodes_before: self.nodes,
            height: 0,
        });
        self.nodes += 1;
        Ok(())
    }

    fn end(&mut self, marks: Marks) -> Step {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.items {
            Items::Sequence(items) => Value::Sequence(items),
            Items::Mapping { entries, .. } => Value::Mapping(self.mapping(entries)),
        };
        let node = Node {
            tag: open.tag,
            ..Node::new(value, self.span(open.start, marks.end))
        };
        let size = self.nodes - open.nodes_before;
        self.close(node, open.anchor, size, open.height + 1)
    }

    /// Puts a complete node where it belongs, and keeps it if it has an anchor.
    fn close(&mut self, node: Node, anchor: usize, size: usize, height: usize) -> Step {
        let span = node.span;
        if self.nodes > MAX_NODES {
            let message = format!("more than {MAX_NODES} values in one document");
            let fault = self.fault(Code::YamlTooLarge, message, span);
            return Err(fault.help("split the file").into());
        }
        if anchor > 0 {
            self.copy(size, span)?;
            let node = node.clone();
            self.anchors.insert(anchor, Anchored { node, size, height });
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        parent.height = parent.height.max(height);
        match &mut parent.items {
            Items::Sequence(items) => items.push(node),
            Items::Mapping { entries, key } => match key.take() {
                Some(key) => entries.push((key, node)),
                None if matches!(node.value, Value::Sequence(_) | Value::Mapping(_)) => {
                    return Err(self.collection_as_key(span).into());
                }
                None => *key = Some(node),
            },
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, marks: Marks) -> Step {
        let span = self.span(marks.start, marks.end);
        let Some(anchored) = self.anchors.get(&anchor) else {
            let message = "an alias stands inside the value that it names";
            return Err(self.fault(Code::YamlSyntax, message, span).into());
        };
        let (size, height) = (anchored.size, anchored.height);
        self.copy(size, span)?;
        if self.open.len() + height > MAX_DEPTH {
            return Err(self.too_deep(marks).into());
        }
        let node = self.anchors[&anchor].node.clone();
        self.nodes += size;
        self.close(node, 0, size, height)
    }

    fn copy(&mut self, size: usize, span: Span) -> Step {
        self.copies += size;
        if self.copies <= MAX_COPIES {
            return Ok(());
        }
        let message = format!("aliases expand to more than {MAX_COPIES} values");
        let fault = self.fault(Code::YamlTooLarge, message, span);
        Err(fault
            .help("write the values out, or put anchors on smaller parts")
            .into())
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        marks: Marks,
    ) -> Result<Node, Box<Diagnostic>> {
        let span = self.span(marks.start, marks.end);
        let own = tag.and_then(own_tag);
        let plain = style == ScalarStyle::Plain;
        let value = match tag {
            None if plain => scalar::plain(text),
            Some(tag) if tag.is_yaml_core_schema() => scalar::tagged(&tag.suffix, &text.into())
                .ok_or_else(|| {
                    let message = format!("`!!{}` does not fit this value", tag.suffix);
                    Box::new(self.fault(Code::YamlSyntax, message, span))
                })?,
            _ => Value::String(text.into()),
        };
        let raw = match &value {
            _ if !plain => None,
            // With a tag nobody can take it for something else.
            Value::String(_) if tag.is_some() => None,
            Value::String(text) => Some(text.clone()),
            _ => Some(text.into()),
        };
        Ok(Node {
            tag: own,
            raw,
            ..Node::new(value, span)
        })
    }

    /// Reports keys that stand twice, and merges what `<<` names as Python's loader does.
    fn mapping(&mut self, entries: Vec<(Node, Node)>) -> Vec<(Node, Node)> {
        self.duplicate_keys(&entries);
        if !entries.iter().any(|(key, _)| is_merge(key)) {
            return entries;
        }
        let (merges, own): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|(key, _)| is_merge(key));
        let mut merged: IndexMap<Arc<str>, (Node, Node)> = IndexMap::new();
        let inherited = merges
            .into_iter()
            .flat_map(|(key, value)| self.merge(&key, value));
        for (key, value) in inherited.chain(own).collect::<Vec<_>>() {
            merged.insert(key.text().into(), (key, value));
        }
        merged.into_values().collect()
    }

    /// What one `<<` adds; of several mappings the first wins, so it comes last.
    fn merge(&mut self, key: &Node, value: Node) -> Vec<(Node, Node)> {
        let parts = match value.value {
            Value::Mapping(entries) => return entries,
            Value::Sequence(items) => items,
            _ => Vec::new(),
        };
        let mut added = Vec::new();
        let mut good = !parts.is_empty();
        for part in parts.into_iter().rev() {
            match part.value {
                Value::Mapping(entries) => added.extend(entries),
                _ => good = false,
            }
        }
        if !good {
            let message = "`<<` takes a mapping or a list of mappings";
            let fault = self.fault(Code::YamlSyntax, message, key.span);
            self.faults
                .push(fault.help("write `<<: *name`, where `&name` marks a mapping"));
        }
        added
    }

    fn duplicate_keys(&mut self, entries: &[(Node, Node)]) {
        if entries.len() <= FEW && all_differ(entries) {
            return;
        }
        let mut lines: HashMap<&str, u32> = HashMap::with_capacity(entries.len());
        for (key, _) in entries.iter().filter(|(key, _)| !is_merge(key)) {
            match lines.entry(key.text()) {
                Entry::Vacant(entry) => {
                    entry.insert(key.span.line);
                }
                Entry::Occupied(entry) => {
                    let message = format!("`{}` stands twice in one mapping", key.text());
                    let help = format!("it is on line {} already: keep one of them", entry.get());
                    let fault = self.fault(Code::YamlDuplicateKey, message, key.span);
                    self.faults.push(fault.help(help));
                }
            }
        }
    }

    /// The place between two marks, cut at the end of the first line.
    fn span(&self, start: Marker, end: Marker) -> Span {
        let line = self.lines.get(start.line().saturating_sub(1));
        let line_end = line.copied().unwrap_or_default();
        let end = if end.line() == start.line() {
            number(end.col()).min(line_end)
        } else {
            line_end
        };
        let column = number(start.col());
        Span {
            line: number(start.line()),
            column: column + 1,
            length: end.saturating_sub(column).max(1),
        }
    }

    fn fault(&self, code: Code, message: impl Into<String>, span: Span) -> Diagnostic {
        let place = Node::new(Value::Null, span).location(self.file);
        Diagnostic::error(code, message).at(place)
    }

    fn syntax(&self, error: &ScanError) -> Diagnostic {
        let explanation = fault::explain(error);
        let span = self.span(*error.marker(), *error.marker());
        let fault = self.fault(Code::YamlSyntax, explanation.message, span);
        let unclosed = self.open.last().and_then(|open| self.bracket(open.start));
        match (unclosed, explanation.help) {
            (Some(bracket), _) => fault.help(bracket),
            (None, Some(help)) => fault.help(help),
            (None, None) => fault,
        }
    }

    /// What to do about a bracket that is still open.
    fn bracket(&self, start: Marker) -> Option<String> {
        let open = self.text_at(start).chars().next()?;
        let close = match open {
            '[' => ']',
            '{' => '}',
            _ => return None,
        };
        let line = start.line();
        Some(format!(
            "close the `{open}` of line {line} with `{close}`, or quote the value if it is text"
        ))
    }

    fn too_deep(&self, marks: Marks) -> Diagnostic {
        let message = format!("more than {MAX_DEPTH} levels of nesting");
        let span = self.span(marks.start, marks.start);
        self.fault(Code::YamlTooLarge, message, span)
            .help("use fewer levels")
    }

    fn second_document(&self, marks: Marks) -> Diagnostic {
        let span = self.span(marks.start, marks.end);
        let fault = self.fault(Code::YamlSyntax, "a second document begins here", span);
        fault.help("keep one document in a file: remove the `---`")
    }

    fn collection_as_key(&self, span: Span) -> Diagnostic {
        let outer = self.open.last().map(|open| open.start);
        let braces = outer.filter(|start| self.text_at(*start).starts_with("{{"));
        if let Some(start) = braces {
            let message = "a value begins with `{{`, which YAML reads as a mapping in a mapping";
            let span = Span {
                length: 2,
                ..self.span(start, start)
            };
            let fault = self.fault(Code::YamlSyntax, message, span);
            return fault.help("quote the value: write `\"{{ … }}\"`");
        }
        self.fault(Code::YamlSyntax, "a key is a list or a mapping", span)
            .help("write a text or a number before the `:`")
    }

    /// The rest of the document from a mark on.
    fn text_at(&self, mark: Marker) -> &str {
        let mut starts = self.text.char_indices().map(|(start, _)| start);
        let start = starts.nth(mark.index()).unwrap_or(self.text.len());
        &self.text[start..]
    }
}

/// A tag that is not one of YAML's own, as it is written.
fn own_tag(tag: &Tag) -> Option<Arc<str>> {
    (!tag.is_yaml_core_schema()).then(|| format!("{}{}", tag.handle, tag.suffix).into())
}

fn all_differ(entries: &[(Node, Node)]) -> bool {
    let among_those_before = |(index, (key, _)): (usize, &(Node, Node))| {
        let before = entries[..index].iter();
        before
            .map(|(other, _)| other.text())
            .any(|other| other == key.text())
    };
    !entries.iter().enumerate().any(among_those_before)
}

fn is_merge(key: &Node) -> bool {
    key.raw.as_deref() == Some("<<")
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// How many characters each line has, without blanks at its end; lines end as YAML's do.
fn line_lengths(text: &str) -> Vec<u32> {
    if text.is_ascii() && !text.contains('\r') {
        let length = |line: &str| number(line.trim_end().len());
        return text.split('\n').map(length).collect();
    }
    let mut lengths = Vec::new();
    let (mut column, mut length) = (0, 0);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\r' && characters.peek() == Some(&'\n') {
            continue;
        }
        if matches!(character, '\n' | '\r') {
            lengths.push(length);
            (column, length) = (0, 0);
            continue;
        }
        column += 1;
        if !character.is_whitespace() {
            length = column;
        }
    }
    lengths.push(length);
    lengths
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
