//! The state in memory, with the compare-and-swap of the real one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use nucleon_core::codes::Code;
use nucleon_core::diagnostic::Diagnostic;
use nucleon_core::files::Files;
use nucleon_core::record::Record;
use nucleon_core::target::TargetId;

use super::{Log, lock};
use crate::ports::{Append, Appended, Fold, PortError, State, Tip};

/// The state in memory; clones share it, as runs share a remote.
#[derive(Clone, Debug, Default)]
pub struct FakeState {
    shelf: Arc<Mutex<Shelf>>,
    log: Log,
}

#[derive(Debug, Default)]
struct Shelf {
    /// Oldest first.
    ledgers: BTreeMap<TargetId, Vec<Tip>>,
    faster: Vec<Record>,
    unreadable: Option<TargetId>,
    /// After how many more events of a target one is refused, and why.
    refusals: BTreeMap<TargetId, (u32, PortError)>,
    view: Files,
    commits: u32,
    pushes: u32,
}

impl Shelf {
    fn tip(&self, target: &TargetId) -> Option<&Tip> {
        self.ledgers.get(target).and_then(|ledger| ledger.last())
    }

    fn tips(&self) -> BTreeMap<TargetId, Tip> {
        let tip = |(target, ledger): (&TargetId, &Vec<Tip>)| {
            Some((target.clone(), ledger.last()?.clone()))
        };
        self.ledgers.iter().filter_map(tip).collect()
    }

    fn push(&mut self, target: &TargetId, record: Result<Record, Diagnostic>) -> String {
        self.commits += 1;
        let commit = format!("{:040x}", self.commits);
        let tip = Tip {
            commit: commit.clone(),
            record,
        };
        self.ledgers.entry(target.clone()).or_default().push(tip);
        commit
    }

    fn refusal(&mut self, target: &TargetId) -> Option<PortError> {
        let (after, error) = self.refusals.get_mut(target)?;
        if *after == 0 {
            let error = error.clone();
            self.refusals.remove(target);
            return Some(error);
        }
        *after -= 1;
        None
    }

    fn append(&mut self, event: &Append) -> Appended {
        let target = &event.record.target;
        if self.tip(target).map(|tip| &tip.commit) == event.expected.as_ref() {
            Appended::Written(self.push(target, Ok(event.record.clone())))
        } else {
            Appended::Lost
        }
    }
}

impl FakeState {
    /// A state without a record.
    pub fn new(log: &Log) -> Self {
        Self {
            shelf: Arc::default(),
            log: log.clone(),
        }
    }

    /// Adds a record that is there already.
    #[must_use]
    pub fn with(self, record: Record) -> Self {
        let target = record.target.clone();
        lock(&self.shelf).push(&target, Ok(record));
        self
    }

    /// Adds a record that cannot be read.
    #[must_use]
    pub fn with_corrupt(self, target: &TargetId) -> Self {
        let message = format!("the record of {target} cannot be read");
        let fault = Diagnostic::error(Code::StateCorruptRecord, message);
        lock(&self.shelf).push(target, Err(fault));
        self
    }

    /// Lets somebody else write a record just before the next append.
    pub fn be_faster(&self, record: Record) {
        lock(&self.shelf).faster.push(record);
    }

    /// Lets an event of one target be refused after so many that are not; those of others in the same push are written.
    pub fn refuse(&self, target: &TargetId, after: u32, error: PortError) {
        let refusal = (after, error);
        lock(&self.shelf).refusals.insert(target.clone(), refusal);
    }

    /// Lets every read fail that asks for a target.
    pub fn hide(&self, target: &TargetId) {
        lock(&self.shelf).unreadable = Some(target.clone());
    }

    /// A target's record now.
    pub fn record(&self, target: &TargetId) -> Option<Record> {
        let shelf = lock(&self.shelf);
        shelf
            .tip(target)
            .and_then(|tip| tip.record.as_ref().ok())
            .cloned()
    }

    /// How often events were appended, any number at a time.
    pub fn pushes(&self) -> u32 {
        lock(&self.shelf).pushes
    }

    /// The view as it was last folded.
    pub fn view(&self) -> Files {
        lock(&self.shelf).view.clone()
    }
}

#[async_trait]
impl State for FakeState {
    async fn read(&self, targets: &[TargetId]) -> Result<BTreeMap<TargetId, Tip>, PortError> {
        let shelf = lock(&self.shelf);
        if let Some(hidden) = shelf.unreadable.as_ref().filter(|id| targets.contains(id)) {
            let action = format!("read {hidden}");
            return Err(PortError::unreachable("the state", action, "no route"));
        }
        let mut tips = shelf.tips();
        tips.retain(|target, _| targets.contains(target));
        Ok(tips)
    }

    async fn read_all(&self) -> Result<BTreeMap<TargetId, Tip>, PortError> {
        Ok(lock(&self.shelf).tips())
    }

    async fn history(&self, target: &TargetId) -> Result<Vec<Tip>, PortError> {
        let shelf = lock(&self.shelf);
        let ledger = shelf.ledgers.get(target).into_iter().flatten();
        Ok(ledger.rev().cloned().collect())
    }

    async fn append(&self, events: &[Append]) -> Vec<Result<Appended, PortError>> {
        // A push takes its time: others go on meanwhile.
        tokio::task::yield_now().await;
        let mut shelf = lock(&self.shelf);
        shelf.pushes += 1;
        for record in std::mem::take(&mut shelf.faster) {
            let target = record.target.clone();
            shelf.push(&target, Ok(record));
        }
        let append = |event: &Append| {
            let Record { target, status, .. } = &event.record;
            let answer = match shelf.refusal(target) {
                Some(error) => Err(error),
                None => Ok(shelf.append(event)),
            };
            let became = match answer {
                Ok(Appended::Written(_)) => "",
                Ok(Appended::Lost) => ", lost",
                Err(_) => ", refused",
            };
            self.log.add(format!("append {target} {status}{became}"));
            answer
        };
        events.iter().map(append).collect()
    }

    async fn fold(&self, fold: &Fold<'_>, message: &str) -> Result<(), PortError> {
        let mut shelf = lock(&self.shelf);
        shelf.view = fold(&shelf.tips());
        self.log.add(format!("fold {message}"));
        Ok(())
    }
}
