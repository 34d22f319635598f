//! The lock of a state: who has it, whether it is a dead run's, and how long it is waited for.

use std::time::Duration;

use jiff::Timestamp;
use nucleon_core::record::{Provisioned, Record};
use nucleon_core::terraform::{Fault, Lock};

/// How long somebody else's lock is waited for.
const PATIENCE: Duration = Duration::from_mins(5);
/// How long between two attempts, at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Waits for a lock, attempt after attempt.
pub(super) struct Patience {
    left: Duration,
    pause: Duration,
}

impl Patience {
    /// As much as there is; `NUCLEON_LOCK_PATIENCE` says how many seconds.
    pub(super) fn new() -> Self {
        let seconds = std::env::var("NUCLEON_LOCK_PATIENCE");
        let seconds = seconds.ok().and_then(|seconds| seconds.parse().ok());
        Self {
            left: seconds.map_or(PATIENCE, Duration::from_secs),
            pause: Duration::from_millis(500),
        }
    }

    /// Waits a while; false once there is no patience left.
    pub(super) async fn wait(&mut self) -> bool {
        if self.left.is_zero() {
            return false;
        }
        let pause = self.pause.min(self.left);
        tokio::time::sleep(pause).await;
        self.left -= pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

/// The lock that is in the way.
pub(super) fn held(faults: &[Fault]) -> Option<Lock> {
    faults.iter().find_map(Fault::lock)
}

/// Whether the dead run that a record tells of has left this lock: its machine, and taken while the run was at work.
pub(super) fn is_left_by(record: &Record, lock: &Lock) -> bool {
    let Some(Provisioned::Terraform { who: Some(who), .. }) = &record.provisioned else {
        return false;
    };
    let machine = lock.who.rsplit('@').next().unwrap_or_default();
    // `2026-11-23 18:00:00.123456 +0000 UTC`
    let words: Vec<&str> = lock.created.split(' ').collect();
    let [day, time, ..] = words[..] else {
        return false;
    };
    let Ok(created) = format!("{day}T{time}Z").parse::<Timestamp>() else {
        return false;
    };
    let end = record.lease.as_ref().map(|lease| lease.expires);
    machine == who && created >= record.started && end.is_none_or(|end| created <= end)
}

/// This machine, as Terraform names it in a lock.
pub(super) fn machine() -> Option<String> {
    #[cfg(unix)]
    return rustix::system::uname()
        .nodename()
        .to_str()
        .ok()
        .map(str::to_owned);
    #[cfg(not(unix))]
    return std::env::var("COMPUTERNAME").ok();
}
