//! Work of the processor's own, spread over all of its cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nucleon_core::render::STACK;

/// How many items a thread takes at once; with fewer than this, a second thread costs more than it saves.
const SHARE: usize = 16;

/// Does something with every item, on all cores; the answers are in the items' order.
///
/// Threads take shares as they get done: a core that is busy with something else does less.
pub(crate) fn on_all_cores<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(items.len().div_ceil(SHARE));
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let shares = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(share) = items.chunks(SHARE).nth(index) else {
                return done;
            };
            done.push((index, share.iter().map(&work).collect::<Vec<T>>()));
        }
    };
    let mut done: Vec<(usize, Vec<T>)> = thread::scope(|scope| {
        let start = || {
            thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, shares)
        };
        let started: Vec<_> = (0..threads).map_while(|_| start().ok()).collect();
        // Where no thread can be started, the work is done here.
        let mut done = if started.is_empty() {
            shares()
        } else {
            Vec::new()
        };
        for thread in started {
            match thread.join() {
                Ok(shares) => done.extend(shares),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().flat_map(|(_, share)| share).collect()
}

#[cfg(test)]
mod tests {
    use super::on_all_cores;

    #[test]
    fn answers_are_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        let expected: Vec<usize> = items.iter().map(|item| item * 2).collect();
        assert_eq!(on_all_cores(&items, |item| item * 2), expected);
        assert_eq!(on_all_cores(&items[..3], |item| item * 2), [0, 2, 4]);
        assert!(on_all_cores(&items[..0], |item| item * 2).is_empty());
    }
}
