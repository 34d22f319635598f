//! What the parser says about text that is not YAML, in words that help.

use nucleon_yaml::ScanError;

/// What a fault is and what to do about it.
pub(super) struct Explanation {
    pub(super) message: String,
    pub(super) help: Option<&'static str>,
}

/// Parts of the parser's messages, with what we say instead; the first that fits is taken.
const TABLE: &[(&str, &str, &str)] = &[
    (
        "unprintable",
        "a control character that text cannot hold",
        "remove it, or write it as an escape in double quotes",
    ),
    (
        "tab",
        "a tab is used where only spaces may stand",
        "indent with spaces",
    ),
    (
        "mapping values are not allowed",
        "a `:` stands where no value can begin",
        "quote a value that contains `: `, and check the indentation of this line and the one before",
    ),
    (
        "illegal placement of ':'",
        "a `:` stands where no value can begin",
        "quote a value that contains `: `, and check the indentation of this line and the one before",
    ),
    (
        "expected node content",
        "a value is missing",
        "write a value, or `null`",
    ),
    (
        "simple key expect",
        "a key has no `:` after it",
        "write `key: value`, and check the indentation of this line and the one before",
    ),
    (
        "unexpected character: `%'",
        "a value cannot begin with `%` unless it is quoted",
        "quote it; a template's `{% … %}` belongs into templates, not into data",
    ),
    (
        "unexpected character: `@'",
        "a value cannot begin with `@` unless it is quoted",
        "quote the value",
    ),
    (
        "unexpected character: ``'",
        "a value cannot begin with a backtick unless it is quoted",
        "quote the value",
    ),
    (
        "unknown anchor",
        "an alias has no anchor before it",
        "define it with `&name` first; a value that begins with `*` has to be quoted",
    ),
    (
        "anchor or alias",
        "an alias or an anchor has no name",
        "quote a value that begins with `*` or `&`",
    ),
    (
        "unexpected end of stream",
        "a quoted text never ends",
        "add the closing quote",
    ),
    (
        "unknown escape",
        "an escape that YAML does not have",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    (
        "hexadecimal number",
        "an escape lacks its hexadecimal digits",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    (
        "Unicode character escape",
        "an escape names no character",
        "write `\\\\` for a backslash, or use single quotes",
    ),
    (
        "trailing content after",
        "text follows a closing quote",
        "quote the whole value, and double a quote inside single quotes",
    ),
    (
        "flow mapping",
        "a `{` is not closed where it should be",
        "write `{key: value, other: value}`, and quote a value that begins with `{`",
    ),
    (
        "flow sequence",
        "a `[` is not closed where it should be",
        "write `[one, two]`, and quote a value that begins with `[`",
    ),
    (
        "misplaced bracket",
        "a bracket closes nothing",
        "remove it, or quote the value",
    ),
    (
        "flow construct",
        "a `{` or `[` is not closed where it should be",
        "close it, or indent what belongs to it",
    ),
    (
        "recursion limit",
        "brackets are nested too deeply",
        "use fewer levels",
    ),
    (
        "block sequence entries",
        "a `-` stands where no list item can begin",
        "put the list on its own lines below its key",
    ),
    (
        "did not find expected '-'",
        "a list is followed by something that is not a list item",
        "begin the line with `- `, or check its indentation",
    ),
    (
        "did not find expected key",
        "a mapping is followed by something that is not a key",
        "write `key: value`, and check the indentation of this line and the one before",
    ),
    (
        "invalid indentation",
        "the indentation fits no line before it",
        "indent the line like its siblings",
    ),
    (
        "wrongly indented",
        "a line is indented less than the text it belongs to",
        "indent all lines of the text alike",
    ),
    (
        "block scalar",
        "text after `|` or `>` is not indented as it should be",
        "begin the text on the next line, indented with spaces",
    ),
    (
        "byte order mark",
        "a byte order mark inside the text",
        "remove it",
    ),
    (
        "handle wasn't declared",
        "a tag that nothing declares",
        "write tags as `!Name`",
    ),
    (
        "tag",
        "a tag is not written as tags are",
        "write tags as `!Name`, and quote a value that begins with `!`",
    ),
    (
        "plain scalar cannot start",
        "a value cannot begin with `-` and a bracket",
        "quote the value",
    ),
    (
        "document end marker",
        "text follows the end of the document",
        "remove it, or the `...` before it",
    ),
    (
        "expected <document start>",
        "text follows the end of the document",
        "check the indentation of this line and the one before",
    ),
    (
        "directive",
        "a line that begins with `%` is no directive",
        "quote it, or indent it",
    ),
];

/// Puts a fault of the parser into words.
pub(super) fn explain(error: &ScanError) -> Explanation {
    let known = TABLE.iter().find(|(part, ..)| error.info().contains(part));
    match known {
        Some((_, message, help)) => Explanation {
            message: (*message).to_owned(),
            help: Some(help),
        },
        None => Explanation {
            message: format!("the text is not YAML: {}", error.info()),
            help: None,
        },
    }
}
