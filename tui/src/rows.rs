//! The sessions kept on this side, in the order in which they are listed.
//!
//! No filter, no cursor, no drawing: only what is known, by handle and by rank.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
};

use sessctl_api::{Handle, Session};
use time::OffsetDateTime;

/// Where a session stands in the list: newest login first, then by handle. Logins of unknown time come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    created: Reverse<Option<OffsetDateTime>>,
    pub(crate) handle: Handle,
}

impl Rank {
    fn of(session: &Session) -> Self {
        Self {
            created: Reverse(session.created),
            handle: session.handle,
        }
    }
}

/// The newest [`Rows::KEEP`] sessions, and how many there are in all.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    sessions: HashMap<Handle, Session>,
    order: BTreeSet<Rank>,
    total: u64,
}

impl Rows {
    /// How many sessions are kept at most: a list that nobody can read needs no memory.
    pub(crate) const KEEP: usize = 10_000;

    /// Forgets everything and takes this list. A session that two pages carry counts once.
    pub(crate) fn replace(&mut self, sessions: Vec<Session>, total: u64) {
        let listed = sessions.len() as u64;
        self.sessions.clear();
        self.order.clear();
        for session in sessions {
            self.put(session);
        }
        // What the pages carried is counted; what lies behind them is only known as a number.
        self.total = if total > listed {
            total
        } else {
            self.sessions.len() as u64
        };
        self.cut();
    }

    /// Takes a session that is new, or new to us.
    pub(crate) fn insert(&mut self, session: Session) {
        if !self.put(session) {
            self.total += 1;
        }
        self.cut();
    }

    /// Takes the newer state of a session that is kept. One that is not kept has ended or lies behind the limit: a
    /// late change must not bring it back.
    pub(crate) fn update(&mut self, session: Session) {
        if self.sessions.contains_key(&session.handle) {
            self.put(session);
        }
    }

    /// Forgets a session that ended.
    pub(crate) fn remove(&mut self, handle: Handle) {
        if let Some(session) = self.sessions.remove(&handle) {
            self.order.remove(&Rank::of(&session));
            self.total = self.total.saturating_sub(1);
        }
    }

    pub(crate) fn get(&self, handle: Handle) -> Option<&Session> {
        self.sessions.get(&handle)
    }

    /// Where a kept session stands now.
    pub(crate) fn rank(&self, handle: Handle) -> Option<Rank> {
        self.get(handle).map(Rank::of)
    }

    /// All ranks, in order.
    pub(crate) fn ranks(&self) -> impl Iterator<Item = Rank> + '_ {
        self.order.iter().copied()
    }

    /// How many sessions are kept.
    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }

    /// How many sessions the registry has, as of the last list and the events since.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Whether the registry has sessions that are not kept here.
    pub(crate) fn is_cut(&self) -> bool {
        self.total > self.len() as u64
    }

    /// How many different users the kept sessions have.
    pub(crate) fn users(&self) -> usize {
        self.sessions
            .values()
            .filter_map(|session| session.user.as_deref())
            .collect::<HashSet<_>>()
            .len()
    }

    /// Puts a session in its place; true if it was kept before.
    fn put(&mut self, session: Session) -> bool {
        let rank = Rank::of(&session);
        let before = self.sessions.insert(session.handle, session);
        if let Some(before) = &before {
            self.order.remove(&Rank::of(before));
        }
        self.order.insert(rank);
        before.is_some()
    }

    fn cut(&mut self) {
        while self.order.len() > Self::KEEP {
            if let Some(oldest) = self.order.pop_last() {
                self.sessions.remove(&oldest.handle);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{numbered, session};

    fn handles(rows: &Rows) -> Vec<Handle> {
        rows.ranks().map(|rank| rank.handle).collect()
    }

    #[test]
    fn the_newest_login_comes_first_and_equal_times_go_by_handle() {
        let (old, new) = (session(9, "old", 100), session(1, "new", 10));
        let mut twins = [session(5, "a", 50), session(4, "b", 50)];
        twins.sort_by_key(|one| one.handle);
        let [twin_a, twin_b] = twins;
        let mut timeless = session(0, "timeless", 0);
        timeless.created = None;
        let mut rows = Rows::default();
        for one in [&old, &timeless, &twin_b, &new, &twin_a] {
            rows.insert(one.clone());
        }
        assert_eq!(
            handles(&rows),
            [new, twin_a, twin_b, old, timeless].map(|one| one.handle)
        );
    }

    #[test]
    fn a_late_change_does_not_bring_an_ended_session_back() {
        let alice = session(1, "alice", 10);
        let mut rows = Rows::default();
        rows.insert(alice.clone());
        rows.remove(alice.handle);
        rows.update(alice);
        assert_eq!((rows.len(), rows.total()), (0, 0));
    }

    #[test]
    fn a_login_told_twice_counts_once() {
        let mut rows = Rows::default();
        rows.replace(vec![session(1, "alice", 10)], 1);
        rows.insert(session(1, "alice", 10));
        rows.remove(numbered(7));
        assert_eq!((rows.len(), rows.total(), rows.users()), (1, 1, 1));
    }

    #[test]
    fn the_oldest_are_dropped_beyond_the_limit_and_still_counted() {
        let mut rows = Rows::default();
        let all = (0..Rows::KEEP as u64)
            .map(|n| session(n, "user", 100 + n))
            .collect::<Vec<_>>();
        let oldest = all.last().unwrap().handle;
        rows.replace(all, 48_211);
        assert!(rows.is_cut());
        rows.insert(session(999_999, "new", 0));
        assert_eq!((rows.len(), rows.total()), (Rows::KEEP, 48_212));
        assert!(rows.get(oldest).is_none());
    }
}
