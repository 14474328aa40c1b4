//! One page out of an unordered scan.
//!
//! Whoever keeps sessions offers each of them once, in any order; the pager counts those that match and keeps only as
//! many as a page can hold. A page begins after the place of the last session of the page before, not after a number
//! of sessions: what comes and goes meanwhile moves nobody else. (A session whose own sort value changes between two
//! pages is where its new value puts it.)

use std::cmp::Ordering;

use crate::{
    Filter, Handle, ListQuery, RegistryError, View,
    cursor::Cursor,
    sort::{Sort, SortValue},
};

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
    after: Option<Cursor>,
    /// Up to twice what a page and its successor need; see [`Pager::prune`].
    kept: Vec<Kept<T>>,
    /// Whether `kept[limit]` is the last of the first `limit + 1` so far: nothing after it is kept any more.
    full: bool,
    total: u64,
}

#[derive(Debug)]
struct Kept<T> {
    place: Cursor,
    item: T,
}

impl<'q, T> Pager<'q, T> {
    /// Prepares for a scan; `now` in milliseconds since 1970.
    ///
    /// A cursor that is none, or that belongs to another sort, is a [`RegistryError::BadQuery`].
    pub fn new(query: &'q ListQuery, now: i64) -> Result<Self, RegistryError> {
        let sort = query.sort;
        let after = query.cursor.as_deref();
        Ok(Self {
            filter: &query.filter,
            sort,
            now,
            limit: query.limit.clamp(1, ListQuery::MAX_LIMIT),
            after: after.map(|text| Cursor::decode(text, sort)).transpose()?,
            kept: Vec::new(),
            full: false,
            total: 0,
        })
    }

    /// Looks at one session. `item` is called only if it may be on the page.
    pub fn offer(&mut self, view: &View<'_>, item: impl FnOnce() -> T) {
        if !self.filter.holds(view, self.now) {
            return;
        }
        self.total += 1;
        let value = self.sort.value(view);
        let comes_after =
            |place: &Cursor| order(self.sort, (&value, view.handle), place) == Ordering::Greater;
        let on_earlier_page = self.after.as_ref().is_some_and(|after| !comes_after(after));
        let on_later_page = self.full && comes_after(&self.kept[self.limit].place);
        if on_earlier_page || on_later_page {
            return;
        }
        self.kept.push(Kept {
            place: Cursor {
                value: value.into_owned(),
                handle: view.handle,
            },
            item: item(),
        });
        if self.kept.len() >= 2 * (self.limit + 1) {
            self.prune();
        }
    }

    /// The page's items in order, how many sessions match on all pages together, and the next page's cursor.
    pub fn finish(mut self) -> (Vec<T>, u64, Option<String>) {
        let sort = self.sort;
        self.kept
            .sort_unstable_by(|a, b| order(sort, (&a.place.value, a.place.handle), &b.place));
        let more = self.kept.len() > self.limit;
        self.kept.truncate(self.limit);
        let last = self.kept.last().filter(|_| more);
        let next = last.map(|last| last.place.encode(sort));
        let items = self.kept.into_iter().map(|kept| kept.item).collect();
        (items, self.total, next)
    }

    /// Keeps the first `limit + 1`: the page, and one that tells whether another follows.
    ///
    /// Done once for as many new ones, so that each costs the same however many there are.
    fn prune(&mut self) {
        let sort = self.sort;
        self.kept.select_nth_unstable_by(self.limit, |a, b| {
            order(sort, (&a.place.value, a.place.handle), &b.place)
        });
        self.kept.truncate(self.limit + 1);
        self.full = true;
    }
}

fn order(sort: Sort, session: (&SortValue<'_>, Handle), place: &Cursor) -> Ordering {
    sort.order(session, (&place.value, place.handle))
}
