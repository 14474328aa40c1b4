//! How failures add up, and how long nobody is heard for them.

use crate::clock::Millis;

const SECOND: Millis = 1000;
const MINUTE: Millis = 60 * SECOND;
const DAY: Millis = 24 * 60 * MINUTE;

/// Failures in a row that cost nothing.
const FREE: u32 = 5;

/// The longest time between two tries, short of [`TOO_MANY`].
const LONGEST: Millis = 15 * MINUTE;

/// Failures in a row from which on a day passes before the next try.
const TOO_MANY: u32 = 100;

/// Failures of a source, one of which is forgiven every minute.
const OF_SOURCE: u32 = 20;

/// After so long without another one, failures are forgotten.
pub(super) const FORGOTTEN: Millis = DAY;

/// Failures, and when the latest one was; of a source: when the latest one was forgiven, or the first one came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counter {
    pub(crate) failures: u32,
    pub(crate) last: Millis,
}

impl Counter {
    /// The same on a clock that may have stepped back since: nobody waits longer for that than they would have.
    pub(super) fn at(self, now: Millis) -> Self {
        let last = self.last.min(now);
        Self { last, ..self }
    }

    pub(super) fn is_forgotten(self, now: Millis) -> bool {
        now.saturating_sub(self.last) >= FORGOTTEN
    }

    /// Both as if they had been counted together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            failures: self.failures.saturating_add(other.failures),
            last: self.last.max(other.last),
        }
    }

    /// How many tries at an account are heard now.
    pub(super) fn places(self, now: Millis) -> u32 {
        if self.failures < FREE {
            FREE - self.failures
        } else {
            u32::from(now.saturating_sub(self.last) >= delay(self.failures))
        }
    }

    /// Until when no try at an account is heard; `None`: one is now.
    pub(super) fn shut_until(self, now: Millis) -> Option<Millis> {
        (self.places(now) == 0).then(|| self.last.saturating_add(delay(self.failures)))
    }

    /// How many tries of a source are heard now.
    pub(super) fn places_of_source(self, now: Millis) -> u32 {
        OF_SOURCE.saturating_sub(self.drained(now).failures)
    }

    /// One more at an account.
    pub(super) fn failed(self, now: Millis) -> Self {
        Self {
            failures: self.failures.saturating_add(1),
            last: now,
        }
    }

    /// One more of a source.
    pub(super) fn failed_of_source(self, now: Millis) -> Self {
        let drained = self.drained(now);
        Self {
            failures: drained.failures.saturating_add(1),
            last: if drained.failures == 0 {
                now
            } else {
                drained.last
            },
        }
    }

    fn drained(self, now: Millis) -> Self {
        let forgiven = (now.saturating_sub(self.last)) / MINUTE;
        Self {
            failures: u32::try_from(forgiven)
                .map_or(0, |forgiven| self.failures.saturating_sub(forgiven)),
            last: self.last.saturating_add(forgiven * MINUTE),
        }
    }
}

/// How long nobody is heard after so many failures in a row.
fn delay(failures: u32) -> Millis {
    match failures {
        ..FREE => 0,
        TOO_MANY.. => DAY,
        _ => LONGEST.min(SECOND << (failures - FREE).min(20)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_after_the_fifth_doubles_the_wait_up_to_a_quarter_of_an_hour() {
        let seconds: Vec<_> = (0..=17).map(|failures| delay(failures) / SECOND).collect();
        assert_eq!(
            seconds,
            [
                0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900
            ]
        );
        assert_eq!([99, 100, u32::MAX].map(delay), [LONGEST, DAY, DAY]);
    }

    #[test]
    fn of_a_source_one_failure_is_forgiven_every_minute() {
        let mut counter = Counter::default().at(7);
        for _ in 0..OF_SOURCE {
            assert!(counter.places_of_source(7) > 0);
            counter = counter.failed_of_source(7);
        }
        assert_eq!(counter.places_of_source(7), 0);
        assert_eq!(counter.places_of_source(6 + MINUTE), 0);
        assert_eq!(counter.places_of_source(7 + MINUTE), 1);
        // The half minute that has passed is not lost by another failure.
        let now = 7 + MINUTE + MINUTE / 2;
        counter = counter.failed_of_source(now);
        assert_eq!(counter.places_of_source(now), 0);
        assert_eq!(counter.places_of_source(7 + 2 * MINUTE), 1);
        assert_eq!(counter.places_of_source(7 + 3 * DAY), OF_SOURCE);
    }

    #[test]
    fn a_clock_that_stepped_back_holds_nobody_longer_than_the_delay() {
        let counter = Counter {
            failures: 6,
            last: 10 * DAY,
        };
        let back = DAY;
        let seen = counter.at(back);
        assert_eq!(seen.places(back), 0);
        assert_eq!(seen.places(back + 2 * SECOND), 1);
    }
}
