//! Ids that a rotation took away not long ago.
//!
//! A request that was sent with such an id while another one's answer brought the new one is not let in. It must not be
//! told to forget its cookie either: by the time its answer arrives the client holds the new one under the same name.

use std::collections::{HashMap, VecDeque};

use parking_lot::RwLock;

use sessctl_api::Handle;

use crate::{clock::Millis, id::Digest};

/// How long an id is remembered: longer than an answer is on its way.
const REMEMBERED: Millis = 2 * 60 * 1000;

/// How many are: whoever changes a password in a loop must not fill the memory.
const MOST: usize = 65_536;

/// See the module's own text.
#[derive(Debug, Default)]
pub(super) struct Retired(RwLock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    since: HashMap<Digest, Millis>,
    /// Oldest first.
    order: VecDeque<Digest>,
    /// Sessions whose earlier ids may do nothing any more, also not in a request that is under way.
    shut: HashMap<Handle, Millis>,
}

impl Retired {
    /// Notes an id that opens nothing from here on.
    pub(super) fn insert(&self, digest: Digest, now: Millis) {
        let mut inner = self.0.write();
        inner.forget(now, MOST - 1);
        inner.since.insert(digest, now);
        inner.order.push_back(digest);
    }

    /// Whether the id was taken away by a rotation, not long ago.
    pub(super) fn knows(&self, digest: Digest, now: Millis) -> bool {
        let since = self.0.read().since.get(&digest).copied();
        since.is_some_and(|since| is_recent(since, now))
    }

    /// Notes that a session's earlier ids may do nothing any more.
    pub(super) fn shut(&self, session: Handle, now: Millis) {
        self.0.write().shut.insert(session, now);
    }

    /// Whether a session's earlier ids may do nothing any more.
    pub(super) fn is_shut(&self, session: Handle) -> bool {
        self.0.read().shut.contains_key(&session)
    }

    /// Forgets those that nobody can be on the way with any more.
    pub(super) fn sweep(&self, now: Millis) {
        let inner = self.0.read();
        if inner.order.is_empty() && inner.shut.is_empty() {
            return;
        }
        drop(inner);
        let mut inner = self.0.write();
        inner.forget(now, MOST);
        inner.shut.retain(|_, since| is_recent(*since, now));
    }
}

impl Inner {
    fn forget(&mut self, now: Millis, most: usize) {
        while let Some(oldest) = self.order.front() {
            let since = self.since.get(oldest);
            let is_recent = since.is_some_and(|since| is_recent(*since, now));
            if is_recent && self.order.len() <= most {
                return;
            }
            self.since.remove(oldest);
            self.order.pop_front();
        }
    }
}

/// Also of a time ahead, where the clock stepped back since.
fn is_recent(since: Millis, now: Millis) -> bool {
    now.abs_diff(since) < REMEMBERED.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(n: usize) -> Digest {
        Digest::from_words([n as u64, 0, 0, 0])
    }

    #[test]
    fn an_id_is_remembered_for_two_minutes_whichever_way_the_clock_goes() {
        let retired = Retired::default();
        retired.insert(digest(1), 0);
        assert!(retired.knows(digest(1), REMEMBERED - 1));
        assert!(!retired.knows(digest(1), REMEMBERED));
        assert!(!retired.knows(digest(1), -REMEMBERED));
        assert!(!retired.knows(digest(2), 0));
        retired.sweep(REMEMBERED);
        assert!(retired.0.read().since.is_empty() && retired.0.read().order.is_empty());
    }

    #[test]
    fn no_more_than_so_many_are_remembered_and_the_oldest_go_first() {
        let retired = Retired::default();
        for n in 0..MOST + 10 {
            retired.insert(digest(n), 0);
        }
        assert_eq!(retired.0.read().since.len(), MOST);
        assert_eq!(retired.0.read().order.len(), MOST);
        assert!(!retired.knows(digest(9), 0) && retired.knows(digest(10), 0));
    }
}
