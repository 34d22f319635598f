//! Work of the processor's own, spread over all of its cores.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nucleon_core::cores::Cores;
use nucleon_core::render::STACK;

/// How many items a thread takes at once; with fewer than this, a second thread costs more than it saves.
const SHARE: usize = 16;

/// All cores of this machine.
#[derive(Clone, Copy, Debug)]
pub struct AllCores;

impl Cores for AllCores {
    /// Threads take shares as they get done: a core that is busy with something else does less.
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = cores.min(count.div_ceil(SHARE));
        if threads <= 1 {
            return (0..count).for_each(work);
        }
        let next = AtomicUsize::new(0);
        let share = || -> Option<Range<usize>> {
            let start = next.fetch_add(SHARE, Ordering::Relaxed);
            (start < count).then(|| start..count.min(start + SHARE))
        };
        let shares = || std::iter::from_fn(share).flatten().for_each(work);
        thread::scope(|scope| {
            let start = || {
                thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, shares)
            };
            let started = (0..threads).map_while(|_| start().ok()).count();
            // Where no thread can be started, the work is done here.
            if started == 0 {
                shares();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use nucleon_core::cores::map;

    use super::AllCores;

    #[test]
    fn answers_are_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..1000).collect();
        let expected: Vec<usize> = items.iter().map(|item| item * 2).collect();
        assert_eq!(map(&AllCores, &items, |item| item * 2), expected);
        assert_eq!(map(&AllCores, &items[..3], |item| item * 2), [0, 2, 4]);
        assert!(map(&AllCores, &items[..0], |item| item * 2).is_empty());
    }
}
