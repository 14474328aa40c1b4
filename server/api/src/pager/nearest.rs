//! The first or the last so many of what is offered, without keeping the rest.

use std::cmp::Ordering;

use crate::{
    Handle,
    cursor::Cursor,
    sort::{Sort, SortValue},
};

/// Keeps the first ones in one direction.
#[derive(Debug)]
pub(super) struct Nearest<T> {
    sort: Sort,
    towards: Towards,
    limit: usize,
    /// Up to twice as many; see [`Nearest::prune`].
    kept: Vec<Kept<T>>,
    /// Whether `kept[limit - 1]` is the last of the first ones so far: nothing after it is kept any more.
    is_full: bool,
}

/// Which way the first ones are counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Towards {
    End,
    Beginning,
}

/// A session that may be on the page: its place, and what stands for it.
#[derive(Debug)]
pub(super) struct Kept<T> {
    pub(super) place: Cursor,
    pub(super) item: T,
}

impl<T> Nearest<T> {
    /// Keeps the first `limit`.
    pub(super) fn new(sort: Sort, towards: Towards, limit: usize) -> Self {
        Self {
            sort,
            towards,
            limit,
            kept: Vec::new(),
            is_full: false,
        }
    }

    /// Looks at one; `item` is made only if it may be among the first.
    pub(super) fn offer(&mut self, value: SortValue<'_>, handle: Handle, item: impl FnOnce() -> T) {
        let is_behind = |last: &Kept<T>| {
            let last = (&last.place.value, last.place.handle);
            order(self.sort, self.towards, (&value, handle), last).is_gt()
        };
        if self.limit == 0 || self.is_full && is_behind(&self.kept[self.limit - 1]) {
            return;
        }
        self.kept.push(Kept::new(value, handle, item()));
        if self.kept.len() >= self.limit.saturating_mul(2) {
            self.prune();
        }
    }

    /// The first ones, in the list's order.
    pub(super) fn finish(mut self) -> Vec<Kept<T>> {
        if self.kept.len() > self.limit {
            self.prune();
        }
        put_in_order(&mut self.kept, self.sort);
        self.kept
    }

    /// Done once for as many new ones as are kept, so that each costs the same however many there are.
    fn prune(&mut self) {
        let (sort, towards) = (self.sort, self.towards);
        self.kept.select_nth_unstable_by(self.limit - 1, |a, b| {
            order(sort, towards, a.beside(), b.beside())
        });
        self.kept.truncate(self.limit);
        self.is_full = true;
    }
}

impl<T> Kept<T> {
    pub(super) fn new(value: SortValue<'_>, handle: Handle, item: T) -> Self {
        let value = value.into_owned();
        Self {
            place: Cursor { value, handle },
            item,
        }
    }

    fn beside(&self) -> (&SortValue<'static>, Handle) {
        (&self.place.value, self.place.handle)
    }
}

/// Puts what was kept in the list's order.
pub(super) fn put_in_order<T>(kept: &mut [Kept<T>], sort: Sort) {
    kept.sort_unstable_by(|a, b| sort.order(a.beside(), b.beside()));
}

fn order(
    sort: Sort,
    towards: Towards,
    one: (&SortValue<'_>, Handle),
    other: (&SortValue<'_>, Handle),
) -> Ordering {
    match towards {
        Towards::End => sort.order(one, other),
        Towards::Beginning => sort.order(other, one),
    }
}
