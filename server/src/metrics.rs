//! What is measured while the server runs, for `/metrics`: a handful of atomics, none of which a page's request touches.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// What is measured. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    /// Open connections of the public listener.
    pub(crate) public: Gauge,
    /// Open connections of the admin listener.
    pub(crate) admin: Gauge,
    /// From an order to end sessions until no request of theirs passes and the store has made it durable.
    pub(crate) revocations: Arc<Histogram>,
}

/// How many of something there are now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gauge(Arc<AtomicU64>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted(Gauge);

impl Gauge {
    pub(crate) fn count(&self) -> Counted {
        self.0.fetch_add(1, Ordering::Relaxed);
        Counted(self.clone())
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many spans were how long.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    /// Spans by the least bound that they do not exceed; at last those that exceed all.
    counts: [AtomicU64; Self::BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Histogram {
    /// In microseconds: a commit takes from a tenth of a millisecond on a fast disk to seconds on a failing one.
    const BOUNDS: [u64; 11] = [
        250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_500_000, 10_000_000,
    ];

    pub(crate) fn note(&self, span: Duration) {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let place = Self::BOUNDS.partition_point(|bound| *bound < micros);
        self.counts[place].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// For each bound in seconds how many spans do not exceed it.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        let mut so_far = 0;
        Self::BOUNDS
            .into_iter()
            .zip(&self.counts)
            .map(move |(bound, count)| {
                so_far += count.load(Ordering::Relaxed);
                (seconds(bound), so_far)
            })
    }

    /// How many spans there were, and how many seconds together.
    pub(crate) fn total(&self) -> (u64, f64) {
        let counts = self.counts.iter();
        let count = counts.map(|count| count.load(Ordering::Relaxed)).sum();
        (count, seconds(self.micros.load(Ordering::Relaxed)))
    }
}

fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_in_every_bucket_that_it_does_not_exceed() {
        let histogram = Histogram::default();
        for micros in [1, 250, 251, 30_000, 60_000_000] {
            histogram.note(Duration::from_micros(micros));
        }
        let buckets: Vec<_> = histogram.buckets().collect();
        assert_eq!(buckets[0], (0.00025, 2));
        assert_eq!(buckets[1], (0.0005, 3));
        assert_eq!(buckets[7], (0.1, 4));
        assert_eq!(buckets[10], (10.0, 4), "a minute exceeds all");
        assert_eq!(histogram.total(), (5, 60.030502));
    }

    #[test]
    fn what_is_gone_is_not_counted() {
        let gauge = Gauge::default();
        let (one, other) = (gauge.count(), gauge.count());
        assert_eq!(gauge.get(), 2);
        drop((one, other));
        assert_eq!(gauge.get(), 0);
    }
}
