//! What an apply came to, and what became of one whose run died.

use nucleon_core::outcome::{DeploymentStatus, Outcome, Outputs};
use nucleon_core::plan::Operation;
use nucleon_core::record::{Provisioned, Purpose, Record};
use nucleon_core::terraform::{Fault, Planned};
use nucleon_engine::ports::PortError;

use super::program::Ran;
use super::workspace::Job;
use crate::children::Hidden;

/// A message of more characters is cut at its end; Proton's were up to 5,000.
const LONGEST_MESSAGE: usize = 2_000;

/// What an apply came to. What it had done before it failed stays done, and the state knows it.
pub(super) fn outcome(
    job: Job<'_>,
    ran: &Ran,
    outputs: Result<Outputs, PortError>,
    provisioned: &Provisioned,
    hidden: &Hidden,
) -> Outcome {
    let destroy = job.deployment.destroy;
    let (status, message) = match (&outputs, ran.status.success()) {
        (Ok(_), true) if destroy => (DeploymentStatus::DeleteComplete, None),
        (Ok(_), true) => (DeploymentStatus::Succeeded, None),
        (Err(error), true) => {
            let message = format!("it was applied, but its outputs cannot be read: {error}");
            (failed(destroy), Some(message))
        }
        (_, false) => (failed(destroy), Some(why(job, ran))),
    };
    let outputs = match outputs {
        Ok(_) if status == DeploymentStatus::DeleteComplete => Outputs::new(),
        Ok(outputs) if ran.status.success() => outputs,
        Ok(_) | Err(_) => job.module.outputs.clone(),
    };
    let message = message.map(|message| shortened(&hidden.hide(&message)));
    Outcome {
        status,
        message,
        outputs,
        provisioned: Some(provisioned.clone()),
    }
}

fn failed(destroy: bool) -> DeploymentStatus {
    if destroy {
        DeploymentStatus::DeleteFailed
    } else {
        DeploymentStatus::Failed
    }
}

fn why(job: Job<'_>, ran: &Ran) -> String {
    let fault = |fault: &Fault| {
        let at = fault
            .position
            .as_ref()
            .and_then(|position| job.module.source_of(position));
        match at {
            Some(at) => format!("{}:{}:{}: {fault}", at.file, at.line, at.column),
            None => fault.to_string(),
        }
    };
    let mut faults: Vec<String> = ran.faults.iter().map(fault).collect();
    if faults.is_empty() {
        faults.clone_from(&ran.tail);
    }
    if ran.stopped {
        faults.insert(0, "was stopped with the run".to_owned());
    } else if faults.is_empty() {
        faults.push(format!("Terraform ended with {}", ran.status));
    }
    faults.join("\n")
}

/// What became of a deployment whose run died: what is left to do tells whether it had come to its end.
pub(super) fn found(
    job: Job<'_>,
    record: &Record,
    planned: &Planned,
    (outputs, resources): (Outputs, usize),
) -> Outcome {
    let same = record.rendered_digest.as_ref() == Some(&job.deployment.rendered);
    let destroy = record.purpose == Purpose::Destroy;
    let left = planned.changes.len();
    let (status, message) = if destroy && resources == 0 {
        (
            DeploymentStatus::DeleteComplete,
            "its run died after everything was destroyed".to_owned(),
        )
    } else if destroy {
        let message = format!("its run died: {resources} resources are left");
        (DeploymentStatus::DeleteFailed, message)
    } else if same && planned.operation == Operation::Nothing {
        (
            DeploymentStatus::Succeeded,
            "its run died after everything was applied".to_owned(),
        )
    } else if same {
        let message = format!("its run died: {left} changes are left to make");
        (DeploymentStatus::Failed, message)
    } else {
        let message =
            "its run died, and the target is another one now: what it did is in the state";
        (DeploymentStatus::Failed, message.to_owned())
    };
    let outputs = match status {
        DeploymentStatus::DeleteComplete => Outputs::new(),
        _ => outputs,
    };
    Outcome {
        status,
        message: Some(message),
        outputs,
        provisioned: record.provisioned.clone(),
    }
}

/// The beginning of a message is what tells why.
fn shortened(message: &str) -> String {
    if message.chars().count() <= LONGEST_MESSAGE {
        return message.to_owned();
    }
    let beginning: String = message.chars().take(LONGEST_MESSAGE).collect();
    format!("{beginning}…")
}
