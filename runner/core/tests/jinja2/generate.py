#!/usr/bin/env python3
"""Random templates and what Jinja2 makes of them, one JSON object a line.

    generate.py SEED COUNT     COUNT cases; the same seed gives the same cases

A case is {"template", "context"} with "output", or with "error" where Jinja2 refuses. Templates are made from a
grammar that knows types, so that most of them render; now and then it takes a value of the wrong type on purpose.
"""
import json
import random
import re
import resource
import signal
import sys

import jinja2

# What a process prints of its own memory, and Python's texts for what cannot be printed otherwise.
UNSTABLE = re.compile(r"0x[0-9a-f]{6,}|<(generator|built-in|bound|function|class|dict_|odict|callable|zip|map |filter )|<Macro|<LoopContext|<Joiner|<Cycler|jinja2\.|<Namespace")
WORDS = ["a", "b", "vpc", "subnet-1", "Hello World", "x y  z", "", "it's", 'say "hi"', "a\nb", "  pad ", "ünï", "<b>&", "0090", "12", "-3", "1.5",
         "arn:aws:iam::111122223333:policy/p", "true", "None", "a,b,c", "k=v", "A", "Z", "tab\there", "back\\slash", "%d", "%s", "{}", "line one\nline two\n\nline four",
         "the quick brown fox jumps over the lazy dog", "CamelCase words_and-dashes", "ß", "日本", "a" * 30, "http://example.com/a?b=c&d=e"]
KEYS = ["a", "b", "c", "Key", "name", "value", "N"]


