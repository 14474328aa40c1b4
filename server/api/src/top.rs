//! The values that most sessions share.

use serde::{Deserialize, Serialize};

use crate::{Filter, field::Field, schema::SCHEMA};

/// What to count.
#[derive(Debug, Clone)]
pub struct TopQuery {
    /// Among which live sessions; everything when empty.
    pub filter: Filter,
    /// Whose values: [`SortField::User`](crate::SortField), `Client` or `Ip`.
    pub field: Field,
    /// How many values at most, 1 to [`TopQuery::MAX_LIMIT`]; less or more is taken as the nearer of these.
    pub limit: usize,
}

impl TopQuery {
    pub const MAX_LIMIT: usize = 100;

    /// Whether values of a column can be counted: those of others are nearly all different, or change all the time.
    pub fn counts(field: Field) -> bool {
        matches!(field, Field::User | Field::Client | Field::Ip)
    }
}

/// The values with the most sessions, the most first, then by value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Top {
    pub schema: u32,
    pub counts: Vec<ValueCount>,
    /// How many sessions match.
    pub total: u64,
}

/// How many sessions have a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueCount {
    /// `null`: the sessions of which it is not known.
    pub value: Option<String>,
    pub sessions: u64,
}

impl Top {
    /// Makes an answer of the current schema.
    pub fn new(counts: Vec<ValueCount>, total: u64) -> Self {
        Self {
            schema: SCHEMA,
            counts,
            total,
        }
    }
}
