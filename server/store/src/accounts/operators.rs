//! What operators do with accounts and tokens.

use std::{sync::Arc, time::Duration};

use sessctl_api::{
    AccountError, Accounts, BoxFuture, Credential, NewToken, NewUser, RegistryError, Secret, Token,
    User, UserChange, UserReport,
};

use super::names::{refusal_of_name, refusal_of_token};
use crate::{
    Sessions, StoreError,
    book::{Account, Edit, Sources, TokenDigest},
    change::{Change, Order},
    clock::to_time,
    passwords::{self, Busy},
    throttle::Key,
};

impl Accounts for Sessions {
    fn users(&self) -> BoxFuture<'_, Result<Vec<User>, AccountError>> {
        Box::pin(async {
            let shown = self.beside(|sessions| {
                let accounts = sessions.live().book.accounts();
                Ok(accounts
                    .iter()
                    .map(|account| sessions.show(account))
                    .collect())
            });
            Ok(shown.await?)
        })
    }

    fn user(&self, name: &str) -> BoxFuture<'_, Result<User, AccountError>> {
        let name = name.to_owned();
        Box::pin(async move {
            self.loaded().await.map_err(RegistryError::from)?;
            self.shown(&name)
        })
    }

    fn add_user(&self, user: NewUser) -> BoxFuture<'_, Result<User, AccountError>> {
        Box::pin(async move {
            let NewUser { name, credential } = user;
            bad_input(refusal_of_name(&name))?;
            // Said before a hash is made; the judge has the last word.
            if self.live().book.account(&name).is_some() {
                return Err(fault(StoreError::Exists, &ACCOUNT, &name));
            }
            let hash = match credential {
                Credential::Password(password) => self.hash_of(&password, &name).await?,
                Credential::Hash(hash) => {
                    bad_input(passwords::refusal_of_hash(&hash))?;
                    hash
                }
            };
            let now = self.live().now();
            let account = Account {
                name: name.as_str().into(),
                hash,
                created: now,
                password_set: now,
                disabled: None,
                last_login: None,
                sources: Sources::default(),
                version: 0,
            };
            self.order(Order::of(Edit::Add(account)), &ACCOUNT, &name)
                .await?;
            self.shown(&name)
        })
    }

    fn change_user(
        &self,
        name: &str,
        change: UserChange,
        actor: &str,
    ) -> BoxFuture<'_, Result<UserReport, AccountError>> {
        let (name, actor): (Arc<str>, _) = (name.into(), actor.to_owned());
        Box::pin(async move {
            // Said before a hash is made.
            self.shown(&name)?;
            let at = self.live().now();
            let edit = match change {
                UserChange::Password(password) => Edit::Password {
                    hash: self.hash_of(&password, &name).await?,
                    name: Arc::clone(&name),
                    at,
                },
                UserChange::Disable => Edit::Disable {
                    name: Arc::clone(&name),
                    at,
                },
                UserChange::Enable => Edit::Enable {
                    name: Arc::clone(&name),
                },
            };
            let is_shut = matches!(edit, Edit::Disable { .. });
            let order = Order {
                actor: Some(actor),
                ..Order::of(edit)
            };
            let mut changes = vec![Change::Account(Box::new(order))];
            if !is_shut {
                changes.push(self.forgive(&name));
            }
            let ended = self.make(changes, &ACCOUNT, &name).await?;
            Ok(UserReport::new(self.shown(&name)?, ended))
        })
    }

    fn remove_user(
        &self,
        name: &str,
        actor: &str,
    ) -> BoxFuture<'_, Result<UserReport, AccountError>> {
        let (name, actor): (Arc<str>, _) = (name.into(), actor.to_owned());
        Box::pin(async move {
            // As it was; afterwards it has no sessions.
            let user = User {
                sessions: 0,
                ..self.shown(&name)?
            };
            let edit = Edit::Remove {
                name: Arc::clone(&name),
            };
            let order = Order {
                actor: Some(actor),
                ..Order::of(edit)
            };
            let ended = self.order(order, &ACCOUNT, &name).await?;
            Ok(UserReport::new(user, ended))
        })
    }

    fn tokens(&self) -> BoxFuture<'_, Result<Vec<Token>, AccountError>> {
        Box::pin(std::future::ready(Ok(self.live().book.tokens())))
    }

    fn add_token(&self, token: NewToken) -> BoxFuture<'_, Result<(Token, Secret), AccountError>> {
        Box::pin(async move {
            bad_input(refusal_of_token(&token))?;
            let now = self.live().now();
            let token = Token {
                created: to_time(now),
                expires: to_time(now) + Duration::from_secs(token.lifetime),
                name: token.name,
                scope: token.scope,
            };
            let (secret, digest) = TokenDigest::mint();
            let edit = Edit::AddToken {
                token: token.clone(),
                digest,
            };
            self.order(Order::of(edit), &TOKEN, &token.name).await?;
            Ok((token, secret))
        })
    }

    fn remove_token(&self, name: &str) -> BoxFuture<'_, Result<Token, AccountError>> {
        let name = name.to_owned();
        Box::pin(async move {
            let tokens = self.live().book.tokens();
            let token = tokens.into_iter().find(|token| token.name == name);
            let token = token.ok_or_else(|| fault(StoreError::Missing, &TOKEN, &name))?;
            let edit = Edit::RemoveToken { name: name.clone() };
            self.order(Order::of(edit), &TOKEN, &name).await?;
            Ok(token)
        })
    }
}

