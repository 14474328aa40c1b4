//! The sessions that are marked, by handle: whatever the list does, a mark stays with its session.

use std::collections::BTreeMap;

use sessctl_api::{Filter, Handle};

use crate::message::Target;

/// Which sessions are marked.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    sessions: BTreeMap<Handle, Target>,
    /// All that match, too many to be marked one by one.
    all: Option<(Filter, u64)>,
}

impl Marks {
    /// How many are marked one by one at most. Beyond that all that match are meant, and counted by the registry.
    pub(crate) const LIMIT: usize = 10_000;

    pub(crate) fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.all.is_none()
    }

    /// How many are marked.
    pub(crate) fn len(&self) -> u64 {
        match &self.all {
            Some((_, count)) => *count,
            None => self.sessions.len() as u64,
        }
    }

    pub(crate) fn has(&self, handle: Handle) -> bool {
        self.all.is_some() || self.sessions.contains_key(&handle)
    }

    /// The marked ones, in the order of their handles.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Target> {
        self.sessions.values()
    }

    /// The filter whose matches are all marked, and how many there were.
    pub(crate) fn all(&self) -> Option<&(Filter, u64)> {
        self.all.as_ref()
    }

    /// Marks one; says whether there was room.
    pub(crate) fn add(&mut self, target: Target) -> bool {
        self.all = None;
        if self.sessions.len() >= Self::LIMIT && !self.sessions.contains_key(&target.handle) {
            return false;
        }
        self.sessions.insert(target.handle, target);
        true
    }

    /// Marks all that match.
    pub(crate) fn take_all(&mut self, filter: Filter, count: u64) {
        self.sessions.clear();
        self.all = Some((filter, count));
    }

    /// Takes a mark away.
    pub(crate) fn remove(&mut self, handle: Handle) {
        self.sessions.remove(&handle);
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
