//! The counts over time: what the curves above the list are drawn from.
//!
//! Numbers only. The registry counts since its start; what is drawn is how much that grew from one look to the next.

use std::collections::VecDeque;

use sessctl_api::{EndReason, EndedCounts, SortField, Stats, Top, ValueCount};
use time::OffsetDateTime;

/// Looks that are remembered: more than the widest curve has room for.
const LOOKS: usize = 600;

/// Heights of the strip: all of it, and only the curves.
const WHOLE: u16 = 6;

/// Since how many looks ends are told by their reasons.
const RECENT: usize = 60;

/// What is shown above the list.
#[derive(Debug, Default)]
pub(crate) struct Overview {
    /// Whether it is shown; if nobody said, where the screen has room.
    pub(crate) shown: Option<bool>,
    /// The latest counts, and when they were taken.
    last: Option<(OffsetDateTime, Stats)>,
    pub(crate) active: Series,
    pub(crate) logins: Series,
    pub(crate) ends: Series,
    pub(crate) requests: Series,
    /// What had ended at each of the latest looks.
    ended: VecDeque<EndedCounts>,
    pub(crate) users: Vec<ValueCount>,
    pub(crate) clients: Vec<ValueCount>,
    /// When the values that most sessions share were last asked for.
    pub(crate) ranked: Option<OffsetDateTime>,
}

/// One number over time, the latest last.
#[derive(Debug, Default)]
pub(crate) struct Series(VecDeque<f64>);

impl Series {
    fn push(&mut self, value: f64) {
        if self.0.len() >= LOOKS {
            self.0.pop_front();
        }
        self.0.push_back(value);
    }

    pub(crate) fn last(&self) -> Option<f64> {
        self.0.back().copied()
    }

    /// The latest so many values, the oldest first.
    pub(crate) fn latest(&self, count: usize) -> impl Iterator<Item = f64> + '_ {
        self.0
            .iter()
            .skip(self.0.len().saturating_sub(count))
            .copied()
    }
}

impl Overview {
    /// How many lines it takes on a screen of this height.
    pub(crate) fn lines(&self, height: u16) -> u16 {
        let wanted = self.shown.unwrap_or(height >= 40);
        if wanted && height >= 16 { WHOLE } else { 0 }
    }

    /// Different users with a live session.
    pub(crate) fn user_count(&self) -> Option<u64> {
        self.last.as_ref().map(|(_, stats)| stats.users)
    }

    /// Takes the registry's counts.
    pub(crate) fn count(&mut self, stats: Stats, now: OffsetDateTime) {
        self.active.push(stats.active as f64);
        if self
            .last
            .as_ref()
            .is_some_and(|(_, before)| before.since != stats.since)
        {
            // Another run of the server counts from its own start.
            self.last = None;
            self.ended.clear();
        }
        if let Some((then, before)) = &self.last {
            let seconds = (now - *then).as_seconds_f64();
            let rate = |new: Option<u64>, old: Option<u64>| {
                let grown = new?.checked_sub(old?)?;
                (seconds > 0.0).then(|| grown as f64 / seconds)
            };
            let total = |stats: &Stats| stats.ended.map(|ended| ended.total());
            let rates = [
                (&mut self.logins, rate(stats.created, before.created)),
                (&mut self.ends, rate(total(&stats), total(before))),
                (&mut self.requests, rate(stats.requests, before.requests)),
            ];
            for (series, rate) in rates {
                if let Some(rate) = rate {
                    series.push(rate);
                }
            }
        }
        if let Some(ended) = stats.ended {
            if self.ended.len() >= RECENT {
                self.ended.pop_front();
            }
            self.ended.push_back(ended);
        }
        self.last = Some((now, stats));
    }

    /// How many sessions ended lately, by reason, the most first.
    pub(crate) fn reasons(&self) -> Vec<(EndReason, u64)> {
        let (Some(first), Some(last)) = (self.ended.front(), self.ended.back()) else {
            return Vec::new();
        };
        let mut counts: Vec<_> = EndReason::ALL
            .into_iter()
            .map(|reason| (reason, last.get(reason).saturating_sub(first.get(reason))))
            .filter(|(_, count)| *count > 0)
            .collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    }

    /// Takes the values that most sessions share.
    pub(crate) fn rank(&mut self, field: SortField, top: Top) {
        match field {
            SortField::User => self.users = top.counts,
            _ => self.clients = top.counts,
        }
    }
}
