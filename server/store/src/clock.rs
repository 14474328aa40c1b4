//! The one place that asks the system for the time.

use std::{
    fmt,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use time::OffsetDateTime;

/// Milliseconds since 1970, UTC: how the store keeps time.
pub(crate) type Millis = i64;

/// Tells the time. Both lifetimes of a session are judged by this one clock.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time now, UTC.
    fn now(&self) -> OffsetDateTime;

    /// The same in milliseconds since 1970.
    fn millis(&self) -> i64 {
        to_millis(self.now())
    }
}

/// The system's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everybody else is handed"
    )]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everybody else is handed"
    )]
    fn millis(&self) -> i64 {
        // Asked by every request: without the way over a date.
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, millis)
    }
}

/// A clock that stands until it is moved, for tests.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Starts at a time.
    pub fn at(start: OffsetDateTime) -> Self {
        Self(AtomicI64::new(to_millis(start)))
    }

    /// Moves by a span, back if it is negative.
    pub fn advance(&self, span: time::Duration) {
        let millis =
            i64::try_from(span.whole_milliseconds()).expect("a test moves by less than an age");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        to_time(self.millis())
    }

    fn millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// From a date to milliseconds.
pub(crate) fn to_millis(time: OffsetDateTime) -> Millis {
    // 292 million years fit; `OffsetDateTime` ends at the year 9999.
    (time.unix_timestamp_nanos() / 1_000_000) as Millis
}

/// From a span to milliseconds; what is too long becomes the longest.
pub(crate) fn millis(span: Duration) -> Millis {
    Millis::try_from(span.as_millis()).unwrap_or(Millis::MAX)
}

/// From milliseconds to a date; what no date can hold becomes 1970.
pub(crate) fn to_time(millis: Millis) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
