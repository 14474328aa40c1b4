//! What was counted and measured, while it goes on: a histogram for each phase and outcome, and the seconds one by one.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hdrhistogram::Histogram;
use tokio::time::Instant;

use super::report::{Latencies, LoadRow, LoadSecond, Outcome, Phase, PhaseReport};

/// Three digits of every latency are kept.
const DIGITS: u8 = 3;

/// The shares at which the distribution is told, for a chart.
const SHARES: [f64; 22] = [
    0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 0.995,
    0.9975, 0.999, 0.9995, 0.9999, 1.0,
];

/// All that was measured so far.
pub(super) struct Tally(Mutex<Inner>);

struct Inner {
    start: Instant,
    cells: Vec<Cell>,
    /// Views of the seconds that are over.
    views: Histogram<u64>,
    /// The second that goes on.
    second: Second,
    series: Vec<LoadSecond>,
    counts: Counts,
}

struct Cell {
    phase: Phase,
    outcome: Outcome,
    latencies: Histogram<u64>,
}

struct Second {
    number: u64,
    steps: u64,
    errors: u64,
    views: Histogram<u64>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// Logins, views and logouts.
    pub(super) steps: u64,
    pub(super) errors: u64,
    /// What was sent for them.
    pub(super) requests: u64,
    pub(super) bytes: u64,
}

/// What can be shown while it goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) counts: Counts,
    /// Steps in the last whole second.
    pub(super) per_second: u64,
    pub(super) p50: Duration,
    pub(super) p99: Duration,
}

impl Tally {
    pub(super) fn new(start: Instant) -> Self {
        Self(Mutex::new(Inner {
            start,
            cells: Vec::new(),
            views: empty(),
            second: Second {
                number: 0,
                steps: 0,
                errors: 0,
                views: empty(),
            },
            series: Vec::new(),
            counts: Counts::default(),
        }))
    }

    /// Counts a step that ended at a moment.
    pub(super) fn step(&self, phase: Phase, outcome: Outcome, latency: Duration, ended: Instant) {
        let mut inner = self.lock();
        inner.pass(ended);
        let error = u64::from(outcome.is_error());
        inner.counts.steps += 1;
        inner.counts.errors += error;
        inner.second.steps += 1;
        inner.second.errors += error;
        if phase == Phase::View {
            put(&mut inner.second.views, latency);
        }
        put(inner.cell(phase, outcome), latency);
    }

    /// Counts a request and the bytes of its answer.
    pub(super) fn request(&self, bytes: u64) {
        let mut inner = self.lock();
        inner.counts.requests += 1;
        inner.counts.bytes += bytes;
    }

