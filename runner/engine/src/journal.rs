//! The ledger of a run: opens, renews and closes records, many targets in one push.
//!
//! What is surprising: an event may wait for a moment. A push starts half a dozen of git's programs, so where many targets are
//! at work their events gather before it, and while another push is under way. Whoever asked for an event goes on only when
//! it is written, so nothing is done without its record.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use nucleon_core::record::Record;
use nucleon_core::target::TargetId;
use tokio::sync::{Mutex as AsyncMutex, Notify, oneshot};

use crate::ports::{Append, Appended, Clock, PortError, State};
use crate::refusal::Refusal;
use crate::run::Run;

/// How long events gather for each target that is still at work.
const GATHERING: Duration = Duration::from_millis(50);
/// Longer they never gather.
const LONGEST_GATHERING: Duration = Duration::from_secs(1);

type Answer = Result<Appended, Arc<PortError>>;
type Slot = Arc<AsyncMutex<Open>>;

/// A record as it was written last.
struct Open {
    tip: String,
    record: Record,
}

/// Writes a run's events.
pub struct Journal<'a> {
    state: &'a dyn State,
    clock: &'a dyn Clock,
    run: &'a Run,
    queue: Mutex<Vec<(Append, oneshot::Sender<Answer>)>>,
    turn: AsyncMutex<()>,
    open: Mutex<BTreeMap<TargetId, Slot>>,
    under_way: AtomicUsize,
    /// An event has come, or a target will send none any more.
    moved: Notify,
}

/// A target that may still send events, until this is dropped.
#[must_use]
pub struct UnderWay<'a>(&'a Journal<'a>);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
        self.0.moved.notify_one();
    }
}

impl<'a> Journal<'a> {
    /// A journal with nothing open.
    pub fn new(state: &'a dyn State, clock: &'a dyn Clock, run: &'a Run) -> Self {
        Self {
            state,
            clock,
            run,
            queue: Mutex::default(),
            turn: AsyncMutex::default(),
            open: Mutex::default(),
            under_way: AtomicUsize::default(),
            moved: Notify::new(),
        }
    }

    /// Counts a target among those whose events are worth waiting for.
    pub fn expect_events(&'a self) -> UnderWay<'a> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(self)
    }

    /// Writes the first event of a deployment; whoever gets through holds the target.
    pub async fn open(&self, expected: Option<String>, record: Record) -> Result<(), Refusal> {
        let open = self.write(expected, record).await?;
        let target = open.record.target.clone();
        lock(&self.open).insert(target, Arc::new(AsyncMutex::new(open)));
        Ok(())
    }

    /// Writes the last event of a deployment, what `close` makes of its record, and gives the new tip.
    pub async fn close(
        &self,
        target: &TargetId,
        close: impl FnOnce(Record, Timestamp) -> Record,
    ) -> Result<(String, Record), Refusal> {
        let Some(slot) = lock(&self.open).remove(target) else {
            return Err(Refusal::Faster {
                target: target.clone(),
            });
        };
        let open = slot.lock().await;
        let record = close(open.record.clone(), self.clock.now());
        let closed = self.write(Some(open.tip.clone()), record).await?;
        Ok((closed.tip, closed.record))
    }

    /// Writes one event that needs no lease: a record that is final at once.
    pub async fn note(&self, expected: Option<String>, record: Record) -> Result<Record, Refusal> {
        Ok(self.write(expected, record).await?.record)
    }

    /// Renews the leases of everything that is open, until it is dropped.
    pub async fn keep_renewing(&self) {
        let third = self.run.lease.unsigned_abs() / 3;
        loop {
            tokio::time::sleep(third).await;
            let slots: Vec<Slot> = lock(&self.open).values().cloned().collect();
            futures_util::future::join_all(slots.iter().map(|slot| self.renew(slot))).await;
        }
    }

    /// A renewal that fails is tried again at the next turn, long before the lease runs out.
    async fn renew(&self, slot: &Slot) {
        let mut open = slot.lock().await;
        let record = Record {
            lease: Some(self.run.lease_from(self.clock.now())),
            ..open.record.clone()
        };
        if let Ok(renewed) = self.write(Some(open.tip.clone()), record).await {
            *open = renewed;
        }
    }

    /// Writes one event on the tip that was read.
    async fn write(&self, expected: Option<String>, record: Record) -> Result<Open, Refusal> {
        let event = Append {
            expected,
            message: format!("{}: {} ({})", record.target, record.status, record.id),
            record: record.clone(),
        };
        match self.append(event).await? {
            Appended::Written(tip) => Ok(Open { tip, record }),
            Appended::Lost => Err(Refusal::Faster {
                target: record.target,
            }),
        }
    }

    async fn append(&self, event: Append) -> Answer {
        let (sender, mut receiver) = oneshot::channel();
        lock(&self.queue).push((event, sender));
        self.moved.notify_one();
        let _turn = self.turn.lock().await;
        if let Ok(answer) = receiver.try_recv() {
            return answer;
        }
        self.gather().await;
        self.push().await;
        receiver
            .try_recv()
            .expect("the push answered every event of the queue, this one among them")
    }

    /// Waits for more events, never for long: a target that was opened waits for its record before it goes on.
    async fn gather(&self) {
        let gathered = async {
            while self.at_work() > 0 {
                self.moved.notified().await;
            }
        };
        let number = u32::try_from(self.at_work()).unwrap_or(u32::MAX);
        // A renewal must come long before its lease ends.
        let longest = LONGEST_GATHERING.min(self.run.lease.unsigned_abs() / 10);
        let patience = GATHERING.saturating_mul(number).min(longest);
        // Whatever has come by then is pushed.
        let _timed_out = tokio::time::timeout(patience, gathered).await;
    }

    /// How many targets are under way and wait for no event.
    fn at_work(&self) -> usize {
        let under_way = self.under_way.load(Ordering::Relaxed);
        under_way.saturating_sub(lock(&self.queue).len())
    }

    /// Pushes what has gathered and answers each.
    async fn push(&self) {
        let batch = std::mem::take(&mut *lock(&self.queue));
        let (events, senders): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let answers = self.state.append(&events).await;
        for (sender, answer) in senders.into_iter().zip(answers) {
            // Whoever asked may be gone: a cancelled task. Its event is written all the same.
            let _gone = sender.send(answer.map_err(Arc::new));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
