//! What all users of a run share: the server, the plan, the time, and what is counted.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hdrhistogram::Histogram;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use url::Url;

use super::{
    pace::Pace,
    plan::LoadPlan,
    tally::{Tally, at_share, empty, put},
    target::Target,
};
use crate::{Origin, Site, site::Scouted};

pub(super) struct Run {
    pub(super) parts: Parts,
    pub(super) start: Instant,
    pub(super) tally: Tally,
    /// Says that everybody has to go.
    pub(super) stop: watch::Sender<bool>,
    /// How late those were woken who were ready.
    delays: Mutex<Histogram<u64>>,
    left_behind: AtomicU64,
}

/// What a run is made of, apart from what it counts.
pub(super) struct Parts {
    pub(super) plan: LoadPlan,
    pub(super) origin: Origin,
    pub(super) target: Target,
    /// The pages of the plan.
    pub(super) pages: Vec<Url>,
    pub(super) signing: Option<Signing>,
    pub(super) pace: Option<Pace>,
}

/// How users sign in and out.
pub(super) struct Signing {
    pub(super) site: Site,
    pub(super) found: Scouted,
    /// The page among those that are viewed that proves a sign-in.
    pub(super) proof: Option<usize>,
}

impl Run {
    pub(super) fn start(parts: Parts) -> Self {
        let start = Instant::now();
        Self {
            parts,
            start,
            tally: Tally::new(start),
            stop: watch::Sender::new(false),
            delays: Mutex::new(empty()),
            left_behind: AtomicU64::new(0),
        }
    }

    /// From when to when views are wanted; at a fixed rate nobody knows before all have tried to sign in.
    pub(super) fn viewing(&self) -> Option<(Instant, Instant)> {
        match &self.parts.pace {
            Some(pace) => pace.span(),
            None => Some((self.start, self.start + self.parts.plan.span)),
        }
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.viewing().is_some_and(|(_, end)| now >= end)
    }

    /// Whether everybody has to go.
    pub(super) fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// What comes of it, unless everybody has to go.
    pub(super) async fn unless_stopped<T>(&self, doing: impl Future<Output = T>) -> Option<T> {
        let mut stop = self.stop.subscribe();
        tokio::select! {
            biased;
            _ = stop.wait_for(|is_said| *is_said) => None,
            done = doing => Some(done),
        }
    }

    /// Waits so long, but not beyond the end of the run.
    pub(super) async fn rest(&self, span: Duration) {
        let until = Instant::now() + span;
        let end = self.viewing().map(|(_, end)| end);
        sleep_until(end.map_or(until, |end| end.min(until))).await;
    }

    /// The pause between two views, half as long to half as long again.
    pub(super) async fn think(&self) {
        let think = self.parts.plan.think;
        if !think.is_zero() {
            self.rest(think.mul_f64(rand::random_range(0.5..1.5))).await;
        }
    }

    pub(super) fn woke_late(&self, by: Duration) {
        let mut delays = self.delays.lock().unwrap_or_else(PoisonError::into_inner);
        put(&mut delays, by);
    }

    /// By how much 99 of 100 were woken late, at most; nothing where nobody waited for a moment.
    pub(super) fn own_delay(&self) -> Option<Duration> {
        let delays = self.delays.lock().unwrap_or_else(PoisonError::into_inner);
        (!delays.is_empty()).then(|| at_share(&delays, 0.99))
    }

    /// Counts a session that lives on unless [`Run::take_along`] follows.
    pub(super) fn leave_behind(&self) {
        self.left_behind.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn take_along(&self) {
        self.left_behind.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn left_behind(&self) -> u64 {
        self.left_behind.load(Ordering::Relaxed)
    }
}
