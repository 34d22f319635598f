//! Compare-and-swap of refs at the remote, asked again until each has an answer.

use nucleon_engine::ports::PortError;

use super::backoff::Backoff;
use super::error::{is_busy, is_forbidden, refused_ref};
use super::push::{Answer, Swap};
use super::remote::{Depth, Pushed, Remote};

/// Moves refs; for each, whether it points to our commit now or somebody was faster. One that is refused does not stop the others.
///
/// A push whose answer was lost may have been carried out. Pushing it again is safe: the lease still names the tip that was read,
/// a ref that points to our commit already is up to date, and one that has moved on is looked at for our commit.
pub(super) async fn swap(remote: &Remote, swaps: &[Swap]) -> Vec<Settled> {
    let mut progress = Progress {
        settled: vec![None; swaps.len()],
        unsure: false,
        last: None,
    };
    let mut backoff = Backoff::writing();
    loop {
        progress.turn(remote, swaps).await;
        if progress.settled.iter().all(Option::is_some) || !backoff.wait().await {
            return progress.end(swaps);
        }
    }
}

const ACTION: &str = "write the state";

/// Whether a ref points to our commit, or why that is not to be known.
type Settled = Result<bool, PortError>;

struct Progress {
    settled: Vec<Option<Settled>>,
    /// Whether an earlier push may have been carried out without our knowing.
    unsure: bool,
    /// Why the push was no success the last time.
    last: Option<PortError>,
}

impl Progress {
    async fn turn(&mut self, remote: &Remote, swaps: &[Swap]) {
        let open: Vec<usize> = (0..swaps.len())
            .filter(|index| self.settled[*index].is_none())
            .collect();
        let asked: Vec<Swap> = open.iter().map(|index| swaps[*index].clone()).collect();
        match remote.push(ACTION, &asked).await {
            Ok(Pushed {
                answers,
                remote_says,
            }) => {
                for ((index, swap), answer) in open.into_iter().zip(&asked).zip(answers) {
                    let settled = self.settle(remote, swap, answer, &remote_says).await;
                    self.settled[index] = settled;
                }
            }
            Err(error) if may_pass(&error) => {
                self.unsure = true;
                self.last = Some(error);
            }
            Err(error) => {
                for index in open {
                    self.settled[index] = Some(Err(error.clone()));
                }
            }
        }
    }

    /// The answers; a ref that has none by now gets the last reason.
    fn end(self, swaps: &[Swap]) -> Vec<Settled> {
        let Self { settled, last, .. } = self;
        let unanswered = |swap: &Swap| {
            let last = last.clone();
            Err(last.unwrap_or_else(|| refused_ref(ACTION, &swap.reference, "no answer", "")))
        };
        let answers = settled.into_iter().zip(swaps);
        answers
            .map(|(settled, swap)| settled.unwrap_or_else(|| unanswered(swap)))
            .collect()
    }

    async fn settle(
        &mut self,
        remote: &Remote,
        swap: &Swap,
        answer: Answer,
        remote_says: &str,
    ) -> Option<Settled> {
        match answer {
            Answer::Written => Some(Ok(true)),
            Answer::Stale if self.unsure => Some(contains(remote, swap).await),
            Answer::Stale => Some(Ok(false)),
            Answer::Busy(reason) if !is_forbidden(remote_says) => {
                self.unsure = true;
                self.last = Some(refused_ref(ACTION, &swap.reference, &reason, remote_says));
                None
            }
            Answer::Busy(reason) | Answer::Refused(reason) => {
                let refused = refused_ref(ACTION, &swap.reference, &reason, remote_says);
                Some(Err(refused))
            }
        }
    }
}

fn may_pass(error: &PortError) -> bool {
    match error {
        PortError::Unreachable { .. } => true,
        PortError::Refused { message, .. } => is_busy(message),
        PortError::Stale { .. }
        | PortError::WrongAccount { .. }
        | PortError::ForeignStack { .. }
        | PortError::Faulty { .. }
        | PortError::Unexpected { .. } => false,
    }
}

/// Whether a ref that has moved on did so from our commit.
async fn contains(remote: &Remote, swap: &Swap) -> Result<bool, PortError> {
    let refspecs = [format!("+{0}*:{0}*", swap.reference)];
    let refs = remote.fetch(ACTION, &refspecs, Depth::Whole).await?;
    match refs.get(&swap.reference) {
        Some(tip) => remote.is_ancestor(&swap.commit, tip).await,
        None => Ok(false),
    }
}
