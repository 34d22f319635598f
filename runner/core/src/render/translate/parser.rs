//! Jinja2's grammar of expressions.
//!
//! Every function reads one expression and gives its range; the changes that it needs are noted on the way. The order
//! of precedence is Jinja2's: condition, `or`, `and`, `not`, comparison, `+ -`, `~`, `* / // %`, `**`, sign, filters.

use std::ops::Range;

use crate::render::environment::{FILTERS, TESTS};
use crate::render::translate::edits::Edits;
use crate::render::translate::lexer::{Kind, Tag, Token};
use crate::render::translate::{
    ATTRIBUTE, CALCULATE, COMPARE, COMPARE_FIRST, COMPARE_LAST, COMPARE_NEXT, CONCATENATE, ITERATE,
    KEY, MAPPING, NOTHING, RESERVED, Refusal, RefusalKind, SLICE, literal,
};

/// How deep expressions may nest; the engine's own parser allows 150 levels, and a level here may be two of them.
const DEPTH: usize = 60;
/// How many operators of one rank may follow each other; a call of the engine has at most 2,000 arguments.
const CHAIN: usize = 950;

/// The methods that Python's own values have, where a template may name one without calling it.
const METHODS: &[&str] = &[
    "append",
    "capitalize",
    "casefold",
    "center",
    "clear",
    "copy",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "extend",
    "find",
    "format",
    "format_map",
    "fromkeys",
    "get",
    "index",
    "insert",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "items",
    "join",
    "keys",
    "ljust",
    "lower",
    "lstrip",
    "maketrans",
    "partition",
    "pop",
    "popitem",
    "remove",
    "removeprefix",
    "removesuffix",
    "replace",
    "reverse",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "setdefault",
    "sort",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "update",
    "upper",
    "values",
    "zfill",
    "real",
    "imag",
    "numerator",
    "denominator",
    "bit_length",
    "conjugate",
    "is_integer",
    "as_integer_ratio",
    "hex",
    "arguments",
    "catch_kwargs",
    "catch_varargs",
    "explicit_caller",
    "to_bytes",
    "from_bytes",
    "bit_count",
    "fromhex",
];

/// Whether Python's values have a method of a name.
pub(in crate::render) fn is_method(name: &str) -> bool {
    METHODS.contains(&name)
}

pub(super) type Parsed = Result<Range<usize>, Refusal>;

