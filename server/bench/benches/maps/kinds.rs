//! The maps, each behind the few operations that the store needs.

use std::{
    hash::{BuildHasherDefault, Hash, Hasher},
    sync::Arc,
};

use hashbrown::{HashTable, hash_table::Entry as Slot};
use parking_lot::RwLock;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digest([u8; 32]);

/// As large as a session's entry, its digest included.
pub(crate) struct Entry {
    digest: Digest,
    _rest: [u8; 136],
}

const _: () = assert!(size_of::<Entry>() == 168);

/// A digest is evenly spread as it is: its first eight bytes are the hash.
#[derive(Default)]
pub(crate) struct FirstBytes(u64);

type Spread = BuildHasherDefault<FirstBytes>;

impl Digest {
    pub(crate) fn of(number: u64) -> Self {
        let mut bytes = [0; 32];
        for (part, at) in bytes.chunks_exact_mut(8).zip(0..) {
            part.copy_from_slice(&scatter(number * 4 + at).to_le_bytes());
        }
        Self(bytes)
    }

    fn word(&self, at: usize) -> u64 {
        let mut word = [0; 8];
        word.copy_from_slice(&self.0[at..at + 8]);
        u64::from_le_bytes(word)
    }
}

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.word(0));
    }
}

impl Hasher for FirstBytes {
    fn write(&mut self, _: &[u8]) {
        unreachable!("only digests are hashed");
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// What the store needs of a map.
pub(crate) trait Map: Send + Sync {
    fn get(&self, digest: &Digest) -> Option<Arc<Entry>>;
    fn insert(&self, entry: Arc<Entry>);
    fn remove(&self, digest: &Digest);
}

type Papaya = papaya::HashMap<Digest, Arc<Entry>, Spread>;
type Scc = scc::HashMap<Digest, Arc<Entry>, Spread>;
type Dash = dashmap::DashMap<Digest, Arc<Entry>, Spread>;

impl Map for Papaya {
    fn get(&self, digest: &Digest) -> Option<Arc<Entry>> {
        self.pin().get(digest).cloned()
    }

    fn insert(&self, entry: Arc<Entry>) {
        self.pin().insert(entry.digest, entry);
    }

    fn remove(&self, digest: &Digest) {
        self.pin().remove(digest);
    }
}

impl Map for Scc {
    fn get(&self, digest: &Digest) -> Option<Arc<Entry>> {
        self.read_sync(digest, |_, entry| Arc::clone(entry))
    }

    fn insert(&self, entry: Arc<Entry>) {
        self.upsert_sync(entry.digest, entry);
    }

    fn remove(&self, digest: &Digest) {
        self.remove_sync(digest);
    }
}

impl Map for Dash {
    fn get(&self, digest: &Digest) -> Option<Arc<Entry>> {
        Self::get(self, digest).map(|entry| Arc::clone(&entry))
    }

    fn insert(&self, entry: Arc<Entry>) {
        Self::insert(self, entry.digest, entry);
    }

    fn remove(&self, digest: &Digest) {
        Self::remove(self, digest);
    }
}

/// Tables behind locks. The key is only in the entry, so a slot is a pointer and a byte.
struct Shards(Vec<RwLock<HashTable<Arc<Entry>>>>);

impl Shards {
    fn new(count: usize) -> Self {
        Self((0..count).map(|_| RwLock::default()).collect())
    }

    /// By bytes that the tables themselves do not look at.
    fn of(&self, digest: &Digest) -> &RwLock<HashTable<Arc<Entry>>> {
        &self.0[digest.word(8) as usize % self.0.len()]
    }
}

impl Map for Shards {
    fn get(&self, digest: &Digest) -> Option<Arc<Entry>> {
        let shard = self.of(digest).read();
        shard
            .find(digest.word(0), |entry| entry.digest == *digest)
            .cloned()
    }

    fn insert(&self, entry: Arc<Entry>) {
        let mut shard = self.of(&entry.digest).write();
        let hash = |entry: &Arc<Entry>| entry.digest.word(0);
        let same = |old: &Arc<Entry>| old.digest == entry.digest;
        match shard.entry(entry.digest.word(0), same, hash) {
            Slot::Occupied(mut slot) => *slot.get_mut() = entry,
            Slot::Vacant(slot) => drop(slot.insert(entry)),
        }
    }

    fn remove(&self, digest: &Digest) {
        let mut shard = self.of(digest).write();
        if let Ok(slot) = shard.find_entry(digest.word(0), |entry| entry.digest == *digest) {
            slot.remove();
        }
    }
}

/// No map at all: what the entries take by themselves.
struct Pile(RwLock<Vec<Arc<Entry>>>);

impl Map for Pile {
    fn get(&self, _: &Digest) -> Option<Arc<Entry>> {
        None
    }

    fn insert(&self, entry: Arc<Entry>) {
        self.0.write().push(entry);
    }

    fn remove(&self, _: &Digest) {}
}

pub(crate) const KINDS: [&str; 5] = ["papaya", "scc", "dashmap", "64 shards", "128 shards"];

fn empty(kind: &str) -> Box<dyn Map> {
    match kind {
        "papaya" => Box::new(Papaya::default()),
        "scc" => Box::new(Scc::default()),
        "dashmap" => Box::new(Dash::default()),
        "64 shards" => Box::new(Shards::new(64)),
        "128 shards" => Box::new(Shards::new(128)),
        _ => Box::new(Pile(RwLock::default())),
    }
}

pub(crate) fn filled(kind: &str, count: u64) -> Box<dyn Map> {
    let map = empty(kind);
    for number in 0..count {
        map.insert(entry(number));
    }
    map
}

pub(crate) fn entry(number: u64) -> Arc<Entry> {
    Arc::new(Entry {
        digest: Digest::of(number),
        _rest: [1; 136],
    })
}

/// Spreads numbers evenly over 64 bits (splitmix64).
pub(crate) fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
