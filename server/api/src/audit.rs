//! What happened, who did it, and how it ended: one line of the audit log.

mod newest;

pub use newest::{AuditQuery, Newest};

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Handle, schema::SCHEMA, text};

/// How an action ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditResult {
    Done,
    /// The server did not let it happen.
    Refused,
    /// It was let, and did not work.
    Failed,
}

impl AuditResult {
    /// All results.
    pub const ALL: [Self; 3] = [Self::Done, Self::Refused, Self::Failed];

    /// The word for it in JSON and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// One action or refusal. It holds no id, no password and no token.
///
/// Fields that do not apply are left out of the JSON. More may come: readers skip what they do not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// What was done: one of [`actions`], or a word of a later version.
    pub action: Cow<'static, str>,
    pub result: AuditResult,
    /// Who did it: a user, an operator of the machine, or `token:NAME`. Absent: the clock, or nobody known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// From where: an address, or `unix` for the admin socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Whose account or session it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<Handle>,
    /// Why, in a word or a few: `wrong_password`, `idle`, `throttled`, a path that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How many sessions ended by it, or how often it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

impl AuditRecord {
    /// An action at a time; what else is known is put in field by field.
    pub fn new(
        at: OffsetDateTime,
        action: impl Into<Cow<'static, str>>,
        result: AuditResult,
    ) -> Self {
        Self {
            at,
            action: action.into(),
            result,
            actor: None,
            from: None,
            user: None,
            handle: None,
            why: None,
            count: None,
        }
    }

    /// The same with nothing in it that could act on a terminal or forge a line, and no text that goes on and on.
    pub fn made_harmless(mut self) -> Self {
        // A word of ours is harmless.
        if let Cow::Owned(action) = &mut self.action {
            harmless(action);
        }
        let texts = [
            &mut self.actor,
            &mut self.from,
            &mut self.user,
            &mut self.why,
        ];
        texts.into_iter().flatten().for_each(harmless);
        self
    }
}

fn harmless(text: &mut String) {
    if text.len() > LONGEST
        && let Some((end, _)) = text.char_indices().nth(LONGEST)
    {
        text.truncate(end);
    }
    if let Cow::Owned(safe) = text::clean(text) {
        *text = safe;
    }
}

/// The longest text of a record, in characters: names are shorter.
const LONGEST: usize = 256;

/// The newest lines of the audit log, oldest of them first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    pub schema: u32,
    pub records: Vec<AuditRecord>,
    /// Whether older ones that match were left out.
    pub more: bool,
}

impl AuditPage {
    /// Makes a page of the current schema.
    pub fn new(records: Vec<AuditRecord>, more: bool) -> Self {
        Self {
            schema: SCHEMA,
            records,
            more,
        }
    }
}

/// The words of [`AuditRecord::action`].
pub mod actions {
    pub const LOGIN: &str = "login";
    pub const LOGOUT: &str = "logout";
    pub const REVOKE: &str = "revoke";
    pub const EXPIRE: &str = "expire";
    /// One session too many: the oldest ended, or the login was refused.
    pub const LIMIT: &str = "limit";
    /// A request that another site sent.
    pub const CROSS_SITE: &str = "cross_site";
    /// Many ids that open nothing came from one address.
    pub const GUESSING: &str = "guessing";
    /// A request to the admin API that was not let in.
    pub const ADMIN: &str = "admin";
    pub const USER_ADD: &str = "user_add";
    pub const USER_REMOVE: &str = "user_remove";
    pub const USER_DISABLE: &str = "user_disable";
    pub const USER_ENABLE: &str = "user_enable";
    pub const PASSWORD: &str = "password";
    pub const TOKEN_ADD: &str = "token_add";
    pub const TOKEN_REMOVE: &str = "token_remove";
    /// An operator asked which session a cookie opens.
    pub const LOOKUP: &str = "lookup";
    /// An operator read what a session holds.
    pub const DATA_READ: &str = "data_read";
    pub const START: &str = "start";
    pub const STOP: &str = "stop";
    /// The TLS certificate was read again.
    pub const TLS_RELOAD: &str = "tls_reload";
    /// So many records could not be written before this one.
    pub const LOST: &str = "lost";

    /// All of them.
    pub const ALL: [&str; 21] = [
        LOGIN,
        LOGOUT,
        REVOKE,
        EXPIRE,
        LIMIT,
        CROSS_SITE,
        GUESSING,
        ADMIN,
        USER_ADD,
        USER_REMOVE,
        USER_DISABLE,
        USER_ENABLE,
        PASSWORD,
        TOKEN_ADD,
        TOKEN_REMOVE,
        LOOKUP,
        DATA_READ,
        START,
        STOP,
        TLS_RELOAD,
        LOST,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_harmless_line_whatever_is_in_it() {
        let record = AuditRecord {
            user: Some(format!("a\n\u{1b}[2J\u{202e}\u{2028}{}", "x".repeat(9_000))),
            why: Some("b\r\u{85}".into()),
            ..AuditRecord::new(
                OffsetDateTime::UNIX_EPOCH,
                actions::LOGIN,
                AuditResult::Refused,
            )
        };
        let line = serde_json::to_string(&record.made_harmless()).unwrap();
        assert!(line.len() < 1_000, "{}", line.len());
        assert_eq!(text::clean(&line), line);
    }
}
