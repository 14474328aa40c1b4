//! Ending what the clock has ended, in memory, whether or not anybody looks.

use super::{Live, deadlines::Due, is_durable};
use crate::clock::Millis;

/// Sessions that are looked at in one step: some hundred microseconds.
const STEP: usize = 1024;

impl Live {
    /// Ends, in memory, what the clock has ended.
    pub(crate) fn expire_due(&self, now: Millis) {
        let mut due = self.due(now);
        while self.expire_some(&mut due, now) {}
    }

    /// Those who may be past a limit, to be ended step by step.
    pub(crate) fn due(&self, now: Millis) -> Due<'_> {
        self.deadlines.due(now)
    }

    /// Ends a few of those who are past a limit. Returns whether there are more to look at.
    pub(crate) fn expire_some(&self, due: &mut Due<'_>, now: Millis) -> bool {
        let Some((second, slots)) = due.take(STEP) else {
            return false;
        };
        for entry in slots.into_iter().filter_map(|slot| self.slab.get(slot)) {
            let goes_on = self.lives_at(&entry, now) || !is_durable(&entry);
            if goes_on && entry.booked() == second {
                self.deadlines.book(&entry);
            }
        }
        true
    }
}
