//! The state at the remote: one ref a target, a commit an event, moved by compare-and-swap.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use nucleon_core::files::{Content, Files, RelPath};
use nucleon_core::target::TargetId;
use nucleon_engine::ports::{Append, Appended, Clock, Fold, PortError, State, Tip};
use tokio::sync::{Mutex, MutexGuard, OnceCell};
use uuid::Uuid;

use super::Checkout;
use super::backoff::Backoff;
use super::error::refused;
use super::import::NewCommit;
use super::ledger::{Ledger, RECORD};
use super::push::Swap;
use super::remote::{Depth, Remote};
use super::swap::swap;

const READ: &str = "read the state";

/// So many refs move in one push; more would not fit a command line.
const BATCH: usize = 500;

/// Where the state lives at the remote.
#[derive(Clone, Debug)]
pub struct StatePlace {
    /// What its refs begin with, `refs/nucleon/`.
    pub prefix: String,
    /// The branch of the view for people.
    pub branch: String,
}

impl Default for StatePlace {
    fn default() -> Self {
        Self {
            prefix: "refs/nucleon/".to_owned(),
            branch: "nucleon-state".to_owned(),
        }
    }
}

/// The state in the refs of a remote.
pub struct GitState {
    checkout: Checkout,
    ledger: Ledger,
    branch: String,
    clock: Arc<dyn Clock>,
    desk: OnceCell<Mutex<Desk>>,
}

/// Our own repository and the commits that are known to be in it.
struct Desk {
    remote: Remote,
    known: BTreeSet<String>,
}

impl GitState {
    /// The state at a checkout's remote. Nothing is asked of it yet.
    pub fn new(checkout: Checkout, place: &StatePlace, clock: Arc<dyn Clock>) -> Self {
        Self {
            ledger: Ledger::new(&place.prefix, &checkout.remote),
            branch: format!("refs/heads/{}", place.branch),
            checkout,
            clock,
            desk: OnceCell::new(),
        }
    }

