//! Waiting before asking again, each process for another time, so that they do not meet again.

use std::time::Duration;

use uuid::Uuid;

/// A growing wait with a limited number of turns.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    turn: u32,
    turns: u32,
    first: Duration,
}

impl Backoff {
    /// For questions, which can be asked again at no risk.
    pub(super) fn reading() -> Self {
        Self::new(3, Duration::from_millis(300))
    }

    /// For pushes to a remote that many write to at once.
    pub(super) fn writing() -> Self {
        Self::new(10, Duration::from_millis(50))
    }

    fn new(turns: u32, first: Duration) -> Self {
        Self {
            turn: 0,
            turns,
            first,
        }
    }

    /// Waits, and says whether there is another turn.
    pub(super) async fn wait(&mut self) -> bool {
        if self.turn == self.turns {
            return false;
        }
        let longest = self.first * 2_u32.pow(self.turn.min(6));
        self.turn += 1;
        let share = u32::from(Uuid::new_v4().as_bytes()[0]) + 1;
        tokio::time::sleep(longest * share / 256).await;
        true
    }
}
