//! Accounts: checking passwords, sessions of accounts, and tokens.
//!
//! What servers ask is in `verifying` and `signing`, what operators do in `operators`, and what an account may be called
//! in `names`. Every change of an account goes the way that changes of sessions go, so that an account and the ends of
//! its sessions are one transaction.

mod names;
mod operators;
mod signing;
mod verifying;

use crate::{Created, StoreError, change::Proof, passwords::Busy};

/// Proof that somebody gave the password of an account as it was then.
#[derive(Debug, Clone)]
pub struct Verified(Proof);

impl Verified {
    /// The account's name, as it was added.
    pub fn user(&self) -> &str {
        &self.0.name
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

impl From<Busy> for Denied {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