    pub(super) fn now(&self, at: Instant) -> Now {
        let mut inner = self.lock();
        inner.pass(at);
        let last = inner.series.last();
        let views = match inner.views.is_empty() {
            true => &inner.second.views,
            false => &inner.views,
        };
        Now {
            counts: inner.counts,
            per_second: last.map_or(inner.second.steps, |second| second.steps),
            p50: at_share(views, 0.5),
            p99: at_share(views, 0.99),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Everything, sorted; with the second that is not over, as far as it came.
    pub(super) fn finish(&self, end: Instant) -> (Vec<LoadRow>, Vec<PhaseReport>, Vec<LoadSecond>) {
        let mut inner = self.lock();
        inner.pass(end);
        if inner.second.steps > 0 {
            let rest = end.saturating_duration_since(inner.start)
                - Duration::from_secs(inner.second.number);
            inner.close(rest);
        }
        inner.cells.sort_by_key(|cell| (cell.phase, cell.outcome));
        let rows = inner.cells.iter().map(|cell| LoadRow {
            phase: cell.phase,
            outcome: cell.outcome,
            latencies: latencies(&cell.latencies),
        });
        let phases = Phase::ALL.into_iter().filter_map(|phase| {
            let mut all = empty();
            let cells = inner.cells.iter().filter(|cell| cell.phase == phase);
            for cell in cells {
                all.add(&cell.latencies).expect("it grows as it has to");
            }
            let curve = SHARES.map(|share| (share, at_share(&all, share)));
            (!all.is_empty()).then(|| PhaseReport {
                phase,
                latencies: latencies(&all),
                curve: curve.to_vec(),
            })
        });
        (rows.collect(), phases.collect(), inner.series.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Closes the seconds that are over, those too in which nothing happened.
    fn pass(&mut self, now: Instant) {
        let second = now.saturating_duration_since(self.start).as_secs();
        while self.second.number < second {
            self.close(Duration::from_secs(1));
        }
    }

    fn close(&mut self, length: Duration) {
        let second = &mut self.second;
        self.series.push(LoadSecond {
            start: Duration::from_secs(second.number),
            length,
            steps: second.steps,
            errors: second.errors,
            views: second.views.len(),
            p50: at_share(&second.views, 0.5),
            p99: at_share(&second.views, 0.99),
        });
        self.views
            .add(&second.views)
            .expect("it grows as it has to");
        second.views.reset();
        (second.steps, second.errors) = (0, 0);
        second.number += 1;
    }

    fn cell(&mut self, phase: Phase, outcome: Outcome) -> &mut Histogram<u64> {
        let is = |cell: &Cell| cell.phase == phase && cell.outcome == outcome;
        let at = self.cells.iter().position(is).unwrap_or_else(|| {
            self.cells.push(Cell {
                phase,
                outcome,
                latencies: empty(),
            });
            self.cells.len() - 1
        });
        &mut self.cells[at].latencies
    }
}

/// A histogram of nanoseconds that grows with what is put into it.
pub(super) fn empty() -> Histogram<u64> {
    Histogram::new(DIGITS).expect("so many digits are possible")
}

pub(super) fn put(latencies: &mut Histogram<u64>, latency: Duration) {
    let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
    latencies.record(nanos).expect("it grows as it has to");
}

pub(super) fn at_share(latencies: &Histogram<u64>, share: f64) -> Duration {
    Duration::from_nanos(latencies.value_at_quantile(share))
}

fn latencies(all: &Histogram<u64>) -> Latencies {
    Latencies {
        count: all.len(),
        mean: Duration::from_nanos(all.mean() as u64),
        p50: at_share(all, 0.5),
        p90: at_share(all, 0.9),
        p99: at_share(all, 0.99),
        p999: at_share(all, 0.999),
        max: Duration::from_nanos(all.max()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_phase_and_of_the_outcome() {
        let start = Instant::now();
        let tally = Tally::new(start);
        for millis in 1..=1_000 {
            let latency = Duration::from_millis(millis);
            tally.step(
                Phase::View,
                Outcome::Status(200),
                latency,
                start + 3 * latency,
            );
        }
        let late = start + Duration::from_millis(3_100);
        let slow = Duration::from_secs(9);
        tally.step(Phase::View, Outcome::Timeout, slow, late);
        tally.step(Phase::Login, Outcome::Status(401), slow, late);
        let (rows, phases, series) = tally.finish(late);

        let names: Vec<_> = rows.iter().map(|row| (row.phase, row.outcome)).collect();
        assert_eq!(
            names,
            [
                (Phase::Login, Outcome::Status(401)),
                (Phase::View, Outcome::Status(200)),
                (Phase::View, Outcome::Timeout)
            ]
        );
        let close = |one: Duration, other: u64| {
            let other = Duration::from_millis(other);
            one.abs_diff(other) < other / 500
        };
        let ok = &rows[1].latencies;
        assert!(
            close(ok.p50, 500) && close(ok.p90, 900) && close(ok.p99, 990),
            "{ok:?}"
        );
        assert!(
            close(ok.p999, 999) && close(ok.max, 1_000) && ok.count == 1_000,
            "{ok:?}"
        );
        assert!(close(ok.mean, 500), "{ok:?}");
        let views = phases.iter().find(|one| one.phase == Phase::View).unwrap();
        assert_eq!(views.latencies.count, 1_001);
        assert!(close(views.latencies.max, 9_000));

        let steps: Vec<_> = series.iter().map(|second| second.steps).collect();
        assert_eq!(steps, [333, 333, 333, 3]);
        assert_eq!(series[3].errors, 2);
        assert!(close(series[3].length, 100), "{:?}", series[3]);
        assert!(close(series[0].p50, 167), "{:?}", series[0]);
        assert_eq!(tally.counts().errors, 2);
    }

    #[test]
    fn a_second_in_which_nothing_came_is_there() {
        let start = Instant::now();
        let tally = Tally::new(start);
        let outcome = Outcome::Status(200);
        tally.step(Phase::View, outcome, Duration::from_millis(2), start);
        let at = start + Duration::from_millis(2_500);
        assert_eq!(tally.now(at).per_second, 0);
        tally.step(Phase::View, outcome, Duration::from_millis(2), at);
        let steps: Vec<_> = tally
            .finish(at)
            .2
            .iter()
            .map(|second| second.steps)
            .collect();
        assert_eq!(steps, [1, 0, 1]);
    }
}
