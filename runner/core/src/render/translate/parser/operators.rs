//! Expressions with operators, from those that bind least to the signs before a value.

use std::ops::Range;

use crate::render::translate::parser::{DEPTH, Parsed, Parser};
use crate::render::translate::{
    CALCULATE, COMPARE, COMPARE_FIRST, COMPARE_LAST, COMPARE_NEXT, CONCATENATE, NOTHING, Refusal,
};

/// How many operators of one rank may follow each other; a call of the engine has at most 2,000 arguments.
const CHAIN: usize = 950;

impl Parser<'_> {
    pub(in crate::render::translate) fn expression(&mut self) -> Parsed {
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

    pub(in crate::render::translate) fn or(&mut self) -> Parsed {
        self.logic("or", Self::and)
    }

    fn and(&mut self) -> Parsed {
        self.logic("and", Self::not)
    }

    fn logic(&mut self, word: &str, operand: fn(&mut Self) -> Parsed) -> Parsed {
        let mut range = operand(self)?;
        let mut count = 0;
        while self.skip_word(word) {
            count += 1;
            self.check_chain(count)?;
            range.end = operand(self)?.end;
        }
        Ok(range)
    }

    /// Refuses too many operators of one rank.
    fn check_chain(&self, operators: usize) -> Result<(), Refusal> {
        if operators > CHAIN {
            let message = format!("an expression has more than {CHAIN} operators in a row");
            return Err(self.unsupported(message));
        }
        Ok(())
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
        self.check_chain(chain.operators.len())?;
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
        self.check_chain(chain.operators.len())?;
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