class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)

    # -- helpers --
    def pick(self, *choices):
        return self.r.choice(choices)

    def chance(self, p):
        return self.r.random() < p

    def number(self):
        r = self.r
        return r.choice([r.randint(-5, 12), r.randint(-5, 12), r.randint(-1000, 100000), 0, 1, 2 ** 40 + r.randint(0, 9)])

    def real(self):
        r = self.r
        return r.choice([0.0, 1.0, -1.5, 0.1, 2.5, 3.5, 1e16, 1e-5, 123456.789, 1e21, -0.25, 100.0, round(r.uniform(-50, 50), r.randint(0, 6))])

    def word(self):
        return self.r.choice(WORDS)

    # -- contexts --
    def context(self):
        r = self.r
        ints = [r.randint(-9, 20) for _ in range(r.randint(0, 5))]
        return {
            "t": True, "f": False, "n": None,
            "i": self.number(), "j": r.randint(1, 9), "z": 0,
            "x": self.real(), "y": self.real(),
            "s": self.word(), "u": self.word(), "e": "", "csv": "x=1;y=2;z=3",
            "li": ints, "ls": [self.word() for _ in range(r.randint(0, 4))],
            "lm": r.choice([[1, "a", None], [True, 2.0, [1]], [], [[1, 2], [3, 4]], [{"a": 1}, "b"], ["b", "A", "a", "B"], [2, 10, 1], [1.5, 1, True]]),
            "ld": [{"name": r.choice(["ann", "Bob", "cy", "ann"]), "v": r.randint(0, 3), "w": {"q": self.word()}} for _ in range(r.randint(0, 4))],
            "d": {k: r.choice([self.number(), self.word(), None, True]) for k in r.sample(KEYS, r.randint(0, 4))},
            "di": {k: r.randint(-3, 9) for k in r.sample(KEYS, r.randint(0, 4))},
            "nest": {"k": ["v", {"yes": True, "s": self.word()}], "deep": {"er": {"x": r.randint(0, 9)}}},
        }

    # -- expressions --
    def literal_text(self, text=None):
        text = self.word() if text is None else text
        quote = self.pick("'", '"')
        body = text.replace("\\", "\\\\").replace(quote, "\\" + quote).replace("\n", "\\n").replace("\t", "\\t")
        return quote + body + quote

    def names(self, kind):
        local = [n for n, k in self.scope if k == kind]
        return {"int": ["i", "j", "z"], "float": ["x", "y"], "str": ["s", "u", "e", "csv", "nest.k[0]", "nest['k'][1].s"], "bool": ["t", "f", "nest.k[1].yes"],
                "list": ["li", "ls", "lm", "ld", "nest.k"], "ints": ["li"], "strs": ["ls"], "dict": ["d", "di", "nest", "nest.deep"], "dicts": ["ld"], "none": ["n"], "any": []}.get(kind, []) + local * 2

    def any_kind(self):
        return self.r.choice(["int", "int", "float", "str", "str", "str", "bool", "list", "ints", "strs", "dict", "dicts", "none", "tuple", "undefined"][: 14 if self.chance(0.9) else 15])

    def expr(self, kind, depth=0):
        if self.chance(0.02):
            kind = self.any_kind()
        if kind == "any":
            kind = self.any_kind()
        if kind == "undefined":
            return self.pick("missing", "d.missing", "nest.deep.no", "li[99]", "s.nope", "missing | default('dflt')", "d['zz']")
        if kind == "none":
            return self.pick("none", "None", "n")
        if depth > 3 or self.chance(0.25):
            return self.atom(kind)
        if self.chance(0.06):
            text = f"({self.expr(kind, depth + 1)} if {self.expr('bool', depth + 1)} else {self.expr(kind, depth + 1)})"
            return text
        if self.chance(0.05):
            return f"({self.expr(kind, depth + 1)})"
        if self.chance(0.03):
            return f"({self.expr(self.any_kind(), depth + 1)} {self.pick('or', 'and')} {self.expr(kind, depth + 1)})"
        return getattr(self, "make_" + kind)(depth + 1)

    def atom(self, kind):
        names = self.names(kind)
        if names and self.chance(0.6):
            return self.r.choice(names)
        if kind == "int":
            return self.pick(str(self.number()), str(abs(self.number())), "0", "7", "1_000", "0x1F", "0b101", "0o17", "true", "12345678901234567890", "2147483648")
        if kind == "float":
            return self.pick(repr(abs(self.real())), "1.0", "1e3", "2.5e-7", "1_0.5", "1E2")
        if kind == "str":
            return self.literal_text()
        if kind == "bool":
            return self.pick("true", "false", "True", "False", "t", "f")
        if kind in ("list", "ints", "strs", "dicts"):
            return self.make_list_literal(3, kind)
        if kind == "dict":
            return self.make_dict_literal(3)
        if kind == "tuple":
            return self.make_tuple(3)
        return "none"

    def make_int(self, d):
        e = lambda k: self.expr(k, d)
        op = self.r.randrange(16)
        if op < 6:
            o = self.pick("+", "-", "*", "//", "%", "+", "-", "*")
            return f"{self.paren(e('int'))} {o} {self.paren(e(self.pick('int', 'int', 'int', 'bool')))}"
        if op == 6:
            return f"{self.paren(e('int'))} ** {self.pick('2', '3', '0', 'j', '-1', '10')}"
        if op == 7:
            return f"{self.pick('-', '+', '-')}{self.paren(e('int'))}"
        if op == 8:
            return f"{self.target(e(self.pick('list', 'str', 'dict')))} | {self.pick('length', 'count')}"
        if op == 9:
            return f"{self.target(e('ints'))} | {self.pick('sum', 'max', 'min', 'first', 'last', 'sum(start=3)', 'sum(none, 2)')}"
        if op == 10:
            return f"{self.target(e(self.pick('str', 'float', 'int', 'bool', 'any')))} | int{self.pick('', '(7)', '(default=3)', '(0, 16)', '(base=8)', '(-1)')}"
        if op == 11:
            return f"{self.target(e('str'))}.{self.pick('count', 'find', 'rfind', 'index')}({self.literal_text(self.pick('a', 'e', 'l', ' ', 'o'))}{self.pick('', '', ', 1', ', 0, 5', ', -3')})"
        if op == 12:
            return f"{self.target(e('ints'))}.{self.pick('count', 'index')}({self.expr('int', d)})"
        if op == 13:
            return f"{self.target(e('ints'))}[{self.expr('int', d + 1) if self.chance(.3) else self.pick('0', '-1', '1')}]"
        if op == 14:
            return f"{self.target(e('str'))} | wordcount"
        return f"{self.target(e('dict'))}.{self.pick('a', 'b', 'name')} | default({self.number()})"

    def make_float(self, d):
        e = lambda k: self.expr(k, d)
        op = self.r.randrange(8)
        if op < 3:
            o = self.pick("+", "-", "*", "/", "//", "%", "/")
            return f"{self.paren(e(self.pick('float', 'int')))} {o} {self.paren(e(self.pick('float', 'int')))}"
        if op == 3:
            return f"{self.target(e('float'))} | round{self.pick('', '(1)', '(2)', '(0, ' + chr(39) + 'floor' + chr(39) + ')', '(1, ' + chr(39) + 'ceil' + chr(39) + ')', '(method=' + chr(39) + 'ceil' + chr(39) + ')', '(precision=3)', '(-1)')}"
        if op == 4:
            return f"{self.target(e(self.pick('str', 'int', 'bool', 'any')))} | float{self.pick('', '(2.5)', '(default=1.0)')}"
        if op == 5:
            return f"{self.target(e('float'))} | abs"
        if op == 6:
            return f"{self.paren(e('float'))} ** {self.pick('2', '0.5', '-1', '0')}"
        return f"-{self.paren(e('float'))}"

    def paren(self, text):
        if re.fullmatch(r"[\w.']+|\"[^\"]*\"", text) or self.chance(0.15):
            return text
        return f"({text})"

    target = paren

    STR_METHODS = ["upper()", "lower()", "title()", "capitalize()", "strip()", "lstrip()", "rstrip()", "strip(' a')", "lstrip('ab ')", "rstrip('g d')", "swapcase()", "casefold()",
                   "replace('a', 'XX')", "replace(' ', '')", "replace('a', 'b', 1)", "replace('', '-')", "zfill(6)", "center(12)", "center(9, '*')", "ljust(10)", "rjust(8, '.')", "ljust(6, '0') ",
                   "removeprefix('a')", "removesuffix('g')", "join(ls)", "join(['x', 'y'])", "join('abc')", "expandtabs()", "expandtabs(2)", "format(1, 2)", "format(s)", "split()[0]", "split(',')[-1]",
                   "partition('=')[2]", "rpartition(' ')[0]", "splitlines()[0]", "translate({97: 'z'})", "encode()", "__len__()", "rsplit(' ', 1)[0]", "split(' ', 1)[-1]", "split(maxsplit=1)[0]"]
    STR_FILTERS = ["upper", "lower", "title", "capitalize", "trim", "trim('a ')", "string", "tojson", "tojson(2)", "tojson(indent=1)", "e", "escape", "safe", "forceescape", "urlencode", "striptags", "center(20)", "center(width=9)", "center",
                   "replace('a', 'bb')", "replace('a', 'z', 1)", "replace(old='l', new='L')", "truncate(5)", "truncate(9, true)", "truncate(8, false, '..')", "truncate(7, true, '', 0)", "truncate(length=6, end='>', leeway=0)", "truncate(10, leeway=2)",
                   "indent", "indent(2)", "indent(3, true)", "indent(width=1, first=true, blank=true)", "indent('>> ')", "indent(2, blank=true)", "wordwrap(8)", "wordwrap(5, false)", "wordwrap(10, wrapstring='|')", "wordwrap(6, break_on_hyphens=false)", "wordwrap",
                   "pprint", "default('dd')", "d('dd', true)", "default('q', boolean=true)", "reverse", "first", "last", "join('-')", "join", "urlize", "urlize(10)", "list", "length", "title | e", "xmlattr", "format(1)", "filesizeformat", "wordcount", "e | replace('&', '+')", "sort", "unique | join", "batch(2) | list", "map('upper') | join", "select('in', 'aeiou') | join", "max", "min"]

    def make_str(self, d):
        e = lambda k: self.expr(k, d)
        op = self.r.randrange(22)
        if op < 3:
            return f"{self.paren(e('str'))} {self.pick('+', '~', '~')} {self.paren(e('str'))}"
        if op == 3:
            return f"{self.paren(e('any'))} ~ {self.paren(e('any'))}"
        if op == 4:
            return f"{self.paren(e('str'))} * {self.pick('2', '3', '0', '-1', 'j', 'true')}"
        if op in (5, 6):
            return self.make_percent(d)
        if op in (7, 8, 9):
            return f"{self.target(e('str'))}.{self.r.choice(self.STR_METHODS)}"
        if op in (10, 11, 12, 13):
            return f"{self.target(e('str'))} | {self.r.choice(self.STR_FILTERS)}"
        if op == 14:
            return f"{self.target(e('str'))}[{self.slice()}]"
        if op == 15:
            return f"{self.target(e(self.pick('strs', 'list', 'ints')))} | join{self.pick('', '(', '(', '(d=')}".rstrip("(") if self.chance(.1) else f"{self.target(e(self.pick('strs', 'list', 'ints', 'dict')))} | join({self.literal_text(self.pick(', ', '-', ''))})"
        if op == 16:
            return f"{self.target(e('any'))} | {self.pick('string', 'tojson', 'pprint', 'tojson(2)', 'e', 'trim', 'upper', 'urlencode', 'title', 'center(14)', 'indent(2)', 'replace(1, 2)', 'default(none)', 'truncate(12)', 'wordwrap(9)')}"
        if op == 17:
            return self.make_brace(d)
        if op == 18:
            return f"{self.target(e('dicts'))} | map(attribute='{self.pick('name', 'w.q', 'v')}') | join({self.literal_text(', ')})"
        if op == 19:
            return f"{self.target(e(self.pick('int', 'float')))} | filesizeformat{self.pick('', '(true)', '(binary=true)')}"
        if op == 20:
            return f"{self.target(e('dict'))} | {self.pick('xmlattr', 'xmlattr(false)', 'xmlattr(autospace=false)', 'urlencode', 'tojson', 'tojson(indent=2)', 'pprint', 'string')}"
        return f"{self.literal_text()} {self.literal_text()}"

    def make_percent(self, d):
        spec = self.pick("%s", "%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%x", "%X", "%#x", "%o", "%#o", "%e", "%.2e", "%f", "%.2f", "%08.3f", "%g", "%.3g", "%G", "%r", "%.3s", "%10s|", "%-10s|", "%c", "%i", "%u", "%%", "%5.1f%%", "%a", "%#g", "%*d", "%.*f")
        if spec in ("%*d", "%.*f"):
            return f"'{spec}' % ({self.pick('5', 'j', '-4')}, {self.expr('int', d)})"
        kind = "any" if spec[-1] in "sra%|" or self.chance(.1) else ("float" if spec[-1] in "eEfFgG" and self.chance(.7) else "int")
        way = self.r.randrange(5)
        if way == 0:
            return f"'{spec}' % {self.paren(self.expr(kind, d))}"
        if way == 1:
            return f"'[{spec}] %s' % ({self.expr(kind, d)}, {self.expr('any', d)})"
        if way == 2:
            return f"'[{spec}] %s' | format({self.expr(kind, d)}, {self.expr('any', d)})"
        if way == 3:
            return f"'%(a){spec[1:]} %(b)s' % {{'a': {self.expr(kind, d)}, 'b': {self.expr('any', d)}}}"
        return f"'%(a){spec[1:]}' | format(a={self.expr(kind, d)})"

    def make_brace(self, d):
        spec = self.pick("{}", "{}:{}", "{0}{1}{0}", "{x}", "{:>10}", "{:<8}|", "{:^9}|", "{:*^12}", "{:05d}", "{:,}", "{:.2f}", "{:e}", "{:x}", "{:#b}", "{:+}", "{!r}", "{!s:>6}", "{{}}", "{0[a]}", "{0.a}", "{:%}", "{:.1%}", "{:g}", "{:_}", "{:08.2f}", "{x:{y}}", "{:{}}", "{:.3}", "{:c}", "{:n}", "{!a}", "{:=+8d}")
        kind = self.pick("any", "int", "float", "str", "int")
        return f"'{spec}'.format({self.expr(kind, d)}, {self.pick('8', self.expr('any', d))}, x={self.expr('any', d)}, y=7)"

    def slice(self):
        part = lambda: self.pick("", "", "0", "1", "2", "-1", "-2", "5", "j", "100", "-100", "none")
        if self.chance(0.2):
            return self.pick("0", "-1", "1", "2")
        return f"{part()}:{part()}" + (f":{self.pick('', '1', '2', '-1', '-2')}" if self.chance(0.35) else "")

    TESTS = ["defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string", "mapping", "iterable", "sequence", "callable", "escaped", "lower", "upper", "even", "odd",
             "divisibleby(3)", "divisibleby 2", "eq 1", "eq('a')", "equalto('a')", "ne 2", "gt 3", "lt(5)", "ge 0", "le 1", "greaterthan 1", "lessthan 2", "sameas none", "sameas true", "sameas(1)", "in [1, 2, 'a']", "in 'abc'", "filter", "test", "in(d)", "== 1"]

    def make_bool(self, d):
        e = lambda k: self.expr(k, d)
        op = self.r.randrange(12)
        if op < 3:
            kind = self.pick("int", "str", "float", "list", "any")
            other = kind if self.chance(.85) else self.any_kind()
            return f"{self.paren(e(kind))} {self.pick('==', '!=', '<', '<=', '>', '>=')} {self.paren(e(other))}"
        if op == 3:
            return f"{self.paren(e(self.pick('str', 'int', 'any')))} {self.pick('in', 'not in')} {self.paren(e(self.pick('str', 'list', 'dict', 'strs', 'ints')))}"
        if op == 4:
            return f"{self.paren(e('bool'))} {self.pick('and', 'or')} {self.paren(e('bool'))}"
        if op == 5:
            return f"not {self.paren(e(self.pick('bool', 'any')))}"
        if op in (6, 7, 8):
            return f"{self.paren(e('any'))} is {self.pick('', '', 'not ')}{self.r.choice(self.TESTS)}"
        if op == 9:
            return f"{self.paren(e('int'))} {self.pick('<', '<=', '==', '>', '!=')} {self.paren(e('int'))} {self.pick('<', '<=', '==', '>', 'in')} {self.paren(e(self.pick('int', 'ints')))}"
        if op == 10:
            return f"{self.target(e('str'))}.{self.pick('startswith', 'endswith')}({self.pick(self.literal_text('a'), self.literal_text('the'), '(' + self.literal_text('a') + ', ' + self.literal_text('H') + ')')})"
        return f"{self.target(e('str'))}.is{self.pick('digit', 'alpha', 'alnum', 'lower', 'upper', 'space', 'numeric', 'title', 'identifier', 'decimal', 'ascii', 'printable')}()"

    def make_list_literal(self, d, kind="list"):
        item = {"ints": "int", "strs": "str", "dicts": "dict"}.get(kind, "any")
        items = [self.expr(item, d) for _ in range(self.r.randint(0, 3))]
        return "[" + ", ".join(items) + (", " if items and self.chance(.1) else "") + "]"

    def make_tuple(self, d):
        items = [self.expr("any", d + 1) for _ in range(self.r.randint(0, 3))]
        return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"

    def make_dict_literal(self, d):
        key = lambda: self.literal_text(self.r.choice(KEYS)) if self.chance(.85) else self.pick("1", "true", "(1, 2)", "none", "1.5", "i")
        return "{" + ", ".join(f"{key()}: {self.expr('any', d)}" for _ in range(self.r.randint(0, 3))) + "}"

    LIST_FILTERS = ["list", "sort", "sort(true)", "sort(reverse=true)", "sort(case_sensitive=true)", "sort(attribute='name')", "unique | list", "unique(true) | list", "unique(attribute='v') | list", "reverse | list", "map('string') | list", "map('int') | list", "map('upper') | list", "map('default', 'x') | list",
                    "select | list", "reject | list", "select('odd') | list", "reject('none') | list", "select('string') | list", "select('>', 2) | list", "select('in', [1, 'a']) | list", "select('eq', 1) | list", "selectattr('v') | list", "rejectattr('v', 'gt', 1) | list", "selectattr('name', 'equalto', 'ann') | list", "selectattr('w.q', 'defined') | list",
                    "batch(2) | list", "batch(3, 'f') | list", "batch(linecount=2, fill_with=0) | list", "slice(2) | list", "slice(3, 'z') | list", "groupby('name') | list", "groupby(attribute='v', default=1) | list", "groupby('v') | map(attribute='list') | list", "map(attribute='name') | list", "map(attribute='zz', default=0) | list", "map('length') | list", "map('tojson') | list", "map('truncate', 3, true, '') | list", "sort(attribute='v,name')", "sort(attribute='w.q', reverse=true)", "sort(false, true)", "sum(attribute='v')", "map('round', 1) | list", "map('attr', 'name') | list", "first", "last", "min", "max", "min(attribute='v')", "max(case_sensitive=true)", "join(', ')", "join(attribute='name')", "join('|', 'v')", "length", "tojson", "tojson(2)", "pprint", "string", "map('first') | list", "map('list') | list", "reverse | first", "sum(start=[])", "slice(2) | map('length') | list", "unique | sort", "groupby('name') | map('first') | list", "map('float') | sum", "select('number') | list", "batch(2) | map('join') | list"]

    def make_list(self, d):
        e = lambda k: self.expr(k, d)
        op = self.r.randrange(12)
        if op < 2:
            return self.make_list_literal(d)
        if op < 7:
            return f"{self.target(e(self.pick('list', 'ints', 'strs', 'dicts', 'dicts', 'dict', 'str', 'tuple')))} | {self.r.choice(self.LIST_FILTERS)}"
        if op == 7:
            return f"{self.target(e('list'))}[{self.slice()}]"
        if op == 8:
            return f"{self.paren(e('list'))} {self.pick('+', '*')} {self.paren(e(self.pick('list', 'list', 'int')) if self.chance(.3) else self.pick('2', 'li', '[1]', '0'))}"
        if op == 9:
            return f"range({self.pick('j', '3', '1, 4', '5, 0, -2', '0', '-2, 2', '1, 10, 3')}) | list"
        if op == 10:
            return f"{self.target(e('dict'))}{self.pick('.keys() | list', '.values() | list', '.items() | list', ' | dictsort', ' | dictsort(true)', ' | dictsort(by=' + chr(39) + 'value' + chr(39) + ')', ' | dictsort(false, ' + chr(39) + 'key' + chr(39) + ', true)', ' | items | list', ' | list', '.items() | sort', '.items() | list | first', ' | dictsort(reverse=true)', ' | length')}"
        if op == 11 and self.chance(.4):
            return self.make_odd(d)
        return f"{self.target(e('str'))}.{self.pick('split()', 'split(' + chr(39) + ',' + chr(39) + ')', 'splitlines()', 'splitlines(true)', 'rsplit(' + chr(39) + ' ' + chr(39) + ', 1)', 'partition(' + chr(39) + '=' + chr(39) + ')', 'rpartition(' + chr(39) + 'a' + chr(39) + ')', 'split(' + chr(39) + ';' + chr(39) + ', 1)', 'split(sep=' + chr(39) + 'a' + chr(39) + ')')}"

    def make_odd(self, d):
        """What gives something else than plain data, and rare forms."""
        e = lambda k: self.expr(k, d)
        return self.r.choice([
            lambda: f"{self.target(e('dict'))}.{self.pick('keys()', 'values()', 'items()', 'get(' + self.literal_text('a') + ')', 'get(1, 2)', 'get(s, none)')}",
            lambda: f"range({self.pick('3', 'j', '1, 5', '5, 1, -2')}){self.pick('', '[1]', '[::2]', '[-1:]', ' == range(3)', ' | length', ' + [1]', ' | string', ' is sequence', '[9]')}",
            lambda: f"({e('int')} if {e('bool')})",
            lambda: f"({e('str')} if false) {self.pick('~ 1', 'is defined', '| default(3)', '| length', '== 1', '| list', '+ 1', '| upper', '| tojson', 'in [1]', '| join(1)')}",
            lambda: f"{self.target(e('list'))} | {self.pick('map', 'select', 'reject')}('{self.pick('string', 'odd', 'upper', 'defined', 'list', 'none')}'){self.pick('', ' | first', ' | length', ' | list | length', ' | join', ' | tojson', ' | sort', ' | last', ' | reverse | list', ' | sum', ' | min')}",
            lambda: f"{self.target(e('list'))} | {self.pick('batch(2)', 'slice(2)', 'unique', 'reverse', 'items')}{self.pick('', ' | first', ' | list | tojson', ' | length', ' | join', ' | map(' + chr(39) + 'list' + chr(39) + ') | list')}",
            lambda: f"{self.target(e('any'))}.{self.pick('items', 'keys', 'count', 'upper', 'real', 'foo', '0', '1')}",
            lambda: f"{self.target(e(self.pick('list', 'str', 'dict', 'tuple')))}[{self.expr('any', d + 1)}]",
            lambda: f"{self.target(e(self.pick('list', 'str', 'dict', 'tuple')))} | attr('{self.pick('a', 'foo', 'name')}')",
            lambda: f"{self.target(e('tuple'))} {self.pick('+', '*', '==', '<', 'in')} {self.paren(e(self.pick('tuple', 'int', 'list')))}",
            lambda: f"{self.target(e('dict'))} {self.pick('==', '!=', '<', 'in')} {self.paren(e(self.pick('dict', 'list')))}",
            lambda: f"({self.literal_text()} | {self.pick('e', 'safe', 'tojson')}) {self.pick('+', '*', '~', '%', 'in', '==', '<')} {self.paren(e(self.pick('str', 'int', 'any')))}",
            lambda: f"[({self.literal_text()} | {self.pick('e', 'safe', 'tojson')}).{self.r.choice(self.STR_METHODS)}]",
            lambda: f"[{self.literal_text()} | {self.pick('e', 'safe', 'tojson')} | {self.r.choice(self.STR_FILTERS)}]",
            lambda: f"{self.paren(e('any'))} {self.pick('+', '-', '*', '/', '//', '%', '**', '~', '<', '==')} {self.paren(e('any'))}",
            lambda: f"{self.target(e('any'))} | {self.r.choice(self.STR_FILTERS + self.LIST_FILTERS)}",
            lambda: f"{self.target(e('any'))}.{self.r.choice(self.STR_METHODS)}",
            lambda: f"{self.target(e('dicts'))} | groupby('{self.pick('name', 'v')}') | map(attribute='{self.pick('grouper', 'list', '0', '1')}') | list",
            lambda: f"{self.target(e('dicts'))} | {self.pick('selectattr', 'rejectattr')}('{self.pick('name', 'v', 'w')}', '{self.pick('==', '!=', '>', '<', 'ge', 'in', 'defined', 'string', 'odd', 'sameas')}'{self.pick('', ', 1', ', s', ', [1, 2]', ', ' + chr(39) + 'ann' + chr(39))}) | list",
            lambda: f"{self.literal_text(self.pick('0x1f', '0b11', '017', ' 12 ', '1_000', '1__0', '-0', '1e3', 'inf', 'nan', '+5', '5.', '.5', '5.9', '--1', '0x', '1e400', '')) } | {self.pick('int', 'float', 'int(0, 16)', 'int(0, 0)', 'int(5, 2)', 'int(0, 8)', 'int(base=36)')}",
            lambda: f"{self.pick('1e400', '-1e400', '(1e400 - 1e400)', '0.0', '-0.0', '5e-324', '1.7976931348623157e308', '0.1 + 0.2', '1e15 + 0.5', '123456789012345678', '9007199254740993', '170141183460469231731687303715884105727')} {self.pick('', '| string', '| int', '| round', '| round(2)', '+ 1', '* 2', '// 7', '% 7', '** 2', '| abs', '| tojson', '== 1', '< 5', '/ 3', '| filesizeformat')}",
            lambda: f"{{{self.pick('1', 'true', '1.0')}: 'a', {self.pick('1', 'true', '1.0', 'false')}: 'b'}}[{self.pick('1', 'true', '1.0', '0')}]",
        ])()

    def make_ints(self, d):
        return self.pick(f"{self.target(self.expr('ints', d))}[{self.r.choice(['1:', ':-1', '::2', '::-1', ':2'])}]", f"{self.target(self.expr('ints', d))} | sort", "range(j) | list", f"{self.paren(self.expr('ints', d))} + [{self.expr('int', d)}]", self.make_list_literal(d, "ints"), "csv.split(';') | map('last') | map('int') | list", f"{self.target(self.expr('ints', d))} | map('abs') | list")

    def make_strs(self, d):
        return self.pick("csv.split(';')", f"{self.target(self.expr('str', d))}.split()", f"{self.target(self.expr('strs', d))} | {self.pick('sort', 'unique | list', 'map(' + chr(39) + 'upper' + chr(39) + ') | list', 'reverse | list')}", self.make_list_literal(d, "strs"), f"{self.target(self.expr('dict', d))} | list", f"{self.target(self.expr('str', d))} | list")

    def make_dicts(self, d):
        return self.pick("ld", f"{self.target(self.expr('dicts', d))} | {self.pick('sort(attribute=' + chr(39) + 'name' + chr(39) + ')', 'selectattr(' + chr(39) + 'v' + chr(39) + ') | list', 'rejectattr(' + chr(39) + 'v' + chr(39) + ') | list')}", self.make_list_literal(d, "dicts"))

    def make_dict(self, d):
        return self.pick(self.make_dict_literal(d), f"dict({self.pick('a=1', 'd', 'di, c=3', '[(1, 2)]', 'd.items()', '**di', '')})", f"{self.expr('dict', d)}.copy()" if self.chance(.3) else "di", "nest.deep")

    # -- statements --
    def text(self):
        return self.r.choice(["{", "%", "#", "}"]) if self.chance(.01) else self.pick("", " ", "\n", "a", "Key: ", "- ", "\n  ", " x ", "\t", "é", "\n\n")

    def open(self, tag="{%"):
        return tag + self.pick("", "", "", "", "-", "-", "+")

    def close(self, tag="%}"):
        return self.pick("", "", "", "", "-", "-") + tag

    def statement(self, inside):
        return f"{self.open()} {inside} {self.close()}"

    def output(self, kind="any"):
        return f"{self.open('{{').replace('+', '')} {self.expr(kind)} {self.close('}}')}"

    def body(self, depth):
        return "".join(self.piece(depth) for _ in range(self.r.randint(0, 3)))

    def scoped(self, names, depth):
        saved = list(self.scope)
        self.scope += names
        body = self.body(depth)
        self.scope = saved
        return body

    LOOP = ["loop.index", "loop.index0", "loop.revindex", "loop.revindex0", "loop.length", "loop.depth", "loop.depth0", "loop.cycle('a', 'b')", "loop.cycle(1, 2, 3) + 1"]
    LOOP_ANY = ["loop.first", "loop.last", "loop.changed(v)", "loop.changed(v, 1)", "loop.previtem is defined", "loop.nextitem is defined", "loop.previtem | default('-')", "loop.nextitem | default('-')", "loop.changed(loop.index // 2)"]

    def piece(self, depth):
        op = self.r.randrange(30)
        if depth > 2 or op < 6:
            return self.text() + self.output() + self.text()
        if op < 9:
            return self.text()
        if op < 12:
            text = self.statement(f"if {self.expr('bool')}") + self.body(depth + 1)
            if self.chance(.3):
                text += self.statement(f"elif {self.expr('bool')}") + self.body(depth + 1)
            if self.chance(.5):
                text += self.statement("else") + self.body(depth + 1)
            return text + self.statement("endif")
        if op < 17:
            return self.loop(depth)
        if op < 20:
            name, kind = self.pick("p", "q", "r", "s", "i"), self.pick("int", "str", "bool", "list", "dict")
            text = self.statement(f"set {name} = {self.expr(kind)}")
            self.scope.append((name, kind))
            return text
        if op == 20:
            name = self.pick("p", "q")
            text = self.statement(f"set {name}{self.pick('', '', ' | upper', ' | trim | length', ' | indent(2)')}") + self.body(depth + 1) + self.statement("endset")
            self.scope.append((name, "str"))
            return text
        if op == 21:
            return self.statement("set ns = namespace(a=1, b='x')") + self.statement(f"for v in {self.expr('list')}") + self.statement(f"set ns.a = ns.a {self.pick('+', '*')} {self.pick('1', 'loop.index', '2')}") + self.statement("endfor") + "{{ ns.a }}{{ ns.b }}"
        if op == 22:
            return self.statement(f"with {self.pick('p', 'q')} = {self.expr('any')}{self.pick('', ', m = 3', ', m = s')}") + self.body(depth + 1) + self.statement("endwith")
        if op == 23:
            return self.statement(f"filter {self.pick('upper', 'indent(2)', 'trim', 'replace(' + chr(39) + 'a' + chr(39) + ', ' + chr(39) + 'b' + chr(39) + ')', 'upper | trim', 'e', 'title', 'center(20)')}") + self.body(depth + 1) + self.statement("endfilter")
        if op in (24, 25):
            return self.macro(depth)
        if op == 26:
            return "{% raw %}" + self.pick("{{ x }}", "{% if %}", " {# c #} ", "") + "{% endraw %}" + self.pick("", "{%- raw -%} r {%- endraw -%} ")
        if op == 27:
            return self.pick("{# c #}", "{#- c -#}", "{# c -#}", "{#- {{ x }} #}", " {#+ c +#}")
        if op == 28:
            a, b = self.pick(("a, b", "(1, 2)"), ("a, b", "[s, i]"), ("a, (b, c)", "(1, (2, 3))"), ("a, b", "'xy'"), ("a, b", "1, 2"), ("a, b, ", "(j, z)"), ("a, b", "li"), ("a", "1,")), None
            return self.statement(f"set {a[0]} = {a[1]}") + "{{ a }}"
        return self.statement(f"set {self.pick('i', 's', 'w')} = {self.expr('any')}") + self.text() + self.statement(f"for w in {self.expr('list')}") + "{{ w }}" + self.statement("set w = 1") + "{{ w }}" + self.statement("endfor") + self.output()

    def loop(self, depth):
        way = self.r.randrange(8)
        if way == 0:
            return self.statement(f"for k, v in {self.target(self.expr('dict'))}{self.pick('.items()', ' | dictsort', '.items()', ' | items')}") + "{{ k }}={{ v }}" + self.scoped([("k", "str"), ("v", "any")], depth + 1) + self.statement("endfor")
        if way == 1:
            return self.statement("for v in [1, [2, [3]], 4] recursive") + "{{ loop.depth }}{{ loop.index }}" + "{% if v is iterable %}({{ loop(v) }}){% else %}{{ v }}{% endif %}" + self.statement("endfor")
        if way == 2:
            text = self.statement("for a, b in [(1, 2), (3, 4)]") + self.scoped([("a", "int"), ("b", "int")], depth + 1)
        elif way == 3:
            text = self.statement(f"for v in {self.expr('ints')} if {self.pick('v > 2', 'v is odd', 'not v', 'v in li', 'v')}") + "{{ loop.index }}{{ v }}" + self.scoped([("v", "int")], depth + 1)
        else:
            kind = self.pick("list", "ints", "strs", "dicts", "str", "dict", "tuple")
            item = {"ints": "int", "strs": "str", "dicts": "dict", "str": "str", "dict": "str"}.get(kind, "any")
            text = self.statement(f"for v in {self.expr(kind)}")
            if self.chance(.6):
                text += "{{ " + self.r.choice(self.LOOP + self.LOOP_ANY) + " }}"
            text += self.pick("{{ v }}", "{{ v }},", "") + self.scoped([("v", item), ("loop.index", "int")], depth + 1)
        if self.chance(.3):
            text += self.statement("else") + self.body(depth + 1)
        return text + self.statement("endfor")

    def macro(self, depth):
        way = self.r.randrange(6)
        saved, self.scope = self.scope, list(self.scope) + [("a", "int"), ("b", "str")]
        body = self.body(depth + 1)
        self.scope = saved
        if way < 3:
            text = self.statement(f"macro m(a, b={self.pick(chr(39) + 'x' + chr(39), 'a', 'none', 's')})") + "{{ a }}{{ b }}" + body + self.pick("", "", "{{ varargs }}{{ kwargs }}", "{{ m.name }}{{ m.arguments }}") + self.statement("endmacro")
            return text + "{{ " + self.pick("m(1)", "m(2, 'y')", "m(b='k', a=3)", "m()", "m(1, 2, 3)", "m(1, c=4)", "m(*[5, 'z'])", "m(**{'a': 7})", "m(1) ~ 'q'", "m(1) | upper", "m(s)", "m(1, b=[1])") + " }}"
        if way == 3:
            return self.statement("macro m(a)") + "<{{ caller(a, 2) }}>" + self.statement("endmacro") + self.statement(f"call({self.pick('p', 'p, q', 'p, q=3', 'p, q, r=1')}) m({self.expr('any')})") + "{{ p }}" + body + self.statement("endcall")
        if way == 4:
            return self.statement("macro m(a=1)") + "<{{ caller() }}{{ a }}>" + self.statement("endmacro") + self.statement(f"call m({self.pick('', '2')})") + body + self.statement("endcall")
        return self.pick("{% set c = cycler('a', 'b', 3) %}{{ c.next() }}{{ c.next() }}{{ c.current }}{% set _ = c.reset() %}{{ c.next() }}", "{% set j = joiner('|') %}{% for v in ls %}{{ j() }}{{ v }}{% endfor %}", "{% set j = joiner() %}{{ j() }}{{ j() }}x", "{% set o = namespace() %}{% set o.x = 5 %}{{ o.x }}{{ o.y is defined }}", "{% macro g(n) %}{{ n }}{% if n > 0 %},{{ g(n - 1) }}{% endif %}{% endmacro %}{{ g(3) }}")

    def template(self):
        self.scope = []
        if self.chance(0.5):
            return self.output() if self.chance(.8) else self.text() + self.output() + self.text()
        return "".join(self.piece(0) for _ in range(self.r.randint(1, 4)))


