//! For people: the place, the line, what is wrong with it, and what to write.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::harmless;
use crate::diagnostic::{Diagnostic, Location, Severity};

/// With more diagnostics than this, equal ones are told once, with all their places.
const APART: usize = 20;
/// So many of those places are named.
const PLACES: usize = 5;
/// Longer lines are not shown.
const LINE: usize = 400;

/// Shows diagnostics with the lines they point to; `sources` looks up a file's text.
pub fn text(
    diagnostics: &[Diagnostic],
    sources: &dyn Fn(&str) -> Option<Arc<str>>,
    colour: bool,
) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut files = Files {
        sources,
        read: HashMap::new(),
    };
    let mut shown = String::new();
    for same in grouped(diagnostics) {
        shown.push_str(&renderer.render(&[same.group(&mut files)]));
        shown.push_str("\n\n");
    }
    if !diagnostics.is_empty() {
        let _infallible = writeln!(shown, "{}", tally(diagnostics));
    }
    shown
}

/// Diagnostics that differ in nothing but their place.
struct Same<'d> {
    first: &'d Diagnostic,
    others: Vec<&'d Location>,
}

/// Equal ones together where there are many, in the order in which they came.
fn grouped(diagnostics: &[Diagnostic]) -> Vec<Same<'_>> {
    let mut groups: Vec<Same<'_>> = Vec::new();
    let mut known = HashMap::new();
    for diagnostic in diagnostics {
        let Diagnostic {
            code,
            severity,
            message,
            help,
            ..
        } = diagnostic;
        let key = (code, severity, message, help);
        match (known.get(&key), &diagnostic.location) {
            (Some(&index), Some(place)) if diagnostics.len() > APART => {
                let same: &mut Same<'_> = &mut groups[index];
                same.others.push(place);
            }
            _ => {
                known.insert(key, groups.len());
                groups.push(Same {
                    first: diagnostic,
                    others: Vec::new(),
                });
            }
        }
    }
    groups
}

impl Same<'_> {
    fn group<'s>(&self, files: &mut Files<'_>) -> Group<'s> {
        let level = match self.first.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level
            .primary_title(harmless(&self.first.message))
            .id(self.first.code.as_str());
        let mut group = Group::with_title(title);
        if let Some(place) = &self.first.location {
            let line = (!self.first.hides_source)
                .then(|| files.line(place))
                .flatten();
            group = match line {
                Some(line) => group.element(snippet(place, line)),
                None => group.element(origin(place)),
            };
        }
        if let Some(help) = &self.first.help {
            group = group.element(Level::HELP.message(harmless(help)));
        }
        if !self.others.is_empty() {
            group = group.element(Level::NOTE.message(places(&self.others)));
        }
        group
    }
}

fn snippet<'s>(place: &Location, line: String) -> Snippet<'s, annotate_snippets::Annotation<'s>> {
    let span = span(&line, place);
    Snippet::source(line)
        .path(harmless(&place.file))
        .line_start(place.line as usize)
        .annotation(AnnotationKind::Primary.span(span))
}

fn origin<'s>(place: &Location) -> Origin<'s> {
    Origin::path(harmless(&place.file))
        .line(place.line as usize)
        .char_column(place.column as usize)
}

/// The bytes of a line that a place covers; the place after its end where it covers none.
fn span(line: &str, place: &Location) -> Range<usize> {
    let offset = |characters: u32| {
        let mut starts = line.char_indices().map(|(start, _)| start);
        starts.nth(characters as usize).unwrap_or(line.len())
    };
    let start = offset(place.column.saturating_sub(1));
    let end = offset(place.column.saturating_sub(1).saturating_add(place.length));
    start..end.max(start)
}

fn places(others: &[&Location]) -> String {
    let place =
        |place: &&Location| format!("{}:{}:{}", harmless(&place.file), place.line, place.column);
    let named: Vec<String> = others.iter().take(PLACES).map(place).collect();
    let more = others.len() - named.len();
    let rest = if more > 0 {
        format!(" and {more} more places")
    } else {
        String::new()
    };
    format!("the same at {}{rest}", named.join(", "))
}

fn tally(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|one| one.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let count = |count: usize, name: &str| {
        let plural = if count == 1 { "" } else { "s" };
        (count > 0).then(|| format!("{count} {name}{plural}"))
    };
    let counts: Vec<String> = count(errors, "error")
        .into_iter()
        .chain(count(warnings, "warning"))
        .collect();
    counts.join(", ")
}

/// Files that were asked for, cut into lines once.
struct Files<'s> {
    sources: &'s dyn Fn(&str) -> Option<Arc<str>>,
    read: HashMap<Arc<str>, Option<Lines>>,
}

struct Lines {
    text: Arc<str>,
    ranges: Vec<Range<usize>>,
}

impl Files<'_> {
    /// The line of a place, if there is one that can be shown.
    fn line(&mut self, place: &Location) -> Option<String> {
        let sources = self.sources;
        let read = || sources(&place.file).map(Lines::of);
        let lines = self
            .read
            .entry(place.file.clone())
            .or_insert_with(read)
            .as_ref()?;
        let range = lines.ranges.get(place.line.saturating_sub(1) as usize)?;
        let line = &lines.text[range.clone()];
        (line.len() <= LINE).then(|| line.to_owned())
    }
}

