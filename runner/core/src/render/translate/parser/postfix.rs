//! What follows a value: `.name`, `[key]`, `[a:b:c]` and `(arguments)`.

use std::ops::Range;

use crate::render::translate::lexer::Kind;
use crate::render::translate::parser::{Parsed, Parser, is_method};
use crate::render::translate::{ATTRIBUTE, CHANGED, ITEMS, ITERATE, KEY, Refusal, SLICE};

impl Parser<'_> {
    pub(super) fn postfix(&mut self, mut range: Range<usize>) -> Parsed {
        loop {
            if self.is_operator(".") {
                range.end = self.attribute(range.start)?;
            } else if self.is_operator("[") {
                range.end = self.subscript(range.start)?;
            } else if self.is_operator("(") {
                let function = match &self.source[range.clone()] {
                    "loop" => Some(ITERATE),
                    "loop.changed" => Some(CHANGED),
                    _ => None,
                };
                let arguments = self.arguments()?;
                if let Some(function) = function {
                    let open = arguments.start..arguments.start + 1;
                    self.edits.replace(open, format!("({function}("));
                    self.edits.replace(arguments.end - 1..arguments.end, "))");
                }
                range.end = arguments.end;
            } else {
                return Ok(range);
            }
        }
    }

    /// `.name` or `.0` after the expression that starts there.
    fn attribute(&mut self, start: usize) -> Result<usize, Refusal> {
        let dot = self.advance();
        match self.kind() {
            Some(Kind::Integer) => {
                // Not `.0`, which the engine reads as a fraction where two of them follow each other.
                let digits = self.text();
                let key = self.advance();
                self.edits
                    .replace(dot.start..key.end, format!("[{digits}]"));
                Ok(key.end)
            }
            Some(Kind::Name) => {
                let name = self.text();
                if name.starts_with("__") {
                    let message = format!("`.{name}` looks into Python itself");
                    return Err(self.unsupported(message));
                }
                self.check_name()?;
                let range = self.advance();
                if is_method(name) && !self.is_operator("(") {
                    self.edits.before(start, format!("{ATTRIBUTE}("));
                    self.edits
                        .replace(dot.start..range.end, format!(", '{name}')"));
                }
                Ok(range.end)
            }
            _ => Err(self.unexpected("expected a name or a number")),
        }
    }

    /// `[key]` or `[start:stop:step]` after the expression that starts there.
    fn subscript(&mut self, start: usize) -> Result<usize, Refusal> {
        let open = self.advance();
        let mut count = 0;
        let mut slices = 0;
        let first = self.range();
        let kind = self.kind();
        while !self.is_operator("]") {
            if count > 0 {
                self.expect(",")?;
                if self.is_operator("]") {
                    break;
                }
            }
            slices += usize::from(self.subscript_part(&open)?);
            count += 1;
        }
        let close = self.expect("]")?;
        if count == 0 {
            return Err(self.unexpected("expected an index before `]`"));
        }
        if slices > 0 && count > 1 {
            return Err(self.unsupported("`[a:b, c]` slices more than one dimension".to_owned()));
        }
        if slices > 0 {
            self.edits.before(start, format!("{SLICE}("));
            self.edits.replace(close.clone(), ")");
        } else if count > 1
            || self.source[first.start..close.start]
                .trim_end()
                .ends_with(',')
        {
            self.edits.before(first.start, "(");
            self.edits.after(close.start, ")");
        } else {
            let is_alone = self.source[first.end..close.start].trim() == "";
            if !is_alone || !matches!(kind, Some(Kind::Text | Kind::Integer)) {
                self.edits.before(first.start, format!("{KEY}("));
                self.edits.after(close.start, ")");
            }
            if !is_alone || kind != Some(Kind::Text) {
                self.edits.before(start, format!("{ITEMS}("));
                self.edits.before(open.start, ")");
            }
        }
        Ok(close.end)
    }

    /// One index, or one slice; says which.
    fn subscript_part(&mut self, open: &Range<usize>) -> Result<bool, Refusal> {
        let mut start = None;
        if !self.is_operator(":") {
            start = Some(self.expression()?);
            if !self.is_operator(":") {
                return Ok(false);
            }
        }
        self.edits
            .replace(open.clone(), if start.is_some() { ", " } else { ", none" });
        for _ in 0..2 {
            if !self.is_operator(":") {
                break;
            }
            let colon = self.advance();
            let is_given =
                !self.is_operator(":") && !self.is_operator("]") && !self.is_operator(",");
            self.edits
                .replace(colon, if is_given { ", " } else { ", none" });
            if is_given {
                self.expression()?;
            }
        }
        Ok(true)
    }

    /// `(a, *b, c=d, **e)`.
    pub(in crate::render::translate) fn arguments(&mut self) -> Parsed {
        let open = self.expect("(")?;
        let (mut named, mut splat, mut named_splat) = (false, false, false);
        let mut first = true;
        while !self.is_operator(")") {
            if !first {
                self.expect(",")?;
                if self.is_operator(")") {
                    break;
                }
            }
            first = false;
            if self.is_operator("*") {
                if splat || named_splat {
                    return Err(self.unexpected("after another `*` or `**`"));
                }
                self.advance();
                splat = true;
                self.expression()?;
            } else if self.is_operator("**") {
                if named_splat {
                    return Err(self.unexpected("after another `**`"));
                }
                self.advance();
                named_splat = true;
                self.expression()?;
            } else if self.kind() == Some(Kind::Name) && self.is_assignment() {
                if named_splat {
                    return Err(self.unexpected("after `**`"));
                }
                self.name()?;
                self.advance();
                named = true;
                self.expression()?;
            } else {
                if named || splat || named_splat {
                    return Err(self.unexpected("after an argument with a name"));
                }
                self.expression()?;
            }
        }
        let close = self.expect(")")?;
        Ok(open.start..close.end)
    }

    fn is_assignment(&self) -> bool {
        let next = self.tokens.get(self.at + 1);
        next.is_some_and(|token| {
            token.kind == Kind::Operator && &self.source[token.range.clone()] == "="
        })
    }
}
