//! Work in many independent parts, on as many cores as the caller has: core itself starts no threads.

use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The cores that work may be spread over.
pub trait Cores: fmt::Debug + Sync {
    /// Does the work of every index below `count` once, in any order, and returns when all of it is done.
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync));
}

/// The core that the caller runs on.
#[derive(Clone, Copy, Debug)]
pub struct OneCore;

impl Cores for OneCore {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(work);
    }
}

/// Does something with every item; the answers are in the items' order.
pub fn map<I: Sync, T: Send>(
    cores: &dyn Cores,
    items: &[I],
    work: impl Fn(&I) -> T + Sync,
) -> Vec<T> {
    let answers: Vec<Mutex<Option<T>>> = items.iter().map(|_| Mutex::new(None)).collect();
    cores.each(items.len(), &|index| {
        let answer = work(&items[index]);
        *answers[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(answer);
    });
    let answers = answers.into_iter();
    answers
        .filter_map(|answer| answer.into_inner().unwrap_or_else(PoisonError::into_inner))
        .collect()
}