impl Lines {
    /// Lines end as YAML's do, and a byte order mark belongs to none.
    fn of(text: Arc<str>) -> Self {
        let mut ranges = Vec::new();
        let mut start = if text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        let bytes = text.as_bytes();
        for (index, byte) in bytes.iter().enumerate() {
            match byte {
                b'\n' if index > 0 && bytes[index - 1] == b'\r' => start = index + 1,
                b'\n' | b'\r' => {
                    ranges.push(start..index);
                    start = index + 1;
                }
                _ => {}
            }
        }
        ranges.push(start..bytes.len());
        Self { text, ranges }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Code;

    const SPEC: &str = "proton: ServiceSpec\ninstances:\n  - name: prod\n    spec:\n      désired_count: \"two\"\n\ttab: x\n";

    fn at(line: u32, column: u32, length: u32) -> Location {
        Location {
            file: "services/shop/spec.yaml".into(),
            line,
            column,
            length,
        }
    }

    fn shown(diagnostics: &[Diagnostic]) -> String {
        text(diagnostics, &|_| Some(SPEC.into()), false)
    }

    fn wrong_type() -> Diagnostic {
        Diagnostic::error(
            Code::SpecWrongType,
            "`désired_count` must be a number, found text",
        )
        .at(at(5, 22, 5))
        .help("write `désired_count: 2`")
    }

    #[test]
    fn a_diagnostic_shows_its_line() {
        insta::assert_snapshot!(shown(&[wrong_type()]), @r#"
        error[spec/wrong-type]: `désired_count` must be a number, found text
         --> services/shop/spec.yaml:5:22
          |
        5 |       désired_count: "two"
          |                      ^^^^^
          |
          = help: write `désired_count: 2`

        1 error
        "#);
    }

    #[test]
    fn places_at_the_edges_of_a_file_are_shown() {
        let fault = Diagnostic::error(Code::YamlSyntax, "the text ends too early");
        let places = [
            at(7, 1, 1),
            at(3, 13, 1),
            at(6, 1, 1),
            at(99, 1, 1),
            at(1, 500, 9),
        ];
        insta::assert_snapshot!(shown(&places.map(|place| fault.clone().at(place))), @r"
        error[yaml/syntax]: the text ends too early
         --> services/shop/spec.yaml:7:1
          |
        7 |
          | ^

        error[yaml/syntax]: the text ends too early
         --> services/shop/spec.yaml:3:13
          |
        3 |   - name: prod
          |             ^

        error[yaml/syntax]: the text ends too early
         --> services/shop/spec.yaml:6:1
          |
        6 |     tab: x
          | ^^^^

        error[yaml/syntax]: the text ends too early
        --> services/shop/spec.yaml:99:1

        error[yaml/syntax]: the text ends too early
         --> services/shop/spec.yaml:1:20
          |
        1 | proton: ServiceSpec
          |                    ^

        5 errors
        ");
    }

    #[test]
    fn a_line_with_a_secret_is_not_shown() {
        let fault = Diagnostic {
            hides_source: true,
            ..wrong_type()
        };
        insta::assert_snapshot!(shown(&[fault, Diagnostic::warning(Code::SpecUnpinned, "without place")]), @r"
        error[spec/wrong-type]: `désired_count` must be a number, found text
        --> services/shop/spec.yaml:5:22
         = help: write `désired_count: 2`

        warning[spec/unpinned]: without place

        1 error, 1 warning
        ");
    }

    #[test]
    fn what_users_wrote_cannot_steer_the_terminal() {
        let fault = Diagnostic::error(
            Code::SpecUnknownInput,
            "`\u{1b}[2J\u{202e}\n` is not an input",
        )
        .at(Location::start_of("a\u{1b}b"))
        .help("remove\r it");
        insta::assert_snapshot!(text(&[fault], &|_| Some("x: \u{1b}[2J\u{202e}".into()), false), @r"
        error[spec/unknown-input]: `\u{1b}[2J\u{202e}\n` is not an input
         --> a\u{1b}b:1:1
          |
        1 | x: ␛[2J�
          | ^
          |
          = help: remove\r it

        1 error
        ");
    }

    #[test]
    fn many_equal_diagnostics_are_told_once() {
        let mut diagnostics: Vec<Diagnostic> = (1..=1000)
            .map(|line| Diagnostic {
                location: Some(at(line, 3, 2)),
                ..wrong_type()
            })
            .collect();
        diagnostics.push(Diagnostic::warning(Code::SpecUnpinned, "another"));
        insta::assert_snapshot!(shown(&diagnostics), @r"
        error[spec/wrong-type]: `désired_count` must be a number, found text
         --> services/shop/spec.yaml:1:3
          |
        1 | proton: ServiceSpec
          |   ^^
          |
          = help: write `désired_count: 2`
          = note: the same at services/shop/spec.yaml:2:3, services/shop/spec.yaml:3:3, services/shop/spec.yaml:4:3, services/shop/spec.yaml:5:3, services/shop/spec.yaml:6:3 and 994 more places

        warning[spec/unpinned]: another

        1000 errors, 1 warning
        ");
    }

    #[test]
    fn colour_is_added_only_where_it_is_wanted() {
        let sources = |_: &str| Some(SPEC.into());
        assert!(text(&[wrong_type()], &sources, true).contains("\u{1b}["));
        assert!(!text(&[wrong_type()], &sources, false).contains('\u{1b}'));
    }

    #[test]
    fn lines_end_as_in_yaml_and_a_byte_order_mark_is_no_character() {
        let lines = Lines::of("\u{feff}a\r\nb\rc\n\nd".into());
        let shown: Vec<&str> = lines
            .ranges
            .iter()
            .map(|range| &lines.text[range.clone()])
            .collect();
        assert_eq!(shown, ["a", "b", "c", "", "d"]);
    }
}
