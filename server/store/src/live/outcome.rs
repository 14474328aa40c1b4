//! What happens in memory once the disk has taken a change, or has refused it.

use std::sync::Arc;

use sessctl_api::EventKind;

use super::Live;
use crate::{StoreError, change::Change, id::Digest};

impl Live {
    /// Makes a durable change visible: the only place where sessions appear, and where events come from.
    pub(crate) fn apply(&self, change: &Change) {
        match change {
            Change::Insert { entry, .. } => {
                self.count_in(entry);
                self.counts.lock().created += 1;
                // Seen from inside the feed's lock on, so that nobody hears of its end before its beginning.
                self.feed.tell(self.now(), EventKind::Created, entry, || {
                    entry.commit();
                    true
                });
            }
            // Nobody gets the new id of a session that ended meanwhile: whoever holds the old one hears how it ended.
            Change::Rotate { entry, digest } if entry.is_over() => {
                self.rotating.lock().remove(digest);
            }
            Change::Rotate { entry, digest } => {
                // Before the old id opens nothing any more, so that it is never taken for one that nobody had.
                self.retired.insert(entry.digest(), self.now());
                self.by_digest.remove::<Digest>(entry);
                entry.replace_digest(*digest);
                self.by_digest.insert::<Digest>(entry);
                self.rotating.lock().remove(digest);
                self.note_news(entry);
            }
            Change::End {
                entry,
                unless_ended,
            } => {
                // What somebody else ended while this was written has another reason: their own write brings that.
                let is_theirs = unless_ended
                    .as_ref()
                    .is_some_and(|ended| !self.end(entry, ended.clone()));
                if !is_theirs && entry.settle() {
                    self.tell_ended(entry);
                }
            }
            Change::Purge(entry) => self.forget(entry),
            Change::Edit { entry, size, .. } => {
                entry.note_size(*size);
                self.note_news(entry);
            }
            Change::Touch { entry, seen } => entry.note_written(*seen),
            Change::Account(order) => self.book.apply(&order.edit),
            // Counted already.
            Change::Failures { .. } => {}
        }
    }

    /// Forgets a change that could not be made durable.
    pub(crate) fn abandon(&self, change: &Change, error: &StoreError) {
        match change {
            Change::Insert { entry, .. } => self.forget(entry),
            Change::Rotate { digest, .. } => {
                self.rotating.lock().remove(digest);
            }
            // There is nothing to write it to, and there never will be.
            Change::End { entry, .. }
                if matches!(error, StoreError::Damaged) && entry.is_over() =>
            {
                if entry.settle() {
                    self.tell_ended(entry);
                }
            }
            // An ended entry stays ended in memory: the sweeper writes it again.
            Change::End { entry, .. } => {
                if entry.is_unsettled() {
                    self.queues.unsettled.lock().push_back(Arc::clone(entry));
                }
            }
            Change::Touch { entry, .. } => entry.fail_write(),
            Change::Purge(entry) => self.queues.graves.lock().push_front(Arc::clone(entry)),
            Change::Edit { .. } | Change::Account(_) | Change::Failures { .. } => {}
        }
    }
}
