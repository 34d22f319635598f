//! Templates that would take all memory or never end: each is refused, and soon.

#![expect(
    clippy::disallowed_methods,
    reason = "a test measures its own time and memory, which the library may not"
)]

use std::time::{Duration, Instant};

use nucleon_core::codes::Code;
use nucleon_core::context::Context;
use nucleon_core::render::render;
use nucleon_core::template::TemplateSource;
use serde_json::json;

/// A debug build is slower than what users run, and other tests run beside this one.
const LONGEST: Duration = Duration::from_secs(10);
/// The most memory that a process may take that rendered them all, in bytes.
const MOST: u64 = 256 << 20;

const BOMBS: &[&str] = &[
    "{{ (['x' * 1000000] * 99999) ~ '' }}",
    "{{ ['x' * 1000000] * 99999 }}",
    "{{ (['x' * 1000000] * 99999) | join }}",
    "{{ (['x' * 1000000] * 99999) | tojson }}",
    "{{ (['x' * 1000000] * 99999) | pprint }}",
    "{{ (['x' * 1000000] * 999) | map('upper') | list | length }}",
    "{{ 'x' * 1000000000000 }}",
    "{{ [0] * 100000000 }}",
    "{{ (0,) * 100000000 }}",
    "{{ ([[0] * 1000] * 1000) | string | length }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%.1000000000f' % 1 }}",
    "{{ '%*d' % (1000000000, 1) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '{:.1000000000f}'.format(1) }}",
    "{{ '{:{}}'.format(1, 1000000000) }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ 'a'.center(1000000000) }}",
    "{{ 'a'.zfill(1000000000) }}",
    "{{ 'a'.ljust(1000000000) }}",
    "{{ '\t'.expandtabs(1000000000) }}",
    "{{ 'a\nb' | indent(1000000000) }}",
    "{{ [[1]] | tojson(1000000000) }}",
    "{{ ('a' * 10000).replace('a', 'b' * 1000000) | length }}",
    "{{ ('a' * 10000) | replace('', 'b' * 1000000) | length }}",
    "{{ ('b' * 1000000).join(['a'] * 100000) | length }}",
    "{{ (['a'] * 100000) | join('b' * 1000000) | length }}",
    "{{ [1] | batch(1000000000, 0) | list }}",
    "{{ [1] | slice(1000000000) | list }}",
    "{{ (('a\n' * 100000) | wordwrap(1, wrapstring='b' * 10000)) | length }}",
    "{% set n = namespace(s='x') %}{% for i in range(64) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s }}",
    "{% set n = namespace(s='x') %}{% for i in range(64) %}{% set n.s = n.s + n.s %}{% endfor %}{{ n.s }}",
    "{% set n = namespace(s=[1]) %}{% for i in range(64) %}{% set n.s = n.s + n.s %}{% endfor %}{{ n.s }}",
    "{% set n = namespace(s=[1]) %}{% for i in range(64) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s }}",
    "{% set n = namespace(s=[1]) %}{% for i in range(64) %}{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s == [n.s[0], n.s[1]] }}",
    "{% set n = namespace(s=[1], t=[1]) %}{% for i in range(64) %}{% set n.s = [n.s, n.s] %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.s == n.t }}",
    "{% set n = namespace(s={'a': 1}) %}{% for i in range(64) %}{% set n.s = {'a': n.s, 'b': n.s} %}{% endfor %}{{ n.s | tojson }}",
    "{% set n = namespace(s='<') %}{% for i in range(64) %}{% set n.s = n.s | e | string | forceescape %}{% endfor %}{{ n.s }}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% set s = 'ab' * 1000000 %}{% for i in range(99999) %}{{ s.count('ba') }}{% endfor %}",
    "{% set s = 'ab' * 1000000 %}{% for i in range(99999) %}{{ s[1:2] }}{% endfor %}",
    "{% set s = 'ab' * 1000000 %}{% for i in range(99999) %}{{ 'x' in s }}{% endfor %}",
    "{% set s = 'ab' * 1000000 %}{% for i in range(99999) %}{{ s | length }}{% endfor %}",
    "{% set s = 'ab' * 1000000 %}{% for i in range(99999) %}{{ s[5] }}{% endfor %}",
    "{% set s = 'ab' * 1000000 %}{% for i in range(99999) %}{{ s | first }}{{ s is upper }}{% endfor %}",
    "{% set s = [1] * 100000 %}{% for i in range(99999) %}{{ 2 in s }}{% endfor %}",
    "{% set s = [1] * 100000 %}{% for i in range(99999) %}{{ s | unique | list }}{{ s | sort | first }}{% endfor %}",
    "{{ range(100000) | unique | list | length }}",
    "{{ dict(range(100000) | batch(2)) | length }}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ 2 ** 100000000000 }}",
    "{{ '9' * 1000000 | int }}",
    "{{ ('a' * 1000000) | wordwrap(1) | length }}",
    "{% set n = namespace() %}{% set n.n = n %}{{ n.n }}",
    "{% set n = namespace() %}{% set n.n = [n] %}{{ n.n | tojson }}",
    "{% set n = namespace() %}{% set n.n = {'x': n} %}{{ n.n | pprint }}",
    "{% set n = namespace() %}{% set m = namespace() %}{% set n.n = [n] %}{% set m.n = [m] %}{{ n.n == m.n }}",
];

#[test]
fn templates_that_take_too_much_are_refused_soon() {
    let context = Context::from_json(json!({})).unwrap();
    let late = BOMBS.iter().filter_map(|text| {
        let template = TemplateSource {
            file: "template.yaml".into(),
            text: (*text).into(),
        };
        let start = Instant::now();
        let rendered = render(&template, &context);
        let took = start.elapsed();
        let said = match &rendered {
            Ok(rendered) => format!("{} bytes", rendered.text().len()),
            Err(diagnostics) => diagnostics[0].message.clone(),
        };
        println!("{took:?} {text}: {said}, peak {} MB", peak() >> 20);
        (took > LONGEST).then_some(*text)
    });
    let late: Vec<_> = late.collect();
    assert!(late.is_empty(), "took too long: {late:#?}");
    let peak = peak();
    assert!(peak < MOST, "took {peak} bytes of memory");
}

#[test]
fn a_template_that_takes_too_much_says_so() {
    let context = Context::from_json(json!({})).unwrap();
    let template = TemplateSource {
        file: "template.yaml".into(),
        text: BOMBS[0].into(),
    };
    let diagnostics = render(&template, &context).unwrap_err();
    assert_eq!(diagnostics[0].code, Code::RenderFuel);
}

/// The most memory that this process has had, where the system tells.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}
