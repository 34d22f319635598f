//! A stack that is deep enough for whatever a template can nest.
//!
//! The engine works by recursion on expressions (`1 + 1 + 1 + …`) and on values (a list in a list in a list, made by
//! a loop), and does not count either. A thread's stack holds some thousands of such levels; a template of 40 kB, or a
//! loop of one line, makes more, and a stack that overflows ends the process, with all its other targets. So whatever
//! could nest that deep is rendered on a stack of its own. Memory is taken only as far as the stack is used.

/// How large the deep stack is, in bytes; the fuel of a render ends before it does.
const DEEP: usize = 1 << 29;
/// The stack of a thread that renders many templates: on it none needs a stack of its own.
pub const STACK: usize = DEEP + (1 << 24);
/// A template up to this size has not text enough to nest deep: a level takes two bytes at least.
const SHORT: usize = 1_000;

/// Whether a template may nest deeper than an ordinary stack holds.
pub(super) fn must_be_deep(source: &str) -> bool {
    // Only a namespace carries a value from one turn of a loop to the next.
    source.len() > SHORT || source.contains("namespace")
}

/// Does work on a deep stack: on this one if it is, else on a new one; in a browser, on the only one that there is.
pub(super) fn deep<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(DEEP, DEEP, work)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::codes::Code;
    use crate::context::Context;
    use crate::diagnostic::Diagnostic;
    use crate::render::render;
    use crate::template::TemplateSource;

    fn rendered(template: &str) -> Result<String, Vec<Diagnostic>> {
        let template = TemplateSource {
            file: "t.yaml".into(),
            text: template.into(),
        };
        let rendered = render(&template, &Context::from_json(json!({})).unwrap());
        rendered.map(|rendered| rendered.text().to_owned())
    }

    #[test]
    fn a_long_chain_of_operators_does_not_end_the_process() {
        let template = format!("{{{{ 1{} }}}}", "+1".repeat(900));
        assert_eq!(rendered(&template).unwrap(), "901");
        let template = format!("{{{{ 1{} }}}}", "+1".repeat(30_000));
        assert_eq!(
            rendered(&template).unwrap_err()[0].code,
            Code::RenderUnsupported
        );
    }

    #[test]
    fn a_long_chain_of_filters_does_not_end_the_process() {
        let template = format!("{{{{ 'a'{} }}}}", "|e".repeat(30_000));
        assert_eq!(rendered(&template).unwrap(), "a");
    }

    #[test]
    fn parentheses_that_nest_deep_do_not_end_the_process() {
        let template = format!("{{{{ {}1{} }}}}", "(".repeat(30_000), ")".repeat(30_000));
        assert_eq!(
            rendered(&template).unwrap_err()[0].code,
            Code::RenderUnsupported
        );
    }

    #[test]
    fn long_chains_of_conditions_are_refused_soon() {
        for link in [" and 1", " or 0", " < 2", " is string and 1"] {
            let template = format!("{{{{ 1{} }}}}", link.repeat(900));
            assert!(rendered(&template).is_ok(), "{link}");
            let template = format!("{{{{ 1{} }}}}", link.repeat(50_000));
            assert_eq!(
                rendered(&template).unwrap_err()[0].code,
                Code::RenderUnsupported,
                "{link}"
            );
        }
    }

    #[test]
    fn blocks_that_nest_deep_are_refused_soon() {
        for (open, close) in [
            ("{% if 1 %}", "{% endif %}"),
            ("{% for i in x %}{{ i.a }}", "{% endfor %}"),
        ] {
            let template = format!(
                "{{% set x = [] %}}{}{}",
                open.repeat(100),
                close.repeat(100)
            );
            assert_eq!(rendered(&template).unwrap(), "", "{open}");
            let template = format!(
                "{{% set x = [] %}}{}{}",
                open.repeat(20_000),
                close.repeat(20_000)
            );
            assert_eq!(
                rendered(&template).unwrap_err()[0].code,
                Code::RenderUnsupported,
                "{open}"
            );
        }
    }

    #[test]
    fn a_list_that_nests_without_end_does_not_end_the_process() {
        let template = concat!(
            "{% set n = namespace(v=[]) %}",
            "{% for i in range(99999) %}{% for j in range(99999) %}{% set n.v = [n.v] %}{% endfor %}{% endfor %}",
        );
        assert_eq!(rendered(template).unwrap_err()[0].code, Code::RenderFuel);
    }

    #[test]
    fn a_list_that_nests_deep_is_printed() {
        let template = concat!(
            "{% set n = namespace(v=[]) %}",
            "{% for i in range(9999) %}{% set n.v = [n.v] %}{% endfor %}{{ n.v }}",
        );
        assert_eq!(rendered(template).unwrap().len(), 20_000);
    }
}
