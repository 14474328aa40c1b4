//! A count that many threads add to at once.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
};

/// More than most machines have cores: threads beyond that share.
const PARTS: usize = 32;

/// See the module's own text.
///
/// One number for all threads would be one cache line for all cores, which each request would wait for.
#[derive(Debug, Default)]
pub(crate) struct Tally([Part; PARTS]);

/// Alone in its cache line, and in the one that processors fetch with it.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Part(AtomicU64);

impl Tally {
    pub(crate) fn add(&self) {
        self.0[own_part()].0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0
            .iter()
            .map(|part| part.0.load(Ordering::Relaxed))
            .sum()
    }
}

/// The part of this thread: each new one takes the next.
fn own_part() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    OWN.with(|own| {
        if own.get() == usize::MAX {
            own.set(NEXT.fetch_add(1, Ordering::Relaxed) % PARTS);
        }
        own.get()
    })
}

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn every_thread_counts() {
        let tally = Tally::default();
        thread::scope(|scope| {
            for _ in 0..2 * PARTS {
                scope.spawn(|| (0..1_000).for_each(|_| tally.add()));
            }
        });
        assert_eq!(tally.get(), 2_000 * PARTS as u64);
    }
}
