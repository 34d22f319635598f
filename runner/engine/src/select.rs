//! Which targets are meant.

use jiff::Timestamp;
use nucleon_core::deployment::Place;
use nucleon_core::digest::RenderedDigest;
use nucleon_core::outcome::DeploymentStatus;
use nucleon_core::record::{Purpose, Record};
use nucleon_core::target::TargetId;

use crate::fleet::Tips;
use crate::ports::Tip;

/// Whether a target has something to deploy: it renders differently from what was last attempted, it is to live elsewhere,
/// or its last run died.
///
/// What failed and has not changed since is not pending: unrelated merges do not retry it. Neither is what waits for its pull request.
pub fn is_pending(
    tip: Option<&Tip>,
    rendered: &RenderedDigest,
    place: &Place,
    now: Timestamp,
) -> bool {
    let Some(tip) = tip else { return true };
    let Ok(record) = &tip.record else { return true };
    if record.is_proposed() && record.purpose == Purpose::Destroy {
        return false;
    }
    let died = !record.status.is_final() && !record.is_locked(now) && !record.is_proposed();
    died || record.status == DeploymentStatus::DeleteComplete
        || record.rendered_digest.as_ref() != Some(rendered)
        || record.account != place.account
        || record.region != place.region
}

/// A dependency that waits for its pull request: what needs it goes on when that is provisioned.
pub fn waits_for<'a>(dependencies: &'a [TargetId], tips: &Tips) -> Option<&'a TargetId> {
    dependencies.iter().find(|dependency| {
        let tip = tips.get(dependency);
        let record = tip.and_then(|tip| tip.record.as_ref().ok());
        record.is_some_and(Record::is_proposed)
    })
}

/// Whether a target is known to be gone.
pub fn is_deleted(tip: Option<&Tip>) -> bool {
    let record = tip.and_then(|tip| tip.record.as_ref().ok());
    record.is_some_and(|record| record.status == DeploymentStatus::DeleteComplete)
}