/// Reads the tokens of one tag.
pub(super) struct Parser<'a> {
    source: &'a str,
    tokens: &'a [Token],
    at: usize,
    /// Where the tag's tokens end.
    end: usize,
    depth: usize,
    /// Filters and tests that do not exist, where Jinja2 looks for them before it renders.
    pub(super) unknown: Vec<Refusal>,
    /// The names that are read and set, and where.
    pub(super) reads: Vec<(&'a str, Range<usize>)>,
    pub(super) sets: Vec<(&'a str, Range<usize>)>,
    /// Whether the loop that the tag stands in is outside of a macro that it stands in.
    pub(super) is_out_of_loop: bool,
    /// Whether the tag stands in a macro.
    pub(super) in_macro: bool,
    pub(super) edits: &'a mut Edits,
}

impl<'a> Parser<'a> {
    pub(super) fn new(source: &'a str, tag: &'a Tag, edits: &'a mut Edits) -> Self {
        Self {
            source,
            tokens: &tag.tokens,
            at: 0,
            end: tag.close.start,
            depth: 0,
            unknown: Vec::new(),
            reads: Vec::new(),
            sets: Vec::new(),
            is_out_of_loop: false,
            in_macro: false,
            edits,
        }
    }

    // What comes next.

    fn token(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn text(&self) -> &'a str {
        self.token()
            .map_or("", |token| &self.source[token.range.clone()])
    }

    fn kind(&self) -> Option<Kind> {
        self.token().map(|token| token.kind)
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.token()
            .map_or(self.end..self.end, |token| token.range.clone())
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn is_operator(&self, operator: &str) -> bool {
        self.kind() == Some(Kind::Operator) && self.text() == operator
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind() == Some(Kind::Name) && self.text() == word
    }

    fn follows(&self, word: &str) -> bool {
        self.tokens.get(self.at + 1).is_some_and(|token| {
            token.kind == Kind::Name && &self.source[token.range.clone()] == word
        })
    }

    pub(super) fn advance(&mut self) -> Range<usize> {
        let range = self.range();
        self.at += 1;
        range
    }

    pub(super) fn skip_operator(&mut self, operator: &str) -> bool {
        let found = self.is_operator(operator);
        self.at += usize::from(found);
        found
    }

    pub(super) fn skip_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, operator: &str) -> Parsed {
        if self.is_operator(operator) {
            return Ok(self.advance());
        }
        Err(self.unexpected(&format!("expected `{operator}`")))
    }

    pub(super) fn name(&mut self) -> Parsed {
        if self.kind() != Some(Kind::Name) {
            return Err(self.unexpected("expected a name"));
        }
        self.check_name()?;
        Ok(self.advance())
    }

    fn check_name(&self) -> Result<(), Refusal> {
        let name = self.text();
        if name.starts_with(RESERVED) {
            let message = format!("names that start with `{RESERVED}` are Nucleon's own");
            return Err(self.unsupported(message));
        }
        if self.in_macro && matches!(name, "varargs" | "kwargs") {
            let message = format!(
                "`{name}` of a macro; give the macro an argument that is a list or a mapping"
            );
            return Err(self.unsupported(message));
        }
        if !name.is_ascii() {
            let message = format!("the name `{name}` has letters beyond a to z");
            return Err(self.unsupported(message));
        }
        Ok(())
    }

    /// Where the first token stands, which is a statement's keyword.
    pub(super) fn first(&self) -> Range<usize> {
        self.tokens
            .first()
            .map_or(self.end..self.end, |token| token.range.clone())
    }

    // What is wrong.

    pub(super) fn unexpected(&self, expected: &str) -> Refusal {
        let found = match self.text() {
            "" => "the end of the tag".to_owned(),
            text => format!("`{text}`"),
        };
        self.refuse(
            RefusalKind::Syntax,
            format!("unexpected {found}, {expected}"),
        )
    }

    pub(super) fn unknown_statement(keyword: &str, range: Range<usize>) -> Refusal {
        Refusal {
            kind: RefusalKind::Syntax,
            message: format!("unknown statement {keyword}"),
            range,
        }
    }

    pub(super) fn unsupported(&self, message: String) -> Refusal {
        self.refuse(RefusalKind::Unsupported, message)
    }

    fn refuse(&self, kind: RefusalKind, message: String) -> Refusal {
        let range = self.range();
        Refusal {
            kind,
            message,
            range,
        }
    }

    // Expressions.

    pub(super) fn expression(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > DEPTH {
            let message = format!("an expression nests deeper than {DEPTH} levels");
            return Err(self.unsupported(message));
        }
        let range = self.condition();
        self.depth -= 1;
        range
    }

    fn condition(&mut self) -> Parsed {
        let mut range = self.or()?;
        let is_condition = self.is_word("if");
        while self.skip_word("if") {
            range.end = self.or()?.end;
            if self.skip_word("else") {
                range.end = self.expression()?.end;
            } else {
                self.edits.after(range.end, format!(" else {NOTHING}"));
            }
        }
        if is_condition {
            // Only one of the two is needed, so a filter may be missing in the other.
            self.unknown
                .retain(|refusal| refusal.range.start < range.start);
        }
        Ok(range)
    }

    pub(super) fn or(&mut self) -> Parsed {
        let mut range = self.and()?;
        while self.skip_word("or") {
            range.end = self.and()?.end;
        }
        Ok(range)
    }

    fn and(&mut self) -> Parsed {
        let mut range = self.not()?;
        while self.skip_word("and") {
            range.end = self.not()?.end;
        }
        Ok(range)
    }

    fn not(&mut self) -> Parsed {
        let start = self.range().start;
        let mut signs = 0;
        while self.skip_word("not") {
            signs += 1;
            if signs > DEPTH {
                return Err(self.unsupported("too many `not`".to_owned()));
            }
        }
        let range = self.comparison()?;
        Ok(start.min(range.start)..range.end)
    }

    fn comparison(&mut self) -> Parsed {
        let mut chain = Chain::new(self.sum()?);
        loop {
            let first = self.range();
            let operator = if self.is_word("not") && self.follows("in") {
                self.advance();
                "not in"
            } else if self.is_word("in") {
                "in"
            } else if let Some(operator) = self.one_of(&["==", "!=", "<", "<=", ">", ">="]) {
                operator
            } else {
                break;
            };
            let last = self.advance();
            let operand = self.sum()?;
            chain.add(first.start..last.end, operator, operand);
        }
        if chain.operators.len() < 2 {
            return self.close(chain, COMPARE);
        }
        Ok(self.close_comparisons(chain))
    }

    fn one_of(&self, operators: &[&'static str]) -> Option<&'static str> {
        let found = operators.iter().find(|operator| self.is_operator(operator));
        found.copied()
    }

    /// Writes `a < b < c` so that `c` is not looked at where `a < b` is false.
    fn close_comparisons(&mut self, chain: Chain) -> Range<usize> {
        let last = chain.operators.len() - 1;
        self.edits
            .before(chain.range.start, format!("({COMPARE_FIRST}("));
        for (index, (range, operator)) in chain.operators.into_iter().enumerate() {
            let text = match index {
                0 => format!(", '{operator}', "),
                _ if index == last => format!(") and {COMPARE_LAST}('{operator}', "),
                _ => format!(") and {COMPARE_NEXT}('{operator}', "),
            };
            self.edits.replace(range, text);
        }
        self.edits.after(chain.range.end, "))");
        chain.range
    }

    fn sum(&mut self) -> Parsed {
        self.chain(Self::concatenation, &["+", "-"], CALCULATE)
    }

    fn concatenation(&mut self) -> Parsed {
        self.chain(Self::product, &["~"], CONCATENATE)
    }

    fn product(&mut self) -> Parsed {
        self.chain(Self::power, &["*", "/", "//", "%"], CALCULATE)
    }

    fn power(&mut self) -> Parsed {
        self.chain(Self::signed, &["**"], CALCULATE)
    }

    fn chain(
        &mut self,
        operand: fn(&mut Self) -> Parsed,
        operators: &'static [&'static str],
        function: &str,
    ) -> Parsed {
        let mut chain = Chain::new(operand(self)?);
        while let Some(operator) = self.one_of(operators) {
            let sign = self.advance();
            let operand = operand(self)?;
            chain.add(sign, operator, operand);
        }
        self.close(chain, function)
    }

    /// Writes a chain of operators of one rank as one call.
    fn close(&mut self, chain: Chain, function: &str) -> Parsed {
        if chain.operators.is_empty() {
            return Ok(chain.range);
        }
        if chain.operators.len() > CHAIN {
            let message = format!("an expression has more than {CHAIN} operators in a row");
            return Err(self.unsupported(message));
        }
        self.edits.before(chain.range.start, format!("{function}("));
        for (range, operator) in chain.operators {
            let text = match operator {
                "~" => ",".to_owned(),
                operator => format!(", '{operator}', "),
            };
            self.edits.replace(range, text);
        }
        self.edits.after(chain.range.end, ")");
        Ok(chain.range)
    }

    fn signed(&mut self) -> Parsed {
        let range = self.signed_only()?;
        self.filters(range)
    }

    fn signed_only(&mut self) -> Parsed {
        let operator = match self.text() {
            "-" if self.is_operator("-") => "-",
            "+" if self.is_operator("+") => "+",
            _ => {
                let primary = self.primary()?;
                return self.postfix(primary);
            }
        };
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.unsupported("too many signs before a value".to_owned()));
        }
        let sign = self.advance();
        let operand = self.signed_only()?;
        self.depth -= 1;
        self.edits
            .replace(sign.clone(), format!("{CALCULATE}('{operator}', "));
        self.edits.after(operand.end, ")");
        self.postfix(sign.start..operand.end)
    }

    fn primary(&mut self) -> Parsed {
        match self.kind() {
            Some(Kind::Name) => self.variable(),
            Some(Kind::Text) => self.texts(),
            Some(Kind::Integer) => self.integer(),
            Some(Kind::Float) => Ok(self.float()),
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

    fn float(&mut self) -> Range<usize> {
        let digits = self.text().replace('_', "");
        let number: f64 = digits.parse().unwrap_or(f64::INFINITY);
        let range = self.advance();
        // The engine has no word for a number that is too large.
        let text = if number.is_finite() {
            format!("{number:?}")
        } else {
            "(1e308*10.0)".to_owned()
        };
        self.edits.replace(range.clone(), text);
        range
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
    pub(super) fn tuple(
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

    fn postfix(&mut self, mut range: Range<usize>) -> Parsed {
        loop {
            if self.is_operator(".") {
                range.end = self.attribute(range.start)?;
            } else if self.is_operator("[") {
                range.end = self.subscript(range.start)?;
            } else if self.is_operator("(") {
                let is_loop = &self.source[range.clone()] == "loop";
                let arguments = self.arguments()?;
                if is_loop {
                    let open = arguments.start..arguments.start + 1;
                    self.edits.replace(open, format!("({ITERATE}("));
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
                if METHODS.contains(&name) && !self.is_operator("(") {
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
        let is_literal = matches!(self.kind(), Some(Kind::Text | Kind::Integer));
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
        } else if !is_literal || self.source[first.end..close.start].trim() != "" {
            self.edits.before(first.start, format!("{KEY}("));
            self.edits.after(close.start, ")");
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
    pub(super) fn arguments(&mut self) -> Parsed {
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

    /// Whether one of some names stands in a range.
    pub(super) fn mentions(&self, range: &Range<usize>, names: &[String]) -> bool {
        let inside =
            |token: &&Token| range.contains(&token.range.start) && token.kind == Kind::Name;
        let mut words = self
            .tokens
            .iter()
            .filter(inside)
            .map(|token| &self.source[token.range.clone()]);
        words.any(|word| names.iter().any(|name| name == word))
    }

    fn is_assignment(&self) -> bool {
        let next = self.tokens.get(self.at + 1);
        next.is_some_and(|token| {
            token.kind == Kind::Operator && &self.source[token.range.clone()] == "="
        })
    }

    fn filters(&mut self, mut range: Range<usize>) -> Parsed {
        loop {
            if self.is_operator("|") {
                self.advance();
                range.end = self.filter()?.end;
            } else if self.is_word("is") {
                self.advance();
                range.end = self.test()?;
            } else if self.is_operator("(") {
                return Err(self.unsupported("a call of what a filter or a test gives".to_owned()));
            } else {
                return Ok(range);
            }
        }
    }

    /// A filter's name, with dots, and its arguments.
    pub(super) fn filter(&mut self) -> Parsed {
        let mut range = self.name()?;
        while self.skip_operator(".") {
            range.end = self.name()?.end;
        }
        self.check_exists("filter", FILTERS, &range);
        if self.is_operator("(") {
            range.end = self.arguments()?.end;
        }
        Ok(range)
    }

    fn check_exists(&mut self, what: &str, known: &[&str], range: &Range<usize>) {
        let name: String = self.source[range.clone()].split_whitespace().collect();
        if !known.contains(&name.as_str()) {
            self.unknown.push(Refusal {
                kind: RefusalKind::Missing,
                message: format!("there is no {what} `{name}`"),
                range: range.clone(),
            });
        }
    }

    /// What comes after `is`.
    fn test(&mut self) -> Result<usize, Refusal> {
        self.skip_word("not");
        let name = self.name()?;
        let mut end = name.end;
        while self.skip_operator(".") {
            end = self.name()?.end;
        }
        self.check_exists("test", TESTS, &(name.start..end));
        if self.is_operator("(") {
            return Ok(self.arguments()?.end);
        }
        let takes_value = match self.kind() {
            Some(Kind::Name) => !matches!(self.text(), "else" | "or" | "and"),
            Some(Kind::Operator) => matches!(self.text(), "[" | "{"),
            Some(_) => true,
            None => false,
        };
        if !takes_value {
            return Ok(end);
        }
        if self.is_word("is") {
            return Err(self.unexpected("a test cannot follow a test"));
        }
        let primary = self.primary()?;
        let argument = self.postfix(primary)?;
        self.edits.before(argument.start, "(");
        self.edits.after(argument.end, ")");
        Ok(argument.end)
    }
}

/// Operands with operators of one rank between them.
struct Chain {
    range: Range<usize>,
    operators: Vec<(Range<usize>, &'static str)>,
}

impl Chain {
    fn new(range: Range<usize>) -> Self {
        Self {
            range,
            operators: Vec::new(),
        }
    }

    fn add(&mut self, place: Range<usize>, operator: &'static str, operand: Range<usize>) {
        self.operators.push((place, operator));
        self.range.end = operand.end;
    }
}
