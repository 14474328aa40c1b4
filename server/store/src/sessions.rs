//! The serving half: what a session server does with sessions.

mod changes;
mod opening;

use std::{
    net::IpAddr,
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use sessctl_api::Handle;
use time::OffsetDateTime;

pub(crate) use self::changes::Beginning;

use crate::{
    Clock, Entry, Found, Lookup, SessionId, Settings, StoreError, beside::Beside, id::Digest,
    journal::Journal, live::Live, loading::Loading, passwords::Passwords, sqlite,
};

/// Every session of one server, over one of our own stores. Clones share it.
#[derive(Debug, Clone)]
pub struct Sessions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    live: Arc<Live>,
    loading: Arc<Loading>,
    lists: Beside,
    passwords: Passwords,
    journal: Journal,
    file: Option<Stored>,
    settings: Settings,
    started: OffsetDateTime,
    next_row: AtomicI64,
}

/// What stands behind the memory.
#[derive(Debug)]
struct Stored {
    reader: sqlite::Reader,
    /// None where nothing may be written.
    threads: Option<Arc<sqlite::Threads>>,
}

/// A session that was just created or rotated, with the only copy of its id.
#[derive(Debug)]
pub struct Created {
    pub id: SessionId,
    pub entry: Arc<Entry>,
    /// Sessions that ended by it, because its account would have had too many.
    pub pushed_out: Vec<Handle>,
}

impl Created {
    /// A session that pushed no other out.
    pub fn new(id: SessionId, entry: Arc<Entry>) -> Self {
        Self {
            id,
            entry,
            pushed_out: Vec::new(),
        }
    }
}

impl Sessions {
    /// Finds the session that an id opens. It asks no disk and does not count as a request.
    ///
    /// The answer is there at once, but for an id that is not known while the store is still being loaded.
    /// [`StoreError::Undecodable`]: there is a session, but what is stored of it cannot be read.
    pub fn lookup(&self, id: &SessionId) -> Lookup {
        // Asked before the look: what is loaded between the two must not be missed.
        let is_loaded = self.0.loading.is_done();
        let digest = id.digest();
        match self.find(digest) {
            Ok(Found::Unknown) if !is_loaded => {
                let sessions = self.clone();
                Lookup::later(Box::pin(async move {
                    // What is an error or anything but unknown is an answer.
                    let find = || match sessions.find(digest) {
                        Ok(Found::Unknown) => None,
                        answer => Some(answer),
                    };
                    let found = sessions.0.loading.find(find).await?;
                    found.unwrap_or(Ok(Found::Unknown))
                }))
            }
            found => Lookup::ready(found),
        }
    }

    fn find(&self, digest: Digest) -> Result<Found, StoreError> {
        let Some(entry) = self.live().by_digest(digest) else {
            return if self.live().is_broken(digest) {
                Err(StoreError::Undecodable)
            } else if self.live().is_retired(digest) {
                Ok(Found::Rotated)
            } else {
                Ok(Found::Unknown)
            };
        };
        self.judge(entry)
    }

    /// What a session is to whoever comes with its id now.
    pub(crate) fn judge(&self, entry: Arc<Entry>) -> Result<Found, StoreError> {
        if !self.live().lives_at(&entry, self.live().now()) {
            return Ok(match entry.ended() {
                Some(ended) => Found::Ended { entry, ended },
                None => Found::Unknown,
            });
        }
        if entry.is_broken() {
            return Err(StoreError::Undecodable);
        }
        Ok(Found::Live(entry))
    }

    /// Resolves once everything that is stored is in memory.
    ///
    /// [`StoreError::Loading`]: not within five seconds.
    pub async fn loaded(&self) -> Result<(), StoreError> {
        self.0.loading.wait().await
    }

    /// Whether everything that is stored is in memory now; [`StoreError::Loading`]: not yet.
    pub fn ready(&self) -> Result<(), StoreError> {
        self.0.loading.state()
    }

    /// Notes a request of a session: last seen, address, count. Does nothing once the session ended.
    pub fn touch(&self, entry: &Arc<Entry>, ip: Option<IpAddr>) {
        if entry.is_over() {
            return;
        }
        self.live().requests.add();
        if entry.touch(self.live().now(), ip) {
            self.live()
                .queues
                .touched
                .lock()
                .push_back(Arc::clone(entry));
        }
        self.live().note_news(entry);
    }

    /// How long a session has left whose user wants to be remembered; `None`: it is an ordinary one.
    ///
    /// It is known by its limits, which it keeps for life: no idle one, and a longer lifetime than others have.
    pub fn remembered(&self, entry: &Entry) -> Option<Duration> {
        let lifetime = entry.expires() - entry.created();
        let is_ordinary =
            entry.idle() < lifetime || lifetime <= crate::clock::millis(self.0.settings.absolute);
        let left = entry.expires() - self.live().now();
        let left = u64::try_from(left).unwrap_or(0);
        (!is_ordinary).then(|| Duration::from_millis(left))
    }

    /// What keeps the sessions, in a word.
    pub fn kind(&self) -> &'static str {
        match self.0.journal {
            Journal::Memory(_) => "memory",
            Journal::Sqlite(_) | Journal::ReadOnly => "sqlite",
        }
    }

    /// The clock that its limits are judged by.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.settings.clock)
    }

    pub(crate) fn live(&self) -> &Live {
        &self.0.live
    }

    /// How its sessions live.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Where questions are asked that may look at every session.
    pub(crate) fn lists(&self) -> &Beside {
        &self.0.lists
    }

    /// Where passwords are checked.
    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    pub(crate) fn started(&self) -> OffsetDateTime {
        self.0.started
    }

    /// Reads of the file what sessions hold; `None` where memory keeps that.
    pub(crate) fn reader(&self) -> Option<&sqlite::Reader> {
        self.0.file.as_ref().map(|stored| &stored.reader)
    }

    pub(crate) fn lives(&self, entry: &Arc<Entry>) -> bool {
        self.live().lives_at(entry, self.live().now())
    }
}
