//! Entries by a random key, found by many threads at once.
//!
//! Shards of a plain hash table behind a lock each. The key is only in the entry: at a million sessions a map that
//! keeps a copy of it takes 50 MB more (`server/BENCHMARKS.md`, "The map in front").

use std::sync::Arc;

use hashbrown::HashTable;
use parking_lot::RwLock;
use sessctl_api::Handle;

use crate::{Entry, id::Digest};

const SHARDS: usize = 256;

/// What an entry can be found by.
pub(super) trait Key: Copy {
    /// A number as random as the key itself.
    fn hash(self) -> u64;
    fn of(entry: &Entry) -> Self;
    fn is_of(self, entry: &Entry) -> bool;
}

/// See the module's own text.
#[derive(Debug)]
pub(super) struct Table {
    shards: Box<[RwLock<HashTable<Arc<Entry>>>]>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
        }
    }

    pub(super) fn get<K: Key>(&self, key: K) -> Option<Arc<Entry>> {
        let hash = key.hash();
        let shard = self.shard(hash).read();
        shard.find(hash, |entry| key.is_of(entry)).map(Arc::clone)
    }

    /// Inserts an entry unless another one has its key. Returns whether it did.
    pub(super) fn insert<K: Key>(&self, entry: &Arc<Entry>) -> bool {
        let key = K::of(entry);
        let mut shard = self.shard(key.hash()).write();
        if shard.find(key.hash(), |other| key.is_of(other)).is_some() {
            return false;
        }
        shard.insert_unique(key.hash(), Arc::clone(entry), |entry| K::of(entry).hash());
        true
    }

    pub(super) fn remove<K: Key>(&self, entry: &Entry) {
        let key = K::of(entry);
        let mut shard = self.shard(key.hash()).write();
        let own = |other: &Arc<Entry>| std::ptr::eq(&raw const **other, entry);
        if let Ok(found) = shard.find_entry(key.hash(), own) {
            found.remove();
        }
    }

    fn shard(&self, hash: u64) -> &RwLock<HashTable<Arc<Entry>>> {
        // The table itself uses the lowest and the highest bits.
        &self.shards[(hash >> 32) as usize % SHARDS]
    }
}

impl Key for Digest {
    fn hash(self) -> u64 {
        self.words()[0]
    }

    fn of(entry: &Entry) -> Self {
        entry.digest()
    }

    fn is_of(self, entry: &Entry) -> bool {
        entry.has_digest(&self.words())
    }
}

impl Key for Handle {
    fn hash(self) -> u64 {
        // Twelve characters of five bits each, so that all of them count.
        self.as_str().bytes().fold(0, |hash: u64, byte| {
            (hash.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
    }

    fn of(entry: &Entry) -> Self {
        entry.handle()
    }

    fn is_of(self, entry: &Entry) -> bool {
        entry.handle() == self
    }
}
