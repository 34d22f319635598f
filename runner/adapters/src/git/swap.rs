//! Compare-and-swap of refs at the remote, asked again until each has an answer.

use nucleon_engine::ports::PortError;

use super::backoff::Backoff;
use super::error::{is_busy, is_forbidden, refused_ref};
use super::push::{Answer, Swap};
use super::remote::{Depth, Pushed, Remote};

/// Moves refs; for each, whether it points to our commit now or somebody was faster.
///
/// A push whose answer was lost may have been carried out. Pushing it again is safe: the lease still names the tip that was read,
/// a ref that points to our commit already is up to date, and one that has moved on is looked at for our commit.
pub(super) async fn swap(remote: &Remote, swaps: &[Swap]) -> Result<Vec<bool>, PortError> {
    let mut progress = Progress {
        written: vec![None; swaps.len()],
        unsure: false,
        last: None,
    };
    let mut backoff = Backoff::writing();
    loop {
        progress.turn(remote, swaps).await?;
        if let Some(written) = progress.written.iter().copied().collect() {
            return Ok(written);
        }
        if !backoff.wait().await {
            let unanswered = || refused_ref(ACTION, "the state's refs", "no answer", "");
            return Err(progress.last.unwrap_or_else(unanswered));
        }
    }
}

const ACTION: &str = "write the state";

struct Progress {
    written: Vec<Option<bool>>,
    /// Whether an earlier push may have been carried out without our knowing.
    unsure: bool,
    last: Option<PortError>,
}

impl Progress {
    async fn turn(&mut self, remote: &Remote, swaps: &[Swap]) -> Result<(), PortError> {
        let open: Vec<usize> = (0..swaps.len())
            .filter(|index| self.written[*index].is_none())
            .collect();
        let asked: Vec<Swap> = open.iter().map(|index| swaps[*index].clone()).collect();
        match remote.push(ACTION, &asked).await {
            Ok(Pushed {
                answers,
                remote_says,
            }) => {
                for ((index, swap), answer) in open.into_iter().zip(&asked).zip(answers) {
                    self.written[index] = self.settle(remote, swap, answer, &remote_says).await?;
                }
                Ok(())
            }
            Err(error) if may_pass(&error) => {
                self.unsure = true;
                self.last = Some(error);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn settle(
        &mut self,
        remote: &Remote,
        swap: &Swap,
        answer: Answer,
        remote_says: &str,
    ) -> Result<Option<bool>, PortError> {
        match answer {
            Answer::Written => Ok(Some(true)),
            Answer::Stale if self.unsure => contains(remote, swap).await.map(Some),
            Answer::Stale => Ok(Some(false)),
            Answer::Busy(reason) if !is_forbidden(remote_says) => {
                self.unsure = true;
                self.last = Some(refused_ref(ACTION, &swap.reference, &reason, remote_says));
                Ok(None)
            }
            Answer::Busy(reason) | Answer::Refused(reason) => {
                Err(refused_ref(ACTION, &swap.reference, &reason, remote_says))
            }
        }
    }
}

fn may_pass(error: &PortError) -> bool {
    match error {
        PortError::Unreachable { .. } => true,
        PortError::Refused { message, .. } => is_busy(message),
        PortError::WrongAccount { .. }
        | PortError::ForeignStack { .. }
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
