//! Tokens: how an operator's program is let in over TCP.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Secret, schema::SCHEMA};

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// List, show, watch and count, and read the audit log; but neither see what sessions hold nor search by it.
    Read,
    /// The same, see what sessions hold and search by it, and end sessions. Accounts and tokens are for the machine's own
    /// operators alone.
    Write,
}

impl Scope {
    /// The word for it in JSON, on the command line and in stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Read, Self::Write]
            .into_iter()
            .find(|scope| scope.as_str() == word)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One token as operators see it: never its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub name: String,
    pub scope: Scope,
    #[serde(with = "time::serde::rfc3339")]
    pub created: OffsetDateTime,
    /// From when on it opens nothing.
    #[serde(with = "time::serde::rfc3339")]
    pub expires: OffsetDateTime,
}

impl Token {
    /// What every token's secret begins with, so that people and scanners know one where they see it.
    pub const PREFIX: &str = "sctl_";
}

/// Every token, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenList {
    pub schema: u32,
    pub tokens: Vec<Token>,
}

impl TokenList {
    /// Makes a list of the current schema.
    pub fn new(tokens: Vec<Token>) -> Self {
        Self {
            schema: SCHEMA,
            tokens,
        }
    }
}

/// A token to be: the body of `POST /v1/tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// 1 to 64 letters, digits, `-`, `_` and `.`.
    pub name: String,
    pub scope: Scope,
    /// For how many seconds it opens anything: 1 to 366 days' worth.
    pub lifetime: u64,
}

/// A token that was just made, with the only copy of its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MintedToken {
    pub schema: u32,
    pub token: Token,
    #[serde(serialize_with = "Secret::send")]
    pub secret: Secret,
}
