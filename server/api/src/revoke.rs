//! Ending sessions by an operator, and finding one by its cookie.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Ended, Handle, schema::SCHEMA};

/// Which sessions to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// These, by whole handle.
    Handles(Vec<Handle>),
    /// All that match the expression; bare words are refused here.
    Filter(String),
    /// Every live session. An empty filter never means this.
    All,
}

/// An order to end sessions: the body of `POST /v1/revocations`.
///
/// A field that is not known is refused: a mistyped `dry_run` must not end anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    pub select: Selection,
    /// Ends nothing unless exactly so many sessions are selected.
    #[serde(default)]
    pub expect: Option<u64>,
    /// Only says what would end.
    #[serde(default)]
    pub dry_run: bool,
}

impl Revocation {
    /// Ends these sessions.
    pub fn of_handles(handles: Vec<Handle>) -> Self {
        Self {
            select: Selection::Handles(handles),
            expect: None,
            dry_run: false,
        }
    }
}

/// What became of one selected session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub handle: Handle,
    pub user: Option<String>,
    pub result: RevokeResult,
    /// How it ended, where it had ended before.
    #[serde(default)]
    pub ended: Option<Ended>,
}

/// The result for one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeResult {
    /// Ended by this order, durably.
    Revoked,
    /// It had ended before.
    AlreadyEnded,
    /// A dry run: it lives, and this order would end it.
    WouldRevoke,
    /// The registry knows no such session.
    NotFound,
    /// It was shut at once but the store could not make that durable: ask again.
    Failed,
}

impl RevokeResult {
    /// The word for it in JSON and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::AlreadyEnded => "already_ended",
            Self::WouldRevoke => "would_revoke",
            Self::NotFound => "not_found",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for RevokeResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One outcome for each selected session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeReport {
    pub schema: u32,
    pub dry_run: bool,
    pub outcomes: Vec<Outcome>,
}

impl RevokeReport {
    /// Makes a report of the current schema.
    pub fn new(dry_run: bool, outcomes: Vec<Outcome>) -> Self {
        Self {
            schema: SCHEMA,
            dry_run,
            outcomes,
        }
    }

    /// How many outcomes have this result.
    pub fn count(&self, result: RevokeResult) -> usize {
        self.outcomes
            .iter()
            .filter(|outcome| outcome.result == result)
            .count()
    }
}

/// The body of `POST /v1/lookup`: a cookie's value, which is never logged.
#[derive(Serialize, Deserialize)]
pub struct Lookup {
    pub cookie: String,
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup(..)")
    }
}

/// The session that a cookie value opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookupAnswer {
    pub handle: Handle,
    /// Set when that session has ended.
    pub ended: Option<Ended>,
}
