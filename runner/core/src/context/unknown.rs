//! Outputs that are not known yet: what a template reads of them, and what it gets instead.
//!
//! A value reads as the text `<unknown environment.outputs.VpcId>`, so that filters, comparisons and `~` work as they
//! do on the text that will stand there one day. List indices in the name have dots (`service_instances.0.outputs.Url`):
//! brackets would end a plain scalar inside `[…]` in YAML.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::Value;
use minijinja::value::{Enumerator, Object};

use crate::outcome::Outputs;

const OPEN: &str = "<unknown ";

/// The names of unknown values that a template has read, shared between the values and whoever renders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    names: BTreeSet<String>,
    last: Option<String>,
}

impl Reads {
    /// Notes that a name was read.
    fn note(&self, name: String) {
        let mut seen = self.seen();
        seen.last = Some(name.clone());
        seen.names.insert(name);
    }

    /// Takes the name that was read last, if one was read since the last time somebody asked.
    pub(crate) fn take_last(&self) -> Option<String> {
        self.seen().last.take()
    }

    /// Every name that was read, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        self.seen().names.iter().cloned().collect()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the formatter find the reads of the render that it works for.
impl Object for Reads {}

/// What stands where a value is not known yet.
pub(crate) fn placeholder(name: &str) -> String {
    format!("{OPEN}{name}>")
}

/// Whether a text has a value in it that is not known yet.
pub(crate) fn is_unknown(text: &str) -> bool {
    text.contains(OPEN)
}

/// The outputs of a target that has none yet.
///
/// Every name in them reads as its placeholder; going through all of them finds nothing, and counts as reading the whole.
pub(crate) struct UnknownOutputs {
    path: String,
    reads: Reads,
}

impl UnknownOutputs {
    pub(crate) fn value(path: &str, reads: &Reads) -> Value {
        let path = path.to_owned();
        let reads = reads.clone();
        Value::from_object(Self { path, reads })
    }

    /// Notes that one of them is read, and gives what stands for it.
    fn read(&self, key: &str) -> Value {
        // A look for nothing in particular is one for the whole.
        let name = if key.is_empty() {
            self.path.clone()
        } else {
            format!("{}.{key}", self.path)
        };
        let text = placeholder(&name);
        self.reads.note(name);
        Value::from(text)
    }
}

impl fmt::Debug for UnknownOutputs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&placeholder(&self.path))
    }
}

impl Object for UnknownOutputs {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.to_string();
        Some(self.read(&key))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        self.reads.note(self.path.clone());
        Enumerator::Empty
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reads.note(self.path.clone());
        write!(formatter, "{self:?}")
    }
}

/// The outputs of a target of which some are known and some will be set.
pub(crate) fn partly_known(
    path: &str,
    known: &Outputs,
    coming: &BTreeSet<String>,
    reads: &Reads,
) -> Value {
    Value::from_object(PartlyKnown {
        known: known.clone(),
        coming: coming.clone(),
        unknown: UnknownOutputs {
            path: path.to_owned(),
            reads: reads.clone(),
        },
    })
}

/// Going through all of them finds all names, those of outputs to come with what stands for them.
#[derive(Debug)]
struct PartlyKnown {
    known: Outputs,
    coming: BTreeSet<String>,
    unknown: UnknownOutputs,
}

