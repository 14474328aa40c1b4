//! A session's state: pending, live, over, and never back.
//!
//! The flags are read without a lock; what is rare (how it ended, a second address, data that lives in memory) is
//! behind one. `OVER` is raised under the lock together with the reason, so whoever sees it finds the reason.

use std::sync::Arc;

use sessctl_api::Ended;

use super::{Data, trail::Trail};
use crate::sync::{AtomicU8, Mutex, Ordering};

/// Durable, so that requests and lists may see it.
pub(super) const LIVE: u8 = 1;
/// Ended: by anybody's act, or by the clock when somebody looked.
pub(super) const OVER: u8 = 1 << 1;
/// The disk knows that it ended.
pub(super) const SETTLED: u8 = 1 << 2;
/// Waits to have its last-seen time written.
pub(super) const TOUCHED: u8 = 1 << 3;
/// Waits to have its watchers told of requests.
pub(super) const NEWS: u8 = 1 << 4;
/// Its stored data cannot be read.
pub(super) const BROKEN: u8 = 1 << 5;
/// Requests came that the disk does not know.
pub(super) const UNWRITTEN: u8 = 1 << 6;
/// It was used from several addresses.
pub(super) const MOVED: u8 = 1 << 7;

/// See the module's own text.
#[derive(Debug)]
pub(super) struct Life {
    flags: AtomicU8,
    rare: Mutex<Option<Box<Rare>>>,
}

/// What most sessions do not have.
#[derive(Debug, Default)]
pub(super) struct Rare {
    pub(super) ended: Option<Box<Ended>>,
    pub(super) trail: Trail,
    /// The session's data, where no disk keeps it.
    pub(super) held: Option<Arc<Data>>,
}

impl Life {
    pub(super) fn new(flags: u8, rare: Option<Rare>) -> Self {
        Self {
            flags: AtomicU8::new(flags),
            rare: Mutex::new(rare.map(Box::new)),
        }
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags.load(Ordering::Acquire) & flag != 0
    }

    /// Whether it is durable and has not ended.
    pub(super) fn is_live(&self) -> bool {
        self.flags.load(Ordering::Acquire) & (LIVE | OVER) == LIVE
    }

    /// Raises a flag. Returns whether it was down.
    pub(super) fn raise(&self, flag: u8) -> bool {
        self.flags.fetch_or(flag, Ordering::AcqRel) & flag == 0
    }

    pub(super) fn lower(&self, flag: u8) {
        self.flags.fetch_and(!flag, Ordering::AcqRel);
    }

    /// Ends it with what `judge` says, unless it has ended or `judge` says that it goes on. Returns whether this call
    /// ended it.
    pub(super) fn end(&self, judge: impl FnOnce() -> Option<Ended>) -> bool {
        let mut rare = self.rare.lock();
        if self.has(OVER) {
            return false;
        }
        let Some(ended) = judge() else { return false };
        let rare = rare.get_or_insert_default();
        rare.ended = Some(Box::new(ended));
        // What an ended session held is nobody's business any more.
        rare.held = None;
        self.raise(OVER);
        true
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        if !self.has(OVER) {
            return None;
        }
        self.rare.lock().as_ref()?.ended.as_deref().cloned()
    }

    /// Looks at what is rare, if there is any.
    pub(super) fn look<T>(&self, look: impl FnOnce(Option<&Rare>) -> T) -> T {
        look(self.rare.lock().as_deref())
    }

    /// Changes what is rare while the session has not ended. `None`: it has.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Rare) -> T) -> Option<T> {
        let mut rare = self.rare.lock();
        if self.has(OVER) {
            return None;
        }
        Some(change(rare.get_or_insert_default()))
    }
}