/// What a name is the name of.
struct Kind {
    what: &'static str,
    missing: fn(String) -> AccountError,
}

const ACCOUNT: Kind = Kind {
    what: "the account",
    missing: AccountError::NoUser,
};

const TOKEN: Kind = Kind {
    what: "the token",
    missing: AccountError::NoToken,
};

impl Sessions {
    async fn order(&self, order: Order, kind: &Kind, name: &str) -> Result<u64, AccountError> {
        let changes = vec![Change::Account(Box::new(order))];
        self.make(changes, kind, name).await
    }

    /// Has changes made. Returns how many sessions ended by them.
    async fn make(
        &self,
        changes: Vec<Change>,
        kind: &Kind,
        name: &str,
    ) -> Result<u64, AccountError> {
        let made = async {
            // Sessions that are not loaded yet could not be ended.
            self.loaded().await?;
            self.submit(changes)?.durable().await
        };
        made.await.map_err(|error| fault(error, kind, name))
    }

    /// Forgets what was counted against an account, and says so to the file.
    fn forgive(&self, name: &str) -> Change {
        let account = self.live().book.account(name);
        let keys = counters(name, account.as_ref());
        let throttle = Arc::clone(&self.live().throttle);
        throttle.forget(&keys);
        Change::Failures { throttle, keys }
    }

    async fn hash_of(&self, password: &Secret, user: &str) -> Result<Secret, AccountError> {
        bad_input(passwords::refusal(password, user))?;
        let hash = self.passwords().hash(password).await;
        hash.map_err(|Busy| RegistryError::from(StoreError::Busy).into())
    }

    fn shown(&self, name: &str) -> Result<User, AccountError> {
        let account = self.live().book.account(name);
        let account = account.ok_or_else(|| fault(StoreError::Missing, &ACCOUNT, name))?;
        Ok(self.show(&account))
    }

    fn show(&self, account: &Account) -> User {
        let now = self.live().now();
        let sessions = self.live().of_user(&account.name);
        let living = sessions
            .iter()
            .filter(|entry| self.live().lives_at(entry, now));
        let keys = counters(&account.name, Some(account));
        let throttled = self.live().throttle.shut_until(&keys, now);
        User {
            name: account.name.to_string(),
            created: to_time(account.created),
            password_set: to_time(account.password_set),
            disabled: account.disabled.map(to_time),
            throttled: throttled.map(to_time),
            last_login: account.last_login.map(to_time),
            sessions: living.count() as u64,
        }
    }
}

/// Under what wrong passwords for an account are counted.
fn counters(name: &str, account: Option<&Account>) -> Vec<Key> {
    let known = account
        .into_iter()
        .flat_map(|account| account.sources.iter());
    let mut keys = vec![Key::of_account(name)];
    keys.extend(known.map(|source| Key::of_known(name, source)));
    keys
}

fn fault(error: StoreError, kind: &Kind, name: &str) -> AccountError {
    match error {
        StoreError::Exists => AccountError::Exists {
            what: kind.what,
            name: name.to_owned(),
        },
        StoreError::Missing => (kind.missing)(name.to_owned()),
        error => RegistryError::from(error).into(),
    }
}

fn bad_input(refusal: Option<String>) -> Result<(), AccountError> {
    refusal.map_or(Ok(()), |why| Err(AccountError::BadInput(why)))
}
