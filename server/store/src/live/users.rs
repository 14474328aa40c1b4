//! The live sessions of each user, so that one user's are found without a scan.

use std::{
    collections::{BTreeSet, HashSet},
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use compact_str::CompactString;
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
    /// The loaded ones are not in yet.
    is_loading: bool,
    /// Of loaded sessions that have ended since, with their names.
    left: Vec<(Place, CompactString)>,
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
        } else if inner.is_loading {
            inner.left.push((place, name.into()));
        }
    }

    /// Notes a session that is loaded: nobody finds it before [`Users::finish_load`].
    pub(super) fn load(&self, entry: &Entry) {
        if let Some((_, hash)) = self.hash_of(entry) {
            let mut inner = self.inner.lock();
            inner.is_loading = true;
            inner.loaded.push((hash, entry.slot()));
        }
    }

    /// Puts in what was loaded. Of very many, sorting and counting take long: whoever signs in or out does not wait for
    /// that.
    pub(super) fn finish_load(&self, slab: &Slab) {
        let (mut loaded, left) = {
            let mut inner = self.inner.lock();
            let left = std::mem::take(&mut inner.left);
            (std::mem::take(&mut inner.loaded), left)
        };
        let left: HashSet<Place> = left.into_iter().map(|(place, _)| place).collect();
        loaded.retain(|place| !left.contains(place));
        let mut all = Inner {
            places: loaded.into_iter().collect(),
            ..Inner::default()
        };
        all.distinct = all.count(slab);
        let mut inner = self.inner.lock();
        let since = std::mem::replace(&mut *inner, all);
        for ((hash, slot), name) in since.left {
            if inner.places.remove(&(hash, slot)) {
                inner.distinct -= u64::from(!inner.knows(&name, hash, slab));
            }
        }
        for (hash, slot) in since.places {
            let is_new = slab.get(slot).is_some_and(|entry| {
                let name = entry.user().unwrap_or_default();
                !inner.knows(name, hash, slab)
            });
            inner.distinct += u64::from(is_new);
            inner.places.insert((hash, slot));
        }
    }

    /// Shows the sessions of one user.
    pub(super) fn each(&self, name: &str, slab: &Slab, mut look: impl FnMut(&Arc<Entry>)) {
        let hash = self.hash(name);
        let mut next = Some(0);
        while let Some(first) = next {
            // A few at a time: whoever signs in or out meanwhile waits for no more than that.
            let slots: Vec<_> = {
                let inner = self.inner.lock();
                let places = inner.places.range((hash, first)..=(hash, u32::MAX));
                places.map(|(_, slot)| *slot).take(STEP).collect()
            };
            next = slots.last().and_then(|last| last.checked_add(1));
            for slot in slots {
                // By now another session may be there.
                let entry = slab.get(slot);
                if let Some(entry) = entry.filter(|entry| entry.user() == Some(name)) {
                    look(&entry);
                }
            }
        }
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

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use std::thread;

    use super::*;
    use crate::entry::tests::entry_of;

    /// A session of a user, kept in the slab.
    fn come(name: &str, slab: &Slab) -> Arc<Entry> {
        let entry = Arc::new(entry_of(name));
        slab.insert(&entry);
        entry
    }

    fn names(users: &Users, slab: &Slab, all: &[&str]) -> Vec<usize> {
        let count = |name: &&str| {
            let mut count = 0;
            users.each(name, slab, |_| count += 1);
            count
        };
        all.iter().map(count).collect()
    }

    #[test]
    fn who_comes_and_goes_before_the_load_is_finished_counts_as_it_should() {
        let (users, slab) = (Users::default(), Slab::default());
        let [alice, bob, dave] = ["alice", "bob", "dave"].map(|name| come(name, &slab));
        for loaded in [&alice, &bob, &dave] {
            users.load(loaded);
        }
        users.remove(&bob, &slab);
        for new in ["alice", "carol"] {
            users.insert(&come(new, &slab), &slab);
        }
        users.finish_load(&slab);
        let found = names(&users, &slab, &["alice", "bob", "carol", "dave"]);
        assert_eq!((found, users.count()), (vec![2, 0, 1, 1], 3));
        users.remove(&dave, &slab);
        users.remove(&alice, &slab);
        assert_eq!(users.count(), 2);
    }

    #[test]
    fn who_comes_and_goes_while_the_load_is_put_in_counts_as_it_should() {
        const MANY: usize = 20_000;
        let (users, slab) = (Users::default(), Slab::default());
        // Every name has two sessions, one of which goes; every other name gets a third.
        let loaded: Vec<_> = (0..2 * MANY)
            .map(|n| come(&format!("user{}", n / 2), &slab))
            .collect();
        loaded.iter().for_each(|entry| users.load(entry));
        thread::scope(|scope| {
            scope.spawn(|| {
                loaded
                    .iter()
                    .step_by(2)
                    .for_each(|entry| users.remove(entry, &slab));
            });
            scope.spawn(|| {
                for n in (0..MANY).step_by(2) {
                    users.insert(&come(&format!("user{n}"), &slab), &slab);
                }
                users.insert(&come("new", &slab), &slab);
            });
            scope.spawn(|| users.finish_load(&slab));
        });
        assert_eq!(users.count(), MANY as u64 + 1);
        assert_eq!(names(&users, &slab, &["user0", "user1", "new"]), [2, 1, 1]);
        loaded
            .iter()
            .skip(1)
            .step_by(2)
            .for_each(|entry| users.remove(entry, &slab));
        assert_eq!(users.count(), MANY as u64 / 2 + 1);
    }
}