impl Object for PartlyKnown {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        if let Some(value) = self.known.get(key) {
            return Some(Value::from(value.as_str()));
        }
        self.coming.contains(key).then(|| self.unknown.read(key))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.known.keys().chain(&self.coming);
        Enumerator::Values(names.map(|name| Value::from(name.as_str())).collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::context::{
        ComponentFacts, Context, EnvironmentFacts, InstanceFacts, Known, PipelineInstanceFacts,
        ServiceFacts,
    };
    use crate::diagnostic::Diagnostic;
    use crate::inputs::Inputs;
    use crate::render::render;
    use crate::rendered::Rendered;
    use crate::target::Name;
    use crate::template::TemplateSource;

    fn name(text: &str) -> Name {
        Name::new(text).unwrap()
    }

    fn environment() -> EnvironmentFacts {
        EnvironmentFacts {
            name: name("dev"),
            account_id: "111122223333".to_owned(),
            outputs: Known::NotYet,
        }
    }

    fn service() -> ServiceFacts {
        ServiceFacts {
            name: name("web"),
            repository: None,
        }
    }

    fn rendered(template: &str, context: &Context) -> Rendered {
        let template = TemplateSource {
            file: "t.yaml".into(),
            text: template.into(),
        };
        render(&template, context).unwrap()
    }

    fn instance(template: &str) -> Rendered {
        let component = ComponentFacts {
            name: name("uploads"),
            outputs: Known::NotYet,
        };
        let instance = InstanceFacts {
            name: name("prod"),
            inputs: Inputs::empty(),
            component: Some(component),
        };
        let context = Context::instance(environment(), service(), instance);
        rendered(template, &context)
    }

    fn pipeline(template: &str) -> Rendered {
        let instance = PipelineInstanceFacts {
            name: name("prod"),
            inputs: Inputs::empty(),
            outputs: Known::NotYet,
            environment: environment(),
        };
        let context = Context::pipeline(Inputs::empty(), service(), vec![instance]);
        rendered(template, &context)
    }

    #[test]
    fn an_unknown_output_reads_as_a_placeholder() {
        let rendered =
            instance("{{ environment.outputs.VpcId }} {{ environment.outputs['A'] | lower }}");
        let text = "<unknown environment.outputs.VpcId> <unknown environment.outputs.a>";
        assert_eq!(rendered.text(), text);
        assert_eq!(
            rendered.unknown(),
            ["environment.outputs.A", "environment.outputs.VpcId"]
        );
    }

    #[test]
    fn a_look_for_nothing_in_particular_reads_the_whole() {
        let rendered = instance("{{ service_instance.components.default.outputs[''] }}");
        assert_eq!(
            rendered.unknown(),
            ["service_instance.components.default.outputs"]
        );
    }

    fn partly(template: &str) -> Result<Rendered, Vec<Diagnostic>> {
        let outputs = Known::Partly(
            [("VpcId".to_owned(), "vpc-1".to_owned())].into(),
            ["Subnet".to_owned()].into(),
        );
        let environment = EnvironmentFacts {
            outputs,
            ..environment()
        };
        let template = TemplateSource {
            file: "t.yaml".into(),
            text: template.into(),
        };
        render(
            &template,
            &Context::component(&name("c"), environment, None),
        )
    }

    #[test]
    fn what_is_known_beside_what_will_be_set_reads_as_it_is() {
        let rendered = partly("{{ environment.outputs.VpcId }}").unwrap();
        assert_eq!((rendered.text(), rendered.unknown()), ("vpc-1", &[][..]));
    }

    #[test]
    fn what_will_be_set_beside_what_is_known_is_unknown() {
        let rendered = partly("{{ environment.outputs.Subnet }}").unwrap();
        assert_eq!(rendered.text(), "<unknown environment.outputs.Subnet>");
        assert_eq!(rendered.unknown(), ["environment.outputs.Subnet"]);
    }

    #[test]
    fn what_is_neither_known_nor_to_come_is_a_slip() {
        assert!(partly("{{ environment.outputs.Sbunet }}").is_err());
    }

    #[test]
    fn going_through_partly_known_outputs_finds_them_all() {
        let template = "{% for name, value in environment.outputs.items() %}{{ name }}={{ value }} {% endfor %}";
        let rendered = partly(template).unwrap();
        assert_eq!(
            rendered.text(),
            "VpcId=vpc-1 Subnet=<unknown environment.outputs.Subnet> "
        );
        assert_eq!(rendered.unknown(), ["environment.outputs.Subnet"]);
    }

    #[test]
    fn a_known_value_is_not_listed() {
        assert!(instance("{{ environment.name }}").unknown().is_empty());
    }

    #[test]
    fn going_through_unknown_outputs_finds_nothing_and_counts_as_reading_them_all() {
        let template = "[{% for key, value in service_instance.components.default.outputs.items() %}{{ key }}{% endfor %}]";
        let rendered = instance(template);
        assert_eq!(rendered.text(), "[]");
        assert_eq!(
            rendered.unknown(),
            ["service_instance.components.default.outputs"]
        );
    }

    #[test]
    fn protons_filters_work_over_unknown_outputs() {
        let template = concat!(
            "[{{ service_instance.components.default.outputs | proton_cfn_iam_policy_arns }}]",
            "[{{ environment.outputs.Arn | proton_cfn_sanitize }}]",
        );
        let rendered = instance(template);
        assert_eq!(rendered.text(), "[][<unknown environment.outputs.Arn>]");
        let read = [
            "environment.outputs.Arn",
            "service_instance.components.default.outputs",
        ];
        assert_eq!(rendered.unknown(), read);
    }

    #[test]
    fn a_lookup_by_an_unknown_key_is_unknown() {
        let lookup = "{'go': 'x'}[service_instances[0].outputs.Runtime]";
        for filters in [
            "",
            "| tojson",
            "| tojson | safe",
            "| safe",
            "| upper | lower",
        ] {
            let template =
                format!("{{{{ {lookup} {filters} }}}} {{{{ service_instances[0].name }}}}");
            let rendered = pipeline(&template);
            let text = rendered.text().to_lowercase();
            assert_eq!(
                text, "<unknown service_instances.0.outputs.runtime> prod",
                "{filters}"
            );
            assert_eq!(rendered.unknown(), ["service_instances.0.outputs.Runtime"]);
        }
    }

    #[test]
    fn a_placeholder_is_a_scalar_in_every_yaml() {
        let rendered = pipeline("a: [x, {{ service_instances[0].outputs.Url }}, y]");
        assert!(rendered.parse().is_ok());
    }

    #[test]
    fn outputs_of_the_environments_of_instances_can_be_unknown() {
        let template =
            "{% for i in service_instances %}{{ i.environment.outputs.Vpc }}{% endfor %}";
        let unknown = pipeline(template).unknown().to_vec();
        assert_eq!(unknown, ["service_instances.0.environment.outputs.Vpc"]);
    }

    #[test]
    fn a_slip_beside_an_unknown_value_is_still_an_error() {
        let template = TemplateSource {
            file: "t.yaml".into(),
            text: "{{ {'a': 1}[environment.outputs.Size] }} {{ environment.nme }}".into(),
        };
        let context = Context::component(&name("c"), environment(), None);
        assert!(render(&template, &context).is_err());
    }
}