class TooLong(Exception):
    pass


def too_long(*_):
    raise TooLong


def outcome(environment, template, context):
    signal.setitimer(signal.ITIMER_REAL, 5)
    try:
        return {"output": environment.from_string(template).render(json.loads(json.dumps(context)))}
    except (TooLong, MemoryError):
        return None
    except Exception as error:  # whatever it is, the template does not render
        return {"error": f"{type(error).__name__}: {error}"}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def case(generator, environments):
    """A case, or nothing where Jinja2 disagrees with itself.

    Its optimizer calculates constants before it renders, and fails there in its own ways. A case that takes
    Python too long, or too much memory, is left out, too.
    """
    context, template = generator.context(), generator.template()
    first, second = (outcome(environment, template, context) for environment in environments)
    if first is None or second is None or first.get("output") != second.get("output"):
        return None
    return {"template": template, "context": context, **first}


def main(seed, count):
    signal.signal(signal.SIGALRM, too_long)
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    environments = [jinja2.Environment(undefined=jinja2.StrictUndefined, optimized=optimized) for optimized in (True, False)]
    generator = Generator(seed)
    made = 0
    while made < count:
        one = case(generator, environments)
        text = one.get("output", "") if one else ""
        if one is None or UNSTABLE.search(text) or len(text) > 100_000 or any("\ud800" <= c <= "\udfff" for c in text):
            continue
        print(json.dumps(one))
        made += 1


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
