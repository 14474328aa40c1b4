//! Whether this is the password: asked by anybody, answered at the same cost whatever the answer is.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use sessctl_api::Secret;

use super::{Denied, Verified, Why};
use crate::{
    Sessions, StoreError,
    book::{Account, Edit, Source},
    change::{Change, Order, Proof},
    passwords::{self, Busy, Checked, Place},
    throttle::{Caller, Hearing, Key, Try},
};

/// What tokio's timer sleeps longer than it is asked to.
const OVERSLEPT: Duration = Duration::from_millis(1);

impl Sessions {
    /// Checks a password, with the same work whoever asks for whom; `source` is the client's address, for throttling.
    ///
    /// A failure is durable when this returns.
    pub async fn verify(
        &self,
        name: &str,
        password: &Secret,
        source: Option<IpAddr>,
    ) -> Result<Verified, Denied> {
        let began = Instant::now();
        let account = self.live().book.account(name);
        let source = source.map(Source::of);
        let knows = |account: &Account| source.is_some_and(|source| account.sources.has(source));
        let caller = Caller {
            name,
            source,
            is_known: account.as_ref().is_some_and(knows),
        };
        let Some((attempt, place)) = self.hear(caller, began).await? else {
            self.hold(began).await?;
            return Err(Denied::Wrong(Why::Throttled));
        };
        let usable = account
            .as_ref()
            .filter(|account| account.disabled.is_none());
        // What is no password is not hashed, but something is.
        let nothing = Secret::new("");
        let (password, hash) = match passwords::fits(password) {
            true => (password, usable.map(|account| &account.hash)),
            false => (&nothing, None),
        };
        let checked = self.passwords().check(&place, password, hash).await?;
        drop(place);
        let why = match (checked, &account) {
            (Checked::Right | Checked::RightButCheap, Some(account)) => {
                if let Some(key) = attempt.passed() {
                    self.write_failures(vec![key]).await?;
                }
                if checked == Checked::RightButCheap {
                    self.rehash(account, password).await;
                }
                return Ok(Verified(proof(account)));
            }
            (Checked::Unreadable, Some(account)) => {
                tracing::error!(user = %sessctl_api::text::clean(&account.name), "the stored hash of an account's password cannot be read: set another password");
                return Err(StoreError::Undecodable.into());
            }
            (_, None) => Why::Unknown,
            (_, Some(account)) if account.disabled.is_some() => Why::Disabled,
            (_, Some(_)) => Why::WrongPassword,
        };
        self.write_failures(attempt.failed(self.live().now()))
            .await?;
        if hash.is_none_or(|hash| self.passwords().is_usual(hash)) {
            self.passwords().pace.note(began.elapsed());
        } else {
            // Of another place: that it was cheap to check must not tell that there is such an account.
            self.hold(began).await?;
        }
        Err(Denied::Wrong(why))
    }

    /// Begins a try, with a place in the queue; `None`: nobody hears such tries for now.
    async fn hear(
        &self,
        caller: Caller<'_>,
        began: Instant,
    ) -> Result<Option<(Try<'_>, Place<'_>)>, Busy> {
        let throttle = &self.live().throttle;
        let mut wait = None;
        loop {
            // Before the question: who concludes in between must not be missed.
            let concluded = throttle.concluded();
            match throttle.hear(caller, wait.is_some(), self.live().now()) {
                Hearing::No => return Ok(None),
                // Only now: whoever waits for their own kind takes nobody's place in the queue of hashes.
                Hearing::Now(attempt) => {
                    return Ok(Some((attempt, self.passwords().place(began)?)));
                }
                Hearing::Later => {}
            }
            if wait.is_none() {
                wait = Some(throttle.wait(caller).ok_or(Busy)?);
            }
            let waited = tokio::time::timeout(passwords::patience(began), concluded).await;
            waited.map_err(|_| Busy)?;
        }
    }

    /// Waits until a usual check would have been done, for whoever gets none or a shorter one.
    async fn hold(&self, began: Instant) -> Result<(), Busy> {
        let passwords = self.passwords();
        if passwords.pace.usual().is_none() {
            // The first one since the start: a check for nobody tells how long one takes.
            let place = passwords.place(began)?;
            passwords.check(&place, &Secret::new(""), None).await?;
            passwords.pace.note(began.elapsed());
        }
        let usual = passwords.pace.usual().unwrap_or_default();
        let left = usual.saturating_sub(began.elapsed());
        tokio::time::sleep(left.saturating_sub(OVERSLEPT)).await;
        Ok(())
    }

    async fn write_failures(&self, keys: Vec<Key>) -> Result<(), StoreError> {
        let throttle = Arc::clone(&self.live().throttle);
        let change = Change::Failures { throttle, keys };
        self.submit(vec![change])?.durable().await.map(drop)
    }

    /// Puts a dearer hash of a password in the place of a cheap one. Whether that works out is nobody's business.
    async fn rehash(&self, account: &Account, password: &Secret) {
        let Ok(hash) = self.passwords().hash(password).await else {
            return;
        };
        let edit = Edit::Rehash {
            name: Arc::clone(&account.name),
            hash,
        };
        let order = Order {
            proof: Some(proof(account)),
            ..Order::of(edit)
        };
        let written = match self.submit(vec![Change::Account(Box::new(order))]) {
            Ok(pending) => pending.durable().await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::warn!(%error, "a password keeps its cheaper hash for now");
        }
    }
}

fn proof(account: &Account) -> Proof {
    Proof {
        name: Arc::clone(&account.name),
        version: account.version,
    }
}
