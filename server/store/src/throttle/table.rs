//! Counters, no more than a number of them: those that failed the longest ago make room.

use std::collections::{BTreeSet, HashMap};

use super::{Key, counter::Counter};
use crate::clock::Millis;

/// Forgotten ones that one failure takes away: more than it adds, so that they go.
const AT_ONCE: usize = 8;

/// See the module's own text.
#[derive(Debug)]
pub(super) struct Table {
    most: usize,
    counters: HashMap<Key, Counter>,
    oldest: BTreeSet<(Millis, Key)>,
    /// Taken away, and the file does not know.
    gone: Vec<Key>,
}

impl Table {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            counters: HashMap::new(),
            oldest: BTreeSet::new(),
            gone: Vec::new(),
        }
    }

    /// What counts now under a key.
    pub(super) fn get(&mut self, key: Key, now: Millis) -> Counter {
        let Some(counter) = self.kept(key) else {
            return Counter::default().at(now);
        };
        let seen = counter.at(now);
        if seen != counter {
            // From here on, or each look would begin the delay anew.
            self.place(key, seen);
        }
        if seen.is_forgotten(now) {
            return Counter::default().at(now);
        }
        seen
    }

    /// What is kept under a key.
    pub(super) fn kept(&self, key: Key) -> Option<Counter> {
        self.counters.get(&key).copied()
    }

    /// Keeps a counter, and takes away what need not or cannot be kept any more.
    pub(super) fn put(&mut self, key: Key, counter: Counter, now: Millis) {
        self.place(key, counter);
        for _ in 0..AT_ONCE {
            let Some((_, oldest)) = self.oldest.first().copied() else {
                return;
            };
            let is_forgotten = self.kept(oldest).is_some_and(|kept| kept.is_forgotten(now));
            if !is_forgotten && self.counters.len() <= self.most {
                return;
            }
            self.remove(oldest);
            self.gone.push(oldest);
        }
    }

    pub(super) fn remove(&mut self, key: Key) {
        if let Some(counter) = self.counters.remove(&key) {
            self.oldest.remove(&(counter.last, key));
        }
    }

    /// What was taken away since this was asked.
    pub(super) fn take_gone(&mut self) -> Vec<Key> {
        std::mem::take(&mut self.gone)
    }

    fn place(&mut self, key: Key, counter: Counter) {
        if let Some(before) = self.counters.insert(key, counter) {
            self.oldest.remove(&(before.last, key));
        }
        self.oldest.insert((counter.last, key));
    }
}
