//! The filter language of `ls`, `revoke`, `watch`, the TUI and the API, in its first version.
//!
//! Conditions joined by `and`: `user=alice and idle>10m and age<1h`. A bare word means "appears in user, ip, client or
//! user agent" and is refused where sessions are ended. Values with spaces or signs are quoted: `user="bob smith"`.

mod condition;
mod fault;
mod parse;

pub use fault::FilterError;

use std::{fmt, str::FromStr};

use time::OffsetDateTime;

use self::condition::Condition;
use crate::{Session, text};

/// A parsed filter. The default one matches every session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    text: String,
    conditions: Vec<Condition>,
}

impl Filter {
    /// Matches the sessions of one user, whatever characters are in the name.
    pub fn of_user(name: &str) -> Self {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        Self {
            text: format!("user=\"{quoted}\""),
            conditions: vec![Condition::User {
                equal: true,
                name: name.to_owned(),
            }],
        }
    }

    /// Returns the text it was parsed from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches every session because it says nothing.
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Refuses what is too vague to end sessions by: nothing at all, or a bare word.
    pub fn for_revoke(self) -> Result<Self, FilterError> {
        let fault = if self.is_empty() {
            Some("an empty filter would end every session; to end all, say so".to_owned())
        } else {
            self.conditions.iter().find_map(|condition| match condition {
                Condition::Word(word) => Some(format!(
                    "the bare word {:?} is too vague to end sessions by; write user={word} or another condition",
                    text::clean(word)
                )),
                _ => None,
            })
        };
        match fault {
            Some(message) => Err(FilterError {
                text: self.text,
                at: 0,
                message,
            }),
            None => Ok(self),
        }
    }

    /// Whether a session matches. What a store does not know matches no condition about it.
    pub fn matches(&self, session: &Session, now: OffsetDateTime) -> bool {
        self.conditions
            .iter()
            .all(|condition| condition.holds(session, now))
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Ok(Self {
            text: text.trim().to_owned(),
            conditions: parse::conditions(text)?,
        })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
