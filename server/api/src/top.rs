//! The values that most sessions share.

use serde::{Deserialize, Serialize};

use crate::{Filter, RegistryError, field::Field, schema::SCHEMA, text};

/// What to count.
#[derive(Debug, Clone)]
pub struct TopQuery {
    /// Among which live sessions; everything when empty.
    pub filter: Filter,
    /// Whose values: one of [`TopQuery::FIELDS`].
    pub field: Field,
    /// How many values at most, 1 to [`TopQuery::MAX_LIMIT`]; less or more is taken as the nearer of these.
    pub limit: usize,
}

impl TopQuery {
    /// What a query asks for when it names no limit.
    pub const DEFAULT_LIMIT: usize = 10;
    /// The most values that are told.
    pub const MAX_LIMIT: usize = 100;
    /// Columns whose values can be counted: those of others are nearly all different, or change all the time.
    pub const FIELDS: [Field; 3] = [Field::User, Field::Client, Field::Ip];

    /// Whether values of a column can be counted.
    pub fn counts(field: Field) -> bool {
        Self::FIELDS.contains(&field)
    }

    /// Reads the name of a column whose values can be counted; any other is a [`RegistryError::BadQuery`] that names
    /// these.
    pub fn parse_field(name: &str) -> Result<Field, RegistryError> {
        let field = Field::parse(name).filter(|field| Self::counts(*field));
        field.ok_or_else(|| Self::refusal(name))
    }

    pub(crate) fn refusal(name: &str) -> RegistryError {
        let [first, second, third] = Self::FIELDS;
        RegistryError::BadQuery(format!(
            "values of {:?} are not counted, only those of {first}, {second} and {third}",
            text::fit(name, 40)
        ))
    }
}

/// The values with the most sessions, the most first, then by value; what is not known comes after others with as many.
///
/// The counts are exact. Of more than 4,096 different values one may be left out that no more than one session in 4,096
/// has.
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
    /// `null`: the sessions of which it is not known. Texts are told apart by their first 128 bytes, as lists order
    /// them.
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
