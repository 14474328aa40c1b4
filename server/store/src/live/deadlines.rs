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

    /// Takes every page that may hold somebody who is due.
    pub(super) fn due(&self, now: Millis) -> Due<'_> {
        let next = second_of(now).saturating_add(1);
        let mut pages = self.pages.lock();
        let has_due = pages.first_key_value().is_some_and(|(at, _)| *at < next);
        let taken = match has_due {
            true => {
                let later = pages.split_off(&next);
                std::mem::replace(&mut *pages, later)
            }
            false => BTreeMap::new(),
        };
        drop(pages);
        Due {
            book: self,
            pages: taken,
        }
    }
}

/// Pages that were taken from the book. Dropped, it puts back what nobody looked at.
#[derive(Debug)]
pub(crate) struct Due<'b> {
    book: &'b Deadlines,
    pages: BTreeMap<u32, Vec<u32>>,
}

impl Due<'_> {
    /// Some slots of a page, and its second: a slot counts only if its entry is booked for that second.
    pub(super) fn take(&mut self, most: usize) -> Option<(u32, Vec<u32>)> {
        let mut page = self.pages.first_entry()?;
        let second = *page.key();
        let slots = page.get_mut();
        let taken = slots.split_off(slots.len().saturating_sub(most));
        if slots.is_empty() {
            page.remove();
        }
        Some((second, taken))
    }
}

impl Drop for Due<'_> {
    fn drop(&mut self) {
        if self.pages.is_empty() {
            return;
        }
        let mut pages = self.book.pages.lock();
        for (second, slots) in std::mem::take(&mut self.pages) {
            pages.entry(second).or_default().extend(slots);
        }
    }
}

fn second_of(time: Millis) -> u32 {
    u32::try_from(time.max(0) / 1000).unwrap_or(u32::MAX)
}

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use super::*;
    use crate::entry::tests::entry;

    #[test]
    fn who_was_taken_and_not_looked_at_is_due_again() {
        let book = Deadlines::default();
        let entries = [0, 1, 2].map(|slot| {
            let entry = entry();
            entry.set_slot(slot);
            book.book(&entry);
            entry
        });
        let at = entries[0].deadline();
        assert!(book.due(at - 1000).take(9).is_none(), "not due yet");
        let second = second_of(at);
        let mut due = book.due(at);
        assert_eq!(due.take(2), Some((second, vec![1, 2])));
        assert!(book.due(at).take(9).is_none(), "it was taken");
        drop(due);
        let mut again = book.due(at);
        assert_eq!(again.take(9), Some((second, vec![0])));
        assert_eq!(again.take(9), None);
    }
}
