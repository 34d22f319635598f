//! What stands in tags: expressions to print, and the statements of Jinja2.

use crate::render::translate::lexer::Tag;
use crate::render::translate::parser::{Parsed, Parser};
use crate::render::translate::scopes::Scopes;
use std::ops::Range;

use crate::render::translate::{ABSENT, CONCATENATE, ITERATE, Refusal, RefusalKind};

/// What is set in the block of a filter or an assignment is not seen outside.
const OPEN_SCOPE: &str = " %}{% with ";
const CLOSE_SCOPE: &str = "endwith %}{% ";

/// How many blocks may be open; the engine's own parser allows as many levels.
const NESTING: usize = 150;

/// What a loop is called from its `else` on.
const LOOP_ELSE: &str = "else of for";

type Done = Result<(), Refusal>;

/// The blocks that are open, and what is set in them.
#[derive(Debug)]
pub(super) struct Blocks {
    names: Vec<String>,
    scopes: Scopes,
}

/// Reads one tag to its end; keeps the names of the blocks that are open.
pub(super) fn tag(mut parser: Parser<'_>, tag: &Tag, blocks: &mut Blocks) -> Done {
    parser.in_macro = blocks.find("macro").is_some() || blocks.find("call").is_some();
    let called = blocks.find("macro").max(blocks.find("call"));
    parser.is_out_of_loop =
        called.is_some() && blocks.find("for") < called && blocks.find("for").is_some();
    // In a condition Jinja2 looks for a filter only when it comes to it.
    let mut is_conditional = blocks.names.last().is_some_and(|block| block == "if");
    if tag.is_statement {
        let keyword = parser.text();
        is_conditional |= keyword == "if";
        let assigns = statement(&mut parser, tag)?;
        blocks.scope_else(keyword, tag, &mut parser);
        blocks.note(keyword, assigns, &parser)?;
    } else {
        parser.tuple(Parser::expression, Parser::is_at_end)?;
        blocks.read(&parser, &[])?;
    }
    if !parser.is_at_end() {
        let close = if tag.is_statement { "`%}`" } else { "`}}`" };
        return Err(parser.unexpected(&format!("expected {close}")));
    }
    match parser.unknown.into_iter().next() {
        Some(refusal) if !is_conditional => Err(refusal),
        _ => Ok(()),
    }
}

impl Blocks {
    pub(super) fn new() -> Self {
        Self {
            names: Vec::new(),
            scopes: Scopes::new(),
        }
    }

    /// Keeps what is set in the `else` of a loop inside of it.
    fn scope_else(&mut self, keyword: &str, tag: &Tag, parser: &mut Parser<'_>) {
        let Some(block) = self.names.last_mut() else {
            return;
        };
        match (block.as_str(), keyword) {
            ("for", "else") => {
                parser.edits.after(tag.sign, OPEN_SCOPE);
                LOOP_ELSE.clone_into(block);
                self.scopes.close();
                self.scopes.open();
            }
            (LOOP_ELSE, "endfor") => {
                let keyword = parser.first();
                parser
                    .edits
                    .replace(keyword, format!("{CLOSE_SCOPE}endfor"));
            }
            _ => {}
        }
    }

