//! The live sessions of each user, so that one user's are found without a scan.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use parking_lot::Mutex;

use super::slab::Slab;
use crate::Entry;

/// See the module's own text.
#[derive(Debug, Default)]
pub(super) struct Users {
    state: RandomState,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Hash of the name and the slot: 8 bytes a session. Names of one hash are told apart by their entries.
    sessions: BTreeSet<(u32, u32)>,
    distinct: u64,
}

impl Users {
    pub(super) fn insert(&self, entry: &Entry, slab: &Slab) {
        let Some((name, hash)) = self.hash_of(entry) else {
            return;
        };
        let mut inner = self.inner.lock();
        inner.distinct += u64::from(!inner.knows(name, hash, slab));
        inner.sessions.insert((hash, entry.slot()));
    }

    pub(super) fn remove(&self, entry: &Entry, slab: &Slab) {
        let Some((name, hash)) = self.hash_of(entry) else {
            return;
        };
        let mut inner = self.inner.lock();
        if inner.sessions.remove(&(hash, entry.slot())) {
            inner.distinct -= u64::from(!inner.knows(name, hash, slab));
        }
    }

    /// The sessions of one user.
    pub(super) fn get(&self, name: &str, slab: &Slab) -> Vec<Arc<Entry>> {
        let inner = self.inner.lock();
        inner.of(name, self.hash(name), slab).collect()
    }

    /// How many users have sessions.
    pub(super) fn count(&self) -> u64 {
        self.inner.lock().distinct
    }

    fn hash_of<'a>(&self, entry: &'a Entry) -> Option<(&'a str, u32)> {
        let name = entry.user()?;
        Some((name, self.hash(name)))
    }

    fn hash(&self, name: &str) -> u32 {
        self.state.hash_one(name) as u32
    }
}

impl Inner {
    fn knows(&self, name: &str, hash: u32, slab: &Slab) -> bool {
        self.of(name, hash, slab).next().is_some()
    }

    fn of(&self, name: &str, hash: u32, slab: &Slab) -> impl Iterator<Item = Arc<Entry>> {
        self.sessions
            .range((hash, 0)..=(hash, u32::MAX))
            .filter_map(|(_, slot)| slab.get(*slot))
            .filter(move |entry| entry.user() == Some(name))
    }
}
