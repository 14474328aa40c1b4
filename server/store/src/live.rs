//! All sessions in memory, and what happens there once a change is durable.

mod deadlines;
mod expiry;
mod outcome;
mod queues;
mod retired;
mod slab;
mod table;
mod tally;
mod users;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::{Mutex, RwLock};
use sessctl_api::{Ended, EndedCounts, EventKind, Handle};

use self::{
    deadlines::Deadlines, queues::Queues, retired::Retired, slab::Slab, table::Table, tally::Tally,
    users::Users,
};
use crate::{
    book::Book,
    clock::{Clock, Millis, to_millis},
    entry::Entry,
    feed::Feed,
    id::Digest,
    origin::Origins,
    throttle::Throttle,
};

/// The live sessions, those that ended not long ago, the accounts, the event feed and the counters.
#[derive(Debug)]
pub(crate) struct Live {
    by_digest: Table,
    by_handle: Table,
    slab: Slab,
    users: Users,
    deadlines: Deadlines,
    pub(crate) origins: Origins,
    pub(crate) book: Book,
    pub(crate) throttle: Arc<Throttle>,
    /// Of stored sessions that cannot be understood.
    broken: RwLock<HashSet<Digest>>,
    /// Taken by sessions whose rotation is not durable yet.
    rotating: Mutex<HashSet<Digest>>,
    retired: Retired,
    /// How many live.
    active: AtomicU64,
    counts: Mutex<Counts>,
    /// Requests since the start.
    pub(crate) requests: Tally,
    pub(crate) queues: Queues,
    pub(crate) feed: Arc<Feed>,
    pub(crate) clock: Arc<dyn Clock>,
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
            by_digest: Table::new(),
            by_handle: Table::new(),
            slab: Slab::default(),
            users: Users::default(),
            deadlines: Deadlines::default(),
            origins: Origins::default(),
            book: Book::default(),
            throttle: Arc::default(),
            broken: RwLock::default(),
            rotating: Mutex::default(),
            retired: Retired::default(),
            active: AtomicU64::new(0),
            counts: Mutex::default(),
            requests: Tally::default(),
            queues: Queues::default(),
            feed: Arc::new(Feed::new()),
            clock,
        }
    }

    /// The time now in the store's unit.
    pub(crate) fn now(&self) -> Millis {
        self.clock.millis()
    }

    /// Finds a session, live or ended, that is durable.
    pub(crate) fn by_digest(&self, digest: Digest) -> Option<Arc<Entry>> {
        self.by_digest.get(digest).filter(|entry| is_durable(entry))
    }

    pub(crate) fn by_handle(&self, handle: Handle) -> Option<Arc<Entry>> {
        self.by_handle.get(handle).filter(|entry| is_durable(entry))
    }

    /// Whether the digest is that of a stored session that cannot be understood.
    pub(crate) fn is_broken(&self, digest: Digest) -> bool {
        self.broken.read().contains(&digest)
    }

    /// Whether a rotation took this id from its session not long ago.
    pub(crate) fn is_retired(&self, digest: Digest) -> bool {
        self.retired.knows(digest, self.now())
    }

    /// Notes that requests which came with an earlier id of a session may do nothing any more.
    pub(crate) fn shut_earlier_ids(&self, session: Handle) {
        self.retired.shut(session, self.now());
    }

    pub(crate) fn are_earlier_ids_shut(&self, session: Handle) -> bool {
        self.retired.is_shut(session)
    }

    /// The sessions of one user that lived a moment ago.
    pub(crate) fn of_user(&self, name: &str) -> Vec<Arc<Entry>> {
        let mut entries = Vec::new();
        self.each_of_user(name, |entry| entries.push(Arc::clone(entry)));
        entries
    }

    /// Shows them, of which there may be very many, without holding anybody up.
    pub(crate) fn each_of_user(&self, name: &str, look: impl FnMut(&Arc<Entry>)) {
        self.users.each(name, &self.slab, look);
    }

    /// Shows every session that lives, without holding anybody up as long as a look is short.
    pub(crate) fn scan(&self, now: Millis, look: impl FnMut(&Arc<Entry>)) {
        self.slab.scan(self.at(now, look));
    }

    /// The same for looks that take long, such as those that read from the disk.
    pub(crate) fn scan_slowly(&self, now: Millis, look: impl FnMut(&Arc<Entry>)) {
        self.slab.scan_slowly(self.at(now, look));
    }

    /// Shows every session that has ended and is remembered.
    pub(crate) fn scan_ended(&self, now: Millis, mut look: impl FnMut(&Arc<Entry>)) {
        self.slab.scan(|entry| {
            if !self.lives_at(entry, now) && entry.is_over() {
                look(entry);
            }
        });
    }

    fn at(&self, now: Millis, mut look: impl FnMut(&Arc<Entry>)) -> impl FnMut(&Arc<Entry>) {
        move |entry| {
            if self.lives_at(entry, now) {
                look(entry);
            }
        }
    }

    /// How many sessions live and how many users they have, once [`Live::expire_due`] was done.
    pub(crate) fn active(&self) -> (u64, u64) {
        (self.active.load(Ordering::Acquire), self.users.count())
    }

    pub(crate) fn counts(&self) -> Counts {
        *self.counts.lock()
    }

    /// Takes in a session to come, which nobody sees until it is durable. `false`: its id or its handle is taken, draw
    /// others.
    pub(crate) fn admit(&self, entry: &Arc<Entry>) -> bool {
        let digest = entry.digest();
        let is_taken = self.rotating.lock().contains(&digest) || self.is_retired(digest);
        if is_taken || !self.by_digest.insert::<Digest>(entry) {
            return false;
        }
        if !self.by_handle.insert::<Handle>(entry) {
            self.by_digest.remove::<Digest>(entry);
            return false;
        }
        self.slab.insert(entry);
        true
    }

    /// Takes in a session that was loaded, unless it is there; nobody is told.
    pub(crate) fn load(&self, entry: Entry) {
        let entry = Arc::new(entry);
        // Nobody else brings an id that is stored: new ones are drawn.
        if self.by_digest.get(entry.digest()).is_some() {
            return;
        }
        self.slab.insert(&entry);
        if entry.is_over() {
            self.queues.graves.lock().push_front(Arc::clone(&entry));
        } else {
            self.users.load(&entry);
            self.deadlines.book(&entry);
            self.active.fetch_add(1, Ordering::AcqRel);
        }
        // Found from here on, so that whoever ends it ends what was counted.
        self.by_handle.insert::<Handle>(&entry);
        self.by_digest.insert::<Digest>(&entry);
    }

    pub(crate) fn load_broken(&self, digest: Digest) {
        self.broken.write().insert(digest);
    }

    /// Puts what was loaded into its order.
    pub(crate) fn finish_load(&self) {
        self.users.finish_load(&self.slab);
        let mut graves = self.queues.graves.lock();
        graves
            .make_contiguous()
            .sort_by_cached_key(|entry| entry.ended_at());
    }

    /// Takes a digest for a session that is about to get it. `false`: it is taken, draw another.
    pub(crate) fn reserve(&self, digest: Digest) -> bool {
        self.by_digest.get(digest).is_none()
            && !self.is_retired(digest)
            && self.rotating.lock().insert(digest)
    }

    /// Whether a session lives at a time. Past a limit it ends here and now, sweeper or no sweeper.
    pub(crate) fn lives_at(&self, entry: &Arc<Entry>, now: Millis) -> bool {
        if entry.is_live() && entry.expire(now) {
            self.count_out(entry);
            self.queues.unsettled.lock().push_back(Arc::clone(entry));
        }
        entry.is_live()
    }

    /// Ends a session in memory, before the disk knows, so that no request passes from here on. Returns whether this
    /// call did; then it is the caller who writes it.
    pub(crate) fn end(&self, entry: &Arc<Entry>, ended: Ended) -> bool {
        let did = entry.end(ended);
        if did {
            self.count_out(entry);
        }
        did
    }

    /// Forgets ids that were taken away long ago.
    pub(crate) fn forget_retired(&self, now: Millis) {
        self.retired.sweep(now);
    }

    /// Notes that watchers want to hear of a session's requests, if there are watchers.
    pub(crate) fn note_news(&self, entry: &Arc<Entry>) {
        if self.feed.is_watched() && entry.note_news() {
            self.queues.news.lock().push_back(Arc::clone(entry));
        }
    }

    /// Tells watchers that requests came for a session, or that it holds something else.
    pub(crate) fn tell_changed(&self, entry: &Arc<Entry>) {
        entry.take_news();
        // After its end there is nothing more to say of a session.
        self.feed
            .tell(self.now(), EventKind::Changed, entry, || !entry.is_over());
    }

    fn tell_ended(&self, entry: &Arc<Entry>) {
        let Some(Ended { reason, at, .. }) = entry.ended() else {
            return;
        };
        self.counts.lock().ended.add(reason);
        self.feed
            .tell(to_millis(at), EventKind::Ended, entry, || true);
        self.queues.graves.lock().push_back(Arc::clone(entry));
    }

    fn count_in(&self, entry: &Arc<Entry>) {
        self.users.insert(entry, &self.slab);
        self.deadlines.book(entry);
        self.active.fetch_add(1, Ordering::AcqRel);
    }

    fn count_out(&self, entry: &Entry) {
        self.users.remove(entry, &self.slab);
        self.active.fetch_sub(1, Ordering::AcqRel);
    }

    /// Nobody finds it any more.
    fn forget(&self, entry: &Entry) {
        self.by_handle.remove::<Handle>(entry);
        self.by_digest.remove::<Digest>(entry);
        self.slab.remove(entry);
        self.origins.forget(entry.origin());
    }
}

/// Whether an entry may be seen: not before it is durable.
fn is_durable(entry: &Entry) -> bool {
    entry.is_live() || entry.is_over()
}
