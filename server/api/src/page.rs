//! Lists, a page at a time.

use serde::{Deserialize, Serialize};

use crate::{Filter, Session, Sort, schema::SCHEMA};

/// What to list.
#[derive(Debug, Clone)]
pub struct ListQuery {
    /// Everything when empty.
    pub filter: Filter,
    /// Those that ended and are remembered, instead of those that live.
    pub ended: bool,
    /// The order; newest login first by default.
    pub sort: Sort,
    /// Sessions a page, 1 to [`ListQuery::MAX_LIMIT`]; less or more is taken as the nearer of these.
    pub limit: usize,
    /// Where the page lies in the whole list.
    pub start: Start,
}

/// Where a page lies in the whole list.
///
/// A cursor names a place in the order: it is the [`Page::next`] of another page, or made of a session by
/// [`Sort::cursor_at`](crate::Sort::cursor_at). It goes with one sort only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Start {
    /// At the beginning.
    #[default]
    First,
    /// After this cursor's place.
    After(String),
    /// Half of the page before this cursor's place, and half from there on; where one side has less, the other has
    /// more.
    Around(String),
    /// After so many sessions, but no later than where the last full page begins. Where very many come and go while
    /// the list is made, the page may lie elsewhere: [`Page::offset`] says where.
    Offset(u64),
}

impl ListQuery {
    /// What a query asks for when it names no limit.
    pub const DEFAULT_LIMIT: usize = 100;
    /// The largest page.
    pub const MAX_LIMIT: usize = 10_000;

    /// The first page of what matches `filter`, newest login first.
    pub fn first(filter: Filter, limit: usize) -> Self {
        Self {
            filter,
            ended: false,
            sort: Sort::default(),
            limit,
            start: Start::First,
        }
    }
}

/// One page of sessions, in the order the query asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    pub schema: u32,
    pub sessions: Vec<Session>,
    /// How many sessions match, on all pages together.
    pub total: u64,
    /// How many of them come before the first on this page. Older servers do not tell, and show no page but the first
    /// and the next.
    #[serde(default)]
    pub offset: u64,
    /// The cursor of the next page, `null` on the last.
    pub next: Option<String>,
}

impl Page {
    /// Makes a page of the current schema.
    pub fn new(sessions: Vec<Session>, total: u64, offset: u64, next: Option<String>) -> Self {
        Self {
            schema: SCHEMA,
            sessions,
            total,
            offset,
            next,
        }
    }
}
