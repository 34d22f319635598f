//! What a target becomes that is provisioned by pull request, and what its record tells of it.

use nucleon_core::config::{Config, ProvisioningConfig};
use nucleon_core::files::RelPath;
use nucleon_core::folder::Folder;
use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::proposal::{Form, Last, Proposal};
use nucleon_core::record::{Provisioned, Purpose, Record};
use nucleon_core::repository::Target;

use crate::body::Made;
use crate::fleet::living;
use crate::refusal::Refusal;

/// What is proposed of a target.
pub(crate) fn of_deployment(
    config: &Config,
    target: &Target,
    folder: Folder,
    made: Made<'_>,
) -> Result<Proposal, Refusal> {
    let Some(provisioning) = &config.provisioning else {
        return Err(Refusal::NoInfrastructure {
            target: target.id.clone(),
        });
    };
    match living(made.record) {
        None | Some(Provisioned::PullRequest { .. }) => {}
        Some(
            Provisioned::Cloudformation { .. }
            | Provisioned::Terraform { .. }
            | Provisioned::Commands { .. },
        ) => {
            return Err(Refusal::OtherWay {
                target: target.id.clone(),
                was: "directly",
                is: "by pull request",
            });
        }
    }
    Ok(Proposal {
        repository: provisioning.repository.clone(),
        base: provisioning.branch.clone(),
        path: folder.path().clone(),
        form: Form::Written(Box::new(folder)),
        template: made.template.map(ToString::to_string),
        last: made.record.and_then(last),
        secrets: made.secrets.to_vec(),
        outputs: made
            .record
            .map(|record| record.outputs.clone())
            .unwrap_or_default(),
    })
}

/// What is proposed of a target that is to be deleted.
pub(crate) fn of_deletion(record: &Record, config: Option<&ProvisioningConfig>) -> Proposal {
    let Some(Provisioned::PullRequest {
        repository, path, ..
    }) = &record.provisioned
    else {
        unreachable!("the record says that it was proposed")
    };
    let base = config.filter(|config| config.repository == *repository);
    Proposal {
        repository: repository.clone(),
        base: base.and_then(|config| config.branch.clone()),
        path: RelPath::new(path)
            .unwrap_or_else(|_| RelPath::new("module").expect("it is one name")),
        form: Form::Deleted,
        template: record.template.as_ref().map(ToString::to_string),
        last: last(record),
        secrets: Vec::new(),
        outputs: record.outputs.clone(),
    }
}

/// What a record tells whoever proposes the target anew; nothing where it was never proposed.
fn last(record: &Record) -> Option<Last> {
    let Some(Provisioned::PullRequest { url, applied, .. }) = &record.provisioned else {
        return None;
    };
    let succeeded =
        record.status == DeploymentStatus::Succeeded && record.purpose == Purpose::Deploy;
    Some(Last {
        id: record.id.clone(),
        status: record.status,
        is_open: record.is_proposed(),
        url: url.clone(),
        applied: if succeeded {
            Some(record.id.clone())
        } else {
            applied.clone()
        },
    })
}
