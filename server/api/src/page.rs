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
    /// Where the page before ended: its [`Page::next`]. It goes with the same sort only.
    pub cursor: Option<String>,
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
            cursor: None,
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
    /// The cursor of the next page, `null` on the last.
    pub next: Option<String>,
}

impl Page {
    /// Makes a page of the current schema.
    pub fn new(sessions: Vec<Session>, total: u64, next: Option<String>) -> Self {
        Self {
            schema: SCHEMA,
            sessions,
            total,
            next,
        }
    }
}
