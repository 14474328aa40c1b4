//! Every account and every token, in memory: few enough to be there before anything is asked.
//!
//! The file follows the same changes; see `change` for how they come here, and `judge` for who may make them.

mod source;
mod token;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::RwLock;
use sessctl_api::{Secret, Token};

pub(crate) use self::{
    source::{Source, Sources},
    token::TokenDigest,
};
use crate::clock::{Millis, to_time};

/// One account.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) name: Arc<str>,
    /// Its password's hash in PHC form. In a [`Secret`], so that no `Debug` shows it.
    pub(crate) hash: Secret,
    pub(crate) created: Millis,
    pub(crate) password_set: Millis,
    pub(crate) disabled: Option<Millis>,
    pub(crate) last_login: Option<Millis>,
    /// From where it was signed in.
    pub(crate) sources: Sources,
    /// Another one after each change of who may sign in, and never the same again, not even of a later account of this
    /// name. Of this process alone.
    pub(crate) version: u64,
}

/// What changes of accounts and tokens.
#[derive(Debug)]
pub(crate) enum Edit {
    Add(Account),
    Password {
        name: Arc<str>,
        hash: Secret,
        at: Millis,
    },
    Disable {
        name: Arc<str>,
        at: Millis,
    },
    Enable {
        name: Arc<str>,
    },
    Remove {
        name: Arc<str>,
    },
    /// The same password under a dearer hash: who may sign in stays the same.
    Rehash {
        name: Arc<str>,
        hash: Secret,
    },
    /// Somebody signed in.
    SignedIn {
        name: Arc<str>,
        at: Millis,
        sources: Sources,
    },
    AddToken {
        token: Token,
        digest: TokenDigest,
    },
    RemoveToken {
        name: String,
    },
}

/// See the module's own text.
#[derive(Default)]
pub(crate) struct Book {
    accounts: RwLock<BTreeMap<Arc<str>, Account>>,
    tokens: RwLock<HashMap<TokenDigest, Token>>,
    versions: AtomicU64,
}

impl Edit {
    /// Whose account it is about.
    pub(crate) fn account(&self) -> Option<&Arc<str>> {
        match self {
            Self::Add(account) => Some(&account.name),
            Self::Password { name, .. }
            | Self::Disable { name, .. }
            | Self::Enable { name }
            | Self::Remove { name }
            | Self::Rehash { name, .. }
            | Self::SignedIn { name, .. } => Some(name),
            Self::AddToken { .. } | Self::RemoveToken { .. } => None,
        }
    }

    /// Which token it is about.
    pub(crate) fn token(&self) -> Option<&str> {
        match self {
            Self::AddToken { token, .. } => Some(&token.name),
            Self::RemoveToken { name } => Some(name),
            _ => None,
        }
    }

    /// Whether a password that was checked before it counts no more after it.
    pub(crate) fn outdates(&self) -> bool {
        match self {
            Self::Add(_)
            | Self::Password { .. }
            | Self::Disable { .. }
            | Self::Enable { .. }
            | Self::Remove { .. } => true,
            Self::Rehash { .. }
            | Self::SignedIn { .. }
            | Self::AddToken { .. }
            | Self::RemoveToken { .. } => false,
        }
    }
}

impl Book {
    pub(crate) fn account(&self, name: &str) -> Option<Account> {
        self.accounts.read().get(name).cloned()
    }

    /// Every account, by name.
    pub(crate) fn accounts(&self) -> Vec<Account> {
        self.accounts.read().values().cloned().collect()
    }

    pub(crate) fn has_accounts(&self) -> bool {
        !self.accounts.read().is_empty()
    }

    /// The token with this digest, unless it has expired.
    pub(crate) fn token(&self, digest: &TokenDigest, now: Millis) -> Option<Token> {
        let tokens = self.tokens.read();
        let token = tokens.get(digest)?;
        (to_time(now) < token.expires).then(|| token.clone())
    }

    pub(crate) fn has_token(&self, name: &str) -> bool {
        self.tokens.read().values().any(|token| token.name == name)
    }

    /// Every token, by name.
    pub(crate) fn tokens(&self) -> Vec<Token> {
        let mut tokens: Vec<_> = self.tokens.read().values().cloned().collect();
        tokens.sort_by(|one, other| one.name.cmp(&other.name));
        tokens
    }

    /// Takes in what is stored.
    pub(crate) fn load(&self, accounts: Vec<Account>, tokens: Vec<(TokenDigest, Token)>) {
        for account in accounts {
            self.put(account);
        }
        self.tokens.write().extend(tokens);
    }

    /// Makes a durable change visible.
    pub(crate) fn apply(&self, edit: &Edit) {
        match edit {
            Edit::Add(account) => self.put(account.clone()),
            Edit::Password { name, hash, at } => self.change(name, |account| {
                account.hash = hash.clone();
                account.password_set = *at;
            }),
            Edit::Disable { name, at } => self.change(name, |account| {
                account.disabled.get_or_insert(*at);
            }),
            Edit::Enable { name } => self.change(name, |account| account.disabled = None),
            Edit::Remove { name } => {
                self.accounts.write().remove(name);
            }
            Edit::Rehash { name, hash } => self.note(name, |account| account.hash = hash.clone()),
            Edit::SignedIn { name, at, sources } => self.note(name, |account| {
                account.last_login = Some(*at);
                account.sources = sources.clone();
            }),
            Edit::AddToken { token, digest } => {
                self.tokens.write().insert(*digest, token.clone());
            }
            Edit::RemoveToken { name } => {
                self.tokens.write().retain(|_, token| token.name != *name);
            }
        }
    }

    fn put(&self, mut account: Account) {
        account.version = self.next_version();
        self.accounts
            .write()
            .insert(Arc::clone(&account.name), account);
    }

    /// Changes who may sign in.
    fn change(&self, name: &str, change: impl FnOnce(&mut Account)) {
        let version = self.next_version();
        self.note(name, |account| {
            change(account);
            account.version = version;
        });
    }

    fn note(&self, name: &str, note: impl FnOnce(&mut Account)) {
        if let Some(account) = self.accounts.write().get_mut(name) {
            note(account);
        }
    }

    fn next_version(&self) -> u64 {
        self.versions.fetch_add(1, Ordering::Relaxed)
    }
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Book(..)")
    }
}