    /// Where the innermost block of a name stands among those that are open.
    fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().rposition(|block| block == name)
    }

    /// Notes what a tag reads, but for names that are its own.
    fn read(&mut self, parser: &Parser<'_>, own: &[(&str, Range<usize>)]) -> Done {
        let is_own = |name: &str| own.iter().any(|(known, _)| *known == name);
        for (name, range) in &parser.reads {
            if !is_own(name) {
                self.scopes.read(name, range)?;
            }
        }
        Ok(())
    }

    fn set(&mut self, names: &[(&str, Range<usize>)]) -> Done {
        names
            .iter()
            .try_for_each(|(name, range)| self.scopes.set(name, range))
    }

    /// Opens and closes blocks; one that is closed wrongly is the engine's to report.
    fn note(&mut self, keyword: &str, assigns: bool, parser: &Parser<'_>) -> Done {
        match keyword {
            "for" | "call" | "filter" | "with" => {
                if keyword == "with" && parser.in_macro {
                    check_with(parser)?;
                }
                self.read(parser, if keyword == "for" { &parser.sets } else { &[] })?;
                self.scopes.open();
                self.set(&parser.sets)?;
            }
            "macro" => {
                let (name, arguments) = parser.sets.split_at(1.min(parser.sets.len()));
                self.set(name)?;
                self.scopes.open();
                self.set(arguments)?;
                self.read(parser, &[])?;
            }
            "if" => {
                self.read(parser, &[])?;
                self.scopes.open_condition();
            }
            "set" if assigns => {
                self.read(parser, &[])?;
                self.set(&parser.sets)?;
            }
            "set" => {
                self.read(parser, &[])?;
                let name = parser.sets.first();
                self.scopes.open_assignment(name.map(|(name, _)| *name));
            }
            _ => self.read(parser, &[])?,
        }
        match keyword {
            "if" | "for" | "macro" | "call" | "filter" | "with" => self.begin(keyword, parser)?,
            "set" if !assigns => self.begin(keyword, parser)?,
            "endif" => {
                self.scopes.close_condition();
                self.names.pop();
            }
            _ if keyword.starts_with("end") => {
                self.scopes.close();
                self.names.pop();
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, keyword: &str, parser: &Parser<'_>) -> Done {
        if self.names.len() == NESTING {
            return Err(parser.unsupported(format!("blocks nest deeper than {NESTING} levels")));
        }
        self.names.push(keyword.to_owned());
        Ok(())
    }
}

/// The engine does not find a name outside of a macro that a `{% with %}` in it sets from itself.
fn check_with(parser: &Parser<'_>) -> Done {
    let is_read =
        |(name, _): &&(&str, Range<usize>)| parser.reads.iter().any(|(read, _)| read == name);
    match parser.sets.iter().find(is_read) {
        Some((name, range)) => Err(Refusal {
            kind: RefusalKind::Unsupported,
            message: format!(
                "`{name}` is set from itself by a `{{% with %}}` in a macro; take another name"
            ),
            range: range.clone(),
        }),
        None => Ok(()),
    }
}

/// Reads one statement; says whether it is an assignment, which has no end.
fn statement(parser: &mut Parser<'_>, tag: &Tag) -> Result<bool, Refusal> {
    let keyword = parser.text();
    let place = parser.name()?;
    match keyword {
        "if" | "elif" => {
            parser.tuple(Parser::or_condition, Parser::is_at_end)?;
        }
        "for" => for_loop(parser)?,
        "set" => return set(parser, tag),
        "with" => with(parser)?,
        "macro" => {
            let name = parser.text();
            let range = parser.name()?;
            parser.sets.push((name, range));
            let signature = signature(parser)?;
            if signature.reads_arguments {
                signature.move_defaults(parser);
            }
        }
        "call" => call(parser)?,
        "filter" => {
            filters(parser)?;
            parser.edits.after(tag.sign, OPEN_SCOPE);
        }
        "endset" | "endfilter" => parser
            .edits
            .replace(place, CLOSE_SCOPE.to_owned() + keyword),
        "print" => print(parser, tag, place.start)?,
        "else" | "endif" | "endfor" | "endwith" | "endmacro" | "endcall" => {}
        "autoescape" | "endautoescape" => {
            let message =
                "`{% autoescape %}` writes HTML; CloudFormation has no use for it".to_owned();
            return Err(parser.unsupported(message));
        }
        // What comes of these is reported where the engine meets them.
        _ => return Err(Parser::unknown_statement(keyword, place)),
    }
    Ok(false)
}

impl Parser<'_> {
    /// A condition of a statement, where `if … else …` is not expected.
    fn or_condition(&mut self) -> Parsed {
        self.or()
    }

    fn is_recursive_or_end(&self) -> bool {
        self.is_at_end() || self.is_word("recursive")
    }
}

fn for_loop(parser: &mut Parser<'_>) -> Done {
    let unpacks = target(parser, true)?;
    if !parser.skip_word("in") {
        return Err(parser.unexpected("expected `in`"));
    }
    let over = parser.tuple(Parser::or_condition, Parser::is_recursive_or_end)?;
    iterate(parser, &over, if unpacks { ", true" } else { "" });
    if parser.skip_word("if") {
        parser.expression()?;
    }
    parser.skip_word("recursive");
    Ok(())
}

/// Lets our own function go through what an expression gives.
fn iterate(parser: &mut Parser<'_>, over: &Range<usize>, items: &str) {
    parser.edits.before(over.start, format!("{ITERATE}("));
    parser.edits.after(over.end, format!("{items})"));
}

/// What is assigned to: names with commas between them, in parentheses or not; says whether there are several.
fn target(parser: &mut Parser<'_>, of_loop: bool) -> Result<bool, Refusal> {
    let mut count = 0;
    let mut unpacks = false;
    loop {
        let is_end = parser.is_word("in")
            || parser.is_operator("=")
            || parser.is_operator(")")
            || parser.is_at_end();
        if count > 0 && is_end {
            return Ok(unpacks);
        }
        if parser.skip_operator("(") {
            unpacks |= target(parser, of_loop)?;
            parser.expect(")")?;
        } else {
            assigned_name(parser, of_loop)?;
        }
        count += 1;
        if !parser.skip_operator(",") {
            return Ok(unpacks);
        }
        unpacks = true;
    }
}

