//! What happened to a session, and how a session ends.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::Session;

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Its user signed out.
    Logout,
    /// Its user signed in again from the same browser.
    Replaced,
    /// An operator ended it.
    Revoked,
    /// No request came for the idle limit.
    Idle,
    /// It reached its absolute lifetime.
    Absolute,
    /// The user had too many sessions.
    Limit,
}

impl EndReason {
    /// All reasons, in the order in which statistics list them.
    pub const ALL: [Self; 6] = [
        Self::Logout,
        Self::Replaced,
        Self::Revoked,
        Self::Idle,
        Self::Absolute,
        Self::Limit,
    ];

    /// The word for it in JSON, logs and stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Replaced => "replaced",
            Self::Revoked => "revoked",
            Self::Idle => "idle",
            Self::Absolute => "absolute",
            Self::Limit => "limit",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How one session ended: told to operators, and to the holder of its cookie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub reason: EndReason,
    /// Who did it, where somebody did: a user or operator name.
    pub actor: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

impl Ended {
    /// Says it in words: "revoked by root", "idle for too long".
    pub fn in_words(&self) -> String {
        let what = match self.reason {
            EndReason::Logout => "signed out",
            EndReason::Replaced => "replaced by a new sign-in",
            EndReason::Revoked => "revoked",
            EndReason::Idle => "idle for too long",
            EndReason::Absolute => "at the end of its lifetime",
            EndReason::Limit => "one session too many",
        };
        match &self.actor {
            Some(actor) if self.reason == EndReason::Revoked => {
                format!("{what} by {}", crate::text::clean(actor))
            }
            _ => what.to_owned(),
        }
    }
}

/// What an [`Event`] tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    Created,
    /// Last seen, address or data moved; sent at most about once a second for each session.
    Changed,
    Ended,
}

impl EventKind {
    /// The word for it in JSON and in the server-sent event's `event` field.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Ended => "ended",
        }
    }
}

/// One change of one session. A hint: the list is the truth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Grows by one with each event of one server run; runs start in different ranges, so that a revision of another
    /// run is never mistaken. Below 2^53, so that every JSON reader keeps it whole.
    pub rev: u64,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// Set when `type` is `ended`.
    pub reason: Option<EndReason>,
    pub actor: Option<String>,
    /// The session as it was when this happened.
    pub session: Session,
}

/// What a watcher is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    Event(Box<Event>),
    /// Events were lost or none were followed before: list again. Sent first on every watch that does not go on
    /// exactly where an earlier one stopped.
    Resync,
}
