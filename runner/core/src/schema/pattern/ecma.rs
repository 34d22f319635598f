//! ECMA-262's regular expressions, rewritten for an engine that never goes back.
//!
//! Sets and escapes are written out as ranges of code points, so that nothing keeps a meaning of the engine's own:
//! `\s` has JavaScript's spaces, `.` leaves out its four line ends, `[]` fits nothing. What only old scripts may write
//! (`[\w-.]`, `a{x}`, `\_`) means what browsers make of it. Texts are code points, as under the flag `u`.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use super::BadPattern;

type Range = (char, char);

const DIGIT: &[Range] = &[('0', '9')];
const WORD: &[Range] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
const SPACE: &[Range] = &[
    ('\t', '\r'),
    (' ', ' '),
    ('\u{a0}', '\u{a0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{202f}', '\u{202f}'),
    ('\u{205f}', '\u{205f}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{feff}', '\u{feff}'),
];
const LINE_END: &[Range] = &[('\n', '\n'), ('\r', '\r'), ('\u{2028}', '\u{2029}')];

/// Rewrites a pattern, or says why it cannot be.
pub(super) fn translate(pattern: &str) -> Result<String, BadPattern> {
    let mut translator = Translator {
        rest: pattern.chars().peekable(),
        written: String::with_capacity(pattern.len() * 2),
        open: 0,
        repeatable: false,
    };
    while let Some(character) = translator.rest.next() {
        translator.term(character)?;
    }
    if translator.open > 0 {
        return malformed("a `(` is not closed");
    }
    Ok(translator.written)
}

struct Translator<'p> {
    rest: Peekable<Chars<'p>>,
    written: String,
    /// Groups whose end has not come yet.
    open: usize,
    /// Whether what was written last may be repeated.
    repeatable: bool,
}

/// What an escape stands for.
enum Escaped {
    One(char),
    Set(Vec<Range>),
}

fn malformed<T>(why: impl Into<String>) -> Result<T, BadPattern> {
    Err(BadPattern::Malformed(why.into()))
}

