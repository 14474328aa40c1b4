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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::throttle::counter::FORGOTTEN;

    fn key(number: u8) -> Key {
        Key([number; 16])
    }

    #[test]
    fn those_that_failed_the_longest_ago_make_room() {
        let mut table = Table::new(3);
        for number in 0..3 {
            let now = Millis::from(number);
            let counter = table.get(key(number), now).failed(now);
            table.put(key(number), counter, now);
        }
        let again = table.get(key(0), 10).failed(10);
        table.put(key(0), again, 10);
        let fourth = table.get(key(9), 11).failed(11);
        table.put(key(9), fourth, 11);
        assert_eq!(table.take_gone(), [key(1)]);
        assert_eq!(table.kept(key(0)).map(|kept| kept.failures), Some(2));
        assert_eq!((table.counters.len(), table.oldest.len()), (3, 3));
    }

    #[test]
    fn what_is_forgotten_goes_with_the_next_failure() {
        let mut table = Table::new(100);
        for number in 0..20 {
            table.put(key(number), Counter::default().failed(0), 0);
        }
        for number in 20..24 {
            table.put(key(number), Counter::default().failed(FORGOTTEN), FORGOTTEN);
        }
        assert_eq!((table.counters.len(), table.oldest.len()), (4, 4));
        assert_eq!(table.take_gone().len(), 20);
        assert_eq!(table.get(key(0), FORGOTTEN).failures, 0);
    }
}
