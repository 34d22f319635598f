//! Which values a template reads, found without rendering it: also in branches that no spec takes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::tokens::{Kind, Tag, Token, tags};

/// The path of a value: `environment`, `inputs`, `vpc_cidr`; an element of a list has its number.
pub(crate) type Path = Vec<String>;

/// One mention of a value that the template did not make itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    /// What is read, with loop variables and `set` names followed to where they come from.
    pub(crate) path: Path,
    /// Where each written part of it stands; a loop variable is one part.
    pub(crate) parts: Vec<Range<usize>>,
    /// Whether all of it is taken, not a member that can be named: `inputs.items()`, `inputs[key]`.
    pub(crate) whole: bool,
    /// Whether the template provides for it not being there.
    pub(crate) guarded: bool,
    /// Whether a branch has to be taken first.
    pub(crate) conditional: bool,
}

impl Read {
    /// Where it stands.
    pub(crate) fn range(&self) -> Range<usize> {
        let start = self.parts.first().map_or(0, |part| part.start);
        start..self.parts.last().map_or(0, |part| part.end)
    }
}

/// Every mention of a value, in the order of the template.
pub(crate) fn reads(template: &str) -> Vec<Read> {
    let mut reader = Reader {
        reads: Vec::new(),
        scopes: vec![Scope::default()],
    };
    for tag in tags(template) {
        reader.tag(&tag);
    }
    reader.reads
}

/// Names that are no values of the context.
const WORDS: [&str; 17] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
    "loop",
    "recursive",
    "namespace",
    "range",
];

/// How many blocks are looked into; rendering refuses templates that nest deeper.
const NESTING: usize = 200;

/// What a block adds.
#[derive(Default)]
struct Scope {
    /// Names of the template's own, and where they come from if that is known.
    names: BTreeMap<String, Option<Path>>,
    /// What was asked for before the block is entered.
    asked: BTreeSet<Path>,
    branch: bool,
}

struct Reader {
    reads: Vec<Read>,
    scopes: Vec<Scope>,
}

/// A chain of members and what is done with it.
struct Chain {
    read: Option<Read>,
    /// The token after it.
    end: usize,
    asked: bool,
}

impl Reader {
    fn tag(&mut self, tag: &Tag<'_>) {
        if self.scopes.len() > NESTING {
            return;
        }
        // `-` and `+` beside the bracket only trim.
        let mut tokens = &tag.tokens[..];
        while let [first, rest @ ..] = tokens
            && tag.statement
            && matches!(first.text, "-" | "+")
        {
            tokens = rest;
        }
        let word = tokens.first().map_or("", |token| token.text);
        if !tag.statement {
            self.expression(tokens);
            return;
        }
        let rest = tokens.get(1..).unwrap_or_default();
        match word {
            "for" => self.each(rest),
            "if" => {
                let asked = self.expression(rest);
                self.scopes.push(Scope {
                    asked,
                    branch: true,
                    ..Scope::default()
                });
            }
            "elif" => {
                let asked = self.expression(rest);
                self.scope().asked.extend(asked);
            }
            "set" => self.set(rest),
            "macro" | "call" => self.with_parameters(rest),
            "with" => {
                self.scopes.push(Scope::default());
                self.set(rest);
            }
            "filter" | "block" | "autoescape" => self.scopes.push(Scope::default()),
            "endfor" | "endif" | "endmacro" | "endcall" | "endwith" | "endfilter" | "endblock"
            | "endautoescape" => {
                if self.scopes.len() > 1 {
                    self.scopes.pop();
                }
            }
            "else" | "endset" | "raw" | "endraw" => {}
            _ => {
                self.expression(rest);
            }
        }
    }

    fn scope(&mut self) -> &mut Scope {
        self.scopes.last_mut().expect("the first scope never ends")
    }

