//! Accounts: who may sign in, and what may be done about it.

use std::{error::Error, fmt};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{BoxFuture, RegistryError, Secret, Token, schema::SCHEMA, token::NewToken};

/// What a new password is held against, for whoever is to think of one.
pub const PASSWORD_RULES: &str = "At least 12 characters of any kind. Not the user name, and none of those that \
     everybody uses. A few words that do not belong together are good.";

/// What the name of an account is held against.
pub const NAME_RULES: &str = "A name has 1 to 256 bytes, nothing that nobody sees and no white space at its ends, and is \
     neither \".\" nor \"..\"; capital and small letters differ.";

/// One account as operators see it: never its password, nor what is stored of that.
///
/// Times are RFC 3339 in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub name: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created: OffsetDateTime,
    /// When the password was last set.
    #[serde(with = "time::serde::rfc3339")]
    pub password_set: OffsetDateTime,
    /// Since when nobody can sign in with it; `null` where one can.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub disabled: Option<OffsetDateTime>,
    /// Until when it is not let in after too many wrong passwords, at least from some addresses; `null` where it is.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub throttled: Option<OffsetDateTime>,
    /// The latest sign-in; `null` before the first.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub last_login: Option<OffsetDateTime>,
    /// Live sessions.
    pub sessions: u64,
}

/// Every account, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserList {
    pub schema: u32,
    pub users: Vec<User>,
}

impl UserList {
    /// Makes a list of the current schema.
    pub fn new(users: Vec<User>) -> Self {
        Self {
            schema: SCHEMA,
            users,
        }
    }
}

/// What an account is opened with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// A new password, which the rules for such are held against.
    Password(#[serde(serialize_with = "Secret::send")] Secret),
    /// An argon2id hash in PHC form (`$argon2id$v=19$m=...`), from another place that kept one.
    Hash(#[serde(serialize_with = "Secret::send")] Secret),
}

/// An account to be: the body of `POST /v1/users`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// Held against [`NAME_RULES`].
    pub name: String,
    pub credential: Credential,
}

/// What to change of an account: the body of `PATCH /v1/users/NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserChange {
    /// Another password; its sessions end.
    Password(#[serde(serialize_with = "Secret::send")] Secret),
    /// Nobody signs in with it any more; its sessions end.
    Disable,
    /// It can be signed in with again, and what was counted against it is forgotten.
    Enable,
}

/// What became of an account, and how many of its sessions ended by that, in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserReport {
    pub schema: u32,
    pub user: User,
    pub ended: u64,
}

impl UserReport {
    /// Makes a report of the current schema.
    pub fn new(user: User, ended: u64) -> Self {
        Self {
            schema: SCHEMA,
            user,
            ended,
        }
    }
}

/// Whatever keeps accounts and tokens: an own store, or the admin API over one.
///
/// `actor` names who asked, as for [`Registry::revoke`](crate::Registry::revoke).
pub trait Accounts: Send + Sync + fmt::Debug {
    /// Every account, by name.
    fn users(&self) -> BoxFuture<'_, Result<Vec<User>, AccountError>>;

    /// One account.
    fn user(&self, name: &str) -> BoxFuture<'_, Result<User, AccountError>>;

    /// Opens an account.
    fn add_user(&self, user: NewUser) -> BoxFuture<'_, Result<User, AccountError>>;

    /// Changes an account and, where the change says so, ends its sessions in the same transaction.
    fn change_user(
        &self,
        name: &str,
        change: UserChange,
        actor: &str,
    ) -> BoxFuture<'_, Result<UserReport, AccountError>>;

    /// Removes an account and ends its sessions in the same transaction.
    fn remove_user(
        &self,
        name: &str,
        actor: &str,
    ) -> BoxFuture<'_, Result<UserReport, AccountError>>;

    /// Every token, by name.
    fn tokens(&self) -> BoxFuture<'_, Result<Vec<Token>, AccountError>>;

    /// Makes a token. The secret is in the answer and nowhere else: what is kept is a hash of it.
    fn add_token(&self, token: NewToken) -> BoxFuture<'_, Result<(Token, Secret), AccountError>>;

    /// Removes a token: from here on it opens nothing.
    fn remove_token(&self, name: &str) -> BoxFuture<'_, Result<Token, AccountError>>;
}

/// Why accounts were not shown or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("there is no account {:?}", crate::text::clean(.0))]
    NoUser(String),
    #[error("there is no token {:?}", crate::text::clean(.0))]
    NoToken(String),
    /// An account or token of that name is there already.
    #[error("{what} {:?} exists already", crate::text::clean(.name))]
    Exists { what: &'static str, name: String },
    /// A name, password, hash or lifetime that cannot be taken, and why.
    #[error("{0}")]
    BadInput(String),
    /// What keeps them does not answer, or refuses this caller.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl AccountError {
    /// What keeps accounts is out of order.
    pub fn unreachable(
        what: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        RegistryError::unreachable(what, source).into()
    }
}
