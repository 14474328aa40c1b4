//! All sessions in memory, and what happens there once a change is durable.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::{Mutex, RwLock};
use sessctl_api::{Ended, EndedCounts, EventKind, Handle};

use crate::{
    change::Change,
    clock::{Clock, to_time},
    entry::Entry,
    feed::{Feed, News},
    id::Digest,
};

/// The live sessions, those that ended not long ago, the event feed and the counters.
#[derive(Debug)]
pub(crate) struct Live {
    index: RwLock<Index>,
    pub(crate) feed: Feed,
    counts: Mutex<Counts>,
    /// Where the next sweep begins.
    turn: AtomicUsize,
    pub(crate) clock: Arc<dyn Clock>,
}

#[derive(Debug, Default)]
struct Index {
    by_digest: HashMap<Digest, Arc<Entry>>,
    by_handle: HashMap<Handle, Arc<Entry>>,
    /// Of stored sessions that cannot be understood.
    broken: HashSet<Digest>,
    /// Taken by a session that is being created or rotated and not durable yet.
    reserved_digests: HashSet<Digest>,
    reserved_handles: HashSet<Handle>,
}

/// What was counted since the start.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) created: u64,
    pub(crate) ended: EndedCounts,
}

impl Live {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            index: RwLock::default(),
            feed: Feed::new(),
            counts: Mutex::default(),
            turn: AtomicUsize::new(0),
            clock,
        }
    }

    /// Puts in what was loaded; nobody is told.
    pub(crate) fn load(&self, entries: Vec<Entry>, broken: Vec<Digest>) {
        let mut index = self.index.write();
        index.broken.extend(broken);
        for entry in entries {
            index.insert(Arc::new(entry));
        }
    }

    pub(crate) fn by_digest(&self, digest: &Digest) -> Option<Arc<Entry>> {
        self.index.read().by_digest.get(digest).map(Arc::clone)
    }

    /// Whether the digest is that of a stored session that cannot be understood.
    pub(crate) fn is_broken(&self, digest: &Digest) -> bool {
        self.index.read().broken.contains(digest)
    }

    pub(crate) fn by_handle(&self, handle: Handle) -> Option<Arc<Entry>> {
        self.index.read().by_handle.get(&handle).map(Arc::clone)
    }

    /// Every entry, ended ones too.
    pub(crate) fn all(&self) -> Vec<Arc<Entry>> {
        self.index
            .read()
            .by_handle
            .values()
            .map(Arc::clone)
            .collect()
    }

    /// Where this sweep begins; the next one begins `step` further.
    pub(crate) fn next_turn(&self, step: usize) -> usize {
        self.turn.fetch_add(step, Ordering::Relaxed)
    }

    pub(crate) fn counts(&self) -> Counts {
        *self.counts.lock()
    }

    /// Takes a digest for a session to come. `false`: it is taken, draw another.
    pub(crate) fn reserve_digest(&self, digest: Digest) -> bool {
        let mut index = self.index.write();
        !index.by_digest.contains_key(&digest) && index.reserved_digests.insert(digest)
    }

    /// Takes a handle for a session to come. `false`: it is taken, draw another.
    pub(crate) fn reserve_handle(&self, handle: Handle) -> bool {
        let mut index = self.index.write();
        !index.by_handle.contains_key(&handle) && index.reserved_handles.insert(handle)
    }

    /// Makes a durable change visible: the only place where sessions appear, and where events come from.
    pub(crate) fn apply(&self, change: &Change) {
        match change {
            Change::Insert(entry) => {
                // Told before anybody else can find it, so that nobody hears of its end first.
                let mut index = self.index.write();
                index.insert(Arc::clone(entry));
                self.counts.lock().created += 1;
                self.tell(EventKind::Created, entry);
            }
            Change::Rotate { entry, digest } => {
                let mut index = self.index.write();
                let old = entry.replace_digest(*digest);
                index.by_digest.remove(&old);
                index.reserved_digests.remove(digest);
                index.by_digest.insert(*digest, Arc::clone(entry));
            }
            Change::End {
                entry,
                unless_ended,
            } => {
                if let Some(ended) = unless_ended {
                    entry.end(ended.clone());
                }
                if entry.settle() {
                    self.tell_ended(entry);
                }
            }
            Change::Purge(entry) => self.index.write().remove(entry),
            Change::Save { entry, data } => entry.replace_data(data),
            Change::Touch { entry, touch } => entry.note_touch(*touch),
        }
    }

    /// Forgets a change that could not be made durable.
    pub(crate) fn abandon(&self, change: &Change) {
        match change {
            Change::Insert(entry) => {
                let mut index = self.index.write();
                index.reserved_digests.remove(&entry.digest());
                index.reserved_handles.remove(&entry.handle());
            }
            Change::Rotate { digest, .. } => {
                self.index.write().reserved_digests.remove(digest);
            }
            // An ended entry stays ended in memory: the sweeper writes it again.
            Change::End { .. } | Change::Save { .. } | Change::Touch { .. } | Change::Purge(_) => {}
        }
    }

    /// Tells watchers that requests came for a session.
    pub(crate) fn tell_changed(&self, entry: &Entry) {
        self.tell(EventKind::Changed, entry);
    }

    fn tell(&self, kind: EventKind, entry: &Entry) {
        self.feed.tell(|| {
            // Judged while nobody else can tell: after its end there is nothing more to say of a session.
            (kind == EventKind::Created || !entry.is_over()).then(|| News {
                at: self.clock.now(),
                kind,
                reason: None,
                actor: None,
                session: entry.describe(),
            })
        });
    }

    fn tell_ended(&self, entry: &Entry) {
        let Some(Ended { reason, actor, at }) = entry.ended() else {
            return;
        };
        self.counts.lock().ended.add(reason);
        self.feed.tell(|| {
            Some(News {
                at,
                kind: EventKind::Ended,
                reason: Some(reason),
                actor,
                session: entry.describe(),
            })
        });
    }

    /// The time now in the store's unit.
    pub(crate) fn now(&self) -> crate::clock::Millis {
        crate::clock::to_millis(self.clock.now())
    }

    /// Ends an entry in memory, before the disk knows, so that no request passes from here on.
    pub(crate) fn end_now(
        &self,
        entry: &Entry,
        reason: sessctl_api::EndReason,
        actor: Option<String>,
    ) -> bool {
        entry.end(Ended {
            reason,
            actor,
            at: to_time(self.now()),
        })
    }
}

impl Index {
    fn insert(&mut self, entry: Arc<Entry>) {
        let (digest, handle) = (entry.digest(), entry.handle());
        self.reserved_digests.remove(&digest);
        self.reserved_handles.remove(&handle);
        self.by_handle.insert(handle, Arc::clone(&entry));
        self.by_digest.insert(digest, entry);
    }

    fn remove(&mut self, entry: &Entry) {
        self.by_handle.remove(&entry.handle());
        self.by_digest.remove(&entry.digest());
    }
}
