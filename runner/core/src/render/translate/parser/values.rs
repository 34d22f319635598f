//! What an expression starts with: names, texts, numbers, and what stands in brackets.

use crate::render::translate::lexer::Kind;
use crate::render::translate::parser::{Parsed, Parser};
use crate::render::translate::{MAPPING, Refusal, RefusalKind, literal};

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Parsed {
        match self.kind() {
            Some(Kind::Name) => self.variable(),
            Some(Kind::Text) => self.texts(),
            Some(Kind::Integer) => self.integer(),
            Some(Kind::Float) => self.float(),
            Some(Kind::Operator) if self.text() == "(" => self.parentheses(),
            Some(Kind::Operator) if self.text() == "[" => self.list(),
            Some(Kind::Operator) if self.text() == "{" => self.mapping(),
            _ => Err(self.unexpected("expected an expression")),
        }
    }

    fn variable(&mut self) -> Parsed {
        self.check_name()?;
        let name = self.text();
        if matches!(name, "and" | "else" | "if" | "in" | "is" | "not" | "or") {
            let message = format!(
                "`{name}` as the name of a value; put parentheses around what it is part of"
            );
            return Err(self.unsupported(message));
        }
        if name == "loop" && self.is_out_of_loop {
            let message = "`loop` inside of a macro or a `{% call %}` that stands in the loop";
            return Err(self.unsupported(message.to_owned()));
        }
        let range = self.advance();
        let is_constant = matches!(
            name,
            "true" | "True" | "false" | "False" | "none" | "None" | "loop" | "caller"
        );
        if !is_constant {
            self.reads.push((name, range.clone()));
        }
        Ok(range)
    }

    /// Texts beside each other are one.
    fn texts(&mut self) -> Parsed {
        let mut range = self.range();
        let mut text = String::new();
        let mut count = 0;
        while self.kind() == Some(Kind::Text) {
            let piece = literal::text(self.text()).map_err(|message| self.text_refusal(message))?;
            text.push_str(&piece);
            range.end = self.advance().end;
            count += 1;
        }
        if count > 1 || self.source[range.clone()].contains('\\') {
            self.edits.replace(range.clone(), literal::quoted(&text));
        }
        Ok(range)
    }

    fn text_refusal(&self, message: String) -> Refusal {
        if message.contains("Nucleon") {
            self.unsupported(message)
        } else {
            self.refuse(RefusalKind::Syntax, message)
        }
    }

    fn integer(&mut self) -> Parsed {
        let digits = self.text().replace('_', "").to_ascii_lowercase();
        let (digits, radix) = match digits.get(..2) {
            Some("0x") => (&digits[2..], 16),
            Some("0o") => (&digits[2..], 8),
            Some("0b") => (&digits[2..], 2),
            _ => (&digits[..], 10),
        };
        let Ok(number) = i128::from_str_radix(digits, radix) else {
            let message = format!("the number {} is larger than Nucleon counts", self.text());
            return Err(self.unsupported(message));
        };
        let range = self.advance();
        self.edits.replace(range.clone(), number.to_string());
        Ok(range)
    }

    fn float(&mut self) -> Parsed {
        let digits = self.text().replace('_', "");
        let number = digits.parse().unwrap_or(f64::INFINITY);
        if !number.is_finite() {
            // Jinja2 makes the name `inf` of it, which exists in some places and not in others.
            let message = format!(
                "the number {} is larger than any with a fraction",
                self.text()
            );
            return Err(self.unsupported(message));
        }
        let range = self.advance();
        self.edits.replace(range.clone(), format!("{number:?}"));
        Ok(range)
    }

    fn parentheses(&mut self) -> Parsed {
        let open = self.advance();
        while !self.is_operator(")") {
            self.expression()?;
            if !self.skip_operator(",") {
                break;
            }
        }
        let close = self.expect(")")?;
        Ok(open.start..close.end)
    }

    fn list(&mut self) -> Parsed {
        let open = self.advance();
        while !self.is_operator("]") {
            self.expression()?;
            if !self.is_operator("]") {
                self.expect(",")?;
            }
        }
        let close = self.expect("]")?;
        Ok(open.start..close.end)
    }

    fn mapping(&mut self) -> Parsed {
        let open = self.advance();
        self.edits.replace(open.clone(), format!("{MAPPING}("));
        while !self.is_operator("}") {
            self.expression()?;
            let colon = self.expect(":")?;
            self.edits.replace(colon, ",");
            self.expression()?;
            if !self.is_operator("}") {
                self.expect(",")?;
            }
        }
        let close = self.expect("}")?;
        self.edits.replace(close.clone(), ")");
        Ok(open.start..close.end)
    }

    /// Expressions with commas between them, with no parentheses around; more than one, or a comma, make a tuple.
    pub(in crate::render::translate) fn tuple(
        &mut self,
        expression: fn(&mut Self) -> Parsed,
        is_end: fn(&Self) -> bool,
    ) -> Parsed {
        let mut range = expression(self)?;
        if !self.is_operator(",") {
            return Ok(range);
        }
        while self.is_operator(",") {
            range.end = self.advance().end;
            if is_end(self) {
                break;
            }
            range.end = expression(self)?.end;
        }
        self.edits.before(range.start, "(");
        self.edits.after(range.end, ")");
        Ok(range)
    }
}
