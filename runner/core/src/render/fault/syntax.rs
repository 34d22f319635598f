//! Templates that are not Jinja, or use statements that Proton's Jinja did not have.

use std::ops::Range;
use std::sync::LazyLock;

use minijinja::Error;
use regex_lite::Regex;

use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::render::fault::{Fault, detail};
use crate::rendered::location;
use crate::suggest;

/// Statements that open a block.
const OPENING: &[&str] = &["for", "if", "with", "filter", "macro", "call", "autoescape"];
/// Statements that can stand where one is unknown.
const STATEMENTS: &[&str] = &[
    "for",
    "endfor",
    "if",
    "elif",
    "else",
    "endif",
    "set",
    "endset",
    "with",
    "endwith",
    "filter",
    "endfilter",
    "macro",
    "endmacro",
    "call",
    "endcall",
    "raw",
    "endraw",
];

static STATEMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?s)\{#.*?#\}|\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}|\{%[-+]?\s*([a-z]+)")
        .expect("the pattern is a constant that the tests compile")
});

impl Fault<'_> {
    pub(super) fn syntax(&self, error: &Error) -> Diagnostic {
        let range = self.range(error);
        if let Some(diagnostic) = self.dynamic_reference(&range) {
            return diagnostic;
        }
        let detail = detail(error);
        if let Some(statement) = detail.strip_prefix("unknown statement ") {
            return self.unknown_statement(statement, &range);
        }
        if detail.contains("end of input")
            && let Some(diagnostic) = self.unclosed_block()
        {
            return diagnostic;
        }
        let message = self.in_our_words(&detail, &range);
        self.at(Code::RenderSyntax, message, &range)
    }

    /// `{{resolve:…}}`, which CloudFormation reads and Jinja must not.
    fn dynamic_reference(&self, range: &Range<usize>) -> Option<Diagnostic> {
        let open = self.source.get(..range.start)?.rfind("{{")?;
        let rest = &self.source[open..];
        if !rest[2..].trim_start().starts_with("resolve") || self.text(range) != ":" {
            return None;
        }
        let close = rest.find("}}").map_or(rest.len(), |close| close + 2);
        let reference = rest[..close].lines().next().unwrap_or_default();
        let message = format!(
            "`{reference}` is a dynamic reference of CloudFormation, but Jinja reads it as an expression"
        );
        let help = format!("write `{{% raw %}}{reference}{{% endraw %}}`");
        let place = open..open + reference.len();
        Some(self.at(Code::RenderSyntax, message, &place).help(help))
    }

    pub(super) fn unknown_statement(&self, statement: &str, range: &Range<usize>) -> Diagnostic {
        match statement {
            "include" | "import" | "from" | "extends" | "block" => self
                .at(
                    Code::RenderUnsupported,
                    format!("`{{% {statement} %}}` needs other files, and a template of a bundle stands alone"),
                    range,
                )
                .help("copy the text into the template, or define a `{% macro %}` in it"),
            "break" | "continue" | "do" => self
                .at(
                    Code::RenderUnsupported,
                    format!("`{{% {statement} %}}` belongs to an extension of Jinja2 that Proton did not have"),
                    range,
                )
                .help("write the condition into the loop: `{% for item in items if … %}`"),
            _ => self.stray_statement(statement, range),
        }
    }

    fn stray_statement(&self, statement: &str, range: &Range<usize>) -> Diagnostic {
        if STATEMENTS.contains(&statement) {
            return self.misplaced(statement, range);
        }
        let message = format!("`{{% {statement} %}}` is no statement of Jinja");
        let diagnostic = self.at(Code::RenderSyntax, message, range);
        match suggest::closest(statement, STATEMENTS.iter().copied()) {
            Some(near) => diagnostic.help(format!("write `{{% {near} %}}`")),
            None => diagnostic.help("write `{% raw %}` around text that is not Jinja"),
        }
    }

    /// A statement that belongs to a block which is not the one that is open.
    fn misplaced(&self, statement: &str, range: &Range<usize>) -> Diagnostic {
        let Some((block, opened)) = self.open_block(range.start) else {
            let message = format!("`{{% {statement} %}}` has no block that it belongs to");
            return self
                .at(Code::RenderSyntax, message, range)
                .help("remove it, or open its block before it");
        };
        let line = location(self.file, self.source, &opened).line;
        let message =
            format!("`{{% {statement} %}}` stands inside of the `{{% {block} %}}` of line {line}");
        self.at(Code::RenderSyntax, message, range)
            .help(format!("close that one first: `{{% end{block} %}}`"))
    }

    /// The block that is open where the template ends.
    fn unclosed_block(&self) -> Option<Diagnostic> {
        let (block, range) = self.open_block(self.source.len())?;
        let message = format!("`{{% {block} %}}` is never closed");
        let help = format!("write `{{% end{block} %}}` where the block ends");
        Some(self.at(Code::RenderSyntax, message, &range).help(help))
    }

    /// The innermost block that is open at a place, and where its name stands.
    fn open_block(&self, place: usize) -> Option<(&str, Range<usize>)> {
        let mut open: Vec<(&str, Range<usize>)> = Vec::new();
        for captures in STATEMENT.captures_iter(self.source) {
            let Some(name) = captures.get(1) else {
                continue;
            };
            if name.start() >= place {
                break;
            }
            let block = name.as_str();
            if OPENING.contains(&block) {
                open.push((block, name.range()));
            } else if block.starts_with("end") && block != "endset" {
                open.pop();
            }
        }
        open.pop()
    }

    fn in_our_words(&self, detail: &str, range: &Range<usize>) -> String {
        let found = self.text(range);
        let detail = match found {
            "" => detail.to_owned(),
            found => detail.replace("unexpected identifier", &format!("unexpected `{found}`")),
        };
        detail
            .replace("end of variable block", "`}}`")
            .replace("end of print statement", "`}}`")
            .replace(
                "end of raw block",
                "end of the file: `{% raw %}` is never closed",
            )
            .replace("end of comment", "end of the file: `{#` is never closed")
            .replace(
                "end of string",
                "end of the file: a quoted text is never closed",
            )
            .replace("end of block", "`%}`")
            .replace("end of input", "end of the file")
            .replace("expected in", "expected `in`")
    }
}