impl Translator<'_> {
    fn term(&mut self, character: char) -> Result<(), BadPattern> {
        match character {
            '^' | '$' | '|' => self.mark(&character.to_string()),
            '(' => self.group()?,
            ')' if self.open == 0 => return malformed("a `)` closes nothing"),
            ')' => {
                self.open -= 1;
                self.written.push(')');
                self.repeatable = true;
            }
            '*' | '+' | '?' => self.repeat(&character.to_string())?,
            '{' => match self.count() {
                Some(count) => self.repeat(&count?)?,
                None => self.one('{'),
            },
            '.' => self.set(LINE_END, true),
            '[' => self.class()?,
            '\\' => self.escape()?,
            literal => self.one(literal),
        }
        Ok(())
    }

    /// Writes what stands between characters and so cannot be repeated.
    fn mark(&mut self, text: &str) {
        self.written.push_str(text);
        self.repeatable = false;
    }

    fn one(&mut self, character: char) {
        if character.is_ascii_alphanumeric() {
            self.written.push(character);
        } else {
            let _infallible = write!(self.written, "\\x{{{:x}}}", u32::from(character));
        }
        self.repeatable = true;
    }

    fn set(&mut self, ranges: &[Range], negated: bool) {
        let ranges = if negated {
            complement(ranges)
        } else {
            ranges.to_vec()
        };
        self.repeatable = true;
        if ranges.is_empty() {
            // Nothing is outside of everything.
            self.written.push_str(r"[^\x{0}-\x{10ffff}]");
            return;
        }
        self.written.push('[');
        for (first, last) in ranges {
            let (first, last) = (u32::from(first), u32::from(last));
            let _infallible = write!(self.written, "\\x{{{first:x}}}-\\x{{{last:x}}}");
        }
        self.written.push(']');
    }

    fn group(&mut self) -> Result<(), BadPattern> {
        self.open += 1;
        self.mark("(?:");
        if self.rest.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        match self.rest.next() {
            Some(':') => Ok(()),
            Some('=' | '!') => unsupported("look-ahead and look-behind"),
            Some('<') if matches!(self.rest.peek(), Some('=' | '!')) => {
                unsupported("look-ahead and look-behind")
            }
            Some('<') => self.name(),
            Some('i' | 'm' | 's' | 'u' | 'x' | '-') => unsupported("flags inside the pattern"),
            _ => malformed("`(?` is followed by something that no group begins with"),
        }
    }

    /// A group's name: nobody asks for what it held.
    fn name(&mut self) -> Result<(), BadPattern> {
        let mut name = String::new();
        while let Some(character) = self.rest.next_if(|character| *character != '>') {
            name.push(character);
        }
        let word = |character: char| character.is_alphanumeric() || "_$".contains(character);
        let begins_well = name.starts_with(|first: char| !first.is_ascii_digit());
        if self.rest.next().is_none() || !begins_well || !name.chars().all(word) {
            return malformed("a group's name is no name");
        }
        Ok(())
    }

    fn repeat(&mut self, how: &str) -> Result<(), BadPattern> {
        if !self.repeatable {
            return malformed(format!(
                "nothing stands before `{how}` that it could repeat"
            ));
        }
        self.mark(how);
        if self.rest.next_if_eq(&'?').is_some() {
            self.written.push('?');
        }
        Ok(())
    }

    /// `2}`, `2,}` or `2,3}`, with its brace; anything else is text.
    fn count(&mut self) -> Option<Result<String, BadPattern>> {
        let inside: String = self.rest.clone().take_while(|next| *next != '}').collect();
        let closed = self.rest.clone().nth(inside.chars().count()) == Some('}');
        let (least, most) = inside.split_once(',').unwrap_or((&inside, &inside));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !closed || least.is_empty() || !digits(least) || !digits(most) {
            return None;
        }
        self.rest.nth(inside.chars().count());
        let number = |part: &str| part.parse::<u32>().unwrap_or(u32::MAX);
        if !most.is_empty() && number(least) > number(most) {
            return Some(malformed(format!(
                "`{{{inside}}}` counts to less than it begins with"
            )));
        }
        Some(Ok(format!("{{{inside}}}")))
    }

    fn escape(&mut self) -> Result<(), BadPattern> {
        match self.rest.peek().copied() {
            Some('b') => {
                self.rest.next();
                self.mark("\\b");
            }
            Some('B') => {
                self.rest.next();
                self.mark("\\B");
            }
            Some('1'..='9') => return unsupported("back references"),
            Some('k') if self.rest.clone().nth(1) == Some('<') => {
                return unsupported("back references");
            }
            _ => match self.escaped()? {
                Escaped::One(character) => self.one(character),
                Escaped::Set(ranges) => self.set(&ranges, false),
            },
        }
        Ok(())
    }

    /// What stands after a `\`, inside of a class and outside.
    fn escaped(&mut self) -> Result<Escaped, BadPattern> {
        let Some(escaped) = self.rest.next() else {
            return malformed("it ends in `\\`");
        };
        let one = match escaped {
            'd' => return Ok(Escaped::Set(DIGIT.to_vec())),
            'D' => return Ok(Escaped::Set(complement(DIGIT))),
            'w' => return Ok(Escaped::Set(WORD.to_vec())),
            'W' => return Ok(Escaped::Set(complement(WORD))),
            's' => return Ok(Escaped::Set(SPACE.to_vec())),
            'S' => return Ok(Escaped::Set(complement(SPACE))),
            'p' | 'P' => return unsupported("Unicode classes"),
            '0' if !self.rest.peek().is_some_and(char::is_ascii_digit) => '\0',
            '0'..='9' => return unsupported("octal escapes"),
            't' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'c' => self.control(),
            'x' => self.hexadecimal(2).and_then(char::from_u32).unwrap_or('x'),
            'u' => self.unicode()?,
            itself => itself,
        };
        Ok(Escaped::One(one))
    }

    /// `\cJ`; a `\c` without a letter is a backslash, and the `c` comes after it.
    fn control(&mut self) -> char {
        let letter = self.rest.next_if(char::is_ascii_alphabetic);
        letter.map_or('c', |letter| char::from(letter as u8 % 32))
    }

    fn unicode(&mut self) -> Result<char, BadPattern> {
        if self.rest.peek() == Some(&'{') {
            let digits: String = self
                .rest
                .clone()
                .skip(1)
                .take_while(|next| *next != '}')
                .collect();
            let character = u32::from_str_radix(&digits, 16)
                .ok()
                .and_then(char::from_u32);
            let Some(character) = character else {
                return malformed(format!("`\\u{{{digits}}}` is no character"));
            };
            self.rest.nth(digits.chars().count() + 1);
            return Ok(character);
        }
        let Some(unit) = self.hexadecimal(4) else {
            return Ok('u');
        };
        if let Some(character) = char::from_u32(unit) {
            return Ok(character);
        }
        let mut ahead = self.rest.clone();
        if unit < 0xdc00 && ahead.next() == Some('\\') && ahead.next() == Some('u') {
            let before = std::mem::replace(&mut self.rest, ahead);
            if let Some(low @ 0xdc00..=0xdfff) = self.hexadecimal(4) {
                let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).expect("a pair of surrogates is one character"));
            }
            self.rest = before;
        }
        unsupported("halves of characters")
    }

    /// Exactly so many hexadecimal digits, or nothing.
    fn hexadecimal(&mut self, digits: usize) -> Option<u32> {
        let ahead: String = self.rest.clone().take(digits).collect();
        let good = ahead.len() == digits && ahead.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !good {
            return None;
        }
        self.rest.nth(digits - 1);
        u32::from_str_radix(&ahead, 16).ok()
    }

    fn class(&mut self) -> Result<(), BadPattern> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut ranges = Vec::new();
        while let Some(item) = self.class_item()? {
            // A `-` right before the end is itself.
            let is_range = self.rest.peek() == Some(&'-')
                && !matches!(self.rest.clone().nth(1), Some(']') | None);
            if !is_range {
                add(&mut ranges, item);
                continue;
            }
            self.rest.next();
            let Some(end) = self.class_item()? else {
                break;
            };
            match (item, end) {
                (Escaped::One(first), Escaped::One(last)) if first > last => {
                    return malformed(format!("the range `{first}-{last}` runs backwards"));
                }
                (Escaped::One(first), Escaped::One(last)) => ranges.push((first, last)),
                (item, end) => {
                    add(&mut ranges, item);
                    ranges.push(('-', '-'));
                    add(&mut ranges, end);
                }
            }
        }
        self.set(&ranges, negated);
        Ok(())
    }

    /// The next character or set of a class; nothing at its end.
    fn class_item(&mut self) -> Result<Option<Escaped>, BadPattern> {
        match self.rest.next() {
            None => malformed("a `[` is not closed"),
            Some(']') => Ok(None),
            Some('\\') if self.rest.next_if_eq(&'b').is_some() => Ok(Some(Escaped::One('\u{8}'))),
            Some('\\') => self.escaped().map(Some),
            Some(itself) => Ok(Some(Escaped::One(itself))),
        }
    }
}

fn unsupported<T>(what: &'static str) -> Result<T, BadPattern> {
    Err(BadPattern::Unsupported(what))
}

fn add(ranges: &mut Vec<Range>, item: Escaped) {
    match item {
        Escaped::One(character) => ranges.push((character, character)),
        Escaped::Set(set) => ranges.extend(set),
    }
}

/// Every character that is in none of the ranges.
fn complement(ranges: &[Range]) -> Vec<Range> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut outside = Vec::new();
    let mut next = Some('\0');
    for (first, last) in sorted {
        let Some(begin) = next else { break };
        if begin < first {
            outside.push((begin, before(first)));
        }
        next = if last == char::MAX {
            None
        } else {
            Some(begin.max(after(last)))
        };
    }
    outside.extend(next.map(|begin| (begin, char::MAX)));
    outside
}

fn before(character: char) -> char {
    ('\0'..character).next_back().unwrap_or('\0')
}

fn after(character: char) -> char {
    (character..=char::MAX).nth(1).unwrap_or(char::MAX)
}
