//! What a template rendered to, and which part of the template each part of it came from.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::Location;
use crate::digest::RenderedDigest;

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

    /// A line of the rendered text, without the white space around it; starts at 1.
    pub fn line(&self, line: u32) -> &str {
        let index = line.saturating_sub(1) as usize;
        self.text.lines().nth(index).unwrap_or_default().trim()
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
