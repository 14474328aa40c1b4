//! When a session ends by the clock, and how far its last seen time may move before it is written.

use sessctl_api::{EndReason, Ended};

use super::Entry;
use crate::{
    clock::{Millis, to_millis, to_time},
    sync::Ordering,
};

impl Entry {
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
        self.end_of_it().map(|(at, _)| at)
    }

    /// When and why it ended.
    pub(crate) fn end_of_it(&self) -> Option<(Millis, EndReason)> {
        if !self.is_over() {
            return None;
        }
        self.life.look(|rare| {
            let ended = rare?.ended.as_ref()?;
            Some((to_millis(ended.at), ended.reason))
        })
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

    /// When it ends if `seen` was the last request.
    pub(super) fn idle_end(&self, seen: Millis) -> Millis {
        // An activity cannot extend past the absolute end.
        seen.saturating_add(self.origin.idle).min(self.expires())
    }

    /// How far last seen may move before it is written: a crash loses at most that.
    ///
    /// A tenth of the idle limit and at least a minute, but never more than a quarter of a short limit: else a crash
    /// would end sessions that were in use. Up to an eighth less, by the handle, so that those who came together are
    /// not written together.
    pub(super) fn touch_grain(&self) -> Millis {
        let idle = self.origin.idle;
        let grain = (idle / 10).max(60_000).min(idle / 4).max(1);
        let spread = Millis::from(self.handle.as_str().as_bytes()[0]) & 7;
        grain - grain / 64 * spread
    }
}
