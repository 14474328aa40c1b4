//! One session in memory, and the few ways in which it may change.
//!
//! What each request changes (last seen, address, count) is in atomics; the state machine is in `life`. An entry is
//! small, because a million of them live side by side: the header of a client is kept once for all, and what a session
//! holds stays on disk where there is one.

mod address;
#[cfg(all(test, feature = "loom"))]
mod interleavings;
mod life;
mod shown;
#[cfg(test)]
pub(crate) mod tests;

use std::{net::IpAddr, sync::Arc};

use compact_str::CompactString;
use sessctl_api::{EndReason, Ended, Handle};

pub(crate) use self::shown::Moving;
use self::{
    address::Address,
    life::{Life, Rare},
};
use crate::{
    clock::{Millis, to_millis, to_time},
    id::Digest,
    origin::Origin,
    sync::{AtomicI64, AtomicU32, AtomicU64, Ordering},
};

/// A session's own data: a JSON object.
pub type Data = serde_json::Map<String, serde_json::Value>;

/// Distinct addresses that are remembered of one session: a stolen cookie shows as several.
const ADDRESSES: usize = 10;

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

/// Everything of an entry but where it is kept.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) row: i64,
    pub(crate) digest: Digest,
    pub(crate) handle: Handle,
    pub(crate) user: Option<CompactString>,
    pub(crate) origin: Arc<Origin>,
    pub(crate) login_ip: Option<IpAddr>,
    /// Distinct addresses, latest first; at most ten.
    pub(crate) ips: Vec<IpAddr>,
    pub(crate) created: Millis,
    pub(crate) seen: Millis,
    pub(crate) requests: u64,
    /// Bytes of data as JSON; 0 for an empty object.
    pub(crate) size: u32,
    /// The stored data cannot be understood.
    pub(crate) is_broken: bool,
    pub(crate) ended: Option<Ended>,
}

impl Entry {
    /// A session that is durable already, or `pending`: seen by nobody until [`Entry::commit`].
    pub(crate) fn new(row: Row, is_pending: bool) -> Self {
        let latest = row.ips.first().copied();
        let login_ip = row.login_ip.filter(|ip| Some(*ip) != latest);
        let broken = if row.is_broken { life::BROKEN } else { 0 };
        let over = if row.ended.is_some() {
            life::OVER | life::SETTLED
        } else {
            0
        };
        let live = if is_pending { 0 } else { life::LIVE };
        let is_rare = row.ended.is_some() || row.ips.len() > 1 || login_ip.is_some();
        let rare = is_rare.then(|| Rare {
            ended: row.ended.map(Box::new),
            trail: if row.ips.len() > 1 {
                row.ips
            } else {
                Vec::new()
            },
            login_ip,
            held: None,
        });
        Self {
            row: row.row,
            handle: row.handle,
            user: row.user,
            origin: row.origin,
            created: row.created,
            digest: row.digest.words().map(AtomicU64::new),
            seen: AtomicI64::new(row.seen),
            requests: AtomicU64::new(row.requests),
            saved_seen: AtomicI64::new(row.seen),
            ip: Address::new(latest),
            size: AtomicU32::new(row.size),
            slot: AtomicU32::new(0),
            booked: AtomicU32::new(0),
            life: Life::new(live | over | broken, rare),
        }
    }

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
            let before = self.ip.get();
            if rare.trail.is_empty() {
                rare.trail.reserve_exact(2);
                rare.trail.extend(before);
                rare.login_ip = before;
            }
            rare.trail.retain(|known| *known != ip);
            // Most sessions that move at all have two addresses for ever.
            rare.trail.reserve_exact(1);
            rare.trail.insert(0, ip);
            rare.trail.truncate(ADDRESSES);
            self.ip.set(ip);
        });
    }

    /// How far last seen may move before it is written: a crash loses at most that.
    ///
    /// A tenth of the idle limit and at least a minute, but never more than a quarter of a short limit: else a crash
    /// would end sessions that were in use. Up to an eighth less, by the handle, so that those who came together are
    /// not written together.
    fn touch_grain(&self) -> Millis {
        let idle = self.origin.idle;
        let grain = (idle / 10).max(60_000).min(idle / 4).max(1);
        let spread = Millis::from(self.handle.as_str().as_bytes()[0]) & 7;
        grain - grain / 64 * spread
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

    /// Ends it if it is past a limit. Returns whether this call did.
    pub(crate) fn expire(&self, now: Millis) -> bool {
        // Judged again under the lock: a request may have touched it between the look and the lock.
        self.limit_reached(now).is_some()
            && self.end_if(|| {
                let reason = self.limit_reached(now)?;
                Some(Ended {
                    reason,
                    actor: None,
                    at: to_time(now),
                })
            })
    }

    /// Notes that the disk knows of the end. Returns whether that is news.
    pub(crate) fn settle(&self) -> bool {
        self.life.raise(life::SETTLED)
    }

    /// Whether it ended and the disk does not know yet.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.is_over() && !self.life.has(life::SETTLED)
    }

    /// Its data, if it is kept here; an ended session holds nothing.
    pub(crate) fn held(&self) -> Option<Arc<Data>> {
        self.life.look(|rare| rare?.held.clone())
    }

    /// Replaces the data that is kept here by what `change` makes of it. `None`: the session has ended.
    pub(crate) fn change_held<E>(
        &self,
        change: impl FnOnce(&Data) -> Result<Data, E>,
    ) -> Option<Result<(), E>> {
        self.life.change(|rare| {
            let before = rare.held.take().unwrap_or_default();
            let changed = change(&before).map(Arc::new);
            let (held, result) = match changed {
                Ok(data) => {
                    self.size.store(size_of_data(&data), Ordering::Relaxed);
                    (data, Ok(()))
                }
                Err(error) => (before, Err(error)),
            };
            rare.held = Some(held);
            result
        })
    }

    /// Notes how much data the disk holds now.
    pub(crate) fn note_size(&self, size: u32) {
        self.size.store(size, Ordering::Relaxed);
    }

    pub(crate) fn size(&self) -> u32 {
        self.size.load(Ordering::Relaxed)
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

    pub(crate) fn created(&self) -> Millis {
        self.created
    }

    /// How long it may be idle.
    pub(crate) fn idle(&self) -> Millis {
        self.origin.idle
    }

    /// When it ends whatever comes.
    pub(crate) fn expires(&self) -> Millis {
        self.created.saturating_add(self.origin.absolute)
    }

    /// When it ends if no further request comes.
    pub(crate) fn deadline(&self) -> Millis {
        self.idle_end(self.seen.load(Ordering::Acquire))
    }

    /// When it ended.
    pub(crate) fn ended_at(&self) -> Option<Millis> {
        self.ended().map(|ended| to_millis(ended.at))
    }

    fn limit_reached(&self, now: Millis) -> Option<EndReason> {
        if now >= self.expires() {
            Some(EndReason::Absolute)
        } else if now >= self.deadline() {
            Some(EndReason::Idle)
        } else {
            None
        }
    }

    fn idle_end(&self, seen: Millis) -> Millis {
        // An activity cannot extend past the absolute end.
        seen.saturating_add(self.origin.idle).min(self.expires())
    }
}

/// Bytes of data as JSON; nothing at all for an empty object.
pub(crate) fn size_of_data(data: &Data) -> u32 {
    if data.is_empty() {
        return 0;
    }
    let bytes = serde_json::to_vec(data).map_or(0, |bytes| bytes.len());
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
