//! Which sessions to look at next because a limit of theirs may be reached: a book with a page for each second.
//!
//! Requests move a session's deadline without telling the book. Who is looked at too early is booked again.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use crate::{Entry, clock::Millis};

/// See the module's own text.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    pages: Mutex<BTreeMap<u32, Vec<u32>>>,
}

impl Deadlines {
    /// Books a session for the second of its deadline.
    pub(super) fn book(&self, entry: &Entry) {
        let second = second_of(entry.deadline());
        entry.book(second);
        self.pages
            .lock()
            .entry(second)
            .or_default()
            .push(entry.slot());
    }

    /// Takes the slots of every page that may hold somebody who is due; a slot counts only if its entry is booked for
    /// that page's second.
    pub(super) fn take_due(&self, now: Millis) -> BTreeMap<u32, Vec<u32>> {
        let next = second_of(now).saturating_add(1);
        let mut pages = self.pages.lock();
        if pages
            .first_key_value()
            .is_none_or(|(second, _)| *second >= next)
        {
            return BTreeMap::new();
        }
        let later = pages.split_off(&next);
        std::mem::replace(&mut *pages, later)
    }
}

fn second_of(time: Millis) -> u32 {
    u32::try_from(time.max(0) / 1000).unwrap_or(u32::MAX)
}
