//! What a target becomes that commands make: the commands of its bundle, and how the record lets them be undone.

use nucleon_core::context::Context;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::folder::{Folder, Provisioning, with_inputs};
use nucleon_core::manifest::Settings;
use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::project::{rendered_commands, rendered_variables};
use nucleon_core::record::{Provisioned, Record, TemplateUsed};
use nucleon_core::render::Renderer;
use nucleon_core::repository::Target;
use nucleon_core::script::{Script, Variable, left_to_the_machine, masked};
use nucleon_core::secret::{Secret, Secrets};
use nucleon_core::source::Commands;
use serde_json::Value as Json;

use crate::fleet::living;
use crate::refusal::Refusal;

/// What commands are given.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    /// The rendered folder.
    pub(crate) folder: &'a Folder,
    /// Its commands, and what its manifest says.
    pub(crate) provisioning: &'a Provisioning,
    /// The bundle it is from.
    pub(crate) bundle: &'a TemplateUsed,
    /// What must not be written down.
    pub(crate) secrets: &'a [Secret],
}

/// The commands that deploy a target.
pub(crate) fn of_deployment(
    target: &Target,
    given: Given<'_>,
    arn: String,
    record: Option<&Record>,
) -> Script {
    let settings = &given.provisioning.settings;
    let secrets = Secrets::of(given.secrets);
    let inputs = masked(given.folder.values(), &|text| secrets.are_in(text));
    let made = |succeeded| Provisioned::Commands {
        bundle: given.bundle.clone(),
        succeeded,
        inputs: inputs.clone(),
    };
    let before = living(record).filter(|before| has_succeeded(before));
    let is_current = |record: &&Record| {
        record.status == DeploymentStatus::Succeeded
            && record.account == target.place.account
            && record.region == target.place.region
    };
    let last = record.filter(is_current);
    Script {
        files: given
            .folder
            .files("", &nucleon_core::files::Files::default()),
        commands: given.provisioning.provision.clone(),
        variables: given.provisioning.variables.clone(),
        arn,
        last: last.and_then(|record| record.rendered_digest.clone()),
        outputs: record
            .map(|record| record.outputs.clone())
            .unwrap_or_default(),
        before: before.cloned().unwrap_or_else(|| made(false)),
        after: made(true),
        notes: left_to_the_machine(settings).into_iter().collect(),
    }
}

/// The commands that delete what a bundle's commands have made with these inputs.
pub(crate) fn of_deletion(
    commands: &Commands,
    inputs: &Json,
    arn: String,
    record: &Record,
) -> Result<Script, Refusal> {
    let settings = &commands.settings;
    let none = |why| Refusal::NoBundle {
        target: record.target.clone(),
        why,
    };
    let mut notes: Vec<String> = left_to_the_machine(settings).into_iter().collect();
    if settings.deprovision.is_empty() {
        notes = vec![format!(
            "its bundle has no commands that delete it: what it made stays in {}",
            place(record)
        )];
    }
    let (steps, variables) = deprovision(settings, inputs).map_err(none)?;
    Ok(Script {
        files: with_inputs(&commands.files, settings.inputs_file, inputs),
        commands: steps,
        variables,
        notes,
        ..of_nothing(record, arn, String::new())
    })
}

/// No commands at all, and why.
pub(crate) fn of_nothing(record: &Record, arn: String, why: String) -> Script {
    let provisioned = record.provisioned.clone();
    let provisioned = provisioned.expect("the record says that commands have made it");
    Script {
        files: nucleon_core::files::Files::default(),
        commands: Vec::new(),
        variables: Vec::new(),
        arn,
        last: None,
        outputs: record.outputs.clone(),
        before: provisioned.clone(),
        after: provisioned,
        notes: vec![why],
    }
}

/// Why nothing is run for a target that is forgotten.
pub(crate) fn forgotten(record: &Record) -> String {
    let place = place(record);
    match &record.provisioned {
        Some(Provisioned::Terraform { .. }) => format!(
            "forgotten: Terraform is not run, and what it made remains in {place}, with its state"
        ),
        Some(Provisioned::PullRequest {
            repository, path, ..
        }) => format!(
            "forgotten: nothing is proposed, and what was made of `{path}` in {repository} remains"
        ),
        Some(Provisioned::Commands { .. } | Provisioned::Cloudformation { .. }) | None => format!(
            "forgotten: no command is run, and what its commands made may remain in {place}"
        ),
    }
}

fn place(record: &Record) -> String {
    format!("account {}, region {}", record.account, record.region)
}

fn has_succeeded(provisioned: &Provisioned) -> bool {
    match provisioned {
        Provisioned::Commands { succeeded, .. } => *succeeded,
        Provisioned::Cloudformation { .. }
        | Provisioned::Terraform { .. }
        | Provisioned::PullRequest { .. } => false,
    }
}

/// Commands, and the variables that they find.
type Deprovisioning = (Vec<String>, Vec<(String, Variable)>);

/// Only these are rendered: what is wrong in a command that makes something does not keep it from being deleted.
fn deprovision(settings: &Settings, inputs: &Json) -> Result<Deprovisioning, String> {
    let context = Context::from_json(inputs.clone());
    let context = context.map_err(|_| "its inputs cannot be read".to_owned())?;
    let renderer = Renderer::new();
    let rendered = rendered_commands(&renderer, &settings.deprovision, &context);
    let variables = rendered_variables(&renderer, &settings.environment, &context);
    let told = |faults: Vec<Diagnostic>| {
        let faults: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
        faults.join("; ")
    };
    Ok((rendered.map_err(told)?, variables.map_err(told)?))
}
