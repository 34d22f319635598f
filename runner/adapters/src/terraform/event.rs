//! What Terraform says while it applies, as progress.

use nucleon_core::target::TargetId;
use nucleon_core::terraform::Message;
use nucleon_engine::ports::{Event, OUTPUT};

use crate::children::Hidden;

/// A message as progress of a target, without what must not be seen; nothing where nobody needs it.
pub(super) fn event(target: &TargetId, message: &Message, hidden: &Hidden) -> Option<Event> {
    let (resource, status, text) = match message {
        Message::Fault(fault) => (fault.address.clone(), "FAILED", fault.summary.clone()),
        Message::Progress {
            resource,
            kind,
            text,
        } => {
            let status = match kind.as_str() {
                "apply_start" | "provision_start" => "STARTED",
                "apply_progress" => "RUNNING",
                "apply_complete" | "provision_complete" => "COMPLETE",
                "apply_errored" | "provision_errored" => "FAILED",
                "provision_progress" => OUTPUT,
                "warning" => "WARNING",
                "change_summary" => "DONE",
                _ => return None,
            };
            // Terraform begins with the resource, which stands before it anyway.
            let prefix = resource.as_ref().map(|resource| format!("{resource}: "));
            let text = prefix.and_then(|prefix| text.strip_prefix(&prefix).map(str::to_owned));
            let text = text.unwrap_or_else(|| message_text(message));
            (resource.clone(), status, text)
        }
    };
    let reason = hidden.hide(&text);
    Some(Event {
        target: target.clone(),
        resource: Some(resource.unwrap_or_else(|| "(module)".to_owned())),
        status: status.to_owned(),
        reason: Some(reason).filter(|reason| !reason.is_empty()),
    })
}

fn message_text(message: &Message) -> String {
    match message {
        Message::Progress { text, .. } => text.clone(),
        Message::Fault(fault) => fault.summary.clone(),
    }
}
