//! What servers ask once a password was right: a session for it, another password; and whose token something is.

use std::sync::Arc;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sessctl_api::{EndReason, Secret, Token};

use super::{Denied, PasswordChanged, Verified};
use crate::{
    Client, Created, Entry, Sessions, StoreError,
    book::{Edit, Source, TokenDigest},
    change::{Change, Order, Terms},
    in_flight, passwords,
    sessions::Beginning,
};

/// Ends under way at once.
const AT_ONCE: usize = 64;

impl Sessions {
    /// Whether there is any account.
    pub fn has_users(&self) -> bool {
        self.live().book.has_accounts()
    }

    /// Begins a session of an account, as [`Sessions::create`] does, unless the account changed since it was verified
    /// ([`StoreError::AccountChanged`]) or has all the sessions it may have ([`StoreError::TooManySessions`]).
    /// `remember`: with the longer lifetime.
    pub async fn sign_in(
        &self,
        verified: &Verified,
        client: &Client,
        replaces: Option<&Arc<Entry>>,
        remember: bool,
    ) -> Result<Created, StoreError> {
        let Verified(proof) = verified;
        let settings = self.settings();
        if settings.limit.is_some() {
            self.loaded().await?;
        }
        let account = self.live().book.account(&proof.name);
        let account = account.ok_or(StoreError::AccountChanged)?;
        let signed_in = Edit::SignedIn {
            name: Arc::clone(&proof.name),
            at: self.live().now(),
            sources: account.sources.with(client.ip.map(Source::of)),
        };
        let pushed_out = Arc::default();
        let beginning = Beginning {
            user: Some(&proof.name),
            replaces,
            lifetime: settings.remember.filter(|_| remember),
            terms: Some(Box::new(Terms {
                proof: proof.clone(),
                limit: settings.limit,
                pushed_out: Arc::clone(&pushed_out),
            })),
            also: Some(Change::Account(Box::new(Order::of(signed_in)))),
            ..Beginning::of(client)
        };
        let created = self.insert(beginning).await?;
        // Not those that somebody else ended just before.
        let is_for_this = |entry: &&Arc<Entry>| {
            let ended = entry.ended();
            ended.is_some_and(|ended| ended.reason == EndReason::Limit)
        };
        let others = pushed_out.lock();
        Ok(Created {
            pushed_out: others
                .iter()
                .filter(is_for_this)
                .map(|entry| entry.handle())
                .collect(),
            ..created
        })
    }

    /// Sets another password: in one transaction the account's other sessions end and this one gets another id.
    pub async fn change_password(
        &self,
        entry: &Arc<Entry>,
        verified: &Verified,
        new: &Secret,
    ) -> Result<PasswordChanged, Denied> {
        let Verified(proof) = verified;
        if let Some(why) = passwords::refusal(new, &proof.name) {
            return Err(Denied::BadPassword(why));
        }
        let hash = self.passwords().hash(new).await?;
        self.loaded().await?;
        let edit = Edit::Password {
            name: Arc::clone(&proof.name),
            hash,
            at: self.live().now(),
        };
        let order = Order {
            edit,
            actor: Some(proof.name.to_string()),
            proof: Some(proof.clone()),
            spares: Some(Arc::clone(entry)),
        };
        let id = self.reserve_id();
        let rotate = Change::Rotate {
            entry: Arc::clone(entry),
            digest: id.digest(),
        };
        // Whoever holds the id of before must not act with it either in a request whose body is still to come.
        self.live().shut_earlier_ids(entry.handle());
        let changes = vec![Change::Account(Box::new(order)), rotate];
        let ended = self.submit(changes)?.durable().await?;
        let created = Created::new(id, Arc::clone(entry));
        Ok(PasswordChanged { created, ended })
    }

    /// Whether the request that is being answered came with an id that its session lost to a change of the password. It
    /// may be that of somebody who was thrown out by it, so it is to do nothing more.
    pub fn is_shut_out(&self) -> bool {
        in_flight::came_with().is_some_and(|(id, entry)| {
            id.digest() != entry.digest() && self.live().are_earlier_ids_shut(entry.handle())
        })
    }

    /// Ends all sessions of the session's user but this one. Returns how many.
    pub async fn end_others(&self, entry: &Arc<Entry>) -> Result<u64, StoreError> {
        let Some(user) = entry.user() else {
            return Ok(0);
        };
        let mut others = self.sessions_of(user).await?;
        others.retain(|other| other.handle() != entry.handle());
        let actor = Some(user.to_owned());
        // Many at once, so that they share commits.
        stream::iter(others)
            .map(|other| {
                let actor = actor.clone();
                async move { self.end(&other, EndReason::Elsewhere, actor).await }
            })
            .buffer_unordered(AT_ONCE)
            .try_fold(0, async |count, did| Ok(count + u64::from(did)))
            .await
    }

    /// The live sessions of one user, latest sign-in first.
    pub async fn sessions_of(&self, user: &str) -> Result<Vec<Arc<Entry>>, StoreError> {
        self.loaded().await?;
        let now = self.live().now();
        let mut sessions = self.live().of_user(user);
        sessions.retain(|entry| self.live().lives_at(entry, now));
        sessions.sort_by_key(|entry| std::cmp::Reverse((entry.created(), entry.row)));
        Ok(sessions)
    }

    /// The token that a bearer's secret is that of, if there is one that has not expired.
    pub fn token(&self, secret: &Secret) -> Option<Token> {
        let digest = TokenDigest::of(secret);
        self.live().book.token(&digest, self.live().now())
    }
}
