//! One session in memory, and the few ways in which it may change.
//!
//! What each request changes (last seen, address, count) is in atomics; the state machine is in `life`. An entry is
//! small, because a million of them live side by side: the header of a client is kept once for all, and what a session
//! holds stays on disk where there is one.

mod address;
mod held;
#[cfg(all(test, feature = "loom"))]
mod interleavings;
mod life;
mod limits;
mod row;
mod shown;
#[cfg(test)]
pub(crate) mod tests;
mod trail;

use std::{net::IpAddr, sync::Arc};

use compact_str::CompactString;
use sessctl_api::{Ended, Handle};

pub use self::held::Data;
use self::{address::Address, life::Life};
pub(crate) use self::{row::Row, shown::Moving};
use crate::{
    clock::Millis,
    id::Digest,
    origin::Origin,
    sync::{AtomicI64, AtomicU32, AtomicU64, Ordering},
};

/// One session: shared by the requests that use it and by those who list and end it.
///
/// In this order in memory: what every request reads or writes comes first and together, as each further cache line
/// costs a request more than all that is computed with it.
#[derive(Debug)]
#[repr(C)]
pub struct Entry {
    digest: [AtomicU64; 4],
    life: Life,
    seen: AtomicI64,
    requests: AtomicU64,
    /// The last seen time that the disk knows.
    saved_seen: AtomicI64,
    ip: Address,
    user: Option<CompactString>,
    pub(crate) row: i64,
    origin: Arc<Origin>,
    created: Millis,
    handle: Handle,
    /// Bytes of its data as JSON.
    size: AtomicU32,
    /// Where `live::Slab` keeps it.
    slot: AtomicU32,
    /// The second for which `live::Deadlines` has it in its book.
    booked: AtomicU32,
}

impl Entry {
    /// The public name.
    pub fn handle(&self) -> Handle {
        self.handle
    }

    /// Who signed in.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Whether it has ended, by anybody's act or by the clock when somebody looked.
    pub fn is_over(&self) -> bool {
        self.life.has(life::OVER)
    }

    /// How it ended.
    pub fn ended(&self) -> Option<Ended> {
        self.life.ended()
    }

    /// Whether it is durable and has not ended, the clock aside.
    pub(crate) fn is_live(&self) -> bool {
        self.life.is_live()
    }

    /// Whether its data on disk cannot be understood.
    pub(crate) fn is_broken(&self) -> bool {
        self.life.has(life::BROKEN)
    }

    /// Lets it be seen: it is durable now.
    pub(crate) fn commit(&self) {
        self.life.raise(life::LIVE);
    }

    /// Notes a request. Returns whether last seen moved so far that it wants to be written, and nobody was told yet.
    ///
    /// Does nothing once the session ended; a touch that runs beside the end changes only what nobody shows any more.
    pub(crate) fn touch(&self, now: Millis, ip: Option<IpAddr>) -> bool {
        if self.is_over() {
            return false;
        }
        // The clock may step back; last seen never does.
        if self.seen.load(Ordering::Relaxed) < now {
            self.seen.fetch_max(now, Ordering::AcqRel);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        if let Some(ip) = ip.filter(|ip| !self.ip.is(*ip)) {
            self.note_address(ip);
        }
        // Not by the time alone: two requests may come within a millisecond.
        if !self.life.has(life::UNWRITTEN) {
            self.life.raise(life::UNWRITTEN);
        }
        now - self.saved_seen.load(Ordering::Relaxed) >= self.touch_grain()
            && self.life.raise(life::TOUCHED)
    }

    fn note_address(&self, ip: IpAddr) {
        self.life.change(|rare| {
            let latest = self.ip.get();
            rare.trail = rare.trail.moved(latest, ip);
            if !rare.trail.others().is_empty() {
                self.life.raise(life::MOVED);
            }
            self.ip.set(ip);
        });
    }

    /// Ends it if it lives. Returns whether this call did.
    pub(crate) fn end(&self, ended: Ended) -> bool {
        self.end_if(|| Some(ended))
    }

    fn end_if(&self, judge: impl FnOnce() -> Option<Ended>) -> bool {
        let did = self.life.end(judge);
        if did {
            self.size.store(0, Ordering::Relaxed);
        }
        did
    }

    /// Notes that the disk knows of the end. Returns whether that is news.
    pub(crate) fn settle(&self) -> bool {
        self.life.raise(life::SETTLED)
    }

    /// Whether it ended and the disk does not know yet.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.is_over() && !self.life.has(life::SETTLED)
    }

    pub(crate) fn digest(&self) -> Digest {
        Digest::from_words(
            [0, 1, 2, 3].map(|word: usize| self.digest[word].load(Ordering::Relaxed)),
        )
    }

    /// Whether its digest is this one: what a lookup asks, without putting the digest together.
    pub(crate) fn has_digest(&self, words: &[u64; 4]) -> bool {
        self.digest
            .iter()
            .zip(words)
            .all(|(own, word)| own.load(Ordering::Relaxed) == *word)
    }

    /// Gives it a new digest. While no table finds it by the old one.
    pub(crate) fn replace_digest(&self, digest: Digest) {
        for (own, word) in self.digest.iter().zip(digest.words()) {
            own.store(word, Ordering::Relaxed);
        }
    }

    /// Whether requests came that the disk does not know.
    pub(crate) fn is_unwritten(&self) -> bool {
        self.is_live() && self.life.has(life::UNWRITTEN)
    }

    /// Takes the requests up to now for written, and returns the last seen time. Whatever comes from here on is not.
    pub(crate) fn begin_write(&self) -> Millis {
        self.life.lower(life::UNWRITTEN);
        self.seen.load(Ordering::Acquire)
    }

    /// Notes that the disk knows of requests up to `seen`; from here on a touch may want to be written again.
    pub(crate) fn note_written(&self, seen: Millis) {
        self.saved_seen.fetch_max(seen, Ordering::Relaxed);
        self.forget_touch();
    }

    /// Notes that the write did not come to pass.
    pub(crate) fn fail_write(&self) {
        self.life.raise(life::UNWRITTEN);
        self.forget_touch();
    }

    /// Notes that nothing waits to be written.
    pub(crate) fn forget_touch(&self) {
        self.life.lower(life::TOUCHED);
    }

    /// Notes that watchers want to hear of it. Returns whether nobody had noted it yet.
    pub(crate) fn note_news(&self) -> bool {
        self.life.raise(life::NEWS)
    }

    /// Takes that note back.
    pub(crate) fn take_news(&self) {
        self.life.lower(life::NEWS);
    }

    pub(crate) fn slot(&self) -> u32 {
        self.slot.load(Ordering::Acquire)
    }

    pub(crate) fn set_slot(&self, slot: u32) {
        self.slot.store(slot, Ordering::Release);
    }

    pub(crate) fn booked(&self) -> u32 {
        self.booked.load(Ordering::Relaxed)
    }

    pub(crate) fn book(&self, second: u32) {
        self.booked.store(second, Ordering::Relaxed);
    }
}
