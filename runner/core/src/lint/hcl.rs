//! Which of Proton's variables a Terraform file reads, and which outputs and variables it declares.
//!
//! HCL is not evaluated: a traversal that begins with `var.` is followed as far as it is written, and loop variables to
//! the list that they are taken from.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::hcl_tokens::tokens;
use super::reads::{Path, Read};
use super::tokens::{Kind, Token};

/// What a file says.
#[derive(Default)]
pub(super) struct Scanned {
    /// The reads of variables, without `var`, in the order of the file.
    pub(super) reads: Vec<Read>,
    /// The outputs that it declares, and where it names them.
    pub(super) outputs: Vec<(String, Range<usize>)>,
    /// The variables that it declares.
    pub(super) variables: BTreeSet<String>,
    /// The names that stand after `.inputs`, whatever it belongs to: `each.value.inputs.size`.
    pub(super) inputs: BTreeSet<String>,
}

/// Stands for inputs that are not named: `each.value.inputs`.
pub(super) const ANY: &str = "*";

/// So many loops inside of each other are followed.
const NESTING: usize = 32;
/// So far is looked for the end of an index.
const LONGEST_INDEX: usize = 200;

/// Reads a `.tf` file; what is no HCL is read as far as it looks like it.
pub(super) fn scan(text: &str) -> Scanned {
    let tokens = tokens(text);
    let mut scanner = Scanner {
        tokens: &tokens,
        frames: Vec::new(),
        loops: Vec::new(),
        scanned: Scanned::default(),
        block: None,
        from: 0,
        attribute: "",
        counts: false,
        asked: None,
    };
    for at in 0..tokens.len() {
        scanner.token(at);
    }
    scanner.scanned
}

/// A bracket that is open, with what the brackets around it say.
#[derive(Clone, Copy, Default)]
struct Frame {
    /// Whether what stands in it may fail: `try(…)`.
    guards: bool,
    /// Whether what stands in it is only counted: `length(…)`.
    counts: bool,
}

/// The variables of a `for`.
struct Loop<'t> {
    /// How many brackets are open where it ends.
    depth: usize,
    names: BTreeMap<&'t str, Option<Path>>,
}

/// A block at the top of the file.
struct Block {
    /// How many reads came before it.
    before: usize,
    /// Whether there may be none of it, or several.
    counted: bool,
    /// The reads that say how many there are.
    counts: BTreeSet<usize>,
}

struct Scanner<'a, 't> {
    tokens: &'a [Token<'t>],
    frames: Vec<Frame>,
    loops: Vec<Loop<'t>>,
    scanned: Scanned,
    block: Option<Block>,
    /// The token to go on from, where what came before it was looked at.
    from: usize,
    /// The attribute whose value this is.
    attribute: &'t str,
    /// Whether it says how many there are of the block at the top.
    counts: bool,
    /// How many brackets are around the first `?` of an expression that goes on.
    asked: Option<usize>,
}

/// A traversal as it is written.
struct Chain {
    path: Path,
    parts: Vec<Range<usize>>,
    end: usize,
}

