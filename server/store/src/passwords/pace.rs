//! How long checks took lately, so that whoever is refused without one waits as long.

use std::{collections::VecDeque, time::Duration};

use parking_lot::Mutex;

/// Checks that are remembered.
const KEPT: usize = 31;

/// See the module's own text.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<VecDeque<Duration>>);

impl Pace {
    pub(crate) fn note(&self, took: Duration) {
        let mut recent = self.0.lock();
        if recent.len() == KEPT {
            recent.pop_front();
        }
        recent.push_back(took);
    }

    /// What half of the latest checks took at most; `None` before the first.
    pub(crate) fn usual(&self) -> Option<Duration> {
        let mut recent: Vec<_> = self.0.lock().iter().copied().collect();
        let middle = recent.len() / 2;
        (!recent.is_empty()).then(|| *recent.select_nth_unstable(middle).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_time_is_that_of_the_latest_checks_and_no_outlier_moves_it() {
        let pace = Pace::default();
        assert_eq!(pace.usual(), None);
        for took in [9000, 20, 22, 21, 19] {
            pace.note(Duration::from_millis(took));
        }
        assert_eq!(pace.usual(), Some(Duration::from_millis(21)));
        for _ in 0..KEPT {
            pace.note(Duration::from_millis(40));
        }
        assert_eq!(pace.usual(), Some(Duration::from_millis(40)));
    }
}
