//! Accounts: checking passwords, sessions of accounts, and tokens.

use std::{net::IpAddr, sync::Arc};

use sessctl_api::{
    AccountError, Accounts, BoxFuture, NewUser, Secret, Token, User, UserChange, UserReport,
};

use crate::{Client, Created, Entry, Sessions, StoreError};

/// Proof that somebody gave the password of an account as it was then.
#[derive(Debug, Clone)]
pub struct Verified {
    name: String,
}

impl Verified {
    /// The account's name, as it was added.
    pub fn user(&self) -> &str {
        &self.name
    }
}

/// Why somebody is not let in, for the log alone: whoever asked must not learn which it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Unknown,
    WrongPassword,
    Disabled,
    Throttled,
}

impl Why {
    /// The word for it in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::WrongPassword => "wrong_password",
            Self::Disabled => "disabled",
            Self::Throttled => "throttled",
        }
    }
}

/// Why a password was not taken.
#[derive(Debug, Clone)]
pub enum Denied {
    /// Not let in: one answer for every reason.
    Wrong(Why),
    /// Too many passwords are being checked: ask again in a second.
    Busy,
    /// A new password breaks a rule, which the text says.
    BadPassword(String),
    Store(StoreError),
}

/// What a password change left: the session under its new id, and how many others ended.
#[derive(Debug)]
pub struct PasswordChanged {
    pub created: Created,
    pub ended: u64,
}

impl Sessions {
    /// Whether there is any account.
    pub fn has_users(&self) -> bool {
        unimplemented!()
    }

    /// Checks a password, with the same work whoever asks for whom; `source` is the client's address, for throttling.
    pub async fn verify(
        &self,
        _name: &str,
        _password: &Secret,
        _source: Option<IpAddr>,
    ) -> Result<Verified, Denied> {
        unimplemented!()
    }

    /// Begins a session of an account, as [`Sessions::create`] does, unless the account changed since it was verified
    /// ([`StoreError::AccountChanged`]) or has all the sessions it may have ([`StoreError::TooManySessions`]).
    /// `remember`: with the longer lifetime.
    pub async fn sign_in(
        &self,
        _verified: &Verified,
        _client: &Client,
        _replaces: Option<&Arc<Entry>>,
        _remember: bool,
    ) -> Result<Created, StoreError> {
        unimplemented!()
    }

    /// Sets another password: in one transaction the account's other sessions end and this one gets another id.
    pub async fn change_password(
        &self,
        _entry: &Arc<Entry>,
        _verified: &Verified,
        _new: &Secret,
    ) -> Result<PasswordChanged, Denied> {
        unimplemented!()
    }

    /// Ends all sessions of the session's user but this one. Returns how many.
    pub async fn end_others(&self, _entry: &Arc<Entry>) -> Result<u64, StoreError> {
        unimplemented!()
    }

    /// The live sessions of one user, latest sign-in first.
    pub async fn sessions_of(&self, _user: &str) -> Result<Vec<Arc<Entry>>, StoreError> {
        unimplemented!()
    }

    /// The token that a bearer's secret is that of, if there is one that has not expired.
    pub fn token(&self, _secret: &Secret) -> Option<Token> {
        unimplemented!()
    }
}

impl Accounts for Sessions {
    fn users(&self) -> BoxFuture<'_, Result<Vec<User>, AccountError>> {
        unimplemented!()
    }

    fn user(&self, _name: &str) -> BoxFuture<'_, Result<User, AccountError>> {
        unimplemented!()
    }

    fn add_user(&self, _user: NewUser) -> BoxFuture<'_, Result<User, AccountError>> {
        unimplemented!()
    }

    fn change_user(
        &self,
        _name: &str,
        _change: UserChange,
        _actor: &str,
    ) -> BoxFuture<'_, Result<UserReport, AccountError>> {
        unimplemented!()
    }

    fn remove_user(
        &self,
        _name: &str,
        _actor: &str,
    ) -> BoxFuture<'_, Result<UserReport, AccountError>> {
        unimplemented!()
    }

    fn tokens(&self) -> BoxFuture<'_, Result<Vec<Token>, AccountError>> {
        unimplemented!()
    }

    fn add_token(
        &self,
        _token: sessctl_api::NewToken,
    ) -> BoxFuture<'_, Result<(Token, Secret), AccountError>> {
        unimplemented!()
    }

    fn remove_token(&self, _name: &str) -> BoxFuture<'_, Result<Token, AccountError>> {
        unimplemented!()
    }
}
