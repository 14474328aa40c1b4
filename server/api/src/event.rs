//! What happened to a session, and how a session ends.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;

use crate::Session;

/// Why a session ended.
///
/// More may come: a word of a later version is read as [`Self::Revoked`], for whatever it says, the session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
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
    /// Its user ended it from another session.
    Elsewhere,
    /// Its account got another password.
    Password,
    /// Its account was disabled.
    Disabled,
    /// Its account was removed.
    Removed,
}

impl EndReason {
    /// All reasons, in the order in which statistics list them.
    pub const ALL: [Self; 10] = [
        Self::Logout,
        Self::Replaced,
        Self::Revoked,
        Self::Idle,
        Self::Absolute,
        Self::Limit,
        Self::Elsewhere,
        Self::Password,
        Self::Disabled,
        Self::Removed,
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
            Self::Elsewhere => "elsewhere",
            Self::Password => "password",
            Self::Disabled => "disabled",
            Self::Removed => "removed",
        }
    }

    /// Whether it may be anybody's act, so that the words for it are not whole without a name.
    pub fn is_said_with_actor(self) -> bool {
        match self {
            Self::Revoked | Self::Password | Self::Disabled | Self::Removed => true,
            Self::Logout
            | Self::Replaced
            | Self::Idle
            | Self::Absolute
            | Self::Limit
            | Self::Elsewhere => false,
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

impl<'de> Deserialize<'de> for EndReason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Ok(Self::parse(&word).unwrap_or(Self::Revoked))
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
            EndReason::Elsewhere => "ended by its user from another session",
            EndReason::Password => "password changed",
            EndReason::Disabled => "account disabled",
            EndReason::Removed => "account removed",
        };
        match &self.actor {
            Some(actor) if self.reason.is_said_with_actor() => {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_back_by_its_word_and_a_later_version_s_is_an_end_too() {
        for reason in EndReason::ALL {
            let word = serde_json::to_string(&reason).unwrap();
            assert_eq!(word, format!("\"{reason}\""));
            assert_eq!(serde_json::from_str::<EndReason>(&word).unwrap(), reason);
        }
        let later: EndReason = serde_json::from_str("\"by_the_moon\"").unwrap();
        assert_eq!(later, EndReason::Revoked);
    }

    #[test]
    fn what_somebody_did_to_the_account_is_said_and_by_whom() {
        for (reason, words) in [
            (EndReason::Password, "password changed by root"),
            (EndReason::Disabled, "account disabled by root"),
            (EndReason::Removed, "account removed by root"),
            (
                EndReason::Elsewhere,
                "ended by its user from another session",
            ),
        ] {
            let ended = Ended {
                reason,
                actor: Some("root".to_owned()),
                at: OffsetDateTime::UNIX_EPOCH,
            };
            assert_eq!(ended.in_words(), words);
        }
    }
}