fn assigned_name(parser: &mut Parser<'_>, of_loop: bool) -> Done {
    let name = parser.text();
    if matches!(name, "true" | "True" | "false" | "False" | "none" | "None") {
        return Err(parser.unexpected("which cannot be assigned to"));
    }
    if name == "loop" && of_loop {
        return Err(parser.unexpected("which is the loop's own"));
    }
    if matches!(name, "loop" | "self") {
        let message = format!("`{name}` cannot be set: it is Jinja's own name");
        return Err(parser.unsupported(message));
    }
    let range = parser.name()?;
    parser.sets.push((name, range));
    Ok(())
}

fn set(parser: &mut Parser<'_>, tag: &Tag) -> Result<bool, Refusal> {
    let unpacks = target(parser, false)?;
    if parser.skip_operator(".") {
        // The name is that of a namespace, which is read.
        parser.name()?;
        let names = std::mem::take(&mut parser.sets);
        parser.reads.extend(names);
    }
    if parser.skip_operator("=") {
        let value = parser.tuple(Parser::expression, Parser::is_at_end)?;
        if unpacks {
            iterate(parser, &value, "");
        }
        return Ok(true);
    }
    if parser.skip_operator("|") {
        filters(parser)?;
    }
    parser.edits.after(tag.sign, OPEN_SCOPE);
    Ok(false)
}

fn filters(parser: &mut Parser<'_>) -> Done {
    parser.filter()?;
    while parser.skip_operator("|") {
        parser.filter()?;
    }
    Ok(())
}

fn with(parser: &mut Parser<'_>) -> Done {
    let mut first = true;
    while !parser.is_at_end() {
        if !first {
            parser.expect(",")?;
        }
        first = false;
        let unpacks = target(parser, false)?;
        parser.expect("=")?;
        let value = parser.expression()?;
        if unpacks {
            iterate(parser, &value, "");
        }
    }
    Ok(())
}

/// An argument of a macro that has a default.
struct Default {
    name: String,
    /// From the name to the sign before the value.
    place: Range<usize>,
    value: Range<usize>,
}

/// The arguments of a macro; says which of them have a default that reads another argument.
fn signature(parser: &mut Parser<'_>) -> Result<Signature, Refusal> {
    let open = parser.expect("(")?;
    let mut signature = Signature {
        open,
        names: Vec::new(),
        defaults: Vec::new(),
        reads_arguments: false,
        close: 0..0,
    };
    while !parser.is_operator(")") {
        if !signature.names.is_empty() {
            parser.expect(",")?;
        }
        let place = parser.range();
        let name = parser.text().to_owned();
        assigned_name(parser, false)?;
        if parser.is_operator("=") {
            let sign = parser.advance();
            let value = parser.expression()?;
            signature.reads_arguments |= parser.mentions(&value, &signature.names);
            signature.defaults.push(Default {
                name: name.clone(),
                place: place.start..sign.end,
                value,
            });
        } else if !signature.defaults.is_empty() {
            return Err(
                parser.unexpected("an argument without a default follows one with a default")
            );
        }
        signature.names.push(name);
    }
    signature.close = parser.expect(")")?;
    Ok(signature)
}

struct Signature {
    open: Range<usize>,
    names: Vec<String>,
    defaults: Vec<Default>,
    reads_arguments: bool,
    close: Range<usize>,
}

impl Signature {
    /// Moves the defaults into the macro, where they see the arguments before them.
    fn move_defaults(&self, parser: &mut Parser<'_>) {
        let has_default = |name: &String| self.defaults.iter().any(|default| default.name == *name);
        let names = self.names.iter().map(|name| {
            if has_default(name) {
                format!("{name}={ABSENT}")
            } else {
                name.clone()
            }
        });
        let mut before = format!("({})", names.collect::<Vec<_>>().join(", "));
        let mut from = self.open.start;
        for default in &self.defaults {
            let name = &default.name;
            let text =
                format!("{before} %}}{{% set {name} = {name} if {name} is not {ABSENT} else (");
            parser.edits.replace(from..default.place.end, text);
            from = default.value.end;
            ")".clone_into(&mut before);
        }
        parser.edits.replace(from..self.close.end, ")");
    }
}

fn call(parser: &mut Parser<'_>) -> Done {
    if parser.is_operator("(") {
        let signature = signature(parser)?;
        if signature.reads_arguments {
            let message = "a default that reads another argument of `{% call %}`";
            return Err(parser.unsupported(message.to_owned()));
        }
    }
    parser.expression()?;
    Ok(())
}

/// `{% print a, b %}` prints as `{{ a }}{{ b }}` does.
fn print(parser: &mut Parser<'_>, tag: &Tag, start: usize) -> Done {
    parser.edits.replace(tag.open.clone(), "{{");
    parser.edits.replace(tag.close.clone(), "}}");
    parser
        .edits
        .replace(start..start + "print".len(), format!("{CONCATENATE}("));
    let mut end = start;
    while !parser.is_at_end() {
        end = parser.expression()?.end;
        if !parser.skip_operator(",") {
            break;
        }
    }
    parser.edits.after(end, ")");
    Ok(())
}
