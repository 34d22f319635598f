//! Services: their instances and pipelines.

use std::collections::BTreeMap;

use crate::bundle::Part;
use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Location};
use crate::located::Located;
use crate::repository::{Draft, Parser};
use crate::spec::{InstanceSpec, ServiceSpec, SpecPart};
use crate::suggest::closest;
use crate::target::{Name, TargetId};
use crate::version::VersionRef;
use crate::yaml::Value;

/// A service whose spec does not mention a pipeline.
#[derive(Clone, Debug)]
pub(crate) struct WithoutPipeline {
    pub(crate) service: Name,
    pub(crate) template: VersionRef,
    pub(crate) at: Location,
}

impl Parser<'_> {
    /// The targets of every service.
    pub(super) fn services(&mut self, specs: BTreeMap<Name, ServiceSpec>) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for (service, spec) in specs {
            self.service(&service, spec, &mut drafts);
        }
        drafts
    }

    fn service(&mut self, service: &Name, spec: ServiceSpec, drafts: &mut Vec<Draft>) {
        let config = self.config().services.get(service);
        let given = config.and_then(|config| config.template.clone());
        let template = self.either("template", given.as_ref(), spec.template.as_ref());
        let instances = spec.instances.into_iter();
        let instances: Vec<Draft> = instances
            .map(|instance| self.instance(service, template.as_ref(), instance))
            .collect();
        let ids = instances.iter().map(|instance| instance.id.clone());
        let ids = ids.collect();
        self.repository.instances.insert(service.clone(), ids);
        let pipeline = self.pipeline(service, template.as_ref(), spec.pipeline, &instances);
        drafts.extend(instances);
        if pipeline.is_none()
            && let Some(template) = template
        {
            self.repository.without_pipeline.push(WithoutPipeline {
                service: service.clone(),
                template: template.value,
                at: spec.at,
            });
        }
        drafts.extend(pipeline);
    }

    fn instance(
        &mut self,
        service: &Name,
        template: Option<&Located<VersionRef>>,
        instance: InstanceSpec,
    ) -> Draft {
        let id = TargetId::Instance {
            service: service.clone(),
            instance: instance.name.value,
        };
        self.check_environment(&instance.environment);
        let environment = instance.environment.value;
        Draft {
            template: self.pinned(&id, instance.template.as_ref().or(template)),
            spec: instance.part,
            component: None,
            dependencies: vec![TargetId::Environment(environment.clone())],
            environment: Some(environment),
            instance_environments: vec![],
            id,
        }
    }

    /// Reports a reference to an environment that no spec defines.
    pub(super) fn check_environment(&mut self, name: &Located<Name>) {
        if self.knows_environment(&name.value) {
            return;
        }
        let environments = &self.repository.environments;
        let help = closest(name.as_str(), environments.keys().map(Name::as_str)).map_or_else(
            || format!("add `environments/{}.yaml`", name.value),
            |near| format!("write `{near}`"),
        );
        let message = format!("no spec defines environment `{}`", name.value);
        let fault = Diagnostic::error(Code::SpecUnknownEnvironment, message);
        self.report(fault.at(name.at.clone()).help(help));
    }

    fn pipeline(
        &self,
        service: &Name,
        template: Option<&Located<VersionRef>>,
        spec: Option<SpecPart>,
        instances: &[Draft],
    ) -> Option<Draft> {
        let spec = spec?;
        let id = TargetId::Pipeline {
            service: service.clone(),
        };
        let template = self.pinned(&id, template);
        if is_empty(&spec) && self.has_no_pipeline(template.as_ref()) {
            return None;
        }
        Some(Draft {
            id,
            environment: None,
            instance_environments: instances
                .iter()
                .filter_map(|one| one.environment.clone())
                .collect(),
            template,
            spec,
            component: None,
            dependencies: instances.iter().map(|one| one.id.clone()).collect(),
        })
    }

    // `pipeline: {}` stands in specs of templates without a pipeline, too: Proton itself wrote it there.
    fn has_no_pipeline(&self, template: Option<&Located<VersionRef>>) -> bool {
        template.is_some_and(|template| {
            let key = (template.name.clone(), template.major);
            let bundle = self.repository.bundles.get(&key);
            bundle.is_some_and(|bundle| !bundle.has(Part::Pipeline))
        })
    }

    /// The version that a target is pinned to, else the one that its spec gives it.
    pub(super) fn pinned(
        &self,
        id: &TargetId,
        template: Option<&Located<VersionRef>>,
    ) -> Option<Located<VersionRef>> {
        self.config().pins.get(id).or(template).cloned()
    }
}

fn is_empty(spec: &SpecPart) -> bool {
    match spec.values.as_ref().map(|node| &node.value) {
        None => true,
        Some(Value::Mapping(entries)) => entries.is_empty(),
        Some(_) => false,
    }
}
