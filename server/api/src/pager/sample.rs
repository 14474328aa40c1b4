//! A few sessions that stand for the whole list, to know about where in its order so many have passed.

use super::nearest::{Kept, put_in_order};
use crate::{
    Handle,
    cursor::Cursor,
    sort::{Sort, SortValue},
};

/// A random sample: those with the smallest of the numbers that are drawn for all.
#[derive(Debug)]
pub(super) struct Sample<T> {
    size: usize,
    /// Each attempt draws other numbers.
    attempt: u64,
    /// Up to twice as many; see [`Sample::prune`].
    drawn: Vec<(u64, Kept<T>)>,
    /// Nothing above it is kept any more.
    highest: u64,
}

/// Between which two places a page lies, both included; `None` is the end of the list.
#[derive(Debug)]
pub(super) struct Bracket {
    pub(super) low: Option<Cursor>,
    pub(super) high: Option<Cursor>,
    /// Far more than lie there, unless very many come meanwhile: then these are too many to be kept.
    pub(super) most: usize,
}

impl<T> Sample<T> {
    /// Draws so many, one at least.
    pub(super) fn new(size: usize, attempt: u64) -> Self {
        Self {
            size: size.max(1),
            attempt,
            drawn: Vec::new(),
            highest: u64::MAX,
        }
    }

    /// Looks at one; `item` is made only if it may be in the sample.
    pub(super) fn offer(&mut self, value: SortValue<'_>, handle: Handle, item: impl FnOnce() -> T) {
        let number = draw(handle, self.attempt);
        if number > self.highest {
            return;
        }
        self.drawn.push((number, Kept::new(value, handle, item())));
        if self.drawn.len() >= self.size.saturating_mul(2) {
            self.prune();
        }
    }

    /// The sample, in the list's order: all that was offered where that is no more than its size.
    pub(super) fn finish(mut self, sort: Sort) -> Vec<Kept<T>> {
        if self.drawn.len() > self.size {
            self.prune();
        }
        let mut kept: Vec<_> = self.drawn.into_iter().map(|(_, kept)| kept).collect();
        put_in_order(&mut kept, sort);
        kept
    }

    /// Between which places the page after `begin` of `total` sessions lies.
    ///
    /// How many of a sample come before a place is off by half the root of its size, one time in three by more; by four
    /// times as much one time in ten thousand.
    pub(super) fn bracket(self, sort: Sort, begin: u64, limit: usize, total: u64) -> Bracket {
        let sample = self.finish(sort);
        let size = sample.len() as u64;
        let margin = 2 * size.isqrt() + 2;
        let scaled = |count: u64, by: u64, of: u64| {
            let scaled = u128::from(count) * u128::from(by) / u128::from(of.max(1));
            u64::try_from(scaled).unwrap_or(u64::MAX)
        };
        let in_sample = |place: u64| scaled(place, size, total);
        let place_at = |at: u64| {
            let at = usize::try_from(at).ok()?;
            sample.get(at).map(|kept| kept.place.clone())
        };
        let low = in_sample(begin).checked_sub(margin);
        let high = in_sample(begin + limit as u64) + margin;
        let between = scaled(high - low.unwrap_or(0) + 1, total, size);
        Bracket {
            low: low.and_then(place_at),
            high: place_at(high),
            most: usize::try_from(2 * between).unwrap_or(usize::MAX) + limit,
        }
    }

    /// Done once for as many new ones as are kept, so that each costs the same however many there are.
    fn prune(&mut self) {
        self.drawn
            .select_nth_unstable_by_key(self.size - 1, |(number, _)| *number);
        self.drawn.truncate(self.size);
        self.highest = self.drawn[self.size - 1].0;
    }
}

/// A number that has nothing to do with the list's order: lists may be sorted by handle.
fn draw(handle: Handle, attempt: u64) -> u64 {
    // FNV-1a with a last stir, for its low bits know little of the last characters.
    let hash = handle
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325 ^ attempt, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
