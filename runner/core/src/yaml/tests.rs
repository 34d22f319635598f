use std::fmt::Write as _;

use super::*;
use crate::yaml::is_plain_text;

fn parsed(text: &str) -> Node {
    parse(&"f.yaml".into(), text).unwrap()
}

fn faults(text: &str) -> String {
    let faults = parse(&"f.yaml".into(), text).unwrap_err();
    let mut shown = String::new();
    for fault in faults {
        let place = fault.location.unwrap();
        let help = fault.help.unwrap_or_default();
        let (line, column, length) = (place.line, place.column, place.length);
        writeln!(
            shown,
            "{line}:{column}+{length} {}: {} ({help})",
            fault.code, fault.message
        )
        .unwrap();
    }
    shown
}

/// Every scalar with its place.
fn places(node: &Node, shown: &mut String) {
    let Span {
        line,
        column,
        length,
    } = node.span;
    let tag = node.tag.as_deref().unwrap_or_default();
    match &node.value {
        Value::Sequence(items) => {
            writeln!(shown, "{line}:{column}+{length} {tag}[").unwrap();
            for item in items {
                places(item, shown);
            }
        }
        Value::Mapping(entries) => {
            writeln!(shown, "{line}:{column}+{length} {tag}{{").unwrap();
            for (key, value) in entries {
                places(key, shown);
                places(value, shown);
            }
        }
        _ => writeln!(shown, "{line}:{column}+{length} {tag} {:?}", node.text()).unwrap(),
    }
}

