//! The use cases over strict fakes: one test for each way in which one can branch or fail.

#![expect(clippy::unwrap_used, reason = "a test stops where its set-up fails")]

mod applying;
mod approving;
mod commanding;
mod deploying;
mod gathering;
mod importing;
mod planning;
mod recovering;
mod scene;
mod sharing;
