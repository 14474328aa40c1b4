//! One page out of an unordered scan.
//!
//! Whoever keeps sessions offers each of them once, in any order; the pager counts those that match and keeps only as
//! many as a page can hold. A page lies at the place of a session in the order, not after a number of sessions: what
//! comes and goes meanwhile moves nobody else. (A session whose own sort value changes between two pages is where its
//! new value puts it.)
//!
//! A page that is asked for by a number takes two scans: the first draws a sample, which tells between which two
//! places the page lies; the second counts what comes before these and keeps what is between.

mod nearest;
mod sample;

use self::{
    nearest::{Kept, Nearest, Towards},
    sample::{Bracket, Sample},
};
use crate::{Filter, ListQuery, Pass, RegistryError, Start, View, cursor::Cursor, sort::Sort};

/// How many sessions stand for the whole of a long list.
const SAMPLE: usize = 10_000;

/// How often a page is looked for by a sample, of which one in ten thousand misses it.
const TRIES: u64 = 3;

/// Finds one page of what is offered to it.
///
/// `T` is what the caller wants to have of a session on the page, such as a reference to where it is kept.
#[derive(Debug)]
pub struct Pager<'q, T> {
    filter: &'q Filter,
    sort: Sort,
    now: i64,
    limit: usize,
    aim: Aim<T>,
    /// The nearest ones before the place that is aimed at, where they may be on the page.
    before: Nearest<T>,
    /// The nearest ones from there on.
    after: Nearest<T>,
    /// How many match and come before that place.
    earlier: u64,
    total: u64,
}

/// What is looked for.
#[derive(Debug)]
enum Aim<T> {
    /// What comes after a place, or the beginning.
    After(Option<Cursor>),
    Around(Cursor),
    /// About where so many sessions have passed.
    Sample(Number, Sample<T>),
    /// The page after so many sessions, between two places.
    Between(Number, Bracket),
}

/// After how many sessions a page is to begin.
#[derive(Debug, Clone, Copy)]
struct Number {
    wanted: u64,
    /// The size of a sample.
    sample: usize,
    attempt: u64,
}

/// Where a session lies.
enum Side {
    Before,
    From,
    Beyond,
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

impl<'q, T> Pager<'q, T> {
    /// Prepares for a scan at a time, in milliseconds since 1970.
    ///
    /// A cursor that is none, or that belongs to another sort, is a [`RegistryError::BadQuery`].
    pub fn new(query: &'q ListQuery, now: i64) -> Result<Self, RegistryError> {
        Self::with_sample(query, now, SAMPLE)
    }

    /// The same with a sample of another size: tests have no long lists.
    #[doc(hidden)]
    pub fn with_sample(
        query: &'q ListQuery,
        now: i64,
        sample: usize,
    ) -> Result<Self, RegistryError> {
        let place = |text: &str| Cursor::decode(text, query.sort);
        let aim = match &query.start {
            Start::First => Aim::After(None),
            Start::After(cursor) => Aim::After(Some(place(cursor)?)),
            Start::Around(cursor) => Aim::Around(place(cursor)?),
            Start::Offset(wanted) => Aim::sample(Number {
                wanted: *wanted,
                sample,
                attempt: 0,
            }),
        };
        let limit = query.limit.clamp(1, ListQuery::MAX_LIMIT);
        Ok(Self::aiming(&query.filter, query.sort, now, limit, aim))
    }

    fn aiming(filter: &'q Filter, sort: Sort, now: i64, limit: usize, aim: Aim<T>) -> Self {
        let (before, after) = match &aim {
            Aim::After(_) => (0, limit),
            Aim::Around(_) => (limit, limit),
            Aim::Sample(..) => (0, 0),
            Aim::Between(_, bracket) => (0, bracket.most),
        };
        Self {
            filter,
            sort,
            now,
            limit,
            aim,
            before: Nearest::new(sort, Towards::Beginning, before),
            after: Nearest::new(sort, Towards::End, after),
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
        let side = match &mut self.aim {
            Aim::Sample(_, sample) => return sample.offer(value, handle, item),
            Aim::After(Some(place)) if beside(place).is_le() => Side::Before,
            Aim::Around(place) if beside(place).is_lt() => Side::Before,
            Aim::Between(_, bracket) => match bracket {
                Bracket { low: Some(low), .. } if beside(low).is_lt() => Side::Before,
                Bracket {
                    high: Some(high), ..
                } if beside(high).is_gt() => Side::Beyond,
                Bracket { .. } => Side::From,
            },
            Aim::After(_) | Aim::Around(_) => Side::From,
        };
        match side {
            Side::Before => {
                self.earlier += 1;
                self.before.offer(value, handle, item);
            }
            Side::From => self.after.offer(value, handle, item),
            Side::Beyond => {}
        }
    }

    /// The page, or the need to look at all of them once more.
    pub fn finish(self) -> Pass<Found<T>, Self> {
        let (sort, limit, total) = (self.sort, self.limit, self.total);
        let again = |aim| Pass::Again(Self::aiming(self.filter, sort, self.now, limit, aim));
        let last_full = total.saturating_sub(limit as u64);
        let mut rows = Rows {
            first: self.earlier,
            kept: self.after.finish(),
        };
        let begin = match self.aim {
            Aim::After(_) => rows.first,
            Aim::Around(_) => {
                let lacking = limit - rows.kept.len();
                let begin = rows.first.saturating_sub((limit / 2).max(lacking) as u64);
                rows.put_before(self.before.finish());
                begin
            }
            Aim::Sample(number, sample) if total > number.sample as u64 => {
                let bracket = sample.bracket(sort, number.wanted.min(last_full), limit, total);
                return again(Aim::Between(number, bracket));
            }
            Aim::Sample(number, sample) => {
                rows.kept = sample.finish(sort);
                number.wanted.min(last_full)
            }
            Aim::Between(number, _) => {
                let begin = number.wanted.min(last_full);
                let attempt = number.attempt + 1;
                if attempt < TRIES && !rows.hold(begin, limit, total) {
                    return again(Aim::sample(Number { attempt, ..number }));
                }
                begin
            }
        };
        Pass::Done(rows.page(begin, limit, total, sort))
    }
}

impl<T> Aim<T> {
    fn sample(number: Number) -> Self {
        Self::Sample(number, Sample::new(number.sample, number.attempt))
    }
}

/// A piece of the list, without a gap.
#[derive(Debug)]
struct Rows<T> {
    /// How many sessions come before it.
    first: u64,
    kept: Vec<Kept<T>>,
}

impl<T> Rows<T> {
    fn put_before(&mut self, mut before: Vec<Kept<T>>) {
        self.first -= before.len() as u64;
        before.append(&mut self.kept);
        self.kept = before;
    }

    fn end(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    /// Whether all of a page is in it.
    fn hold(&self, begin: u64, limit: usize, total: u64) -> bool {
        self.first <= begin && (begin + limit as u64).min(total) <= self.end()
    }

    /// The page that begins after so many sessions, or as near to that as it can.
    fn page(mut self, begin: u64, limit: usize, total: u64, sort: Sort) -> Found<T> {
        let last_full = self.end().saturating_sub(limit as u64).max(self.first);
        let offset = begin.clamp(self.first, last_full);
        // No more than there are in memory.
        self.kept.drain(..(offset - self.first) as usize);
        self.kept.truncate(limit);
        let has_more = offset + (self.kept.len() as u64) < total;
        let last = self.kept.last().filter(|_| has_more);
        Found {
            total,
            offset,
            next: last.map(|last| last.place.encode(sort)),
            items: self.kept.into_iter().map(|kept| kept.item).collect(),
        }
    }
}
