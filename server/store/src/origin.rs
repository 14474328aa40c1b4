//! What many sessions have in common, kept once: a million of them come from a few dozen kinds of client, under one or
//! two sets of limits.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use hashbrown::HashTable;
use parking_lot::Mutex;
use sessctl_api::client_of;

use crate::clock::Millis;

/// By what a session was begun, and how long it may live.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The User-Agent header.
    pub(crate) ua: Option<Box<str>>,
    /// The same in words.
    pub(crate) client: Option<Box<str>>,
    /// How long it may be idle.
    pub(crate) idle: Millis,
    /// How long after its login it ends whatever comes.
    pub(crate) absolute: Millis,
}

/// Every origin that a session in memory has.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    state: RandomState,
    known: Mutex<HashTable<Arc<Origin>>>,
}

/// What tells origins apart.
type Key<'a> = (Option<&'a str>, Millis, Millis);

impl Origin {
    fn key(&self) -> Key<'_> {
        (self.ua.as_deref(), self.idle, self.absolute)
    }
}

impl Origins {
    /// The one copy of an origin.
    pub(crate) fn get(&self, ua: Option<&str>, idle: Millis, absolute: Millis) -> Arc<Origin> {
        let key = (ua, idle, absolute);
        let hash = self.state.hash_one(key);
        let mut known = self.known.lock();
        if let Some(origin) = known.find(hash, |origin| origin.key() == key) {
            return Arc::clone(origin);
        }
        let origin = Arc::new(Origin {
            ua: ua.map(Into::into),
            client: ua.and_then(client_of).map(Into::into),
            idle,
            absolute,
        });
        let rehash = |origin: &Arc<Origin>| self.state.hash_one(origin.key());
        known.insert_unique(hash, Arc::clone(&origin), rehash);
        origin
    }

    /// Forgets an origin when its last session goes: strangers choose the headers.
    pub(crate) fn forget(&self, origin: &Arc<Origin>) {
        let hash = self.state.hash_one(origin.key());
        let mut known = self.known.lock();
        // One of ours, one of the entry that goes.
        if Arc::strong_count(origin) <= 2
            && let Ok(found) = known.find_entry(hash, |known| Arc::ptr_eq(known, origin))
        {
            found.remove();
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.known.lock().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_kept_once_and_no_longer_than_it_is_used() {
        let origins = Origins::default();
        let one = origins.get(Some("curl/8.5.0"), 1, 2);
        let other = origins.get(Some("curl/8.5.0"), 1, 2);
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!(one.client.as_deref(), Some("curl"));
        let longer = origins.get(Some("curl/8.5.0"), 1, 3);
        assert_eq!((longer.absolute, origins.len()), (3, 2));
        origins.forget(&one);
        assert_eq!(origins.len(), 2, "another session still uses it");
        drop(other);
        origins.forget(&one);
        assert_eq!(origins.len(), 1);
    }
}