#[test]
fn every_value_has_its_place() {
    let text = "a: one   # note\né: \"zwei\"\nlist:\n  - 3\n  - {x: [1, 2]}\nempty:\nblock: |\n  text\n  more\nref: !Sub 'a ${b}'\ngone: ~\n";
    let mut shown = String::new();
    places(&parsed(text), &mut shown);
    insta::assert_snapshot!(shown, @r#"
    1:1+15 {
    1:1+1  "a"
    1:4+3  "one"
    2:1+1  "é"
    2:4+6  "zwei"
    3:1+4  "list"
    4:3+3 [
    4:5+1  "3"
    5:5+11 {
    5:6+1  "x"
    5:9+6 [
    5:10+1  "1"
    5:13+1  "2"
    6:1+5  "empty"
    6:6+1  ""
    7:1+5  "block"
    8:3+4  "text\nmore\n"
    10:1+3  "ref"
    10:6+13 !Sub "a ${b}"
    11:1+4  "gone"
    11:7+1  "~"
    "#);
}

#[test]
fn an_empty_document_is_nothing() {
    assert!(parsed("").is_null());
    assert!(parsed("# only a comment\n").is_null());
    assert!(parsed("---\n").is_null());
}

#[test]
fn quoted_scalars_are_text_and_plain_ones_keep_how_they_were_written() {
    let node = parsed("quoted: \"012\"\nplain: 012\ntagged: !!str 80\nyes: yes\nref: !Ref 80\n");
    assert_eq!(node.get("quoted").unwrap().as_str(), Some("012"));
    assert_eq!(node.get("quoted").unwrap().raw, None);
    assert_eq!(node.get("plain").unwrap().as_i64(), Some(12));
    assert_eq!(node.get("plain").unwrap().raw.as_deref(), Some("012"));
    assert_eq!(node.get("tagged").unwrap().as_str(), Some("80"));
    assert_eq!(node.get("yes").unwrap().as_str(), Some("yes"));
    assert_eq!(node.get("ref").unwrap().as_str(), Some("80"));
    assert_eq!(node.get("ref").unwrap().tag.as_deref(), Some("!Ref"));
}

#[test]
fn merge_keys_merge_as_pyyaml_does() {
    let text = "base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\nboth: {b: 9, <<: [*base, *more], d: 5}\n";
    let both = parsed(text).get("both").unwrap().to_json();
    assert_eq!(both.to_string(), r#"{"b":9,"c":4,"a":1,"d":5}"#);
}

#[test]
fn every_duplicate_key_is_reported() {
    insta::assert_snapshot!(faults("a: 1\nb: {x: 1, y: 2, x: 3}\na: 2\na: 3\n"), @r"
    2:17+1 yaml/duplicate-key: `x` stands twice in one mapping (it is on line 2 already: keep one of them)
    3:1+1 yaml/duplicate-key: `a` stands twice in one mapping (it is on line 1 already: keep one of them)
    4:1+1 yaml/duplicate-key: `a` stands twice in one mapping (it is on line 1 already: keep one of them)
    ");
}

#[test]
fn aliases_expand_within_bounds() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, before) in ('b'..='j').zip('a'..) {
        let items = vec![format!("*{before}"); 9].join(", ");
        writeln!(bomb, "{name}: &{name} [{items}]").unwrap();
    }
    insta::assert_snapshot!(faults(&bomb), @"5:24+2 yaml/too-large: aliases expand to more than 50000 values (write the values out, or put anchors on smaller parts)");
    insta::assert_snapshot!(faults("a: &a [*a]"), @"1:8+2 yaml/syntax: an alias stands inside the value that it names ()");
}

#[test]
fn nesting_is_bounded() {
    assert_eq!(
        parsed(&format!("{}{}", "[".repeat(128), "]".repeat(128))).kind(),
        "a list"
    );
    insta::assert_snapshot!(faults(&"[".repeat(200)), @"1:129+1 yaml/too-large: more than 128 levels of nesting (use fewer levels)");
    insta::assert_snapshot!(faults(&"- ".repeat(100_000)), @"1:257+1 yaml/too-large: more than 128 levels of nesting (use fewer levels)");
    let text = format!(
        "a: &a {}1{}\nb: {}*a{}\n",
        "[".repeat(90),
        "]".repeat(90),
        "[".repeat(90),
        "]".repeat(90)
    );
    insta::assert_snapshot!(faults(&text), @"2:94+1 yaml/too-large: more than 128 levels of nesting (use fewer levels)");
}

#[test]
fn size_is_bounded() {
    insta::assert_snapshot!(faults(&"a".repeat(MAX_BYTES + 1)), @"1:1+1 yaml/too-large: the file holds more than 5 MB of YAML (split the file)");
    let many = format!("[{}]", "a,".repeat(MAX_NODES));
    insta::assert_snapshot!(faults(&many), @"1:1000000+1 yaml/too-large: more than 500000 values in one document (split the file)");
}

#[test]
fn faults_of_syntax_say_what_to_do() {
    let texts = [
        "a: 1\n\tb: 2\n",
        "a:\n\t- b\n",
        "image: {{ image }}\n",
        "image: {{ a.b }}/x\n",
        "a: b: c\n",
        "a: 'never\n",
        "a: \"\\d\"\n",
        "a: [1, 2\nb: 3\n",
        "a: {b: 1\n",
        "a: 1\n b: 2\n",
        "a:\n  - 1\n b: 2\n",
        "a: @x\n",
        "a: %x\n",
        "{% if x %}\na: 1\n",
        "a: *.txt\n",
        "a: *b\n",
        "a: &\n",
        "a: 1\nb\nc: 2\n",
        "a: 1\n---\nb: 2\n",
        "a: \"x\" y\n",
        "a: \0\n",
        "!!int x\n",
        "? [a]\n: b\n",
        "<<: 1\n",
        "a: |\n x\n  y\nz\n",
        "a: - b\n",
        "]",
        "a: `x`\n",
        "a: 1\n...\nfoo\n",
        "%FOO\n",
        "a: b\n  c: d\n",
    ];
    insta::assert_snapshot!(texts.map(faults).concat(), @r#"
    1:4+1 yaml/syntax: a tab is used where only spaces may stand (indent with spaces)
    2:2+1 yaml/syntax: a tab is used where only spaces may stand (indent with spaces)
    1:8+2 yaml/syntax: a value begins with `{{`, which YAML reads as a mapping in a mapping (quote the value: write `"{{ … }}"`)
    1:8+2 yaml/syntax: a value begins with `{{`, which YAML reads as a mapping in a mapping (quote the value: write `"{{ … }}"`)
    1:5+1 yaml/syntax: a `:` stands where no value can begin (quote a value that contains `: `, and check the indentation of this line and the one before)
    1:4+1 yaml/syntax: a quoted text never ends (add the closing quote)
    1:4+1 yaml/syntax: an escape that YAML does not have (write `\\` for a backslash, or use single quotes)
    2:2+1 yaml/syntax: a `:` stands where no value can begin (close the `[` of line 1 with `]`, or quote the value if it is text)
    2:1+1 yaml/syntax: a `{` is not closed where it should be (close the `{` of line 1 with `}`, or quote the value if it is text)
    2:3+1 yaml/syntax: a `:` stands where no value can begin (quote a value that contains `: `, and check the indentation of this line and the one before)
    3:2+1 yaml/syntax: a mapping is followed by something that is not a key (write `key: value`, and check the indentation of this line and the one before)
    1:4+1 yaml/syntax: a value cannot begin with `@` unless it is quoted (quote the value)
    1:4+1 yaml/syntax: a value cannot begin with `%` unless it is quoted (quote it; a template's `{% … %}` belongs into templates, not into data)
    1:2+1 yaml/syntax: a value cannot begin with `%` unless it is quoted (quote it; a template's `{% … %}` belongs into templates, not into data)
    1:4+1 yaml/syntax: an alias has no anchor before it (define it with `&name` first; a value that begins with `*` has to be quoted)
    1:4+1 yaml/syntax: an alias has no anchor before it (define it with `&name` first; a value that begins with `*` has to be quoted)
    1:4+1 yaml/syntax: an alias or an anchor has no name (quote a value that begins with `*` or `&`)
    3:1+1 yaml/syntax: a key has no `:` after it (write `key: value`, and check the indentation of this line and the one before)
    2:1+3 yaml/syntax: a second document begins here (keep one document in a file: remove the `---`)
    1:8+1 yaml/syntax: text follows a closing quote (quote the whole value, and double a quote inside single quotes)
    1:4+1 yaml/syntax: a control character that text cannot hold (remove it, or write it as an escape in double quotes)
    1:1+7 yaml/syntax: `!!int` does not fit this value ()
    1:3+3 yaml/syntax: a key is a list or a mapping (write a text or a number before the `:`)
    1:1+2 yaml/syntax: `<<` takes a mapping or a list of mappings (write `<<: *name`, where `&name` marks a mapping)
    5:1+1 yaml/syntax: a key has no `:` after it (write `key: value`, and check the indentation of this line and the one before)
    1:4+1 yaml/syntax: a `-` stands where no list item can begin (put the list on its own lines below its key)
    1:1+1 yaml/syntax: a bracket closes nothing (remove it, or quote the value)
    1:4+1 yaml/syntax: a value cannot begin with a backtick unless it is quoted (quote the value)
    3:1+3 yaml/syntax: a second document begins here (keep one document in a file: remove the `---`)
    2:1+1 yaml/syntax: text follows the end of the document (check the indentation of this line and the one before)
    2:4+1 yaml/syntax: a `:` stands where no value can begin (quote a value that contains `: `, and check the indentation of this line and the one before)
    "#);
}

#[test]
fn a_text_is_quoted_where_any_reader_would_take_it_for_something_else() {
    let texts = [
        "nginx:1.27",
        "10.0.0.0/16",
        "/aws/service",
        "a-b_c.d@e",
        "t3.micro",
        "1.10",
        "012",
        "yes",
        "Off",
        "true",
        "null",
        "",
        "2026-10-07",
        "12:30",
        "1_000",
        "1e3",
        "a: b",
        "a:",
        "a b",
        "*a",
        "-a",
        "@a",
        "#a",
    ];
    let plain: Vec<&str> = texts
        .into_iter()
        .filter(|text| is_plain_text(text))
        .collect();
    assert_eq!(
        plain,
        [
            "nginx:1.27",
            "10.0.0.0/16",
            "/aws/service",
            "a-b_c.d@e",
            "t3.micro"
        ]
    );
}
