//! The live sessions of each user, so that one user's are found without a scan.

use std::{
    collections::{BTreeSet, HashSet},
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use parking_lot::Mutex;

use super::slab::Slab;
use crate::Entry;

/// Sessions that are looked up under the lock at once.
const STEP: usize = 1024;

/// See the module's own text.
#[derive(Debug, Default)]
pub(super) struct Users {
    state: RandomState,
    inner: Mutex<Inner>,
}

/// Hash of the name and slot: 8 bytes a session. Names of one hash are told apart by their entries.
type Place = (u32, u32);

#[derive(Debug, Default)]
struct Inner {
    places: BTreeSet<Place>,
    distinct: u64,
    /// Of sessions that were loaded: put in all at once, which takes a tenth of the time. Nobody asks before.
    loaded: Vec<Place>,
    /// Of loaded sessions that have ended since.
    left: HashSet<Place>,
}

impl Users {
    pub(super) fn insert(&self, entry: &Entry, slab: &Slab) {
        let Some((name, hash)) = self.hash_of(entry) else {
            return;
        };
        let mut inner = self.inner.lock();
        inner.distinct += u64::from(!inner.knows(name, hash, slab));
        inner.places.insert((hash, entry.slot()));
    }

    pub(super) fn remove(&self, entry: &Entry, slab: &Slab) {
        let Some((name, hash)) = self.hash_of(entry) else {
            return;
        };
        let place = (hash, entry.slot());
        let mut inner = self.inner.lock();
        if inner.places.remove(&place) {
            inner.distinct -= u64::from(!inner.knows(name, hash, slab));
        } else if !inner.loaded.is_empty() {
            inner.left.insert(place);
        }
    }

    /// Notes a session that is loaded: nobody finds it before [`Users::finish_load`].
    pub(super) fn load(&self, entry: &Entry) {
        if let Some((_, hash)) = self.hash_of(entry) {
            self.inner.lock().loaded.push((hash, entry.slot()));
        }
    }

    pub(super) fn finish_load(&self, slab: &Slab) {
        let mut inner = self.inner.lock();
        let mut loaded = std::mem::take(&mut inner.loaded);
        let left = std::mem::take(&mut inner.left);
        loaded.retain(|place| !left.contains(place));
        let mut loaded = loaded.into_iter().collect();
        inner.places.append(&mut loaded);
        inner.distinct = inner.count(slab);
    }

    /// The sessions of one user.
    pub(super) fn get(&self, name: &str, slab: &Slab) -> Vec<Arc<Entry>> {
        let hash = self.hash(name);
        let (mut entries, mut next) = (Vec::new(), Some(0));
        while let Some(first) = next {
            // A few at a time: whoever signs in or out meanwhile waits for no more than that.
            let slots: Vec<_> = {
                let inner = self.inner.lock();
                let places = inner.places.range((hash, first)..=(hash, u32::MAX));
                places.map(|(_, slot)| *slot).take(STEP).collect()
            };
            next = slots.last().and_then(|last| last.checked_add(1));
            // By now another session may be there.
            let found = slots.into_iter().filter_map(|slot| slab.get(slot));
            entries.extend(found.filter(|entry| entry.user() == Some(name)));
        }
        entries
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
        self.places
            .range((hash, 0)..=(hash, u32::MAX))
            .filter_map(|(_, slot)| slab.get(*slot))
            .filter(move |entry| entry.user() == Some(name))
    }

    /// How many names there are: as many as hashes, and more where one hash stands for several names.
    fn count(&self, slab: &Slab) -> u64 {
        let mut count = 0;
        let mut places = self.places.iter().peekable();
        while let Some((hash, first)) = places.next() {
            count += 1;
            let mut names = Vec::new();
            while let Some((_, slot)) = places.next_if(|(next, _)| next == hash) {
                if names.is_empty() {
                    names.extend(slab.get(*first));
                }
                let Some(entry) = slab.get(*slot) else {
                    continue;
                };
                if names.iter().all(|known| known.user() != entry.user()) {
                    names.push(entry);
                    count += 1;
                }
            }
        }
        count
    }
}
