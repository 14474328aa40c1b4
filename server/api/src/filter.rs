//! The filter language of `ls`, `revoke`, `watch`, the TUI and the API, in its first version.
//!
//! Conditions joined by `and`: `user=alice and idle>10m and age<1h`. A bare word means "appears in user, ip or
//! client" and is refused where sessions are ended. Values with spaces or signs are quoted: `user="bob smith"`.

mod parse;

use std::{fmt, str::FromStr, time::Duration};

use time::OffsetDateTime;

use crate::{Session, text};

/// A parsed filter. The default one matches every session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    text: String,
    conditions: Vec<Condition>,
}

/// One condition; all conditions of a filter must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    User {
        equal: bool,
        name: String,
    },
    Span {
        field: SpanField,
        comparison: Comparison,
        limit: Duration,
    },
    Word(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SpanField {
    Idle,
    Age,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Why a filter was not understood, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("filter, character {}: {message}", .at + 1)]
pub struct FilterError {
    /// The whole filter.
    pub text: String,
    /// The character at fault, counted from 0.
    pub at: usize,
    pub message: String,
}

impl FilterError {
    /// The filter and, below it, a mark under the character at fault.
    pub fn pointer(&self) -> String {
        // Cleaned character by character, so that the mark stays below the right one.
        let before: String = self.text.chars().take(self.at).collect();
        let indent = text::width(&text::clean(&before));
        format!("{}\n{}^", text::clean(&self.text), " ".repeat(indent))
    }
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
            Some("an empty filter would end every session; say --all if you mean that".to_owned())
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

impl Condition {
    fn holds(&self, session: &Session, now: OffsetDateTime) -> bool {
        match self {
            Self::User { equal, name } => session
                .user
                .as_ref()
                .is_some_and(|user| (user == name) == *equal),
            Self::Span {
                field,
                comparison,
                limit,
            } => {
                let span = match field {
                    SpanField::Idle => session.idle(now),
                    SpanField::Age => session.age(now),
                };
                span.is_some_and(|span| comparison.holds(span, *limit))
            }
            Self::Word(word) => appears(word, session),
        }
    }
}

impl Comparison {
    fn holds(self, span: Duration, limit: Duration) -> bool {
        match self {
            // People see and write whole seconds.
            Self::Equal => span.as_secs() == limit.as_secs(),
            Self::NotEqual => span.as_secs() != limit.as_secs(),
            Self::Less => span < limit,
            Self::LessOrEqual => span <= limit,
            Self::Greater => span > limit,
            Self::GreaterOrEqual => span >= limit,
        }
    }
}

fn appears(word: &str, session: &Session) -> bool {
    let word = word.to_lowercase();
    let within = |text: &Option<String>| {
        text.as_ref()
            .is_some_and(|text| text.to_lowercase().contains(&word))
    };
    within(&session.user)
        || within(&session.ua)
        || within(&session.client)
        || session.ip.is_some_and(|ip| ip.to_string().contains(&word))
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
