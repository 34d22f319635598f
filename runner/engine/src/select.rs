//! Which targets are meant.

use jiff::Timestamp;
use nucleon_core::deployment::Place;
use nucleon_core::digest::RenderedDigest;
use nucleon_core::outcome::DeploymentStatus;

use crate::ports::Tip;

/// Whether a target has something to deploy: it renders differently from what was last attempted, it is to live elsewhere,
/// or its last run died.
///
/// What failed and has not changed since is not pending: unrelated merges do not retry it.
pub fn is_pending(
    tip: Option<&Tip>,
    rendered: &RenderedDigest,
    place: &Place,
    now: Timestamp,
) -> bool {
    let Some(tip) = tip else { return true };
    let Ok(record) = &tip.record else { return true };
    let died = !record.status.is_final() && !record.is_locked(now);
    died || record.status == DeploymentStatus::DeleteComplete
        || record.rendered_digest.as_ref() != Some(rendered)
        || record.account != place.account
        || record.region != place.region
}
