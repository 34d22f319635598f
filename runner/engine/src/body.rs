//! What deploys a target: a stack, commands, a module or a proposal, whichever its template comes to.

use std::sync::Arc;

use nucleon_core::bundle::Part;
use nucleon_core::compose::{Product, RenderedTemplate};
use nucleon_core::config::Provisioning;
use nucleon_core::deployment::{Body, Stack};
use nucleon_core::facts::TemplateFacts;
use nucleon_core::manifest::Engine;
use nucleon_core::record::{Provisioned, Record, TemplateUsed};
use nucleon_core::repository::Target;
use nucleon_core::secret::Secret;
use nucleon_core::source::Source;
use nucleon_core::stack_name::stack_name;
use nucleon_core::tags::tags;
use nucleon_core::target::TargetId;

use crate::fleet::{Fleet, living, living_stack};
use crate::refusal::Refusal;
use crate::script::{self, Given};
use crate::{module, proposal};

/// What a target's body is made of, beside what it renders to.
#[derive(Clone, Copy)]
pub(crate) struct Made<'a> {
    pub(crate) template: Option<&'a TemplateUsed>,
    pub(crate) secrets: &'a [Secret],
    pub(crate) record: Option<&'a Record>,
}

impl Fleet {
    /// What deploys a target, and what was read in its template.
    pub(crate) fn body(
        &self,
        target: &Target,
        product: Product,
        made: Made<'_>,
    ) -> Result<(Body, Option<TemplateFacts>), Refusal> {
        let Made {
            template,
            secrets,
            record,
        } = made;
        let by_pull_request = target.provisioning == Provisioning::PullRequest;
        Ok(match product {
            Product::Folder(folder) if by_pull_request && folder.engine() == Engine::Terraform => {
                let proposal =
                    proposal::of_deployment(self.repository.config(), target, *folder, made)?;
                (Body::Proposal(Box::new(proposal)), None)
            }
            // What lives in such an environment and is not Terraform is deployed directly, as its template demands.
            Product::Template(_) | Product::Folder(_)
                if by_pull_request && matches!(target.id, TargetId::Environment(_)) =>
            {
                let why = "only Terraform is provisioned by pull request";
                return Err(only_rendered(target, why));
            }
            Product::Template(made) => {
                stays_what_it_is(target, record, Engine::CloudFormation)?;
                let body = Body::Stack(self.stack(target, &made, record));
                (body, made.facts)
            }
            Product::Folder(folder) if folder.engine() == Engine::Terraform => {
                stays_what_it_is(target, record, Engine::Terraform)?;
                let given = module::Given {
                    folder: &folder,
                    bundle: template,
                    source: self.source_of(target),
                    kept_at: target
                        .merged
                        .as_ref()
                        .map(|merged| merged.backend.clone())
                        .unwrap_or_default(),
                    secrets,
                };
                let config = self.repository.config();
                let module = module::of_deployment(config, &target.place, given, record);
                (Body::Module(Box::new(module)), None)
            }
            Product::Folder(folder) => {
                let Some((bundle, provisioning)) = template.zip(folder.provisioning()) else {
                    let why = format!("its template is for {}", folder.engine().as_str());
                    return Err(only_rendered(target, &why));
                };
                stays_what_it_is(target, record, Engine::CodeBuild)?;
                let given = Given {
                    folder: &folder,
                    provisioning,
                    bundle,
                    secrets,
                };
                let arn = self.repository.arn(&target.id, &target.place);
                let script = script::of_deployment(target, given, arn, record);
                (Body::Script(Box::new(script)), None)
            }
        })
    }

    /// Where the sources of a target's module lie in the repository.
    fn source_of(&self, target: &Target) -> Option<Arc<str>> {
        if let Some(merged) = &target.merged {
            return Some(merged.path.clone());
        }
        let source = match (&target.component, &target.template) {
            (Some(component), _) => Some(&component.source),
            (None, Some(version)) => {
                let versioned = self.versions.get(version)?;
                versioned.bundle.parts.get(&Part::of_target(&target.id)?)
            }
            (None, None) => None,
        };
        match source? {
            Source::Module(module) => Some(module.folder.clone()),
            Source::Template(_) | Source::Commands(_) => None,
        }
    }

    fn stack(&self, target: &Target, made: &RenderedTemplate, record: Option<&Record>) -> Stack {
        let config = self.repository.config();
        let facts = made.facts.as_ref();
        Stack {
            name: living_stack(record)
                .unwrap_or_else(|| stack_name(config.stack_prefix(&target.account), &target.id)),
            template: made.rendered.text().to_owned(),
            tags: tags(&target.id, self.repository.tagged(target)),
            artifacts: config.artifacts(&target.place),
            capabilities: facts.map(capabilities).unwrap_or_default(),
            sensitive: facts
                .map(|facts| facts.sensitive.clone())
                .unwrap_or_default(),
        }
    }
}

fn only_rendered(target: &Target, why: &str) -> Refusal {
    Refusal::OnlyRendered {
        target: target.id.clone(),
        why: why.to_owned(),
    }
}

/// Refuses a target that something else has made: nothing would delete what is there.
fn stays_what_it_is(
    target: &Target,
    record: Option<&Record>,
    engine: Engine,
) -> Result<(), Refusal> {
    let made_by = match living(record) {
        None => return Ok(()),
        Some(Provisioned::Cloudformation { .. }) => Engine::CloudFormation,
        Some(Provisioned::Commands { .. }) => Engine::CodeBuild,
        Some(Provisioned::Terraform { .. }) => Engine::Terraform,
        Some(Provisioned::PullRequest { .. }) => {
            return Err(Refusal::OtherWay {
                target: target.id.clone(),
                was: "by pull request",
                is: "directly",
            });
        }
    };
    if made_by == engine {
        return Ok(());
    }
    Err(Refusal::OtherEngine {
        target: target.id.clone(),
        was: made_by,
        is: engine,
    })
}

fn capabilities(facts: &TemplateFacts) -> Vec<String> {
    facts.capabilities.iter().map(ToString::to_string).collect()
}
