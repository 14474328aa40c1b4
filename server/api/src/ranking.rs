//! The values that most sessions share, out of an unordered scan, in bounded memory.
//!
//! As long as there are no more values than counters, each has its own and the counts are exact. When a further one
//! comes, all counters go down by one and those at zero are free again (Misra and Gries): whatever more than one session
//! in as many as there are counters has still holds one at the end. What it says is too low by then; a second scan
//! counts these values alone.

use std::{
    borrow::{Borrow, Cow},
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
};

use crate::{
    Filter, Pass, RegistryError, Sort, SortValue, Top, TopQuery, ValueCount, View, field::Field,
};

/// How many values are counted at once.
const COUNTERS: usize = 4_096;

/// Counts the values of a column in what is offered to it.
#[derive(Debug)]
pub struct Ranking<'q> {
    filter: &'q Filter,
    field: Field,
    limit: usize,
    now: i64,
    texts: Tally<String>,
    addresses: Tally<IpAddr>,
    unknown: u64,
    total: u64,
}

/// How often each value came.
#[derive(Debug)]
struct Tally<K> {
    counts: HashMap<K, u64>,
    most: usize,
    /// Values were dropped: those that are left came at least as often as it says.
    is_rough: bool,
    /// No value is new any more.
    is_closed: bool,
}

impl<'q> Ranking<'q> {
    /// Prepares for a scan at a time, in milliseconds since 1970.
    ///
    /// A column for which [`TopQuery::counts`] is false is a [`RegistryError::BadQuery`].
    pub fn new(query: &'q TopQuery, now: i64) -> Result<Self, RegistryError> {
        Self::with_counters(query, now, COUNTERS)
    }

    /// The same with another number of counters: tests have no thousands of values.
    #[doc(hidden)]
    pub fn with_counters(
        query: &'q TopQuery,
        now: i64,
        counters: usize,
    ) -> Result<Self, RegistryError> {
        if !TopQuery::counts(query.field) {
            return Err(TopQuery::refusal(query.field.as_str()));
        }
        Ok(Self {
            filter: &query.filter,
            field: query.field,
            limit: query.limit.clamp(1, TopQuery::MAX_LIMIT),
            now,
            texts: Tally::new(counters),
            addresses: Tally::new(counters),
            unknown: 0,
            total: 0,
        })
    }

    /// Looks at one session.
    pub fn offer(&mut self, view: &View<'_>) {
        if !self.filter.holds(view, self.now) {
            return;
        }
        self.total += 1;
        match by(self.field).value(view) {
            SortValue::Text(text) => self.texts.count(&*text),
            SortValue::Ip(ip) => self.addresses.count(&ip),
            SortValue::Number(_) | SortValue::Null => self.unknown += 1,
        }
    }

    /// The values with the most sessions, or the need to look at all of them once more.
    pub fn finish(self) -> Pass<Top, Self> {
        if self.texts.is_rough || self.addresses.is_rough {
            return Pass::Again(Self {
                texts: self.texts.closed(),
                addresses: self.addresses.closed(),
                unknown: 0,
                total: 0,
                ..self
            });
        }
        let texts = self.texts.counts.into_iter();
        let texts = texts.map(|(text, count)| (SortValue::Text(Cow::Owned(text)), count));
        let addresses = self.addresses.counts.into_iter();
        let addresses = addresses.map(|(ip, count)| (SortValue::Ip(ip), count));
        let unknown = (SortValue::Null, self.unknown);
        let mut ranks: Vec<_> = texts.chain(addresses).chain([unknown]).collect();
        ranks.retain(|(_, sessions)| *sessions > 0);
        ranks.sort_unstable_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.cmp(b)));
        ranks.truncate(self.limit);
        let counts = ranks.into_iter().map(|(value, sessions)| ValueCount {
            value: in_words(value),
            sessions,
        });
        Pass::Done(Top::new(counts.collect(), self.total))
    }
}

impl<K: Hash + Eq> Tally<K> {
    fn new(most: usize) -> Self {
        Self {
            counts: HashMap::new(),
            most: most.max(1),
            is_rough: false,
            is_closed: false,
        }
    }

    fn count<Q>(&mut self, value: &Q)
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + Hash + Eq + ?Sized,
    {
        if let Some(count) = self.counts.get_mut(value) {
            *count += 1;
        } else if self.counts.len() < self.most && !self.is_closed {
            self.counts.insert(value.to_owned(), 1);
        } else if !self.is_closed {
            self.make_room();
        }
    }

    /// In all a counter goes down no more often than it went up, so that this costs no more than the counting.
    fn make_room(&mut self) {
        self.is_rough = true;
        self.counts.retain(|_, count| {
            *count -= 1;
            *count > 0
        });
    }

    /// The same values, to be counted anew.
    fn closed(mut self) -> Self {
        self.counts.values_mut().for_each(|count| *count = 0);
        Self {
            is_rough: false,
            is_closed: true,
            ..self
        }
    }
}

/// What tells the values of a column apart: their beginnings, as in lists.
fn by(field: Field) -> Sort {
    Sort {
        field,
        descending: false,
    }
}

fn in_words(value: SortValue<'_>) -> Option<String> {
    match value {
        SortValue::Text(text) => Some(text.into_owned()),
        SortValue::Ip(ip) => Some(ip.to_string()),
        SortValue::Number(number) => Some(number.to_string()),
        SortValue::Null => None,
    }
}