impl<'t> Scanner<'_, 't> {
    fn text(&self, at: usize) -> &'t str {
        self.tokens
            .get(at)
            .filter(|token| token.kind != Kind::Text)
            .map_or("", |token| token.text)
    }

    fn before(&self, at: usize) -> &'t str {
        at.checked_sub(1).map_or("", |at| self.text(at))
    }

    /// Whether a `for` goes on after its list.
    fn ends_list(&self, at: usize) -> bool {
        matches!(self.text(at), ":" | "}" | "~")
    }

    fn names_attribute(&self, at: usize) -> bool {
        self.text(at + 1) == "=" && !matches!(self.text(at + 2), "=" | ">")
    }

    fn token(&mut self, at: usize) {
        if at < self.from {
            return;
        }
        match self.text(at) {
            "{" if self.frames.is_empty() => {
                self.declaration(at);
                self.open(at);
            }
            "{" | "[" | "(" | "${" | "%{" => self.open(at),
            "}" | "]" | ")" => self.close(),
            "?" => self.asked = self.asked.or(Some(self.frames.len())),
            "," => self.expression_ends(self.frames.len()),
            "for" if matches!(self.before(at), "[" | "{" | "%{") => self.each(at),
            "endfor" if self.before(at) == "%{" => drop(self.loops.pop()),
            word if self.tokens[at].kind == Kind::Name => self.word(at, word),
            _ => {}
        }
    }

    fn word(&mut self, at: usize, word: &'t str) {
        if self.names_attribute(at) {
            self.expression_ends(self.frames.len());
            self.attribute = word;
            let counts = matches!(word, "count" | "for_each");
            self.counts = counts && self.frames.len() == 1;
            if let Some(block) = &mut self.block {
                block.counted |= counts;
            }
        } else if let Some(chain) = self.chain(at) {
            self.read(at, chain);
        } else if word == "inputs" && self.before(at) == "." {
            let name = match self.text(at + 1) {
                "." => self.tokens.get(at + 2),
                "[" => self.tokens.get(at + 2).filter(|key| key.kind == Kind::Text),
                _ => None,
            };
            let name = name.map_or(ANY, |name| name.text);
            self.scanned.inputs.insert(name.to_owned());
        }
    }

    fn read(&mut self, at: usize, mut chain: Chain) {
        let elements = chain.path[0] == "service_instances";
        // An index may read something, too.
        if !elements {
            self.from = chain.end;
        }
        let whole = chain.path.len() < 2 + usize::from(elements);
        let frame = self.frame();
        // What is repeated for each is read where `each.value` is.
        let list = self.before(at) == "in" && self.ends_list(chain.end);
        let each = elements && (list || self.attribute == "for_each");
        let group = chain.path.last().is_some_and(|last| last == "inputs");
        if (whole && each) || ((whole || group) && frame.counts) {
            return;
        }
        if let Some(name) = self.looked_up(at, &chain) {
            chain.path.push(name);
        }
        if let Some(block) = self.block.as_mut().filter(|_| self.counts) {
            block.counts.insert(self.scanned.reads.len());
        }
        self.scanned.reads.push(Read {
            whole,
            guarded: frame.guards,
            conditional: self.asked.is_some(),
            path: chain.path,
            parts: chain.parts,
        });
    }

    /// `lookup(inputs, "name", other)`.
    fn looked_up(&self, at: usize, chain: &Chain) -> Option<String> {
        let call = at.checked_sub(2).map(|call| self.text(call));
        let first = call == Some("lookup") && self.text(chain.end) == ",";
        let key = self.tokens.get(chain.end + 1).filter(|_| first)?;
        (key.kind == Kind::Text).then(|| key.text.to_owned())
    }

    fn frame(&self) -> Frame {
        self.frames.last().copied().unwrap_or_default()
    }

    fn open(&mut self, at: usize) {
        let called = Some(self.before(at)).filter(|_| self.text(at) == "(");
        let around = self.frame();
        self.frames.push(Frame {
            guards: around.guards || matches!(called, Some("try" | "can" | "lookup")),
            counts: around.counts || matches!(called, Some("keys" | "length" | "index")),
        });
    }

    fn close(&mut self) {
        self.frames.pop();
        let depth = self.frames.len();
        self.expression_ends(depth + 1);
        while self.loops.last().is_some_and(|inner| inner.depth > depth) {
            self.loops.pop();
        }
        if depth == 0
            && let Some(block) = self.block.take()
            && block.counted
        {
            let inside = self.scanned.reads.iter_mut().enumerate();
            for (index, read) in inside.skip(block.before) {
                read.conditional |= !block.counts.contains(&index);
            }
        }
    }

    /// An expression inside of so many brackets is at its end.
    fn expression_ends(&mut self, depth: usize) {
        self.asked = self.asked.filter(|asked| *asked < depth);
    }

    /// `output "name" {`, `variable "name" {` and every other block.
    fn declaration(&mut self, at: usize) {
        self.block = Some(Block {
            before: self.scanned.reads.len(),
            counted: false,
            counts: BTreeSet::new(),
        });
        let [.., word, name] = &self.tokens[..at] else {
            return;
        };
        if name.kind == Kind::Text {
            match word.text {
                "output" => {
                    let output = (name.text.to_owned(), name.range.clone());
                    self.scanned.outputs.push(output);
                }
                "variable" => drop(self.scanned.variables.insert(name.text.to_owned())),
                _ => {}
            }
        }
    }

    /// `for value in list :`, `for key, value in list :`.
    fn each(&mut self, at: usize) {
        let rest = &self.tokens[at + 1..];
        let Some(length) = rest.iter().take(4).position(|token| token.text == "in") else {
            return;
        };
        let list = at + length + 2;
        self.from = list;
        let of = self.chain(list).filter(|chain| self.ends_list(chain.end));
        let mut names: BTreeMap<&'t str, Option<Path>> = BTreeMap::new();
        for name in rest[..length].iter().filter(|name| name.text != ",") {
            names.insert(name.text, None);
        }
        if let Some(last) = length.checked_sub(1).map(|last| rest[last].text) {
            let element = of.map(|mut chain| {
                chain.path.push("0".to_owned());
                chain.path
            });
            names.insert(last, element);
        }
        // The `for` of a text lasts until its `endfor`, outside of the bracket that it stands in.
        let inside = usize::from(self.before(at) == "%{");
        let depth = self.frames.len() - inside.min(self.frames.len());
        if self.loops.len() < NESTING {
            self.loops.push(Loop { depth, names });
        }
    }

    /// The traversal that begins at a token.
    fn chain(&self, at: usize) -> Option<Chain> {
        let root = self.tokens.get(at)?;
        if root.kind != Kind::Name || self.before(at) == "." || self.text(at + 1) == "(" {
            return None;
        }
        let mut loops = self.loops.iter().rev();
        let own = loops.find_map(|inner| inner.names.get(root.text));
        let (path, end) = match own {
            Some(path) => (path.clone()?, at + 1),
            None if root.text == "var" && self.text(at + 1) == "." => {
                (vec![self.tokens.get(at + 2)?.text.to_owned()], at + 3)
            }
            None => return None,
        };
        let written = root.range.start..self.tokens[end - 1].range.end;
        let mut chain = Chain {
            path,
            parts: Vec::from([written]),
            end,
        };
        while let Some((member, range, length)) = self.member(&chain) {
            chain.path.push(member);
            chain.parts.push(range);
            chain.end += length;
        }
        Some(chain)
    }

    /// The next member of a traversal, where it stands, and how many tokens it takes.
    fn member(&self, chain: &Chain) -> Option<(String, Range<usize>, usize)> {
        let at = chain.end;
        let elements = chain.path.len() == 1 && chain.path[0] == "service_instances";
        let literal = |at: usize| {
            let token = self.tokens.get(at)?;
            let good = matches!(token.kind, Kind::Text | Kind::Number);
            good.then(|| (token.text.to_owned(), token.range.clone()))
        };
        match (self.text(at), self.text(at + 1)) {
            (".", "*") if elements => Some(("0".to_owned(), self.tokens[at + 1].range.clone(), 2)),
            (".", _) => {
                let token = self.tokens.get(at + 1)?;
                let good = matches!(token.kind, Kind::Name | Kind::Number);
                good.then(|| (token.text.to_owned(), token.range.clone(), 2))
            }
            ("[", _) if self.text(at + 2) == "]" && literal(at + 1).is_some() => {
                literal(at + 1).map(|(text, range)| (text, range, 3))
            }
            ("[", _) if elements => {
                let length = self.index_length(at)?;
                let range = self.tokens[at].range.start..self.tokens[at + length - 1].range.end;
                Some(("0".to_owned(), range, length))
            }
            _ => None,
        }
    }

    /// How many tokens an index takes, with its brackets.
    fn index_length(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for offset in 0..LONGEST_INDEX.min(self.tokens.len() - at) {
            match self.text(at + offset) {
                "[" | "(" | "{" | "${" => depth += 1,
                "]" | ")" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return Some(offset + 1);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