    /// Our own repository, for one use at a time: git's locks do not wait.
    async fn desk(&self) -> Result<MutexGuard<'_, Desk>, PortError> {
        let open = async || {
            let remote = Remote::open(&self.checkout).await?;
            let known = BTreeSet::new();
            Ok(Mutex::new(Desk { remote, known }))
        };
        Ok(self.desk.get_or_try_init(open).await?.lock().await)
    }

    async fn fetch(
        &self,
        desk: &mut Desk,
        refspecs: &[String],
    ) -> Result<BTreeMap<TargetId, Tip>, PortError> {
        let refs = desk.remote.fetch(READ, refspecs, Depth::Tips).await?;
        self.tips(desk, &refs).await
    }

    async fn tips(
        &self,
        desk: &mut Desk,
        refs: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<TargetId, Tip>, PortError> {
        desk.known.extend(refs.values().cloned());
        if refs.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.ledger.tips(&mut desk.remote.objects()?, refs).await
    }

    /// Makes the events' commits and pushes them; every event is for another target.
    async fn append_round(
        &self,
        desk: &mut Desk,
        events: &[&Append],
    ) -> Result<Vec<Result<Appended, PortError>>, PortError> {
        let moved = self.fetch_parents(desk, events).await?;
        let kept: Vec<&Append> = events
            .iter()
            .filter(|event| !moved.contains(&event.record.target))
            .copied()
            .collect();
        let swaps = self.commit(desk, &kept).await?;
        let settled = swap(&desk.remote, &swaps).await;
        let mut answers: BTreeMap<&TargetId, Result<Appended, PortError>> = BTreeMap::new();
        for ((event, swap), settled) in kept.iter().zip(swaps).zip(settled) {
            let answer = match settled {
                Ok(true) => {
                    desk.known.insert(swap.commit.clone());
                    Ok(Appended::Written(swap.commit))
                }
                Ok(false) => Ok(Appended::Lost),
                Err(error) => Err(error),
            };
            answers.insert(&event.record.target, answer);
        }
        let answer = |event: &&Append| {
            let answer = answers.remove(&event.record.target);
            answer.unwrap_or(Ok(Appended::Lost))
        };
        Ok(events.iter().map(answer).collect())
    }

    /// Fetches the tips that events build on and that are not here yet; gives the targets that have another tip by now.
    async fn fetch_parents(
        &self,
        desk: &mut Desk,
        events: &[&Append],
    ) -> Result<BTreeSet<TargetId>, PortError> {
        let missing: BTreeMap<&TargetId, &String> = events
            .iter()
            .filter_map(|event| Some((&event.record.target, event.expected.as_ref()?)))
            .filter(|(_, expected)| !desk.known.contains(*expected))
            .collect();
        if missing.is_empty() {
            return Ok(BTreeSet::new());
        }
        let refspecs: Vec<String> = missing
            .keys()
            .map(|target| mirror(&self.ledger.reference(target)))
            .collect();
        let refs = desk.remote.fetch(READ, &refspecs, Depth::Tips).await?;
        desk.known.extend(refs.values().cloned());
        let moved = missing.into_iter().filter(|(target, expected)| {
            refs.get(&self.ledger.reference(target)) != Some(expected)
        });
        Ok(moved.map(|(target, _)| target.clone()).collect())
    }

    async fn commit(&self, desk: &Desk, events: &[&Append]) -> Result<Vec<Swap>, PortError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let contents: Vec<(Files, String)> = events.iter().map(|event| contents(event)).collect();
        let seconds = self.clock.now().as_second();
        let commits: Vec<NewCommit<'_>> = events
            .iter()
            .zip(&contents)
            .map(|(event, (files, message))| NewCommit {
                parent: event.expected.as_deref(),
                message,
                files,
                keep: true,
                removed: &[],
                seconds,
            })
            .collect();
        let ids = desk.remote.import(&commits).await?;
        let swap = |(event, commit): (&&Append, String)| Swap {
            reference: self.ledger.reference(&event.record.target),
            expected: event.expected.clone(),
            commit,
        };
        Ok(events.iter().zip(ids).map(swap).collect())
    }

    /// Folds once; says whether the view is now what it should be, or somebody else moved it meanwhile.
    async fn fold_once(
        &self,
        desk: &mut Desk,
        fold: &Fold<'_>,
        message: &str,
    ) -> Result<bool, PortError> {
        let refspecs = [mirror(&self.branch), self.ledger.all()];
        let refs = desk.remote.fetch(READ, &refspecs, Depth::Tips).await?;
        let tips = self.tips(desk, &refs).await?;
        let tip = refs.get(&self.branch).cloned();
        let commit = NewCommit {
            parent: tip.as_deref(),
            message,
            files: &fold(&tips),
            keep: false,
            removed: &[],
            seconds: self.clock.now().as_second(),
        };
        let made = desk.remote.import(&[commit]).await?.remove(0);
        if let Some(tip) = &tip
            && desk.remote.same_tree(tip, &made).await?
        {
            return Ok(true);
        }
        let change = Swap {
            reference: self.branch.clone(),
            expected: tip,
            commit: made,
        };
        swap(&desk.remote, &[change]).await.remove(0)
    }
}

#[async_trait]
impl State for GitState {
    async fn read(&self, targets: &[TargetId]) -> Result<BTreeMap<TargetId, Tip>, PortError> {
        if targets.is_empty() {
            return Ok(BTreeMap::new());
        }
        let refspecs: Vec<String> = targets
            .iter()
            .map(|target| mirror(&self.ledger.reference(target)))
            .collect();
        let desk = &mut *self.desk().await?;
        let mut tips = self.fetch(desk, &refspecs).await?;
        tips.retain(|target, _| targets.contains(target));
        Ok(tips)
    }

    async fn read_all(&self) -> Result<BTreeMap<TargetId, Tip>, PortError> {
        let desk = &mut *self.desk().await?;
        self.fetch(desk, &[self.ledger.all()]).await
    }

