//! The filter language of `ls`, `revoke`, `watch`, the TUI and the API.
//!
//! Conditions, joined by `and`, `or`, `not` and parentheses: `user=alice and idle>10m and not ip=10.0.0.0/8`,
//! `(user=a* or ua~"Firefox") and age<1h`. `not` binds closest; `and` mixed with `or` needs parentheses. These three
//! words are read in any case, fields in lower case only.
//!
//! | field | value | signs |
//! |---|---|---|
//! | `user` `handle` `ua` `client` `reason` | text | `=` `!=` (`*` is any characters) `~` (regular expression) |
//! | `ip` `login_ip` | an address or a network: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8` | `=` `!=` (within or not) `~` (on its text) |
//! | `created` `seen` `expires` `ended` | RFC 3339; a date alone is its midnight, UTC | `=` `!=` `<` `<=` `>` `>=` |
//! | `idle` `age` | a span: `90s`, `10m`, `1h30m`, `7d`, `2w` | the same |
//! | `ips` (how many addresses) `requests` | a number | the same |
//! | `size` | bytes; `4K` and `1M` are 1024 and 1024² as many | the same |
//! | `data.KEY` `data."my key"` | what the session keeps under the key | all: `<` and the like between numbers, the others on text |
//!
//! - A value in quotes is plain text: spaces, signs and `*` mean nothing in it. A backslash keeps `"` and `\` from their
//!   meaning and is otherwise a backslash: `ua~"Chrome/1\d\d"`.
//! - Text is compared as it is, a regular expression finds a part of it; `(?i)` makes one ignore case.
//! - Moments and spans are equal when their whole seconds are; `<` and the like look at milliseconds.
//! - In data a text is compared as itself, everything else as its JSON; `<` and the like hold for numbers alone.
//! - `ended` and `reason` are known of ended sessions alone: `reason=revoked and ended>2026-11-23`.
//! - **What is not known meets no condition about it**, `!=` included: `user!=bob` finds no session without a user.
//!   `not` is plain negation, so `not user=bob` finds those too.
//! - A bare word means "appears in user, ip, client or ua", in any case, and is refused where sessions are ended.

mod condition;
mod expr;
mod fault;
mod known;
mod lex;
mod parse;
mod pattern;
mod records;
mod sign;
mod value;
mod word;

pub use fault::FilterError;
pub use records::AuditFilter;

use std::{fmt, str::FromStr};

use time::OffsetDateTime;

use self::{condition::Condition, expr::Expr};
use crate::{Session, View, span, text};

/// A parsed filter. The default one matches every session.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    text: String,
    expr: Option<Expr>,
}

impl Filter {
    /// The longest filter, in bytes.
    pub const MAX_LEN: usize = 4096;

    /// Matches the sessions of one user, whatever characters are in the name.
    pub fn of_user(name: &str) -> Self {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        Self {
            text: format!("user=\"{quoted}\""),
            expr: Some(Expr::Condition(Condition::of_user(name))),
        }
    }

    /// Returns the text it was parsed from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches every session because it says nothing.
    pub fn is_empty(&self) -> bool {
        self.expr.is_none()
    }

    /// Refuses what is too vague to end sessions by: nothing at all, or a bare word.
    pub fn for_revoke(self) -> Result<Self, FilterError> {
        let is_word = |condition: &Condition| matches!(condition, Condition::Word { .. });
        let (at, message) = match &self.expr {
            None => (
                0,
                "an empty filter would end every session; to end all, say so".to_owned(),
            ),
            Some(expr) => match expr.find(&is_word) {
                Some(Condition::Word { text: word, at, .. }) => (
                    *at,
                    format!(
                        "the bare word {:?} is too vague to end sessions by; write {} or another condition",
                        text::clean(word),
                        text::clean(Self::of_user(word).as_str()),
                    ),
                ),
                _ => return Ok(self),
            },
        };
        Err(FilterError {
            text: self.text,
            at,
            message,
        })
    }

    /// Refuses what events cannot be judged by: a session's data, which they do not carry.
    pub fn for_events(self) -> Result<Self, FilterError> {
        let Some(&Condition::Data { at, .. }) = self.data_condition() else {
            return Ok(self);
        };
        Err(FilterError {
            text: self.text,
            at,
            message: "live changes carry no data; use: sessctl ls".to_owned(),
        })
    }

    /// Whether a session matches. What a store does not know matches no condition about it.
    ///
    /// A [`Session`] carries no data, so conditions on `data.KEY` match none: a store asks [`Filter::holds`].
    pub fn matches(&self, session: &Session, now: OffsetDateTime) -> bool {
        self.holds(&session.view(), span::millis(now))
    }

    /// Whether a session matches, by its columns; `now` in milliseconds since 1970.
    pub fn holds(&self, view: &View<'_>, now: i64) -> bool {
        self.expr.as_ref().is_none_or(|expr| expr.holds(view, now))
    }

    /// Whether it asks for session data, so that [`View::data`] is needed.
    pub fn needs_data(&self) -> bool {
        self.data_condition().is_some()
    }

    /// Whether a session may come to match, or no more, by the mere passing of time: `idle>10m`.
    pub fn changes_with_time(&self) -> bool {
        let is_span = |condition: &Condition| matches!(condition, Condition::Span { .. });
        self.expr
            .as_ref()
            .is_some_and(|expr| expr.find(&is_span).is_some())
    }

    fn data_condition(&self) -> Option<&Condition> {
        let is_data = |condition: &Condition| matches!(condition, Condition::Data { .. });
        self.expr.as_ref()?.find(&is_data)
    }

    /// The user that every match has, if the filter says so by name: a store may then look at that user's sessions
    /// alone.
    pub fn exact_user(&self) -> Option<&str> {
        self.expr.as_ref()?.exact_user()
    }
}

/// The same text is the same filter.
impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Filter {}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(whole: &str) -> Result<Self, FilterError> {
        let text = whole.trim();
        let before = whole[..whole.len() - whole.trim_start().len()]
            .chars()
            .count();
        if text.len() > Self::MAX_LEN {
            let kept: String = text
                .char_indices()
                .take_while(|(at, c)| at + c.len_utf8() <= Self::MAX_LEN)
                .map(|(_, c)| c)
                .collect();
            return Err(FilterError {
                at: kept.chars().count(),
                text: kept,
                message: format!("a filter is at most {} bytes long", Self::MAX_LEN),
            });
        }
        let expr = parse::filter(text).map_err(|fault| FilterError {
            text: whole.to_owned(),
            at: before + fault.at,
            message: fault.message,
        })?;
        Ok(Self {
            text: text.to_owned(),
            expr,
        })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
