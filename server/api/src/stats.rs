//! Counts.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::EndReason;

/// What a registry counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    pub schema: u32,
    /// Live sessions.
    pub active: u64,
    /// Different users among them.
    pub users: u64,
    /// Logins since `since`.
    pub created: Option<u64>,
    /// Sessions ended since `since`, by reason.
    pub ended: Option<EndedCounts>,
    /// Requests with a live session since `since`.
    #[serde(default)]
    pub requests: Option<u64>,
    /// When counting began: the start of the server.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub since: Option<OffsetDateTime>,
    /// What keeps the sessions, such as `memory` or `sqlite`.
    pub store: String,
}

/// Ended sessions by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EndedCounts {
    pub logout: u64,
    pub replaced: u64,
    pub revoked: u64,
    pub idle: u64,
    pub absolute: u64,
    pub limit: u64,
    pub elsewhere: u64,
    pub password: u64,
    pub disabled: u64,
    pub removed: u64,
}

impl EndedCounts {
    /// The count of one reason.
    pub fn get(&self, reason: EndReason) -> u64 {
        match reason {
            EndReason::Logout => self.logout,
            EndReason::Replaced => self.replaced,
            EndReason::Revoked => self.revoked,
            EndReason::Idle => self.idle,
            EndReason::Absolute => self.absolute,
            EndReason::Limit => self.limit,
            EndReason::Elsewhere => self.elsewhere,
            EndReason::Password => self.password,
            EndReason::Disabled => self.disabled,
            EndReason::Removed => self.removed,
        }
    }

    /// Adds one to the count of a reason.
    pub fn add(&mut self, reason: EndReason) {
        match reason {
            EndReason::Logout => self.logout += 1,
            EndReason::Replaced => self.replaced += 1,
            EndReason::Revoked => self.revoked += 1,
            EndReason::Idle => self.idle += 1,
            EndReason::Absolute => self.absolute += 1,
            EndReason::Limit => self.limit += 1,
            EndReason::Elsewhere => self.elsewhere += 1,
            EndReason::Password => self.password += 1,
            EndReason::Disabled => self.disabled += 1,
            EndReason::Removed => self.removed += 1,
        }
    }

    /// All reasons together.
    pub fn total(&self) -> u64 {
        EndReason::ALL
            .into_iter()
            .map(|reason| self.get(reason))
            .sum()
    }
}