    async fn history(&self, target: &TargetId) -> Result<Vec<Tip>, PortError> {
        let desk = &mut *self.desk().await?;
        let reference = self.ledger.reference(target);
        let refs = desk
            .remote
            .fetch(READ, &[mirror(&reference)], Depth::Whole)
            .await?;
        let Some(tip) = refs.get(&reference) else {
            return Ok(Vec::new());
        };
        let commits = desk.remote.commits(tip).await?;
        let mut objects = desk.remote.objects()?;
        let mut tips = Vec::with_capacity(commits.len());
        for commit in commits {
            tips.push(self.ledger.tip(&mut objects, target, &commit).await?);
        }
        Ok(tips)
    }

    async fn append(&self, events: &[Append]) -> Vec<Result<Appended, PortError>> {
        let mut desk = match self.desk().await {
            Ok(desk) => desk,
            Err(error) => return vec![Err(error); events.len()],
        };
        let mut answers: BTreeMap<usize, Result<Appended, PortError>> = BTreeMap::new();
        for round in rounds(events) {
            let asked: Vec<&Append> = round.iter().map(|index| &events[*index]).collect();
            let answered = self.append_round(&mut desk, &asked).await;
            let answered = answered.unwrap_or_else(|error| vec![Err(error); asked.len()]);
            answers.extend(round.into_iter().zip(answered));
        }
        answers.into_values().collect()
    }

    async fn fold(&self, fold: &Fold<'_>, message: &str) -> Result<(), PortError> {
        let desk = &mut *self.desk().await?;
        let mut backoff = Backoff::writing();
        while !self.fold_once(desk, fold, message).await? {
            if !backoff.wait().await {
                let hint = "others write it all the time; run it again, or let one job at the end of a run do it";
                return Err(refused(
                    "write the view",
                    format!("{} kept moving", self.branch),
                    Some(hint),
                ));
            }
        }
        Ok(())
    }
}

/// A pattern that fetches a ref where there is one; the few others that begin with its name come along.
fn mirror(reference: &str) -> String {
    format!("+{reference}*:{reference}*")
}

/// What an event's commit holds, and its message. The second line makes it another commit than any that is alike:
/// two writers of the same record must not both believe that they wrote it.
fn contents(event: &Append) -> (Files, String) {
    let record = Content::Text(event.record.to_text().into());
    let path = RelPath::new(RECORD).expect("the record's name is a path");
    let message = format!("{}\n\nevent: {}\n", event.message, Uuid::new_v4());
    (Files::from_iter([(path, record)]), message)
}

/// Parts events so that none of a round are for one target, and a round fits a push.
fn rounds(events: &[Append]) -> Vec<Vec<usize>> {
    let mut rounds: Vec<Vec<usize>> = Vec::new();
    let mut seen: BTreeMap<&TargetId, usize> = BTreeMap::new();
    for (index, event) in events.iter().enumerate() {
        let earliest = seen.entry(&event.record.target).or_default();
        while rounds
            .get(*earliest)
            .is_some_and(|round| round.len() >= BATCH)
        {
            *earliest += 1;
        }
        if rounds.len() <= *earliest {
            rounds.resize_with(*earliest + 1, Vec::new);
        }
        rounds[*earliest].push(index);
        *earliest += 1;
    }
    rounds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(target: &str) -> Append {
        let json = format!(
            r#"{{"format": 1, "id": "1", "target": "{target}", "purpose": "deploy", "status": "SUCCEEDED", "account": "111122223333",
                "region": "us-east-1", "outputs": [], "started": "2026-10-08T12:00:00Z", "actor": "mona", "commit": "c0ffee"}}"#
        );
        let record = nucleon_core::record::Record::parse(&json).unwrap();
        Append {
            expected: None,
            record,
            message: String::new(),
        }
    }

    #[test]
    fn no_round_has_two_events_for_one_target() {
        let events = ["environment/a", "environment/b", "environment/a"].map(event);
        assert_eq!(rounds(&events), [vec![0, 1], vec![2]]);
    }

    #[test]
    fn a_round_fits_one_push() {
        let events: Vec<Append> = (0..=BATCH)
            .map(|number| event(&format!("environment/e{number}")))
            .collect();
        let sizes: Vec<usize> = rounds(&events).iter().map(Vec::len).collect();
        assert_eq!(sizes, [BATCH, 1]);
    }
}
