//! How sessions begin, get another id and end.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use compact_str::CompactString;
use sessctl_api::{EndReason, Ended, Handle};

use super::{Created, Sessions};
use crate::{
    Client, Entry, SessionId, StoreError,
    change::{Change, Terms},
    clock::{millis, to_time},
    data::Delta,
    entry::{Data, Row},
    in_flight,
    journal::Pending,
};

/// A session to be.
#[derive(Debug)]
pub(crate) struct Beginning<'a> {
    pub(crate) user: Option<&'a str>,
    /// What it holds from the beginning.
    pub(crate) data: Data,
    pub(crate) client: &'a Client,
    /// Ends with its beginning.
    pub(crate) replaces: Option<&'a Arc<Entry>>,
    /// How long it lives, idle or not, if not as others do.
    pub(crate) lifetime: Option<Duration>,
    pub(crate) terms: Option<Box<Terms>>,
    /// What else becomes durable with it.
    pub(crate) also: Option<Change>,
}

impl<'a> Beginning<'a> {
    /// A session of nobody, as others are.
    pub(crate) fn of(client: &'a Client) -> Self {
        Self {
            user: None,
            data: Data::new(),
            client,
            replaces: None,
            lifetime: None,
            terms: None,
            also: None,
        }
    }
}

impl Sessions {
    /// Signs somebody in: a new session, and in the same commit the end of the one it replaces.
    ///
    /// On an error neither happened.
    pub async fn create(
        &self,
        user: &str,
        client: &Client,
        replaces: Option<&Arc<Entry>>,
    ) -> Result<Created, StoreError> {
        self.insert(Beginning {
            user: Some(user),
            replaces,
            ..Beginning::of(client)
        })
        .await
    }

    /// Inserts a session: the only way in which one comes to be.
    pub(crate) async fn insert(&self, beginning: Beginning<'_>) -> Result<Created, StoreError> {
        let Beginning {
            user,
            data,
            client,
            replaces,
            lifetime,
            terms,
            also,
        } = beginning;
        let now = self.live().now();
        let user: Option<CompactString> = user.map(Into::into);
        let settings = self.settings();
        let limits = lifetime.map_or((settings.idle, settings.absolute), |span| (span, span));
        let (idle, absolute) = (millis(limits.0), millis(limits.1));
        let origin = self
            .live()
            .origins
            .get(client.ua.as_deref(), idle, absolute);
        let size = if data.is_empty() {
            0
        } else {
            let (_, text) =
                Delta::replace_by(data.clone()).apply(&Data::new(), self.settings().limits())?;
            u32::try_from(text.len()).unwrap_or(u32::MAX)
        };
        let (id, entry) = loop {
            let id = (self.0.settings.new_id)();
            let row = Row {
                row: self.0.next_row.fetch_add(1, Ordering::Relaxed),
                digest: id.digest(),
                handle: Handle::from_random(rand::random()),
                user: user.clone(),
                origin: Arc::clone(&origin),
                login_ip: client.ip,
                ips: client.ip.into_iter().collect(),
                created: now,
                seen: now,
                requests: 1,
                size,
                is_broken: false,
                ended: None,
            };
            let entry = Arc::new(Entry::new(row, true));
            if self.live().admit(&entry) {
                break (id, entry);
            }
        };
        // Held while the disk writes, it would look used when a login that failed lets go of it.
        drop(origin);
        let mut changes = vec![Change::Insert {
            entry: Arc::clone(&entry),
            data,
            terms,
        }];
        changes.extend(also);
        if let Some(old) = replaces {
            // Not ended in memory before the commit: if the disk refuses the new session, the old one stays.
            let replaced = Ended {
                reason: EndReason::Replaced,
                actor: None,
                at: to_time(now),
            };
            changes.push(Change::End {
                entry: Arc::clone(old),
                unless_ended: Some(replaced),
            });
            in_flight::note_left(old);
        }
        self.submit(changes)?.durable().await?;
        Ok(Created::new(id, entry))
    }

    /// Gives a live session a new id; handle, created time and data stay. `None`: it has ended.
    pub async fn rotate(&self, entry: &Arc<Entry>) -> Result<Option<Created>, StoreError> {
        if !self.lives(entry) {
            return Ok(None);
        }
        let id = self.reserve_id();
        let change = Change::Rotate {
            entry: Arc::clone(entry),
            digest: id.digest(),
        };
        self.submit(vec![change])?.durable().await?;
        // It may have been ended while the disk wrote: then the new id opens nothing either.
        Ok((!entry.is_over()).then(|| Created::new(id, Arc::clone(entry))))
    }

    /// Draws an id for a session that rotates. It is taken until its rotation is made or abandoned.
    pub(crate) fn reserve_id(&self) -> SessionId {
        loop {
            let id = (self.0.settings.new_id)();
            if self.live().reserve(id.digest()) {
                return id;
            }
        }
    }

    /// Ends a session: at once for every request from here on, and durably when it returns.
    ///
    /// Returns whether it lived until now; of one that had ended before it makes sure that the disk knows. On an error
    /// it is shut, but the disk does not know yet: ask again.
    pub async fn end(
        &self,
        entry: &Arc<Entry>,
        reason: EndReason,
        actor: Option<String>,
    ) -> Result<bool, StoreError> {
        let ended = Ended {
            reason,
            actor,
            at: self.0.settings.clock.now(),
        };
        // Past its limit it has ended by the clock, not by this call.
        let lived = self.lives(entry) && self.live().end(entry, ended);
        // A request that ends its own session may begin another; one whose session is revoked may not.
        if lived && reason != EndReason::Revoked {
            in_flight::note_left(entry);
        }
        if entry.is_unsettled() {
            let change = Change::End {
                entry: Arc::clone(entry),
                unless_ended: None,
            };
            self.submit(vec![change])?.durable().await?;
        }
        Ok(lived)
    }

    pub(crate) fn submit(&self, changes: Vec<Change>) -> Result<Pending, StoreError> {
        self.0.journal.submit(&self.0.live, changes)
    }
}

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use crate::{Client, Sessions, Settings};

    #[tokio::test]
    async fn a_login_that_failed_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sessions.db");
        let store = Sessions::open_sqlite(&file, Settings::default()).unwrap();
        store.close().await.unwrap();
        let client = Client {
            ip: None,
            ua: Some("a header that a stranger chose".into()),
        };
        assert!(store.create("alice", &client, None).await.is_err());
        assert_eq!(store.live().origins.len(), 0);
    }
}
