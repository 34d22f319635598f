//! For GitHub: annotations on the lines of a pull request, as workflow commands.

use std::fmt::Write as _;

use super::harmless;
use crate::diagnostic::{Diagnostic, Severity};

/// GitHub shows ten annotations of a kind for each step.
const SHOWN: usize = 10;

/// The first annotations of each kind, and how many more there are.
pub fn github(diagnostics: &[Diagnostic]) -> String {
    let mut commands = String::new();
    for (severity, name) in [(Severity::Error, "error"), (Severity::Warning, "warning")] {
        let kind = diagnostics.iter().filter(|one| one.severity == severity);
        for diagnostic in kind.clone().take(SHOWN) {
            commands.push_str(&command(name, diagnostic));
        }
        let more = kind.count().saturating_sub(SHOWN);
        if more > 0 {
            let plural = if more == 1 { "" } else { "s" };
            let text =
                format!("{more} more {name}{plural}: the log and the job's summary have them all");
            let _infallible = writeln!(commands, "::notice::{}", data(&text));
        }
    }
    commands
}

/// An error that belongs to no line, with what to do about it.
pub fn annotation(message: &str, hint: Option<&str>) -> String {
    format!("::error::{}\n", data(&with_help(message, hint)))
}

/// Something that did not work, and stops nothing.
pub fn warning(message: &str) -> String {
    format!("::warning::{}\n", data(message))
}

/// Something to know though nothing is wrong.
pub fn notice(message: &str) -> String {
    format!("::notice::{}\n", data(message))
}

fn command(name: &str, diagnostic: &Diagnostic) -> String {
    let mut properties = String::new();
    if let Some(place) = &diagnostic.location {
        let end = place.column.saturating_add(place.length);
        let _infallible = write!(
            properties,
            "file={},line={},col={},endColumn={end},",
            property(&place.file),
            place.line,
            place.column,
        );
    }
    let title = property(diagnostic.code.as_str());
    let text = with_help(&harmless(&diagnostic.message), diagnostic.help.as_deref());
    format!("::{name} {properties}title={title}::{}\n", data(&text))
}

fn with_help(message: &str, help: Option<&str>) -> String {
    match help {
        Some(help) => format!("{message}\nhelp: {}", harmless(help)),
        None => message.to_owned(),
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Code;
    use crate::diagnostic::Location;

    #[test]
    fn what_users_wrote_cannot_end_a_command() {
        let place = Location {
            file: "a,b:c\n::error::.yaml".into(),
            line: 7,
            column: 20,
            length: 5,
        };
        let diagnostics =
            [
                Diagnostic::error(Code::SpecWrongType, "100% wrong\n::set-output name=x::y")
                    .at(place)
                    .help("write\r\n::warning::"),
            ];
        insta::assert_snapshot!(github(&diagnostics), @r"::error file=a%2Cb%3Ac%0A%3A%3Aerror%3A%3A.yaml,line=7,col=20,endColumn=25,title=spec/wrong-type::100%25 wrong\n::set-output name=x::y%0Ahelp: write\r\n::warning::");
    }

    #[test]
    fn ten_of_a_kind_are_shown_and_the_rest_is_counted() {
        let mut diagnostics = vec![Diagnostic::error(Code::SpecWrongType, "e"); 12];
        diagnostics.extend(vec![Diagnostic::warning(Code::SpecUnknownInput, "w"); 11]);
        let commands = github(&diagnostics);
        assert_eq!(commands.matches("::error ").count(), 10);
        assert_eq!(commands.matches("::warning ").count(), 10);
        let notices: Vec<&str> = commands
            .lines()
            .filter(|line| line.starts_with("::notice"))
            .collect();
        assert_eq!(
            notices,
            [
                "::notice::2 more errors: the log and the job's summary have them all",
                "::notice::1 more warning: the log and the job's summary have them all"
            ]
        );
    }

    #[test]
    fn a_failure_without_place_is_annotated_too() {
        assert_eq!(
            annotation("could not\nreach AWS", Some("try again")),
            "::error::could not%0Areach AWS%0Ahelp: try again\n"
        );
    }
}
