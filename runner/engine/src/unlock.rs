//! Unlocking: a person says that whoever holds a target is gone, before the lease runs out.
//!
//! Nothing else changes. The record stays open, so the next run finds out what really happened, and the reason stays in the ledger.

use jiff::Timestamp;
use nucleon_core::record::{Lease, Record};
use nucleon_core::target::TargetId;

use crate::ports::{Append, Appended, Clock, PortError, State};

/// What became of a lock.
#[derive(Clone, Debug)]
pub enum Unlocked {
    /// It is gone.
    Done {
        /// Who had it.
        owner: String,
        /// Until when they had it.
        until: Timestamp,
    },
    /// There was none.
    NotLocked,
}

/// Why a lock could not be taken away.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotUnlocked {
    /// There is nothing that could be locked.
    #[error("{0} was never deployed")]
    NeverDeployed(TargetId),
    /// Its record cannot be read.
    #[error("{0}")]
    Corrupt(String),
    /// Its owner lives: it wrote to the record in this moment.
    #[error("whoever holds {0} is alive: its record has just been written")]
    Alive(TargetId),
    /// The state could not be read or written.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Takes the lock of a target away, and writes who did it and why.
pub async fn unlock(
    target: &TargetId,
    (actor, reason): (&str, &str),
    state: &dyn State,
    clock: &dyn Clock,
) -> Result<Unlocked, NotUnlocked> {
    let tip = state
        .read(std::slice::from_ref(target))
        .await?
        .remove(target);
    let tip = tip.ok_or_else(|| NotUnlocked::NeverDeployed(target.clone()))?;
    let record = tip
        .record
        .map_err(|fault| NotUnlocked::Corrupt(fault.message))?;
    let now = clock.now();
    let (Some(lease), true) = (record.lease.clone(), record.is_locked(now)) else {
        return Ok(Unlocked::NotLocked);
    };
    let message = format!("unlocked by {actor}: {reason}");
    let event = Append {
        expected: Some(tip.commit),
        message: format!("{target}: {message} ({})", record.id),
        record: Record {
            lease: Some(Lease {
                owner: lease.owner.clone(),
                expires: now,
            }),
            message: Some(message),
            ..record
        },
    };
    let written = state.append(&[event]).await.into_iter().next();
    match written.transpose()? {
        Some(Appended::Written(_)) => Ok(Unlocked::Done {
            owner: lease.owner,
            until: lease.expires,
        }),
        Some(Appended::Lost) | None => Err(NotUnlocked::Alive(target.clone())),
    }
}
