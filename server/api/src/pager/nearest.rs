//! The first so many of what is offered, in one of three orders, without keeping the rest.

use std::cmp::Ordering;

use crate::{
    Handle,
    cursor::Cursor,
    sort::{Sort, SortValue},
};

/// What counts as first.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    Sorted(Sort),
    /// The last ones of the list.
    Reversed(Sort),
    /// A random sample that is the same each time.
    Scattered,
}

/// Keeps the first ones.
#[derive(Debug)]
pub(super) struct Nearest<T> {
    order: Order,
    limit: usize,
    /// Up to twice as many; see [`Nearest::prune`].
    kept: Vec<Kept<T>>,
    /// Whether `kept[limit - 1]` is the last of the first ones so far: nothing after it is kept any more.
    is_full: bool,
}

/// A session that may be on the page: its place, and what stands for it.
#[derive(Debug)]
pub(super) struct Kept<T> {
    pub(super) place: Cursor,
    pub(super) item: T,
}

impl<T> Nearest<T> {
    /// Keeps the first `limit`, one at least.
    pub(super) fn new(order: Order, limit: usize) -> Self {
        Self {
            order,
            limit: limit.max(1),
            kept: Vec::new(),
            is_full: false,
        }
    }

    /// Looks at one; `item` is made only if it may be among the first.
    pub(super) fn offer(
        &mut self,
        value: SortValue<'_>,
        handle: Handle,
        item: impl FnOnce() -> T,
    ) {
        if self.is_full {
            let last = &self.kept[self.limit - 1].place;
            if self.order.compare((&value, handle), last) == Ordering::Greater {
                return;
            }
        }
        let value = value.into_owned();
        self.kept.push(Kept {
            place: Cursor { value, handle },
            item: item(),
        });
        if self.kept.len() >= self.limit.saturating_mul(2) {
            self.prune();
        }
    }

    /// The first ones, in the list's order.
    pub(super) fn finish(mut self, sort: Sort) -> Vec<Kept<T>> {
        if self.kept.len() > self.limit {
            self.prune();
        }
        self.kept
            .sort_unstable_by(|a, b| place_order(sort, &a.place, &b.place));
        self.kept
    }

    /// Done once for as many new ones as are kept, so that each costs the same however many there are.
    fn prune(&mut self) {
        let order = self.order;
        self.kept.select_nth_unstable_by(self.limit - 1, |a, b| {
            order.compare((&a.place.value, a.place.handle), &b.place)
        });
        self.kept.truncate(self.limit);
        self.is_full = true;
    }
}

impl Order {
    fn compare(self, one: (&SortValue<'_>, Handle), place: &Cursor) -> Ordering {
        let other = (&place.value, place.handle);
        match self {
            Self::Sorted(sort) => sort.order(one, other),
            Self::Reversed(sort) => sort.order(other, one),
            Self::Scattered => scattered(one.1)
                .cmp(&scattered(place.handle))
                .then_with(|| one.1.cmp(&place.handle)),
        }
    }
}

/// Which of two places comes first in the list.
pub(super) fn place_order(sort: Sort, one: &Cursor, other: &Cursor) -> Ordering {
    sort.order((&one.value, one.handle), (&other.value, other.handle))
}

/// A number that has nothing to do with the list's order: lists may be sorted by handle.
fn scattered(handle: Handle) -> u64 {
    // FNV-1a with a last stir, for its low bits know little of the last characters.
    let hash = handle
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
