//! One page out of an unordered scan.
//!
//! Whoever keeps sessions offers each of them once, in any order; the pager counts those that match and keeps only as
//! many as a page can hold. A page lies around the place of a session in the order, not around a number of sessions:
//! what comes and goes meanwhile moves nobody else. (A session whose own sort value changes between two pages is
//! where its new value puts it.)
//!
//! A page after so many sessions takes two scans: the first draws a sample, which tells between which two places the
//! page lies; the second counts what comes before these and keeps what is between.

mod nearest;

use std::cmp::Ordering;

use crate::{Filter, ListQuery, RegistryError, Start, View, cursor::Cursor, sort::Sort};
use nearest::{Kept, Nearest, Order, place_order};

/// How many sessions are kept to know the whole list by.
const SAMPLE: usize = 10_000;

/// Finds one page of what is offered to it.
///
/// `T` is what stands for a session on the page. It is made for each session that is among the first ones so far, in
/// a scan in just the wrong order for each one: something light, such as a counted reference, serves large lists best.
#[derive(Debug)]
pub struct Pager<'q, T> {
    filter: &'q Filter,
    sort: Sort,
    now: i64,
    limit: usize,
    aim: Aim,
    /// What comes before the place that is aimed at, the nearest ones; and from there on.
    before: Nearest<T>,
    after: Nearest<T>,
    /// How many match and come before that place.
    earlier: u64,
    total: u64,
}

/// What is looked for.
#[derive(Debug)]
enum Aim {
    First,
    After(Cursor),
    Around(Cursor),
    /// A sample, to know about where so many sessions have passed.
    Sample(u64),
    /// The page after so many sessions, which lies between these two places.
    Between(u64, Option<Cursor>, Option<Cursor>),
}

/// A page that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// The page, in order.
    pub items: Vec<T>,
    /// How many sessions match, on all pages together.
    pub total: u64,
    /// How many of them come before the page.
    pub offset: u64,
    /// The next page's cursor.
    pub next: Option<String>,
}

/// What a scan came to.
#[derive(Debug)]
pub enum Pass<'q, T> {
    Done(Found<T>),
    /// All sessions have to be offered once more, to this one.
    Again(Pager<'q, T>),
}

impl<'q, T> Pager<'q, T> {
    /// Prepares for a scan; `now` in milliseconds since 1970.
    ///
    /// A cursor that is none, or that belongs to another sort, is a [`RegistryError::BadQuery`].
    pub fn new(query: &'q ListQuery, now: i64) -> Result<Self, RegistryError> {
        let place = |text: &str| Cursor::decode(text, query.sort);
        let aim = match &query.start {
            Start::First => Aim::First,
            Start::After(cursor) => Aim::After(place(cursor)?),
            Start::Around(cursor) => Aim::Around(place(cursor)?),
            Start::Offset(offset) => Aim::Sample(*offset),
        };
        let limit = query.limit.clamp(1, ListQuery::MAX_LIMIT);
        Ok(Self::aiming(&query.filter, query.sort, now, limit, aim))
    }

    fn aiming(filter: &'q Filter, sort: Sort, now: i64, limit: usize, aim: Aim) -> Self {
        let (order, keep) = match &aim {
            Aim::First | Aim::After(_) | Aim::Around(_) => (Order::Sorted(sort), limit),
            Aim::Sample(_) => (Order::Scattered, SAMPLE),
            Aim::Between(..) => (Order::Sorted(sort), usize::MAX),
        };
        Self {
            filter,
            sort,
            now,
            limit,
            aim,
            before: Nearest::new(Order::Reversed(sort), limit),
            after: Nearest::new(order, keep),
            earlier: 0,
            total: 0,
        }
    }

    /// Looks at one session. `item` is called only if it may be on the page.
    pub fn offer(&mut self, view: &View<'_>, item: impl FnOnce() -> T) {
        if !self.filter.holds(view, self.now) {
            return;
        }
        self.total += 1;
        let (sort, handle) = (self.sort, view.handle);
        let value = sort.value(view);
        let beside = |place: &Cursor| sort.order((&value, handle), (&place.value, place.handle));
        match &self.aim {
            Aim::After(place) if beside(place) != Ordering::Greater => self.earlier += 1,
            Aim::Around(place) if beside(place) == Ordering::Less => {
                self.earlier += 1;
                self.before.offer(value, handle, item);
            }
            Aim::Between(_, Some(low), _) if beside(low) == Ordering::Less => self.earlier += 1,
            Aim::Between(_, _, Some(high)) if beside(high) == Ordering::Greater => {}
            _ => self.after.offer(value, handle, item),
        }
    }

    /// The page, or the need to look at all of them once more.
    pub fn finish(self) -> Pass<'q, T> {
        let (sort, limit) = (self.sort, self.limit);
        let after = self.after.finish(sort);
        let (mut kept, first, from) = match self.aim {
            Aim::First | Aim::After(_) => (after, self.earlier, 0),
            Aim::Around(_) => {
                let mut kept = self.before.finish(sort);
                let before = kept.len();
                let from = before.saturating_sub((limit / 2).max(limit.saturating_sub(after.len())));
                kept.extend(after);
                (kept, self.earlier - before as u64, from)
            }
            Aim::Sample(offset) if self.total > SAMPLE as u64 => {
                let (low, high) = bracket(&after, offset, limit, self.total);
                let aim = Aim::Between(offset, low, high);
                return Pass::Again(Self::aiming(self.filter, sort, self.now, limit, aim));
            }
            Aim::Sample(offset) | Aim::Between(offset, ..) => {
                let last_full = (self.earlier + after.len() as u64).saturating_sub(limit as u64);
                let offset = offset.clamp(self.earlier, last_full.max(self.earlier));
                let from = offset - self.earlier;
                (after, self.earlier, usize::try_from(from).unwrap_or(usize::MAX))
            }
        };
        kept.drain(..from.min(kept.len()));
        kept.truncate(limit);
        let offset = first + from as u64;
        let more = offset + (kept.len() as u64) < self.total;
        let next = kept.last().filter(|_| more);
        Pass::Done(Found {
            total: self.total,
            offset,
            next: next.map(|last| last.place.encode(sort)),
            items: kept.into_iter().map(|kept| kept.item).collect(),
        })
    }
}

/// Between which two places of a sample the page after `offset` of `total` sessions lies; `None` is the list's end.
///
/// A quantile of a sample is off by half the root of its size at most, one time in three; four times as much is once
/// in ten thousand, and costs some sessions' accuracy then.
fn bracket<T>(
    sample: &[Kept<T>],
    offset: u64,
    limit: usize,
    total: u64,
) -> (Option<Cursor>, Option<Cursor>) {
    let size = sample.len() as u64;
    let margin = 2 * size.isqrt() + 1;
    let in_sample = |place: u64| (u128::from(place) * u128::from(size) / u128::from(total)) as u64;
    let at = |index: u64| {
        let kept = sample.get(usize::try_from(index).ok()?)?;
        Some(kept.place.clone())
    };
    let offset = offset.min(total.saturating_sub(limit as u64));
    let low = in_sample(offset).checked_sub(margin).and_then(at);
    let high = at(in_sample(offset + limit as u64) + margin + 1);
    (low, high)
}