    /// `for a in b`, `for a, b in c.items() if d`.
    fn each(&mut self, tokens: &[Token<'_>]) {
        let position = tokens.iter().position(|token| token.text == "in");
        let (targets, list) = tokens.split_at(position.unwrap_or(tokens.len()));
        let list = list.get(1..).unwrap_or_default();
        let before = self.reads.len();
        let condition = list.iter().position(|token| token.text == "if");
        let (list, condition) = list.split_at(condition.unwrap_or(list.len()));
        self.expression(list);
        let of = match &self.reads[before..] {
            [only] if !only.whole && covers(only, list) => Some(only.path.clone()),
            _ => None,
        };
        let mut scope = Scope::default();
        let names: Vec<&Token<'_>> = names(targets).collect();
        let element = |mut path: Path| {
            path.push("0".to_owned());
            path
        };
        for name in &names {
            let path = of.clone().filter(|_| names.len() == 1).map(element);
            scope.names.insert(name.text.to_owned(), path);
        }
        self.scopes.push(scope);
        self.expression(condition);
    }

    /// `set a = b`, `set a, b = c`, `set a` and what `with` has.
    fn set(&mut self, tokens: &[Token<'_>]) {
        let position = tokens.iter().position(|token| token.text == "=");
        let (targets, value) = tokens.split_at(position.unwrap_or(tokens.len()));
        let value = value.get(1..).unwrap_or_default();
        let before = self.reads.len();
        self.expression(value);
        let of = match &self.reads[before..] {
            [only] if !only.whole && covers(only, value) => Some(only.path.clone()),
            _ => None,
        };
        let names: Vec<&Token<'_>> = names(targets).collect();
        let single = names.len() == 1;
        // What is set in a branch is there after it, too.
        let index = self.scopes.iter().rposition(|scope| !scope.branch);
        let scope = &mut self.scopes[index.unwrap_or_default()];
        for name in names {
            let path = of.clone().filter(|_| single);
            let known = scope.names.entry(name.text.to_owned());
            known.and_modify(|known| *known = None).or_insert(path);
        }
    }

    /// `macro name(a, b='x')`: all of its names are its own.
    fn with_parameters(&mut self, tokens: &[Token<'_>]) {
        let own = names(tokens).map(|token| (token.text.to_owned(), None));
        let mut scope = Scope {
            names: own.collect(),
            ..Scope::default()
        };
        scope.names.insert("caller".to_owned(), None);
        if let Some(name) = tokens.first() {
            self.scope().names.insert(name.text.to_owned(), None);
        }
        self.scopes.push(scope);
    }

    /// Notes what an expression reads; gives back what it asks for before using it.
    fn expression(&mut self, tokens: &[Token<'_>]) -> BTreeSet<Path> {
        let before = self.reads.len();
        let mut asked = BTreeSet::new();
        let mut at = 0;
        while at < tokens.len() {
            if !Self::begins_chain(tokens, at) {
                at += 1;
                continue;
            }
            let chain = self.chain(tokens, at);
            at = chain.end;
            if let Some(read) = chain.read {
                if chain.asked {
                    asked.insert(read.path.clone());
                }
                self.reads.push(read);
            }
        }
        let branches = tokens.iter().any(|token| token.text == "if");
        for read in &mut self.reads[before..] {
            read.guarded |= asked.contains(&read.path);
            read.conditional |= branches;
        }
        // Whoever writes `if x` knows that there may be none.
        asked.extend(self.reads[before..].iter().map(|read| read.path.clone()));
        asked
    }

    fn begins_chain(tokens: &[Token<'_>], at: usize) -> bool {
        let text = |index: Option<usize>| {
            index
                .and_then(|index| tokens.get(index))
                .map_or("", |token| token.text)
        };
        let token = &tokens[at];
        let before = text(at.checked_sub(1));
        let tested = before == "is" || (before == "not" && text(at.checked_sub(2)) == "is");
        let names_argument = text(Some(at + 1)) == "=" && text(Some(at + 2)) != "=";
        token.kind == Kind::Name
            && !WORDS.contains(&token.text)
            && !matches!(before, "." | "|")
            && !tested
            && !names_argument
            && text(Some(at + 1)) != "("
    }

    fn chain(&self, tokens: &[Token<'_>], start: usize) -> Chain {
        let root = &tokens[start];
        let mut path = self.root(root.text);
        let mut parts = vec![root.range.clone()];
        let mut whole = false;
        let mut at = start + 1;
        loop {
            let next = |offset: usize| tokens.get(at + offset);
            let text = |offset: usize| next(offset).map_or("", |token| token.text);
            let member = match text(0) {
                "." if next(0).is_some_and(|dot| dot.kind == Kind::Sign) => {
                    if text(2) == "(" {
                        whole = true;
                        at += 2;
                        break;
                    }
                    next(1).map(|member| (member, 2))
                }
                "[" if text(2) == "]" => {
                    let literal =
                        next(1).filter(|key| matches!(key.kind, Kind::Text | Kind::Number));
                    literal.map(|key| (key, 3))
                }
                _ => None,
            };
            let Some((member, length)) = member else {
                whole |= text(0) == "[";
                break;
            };
            if let Some(path) = &mut path {
                path.push(member.text.to_owned());
            }
            parts.push(member.range.clone());
            at += length;
        }
        let asked = asks(&tokens[at.min(tokens.len())..]);
        let conditional = self.scopes.iter().any(|scope| scope.branch);
        let read = path.map(|path| Read {
            guarded: asked || self.scopes.iter().any(|scope| scope.asked.contains(&path)),
            path,
            parts,
            whole,
            conditional,
        });
        Chain {
            read,
            end: at,
            asked,
        }
    }

    /// Where a name comes from; nothing where the template made it.
    fn root(&self, name: &str) -> Option<Path> {
        let own = self
            .scopes
            .iter()
            .rev()
            .find_map(|scope| scope.names.get(name));
        own.map_or_else(|| Some(vec![name.to_owned()]), Clone::clone)
    }
}

/// Whether what follows a value provides for its absence.
fn asks(rest: &[Token<'_>]) -> bool {
    let mut words = rest.iter().map(|token| token.text);
    match words.next() {
        Some("|") => matches!(words.next(), Some("default" | "d")),
        Some("is") => {
            let test = words.next();
            let test = if test == Some("not") {
                words.next()
            } else {
                test
            };
            matches!(test, Some("defined" | "undefined"))
        }
        _ => false,
    }
}

/// Whether an expression is that value alone.
fn covers(read: &Read, tokens: &[Token<'_>]) -> bool {
    let end = tokens
        .iter()
        .rfind(|token| !matches!(token.text, "]" | "-" | "+"));
    let start = tokens.first().map(|token| token.range.start);
    start == Some(read.range().start) && end.map(|token| token.range.end) == Some(read.range().end)
}

fn names<'a, 't>(tokens: &'a [Token<'t>]) -> impl Iterator<Item = &'a Token<'t>> {
    tokens.iter().filter(|token| token.kind == Kind::Name)
}

#[cfg(test)]
mod tests {
    use super::reads;

    /// The paths, with `*` for a whole, `?` for what is guarded and `~` for what is in a branch.
    fn told(template: &str) -> String {
        let told = reads(template).into_iter().map(|read| {
            let mut text = read.path.join(".");
            for (holds, mark) in [
                (read.whole, "*"),
                (read.guarded, "?"),
                (read.conditional, "~"),
            ] {
                if holds {
                    text.push_str(mark);
                }
            }
            text
        });
        told.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn values_are_found_wherever_they_are_read() {
        for (template, expected) in [
            (
                "{{ a.b.c }} {{- a['b'].c -}} {{a[0].b}}",
                "a.b.c a.b.c a.0.b",
            ),
            ("{# {{ a }} #}{% raw %}{{ a }}{% endraw %}{{ b }}", "b"),
            (
                "{{ 'a.b' ~ c.d | upper | replace(e.f, \"}}\") }}",
                "c.d e.f",
            ),
            (
                "{{ a.b.items() }} {{ a.c[d.e] }} {{ a.b.split(',')[0] }}",
                "a.b* a.c* d.e a.b*",
            ),
            ("{{ f(a.b, key=c.d) }} {{ {'x': a.b}[c] }}", "a.b c.d a.b c"),
            (
                "{{ a.b | default('x') }} {{ a.c is not defined }}",
                "a.b? a.c?",
            ),
            ("{{ a.b if a.b is defined else c.d }}", "a.b?~ a.b?~ c.d~"),
            (
                "{% if a.b is defined %}{{ a.b }}{{ a.c }}{% endif %}{{ a.b }}",
                "a.b? a.b?~ a.c~ a.b",
            ),
            (
                "{% if a.b %}{{ a.b }}{% elif c %}{{ c }}{% else %}{{ d }}{% endif %}",
                "a.b a.b?~ c~ c?~ d~",
            ),
            (
                "{% for i in a.list %}{{ i.name }}{{ loop.index }}{% endfor %}{{ i }}",
                "a.list a.list.0.name i",
            ),
            (
                "{%- for k, v in a.b.items() if v == c %}{{ k }}{{ v }}{% endfor -%}",
                "a.b* c~",
            ),
            (
                "{% set x = a.b %}{{ x.c }}{% set y = a.b.split(',') %}{{ y }}",
                "a.b a.b.c a.b*",
            ),
            ("{% if c %}{% set x = 1 %}{% endif %}{{ x }}", "c"),
            (
                "{% macro m(p, q='z') %}{{ p.x }}{{ a.b }}{% endmacro %}{{ m(c.d) }}",
                "a.b c.d",
            ),
            ("{{ a.b", "a.b"),
            ("{ a }{{ 1.5 + a }}", "a"),
        ] {
            assert_eq!(told(template), expected, "{template}");
        }
    }
}
