//! The serving half: what a session server does with sessions.

use std::{
    net::IpAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use compact_str::CompactString;
use sessctl_api::{EndReason, Ended, Handle};
use time::OffsetDateTime;

use crate::{
    Client, Clock, Entry, Found, Lookup, SessionId, Settings, StoreError,
    beside::Beside,
    change::Change,
    clock::{millis, to_time},
    data::Delta,
    entry::{Data, Row},
    id::Digest,
    in_flight,
    journal::{Journal, Pending},
    live::Live,
    loading::Loading,
    sqlite,
};

/// Every session of one server, over one of our own stores. Clones share it.
#[derive(Debug, Clone)]
pub struct Sessions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    live: Arc<Live>,
    loading: Arc<Loading>,
    lists: Beside,
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
}

impl Sessions {
    /// Keeps sessions in memory alone: they end with the process.
    pub fn in_memory(settings: Settings) -> Self {
        let live = Arc::new(Live::new(Arc::clone(&settings.clock)));
        let journal = Journal::Memory(settings.limits());
        Self::new(live, Arc::new(Loading::done()), journal, None, settings, 1)
    }

    /// Opens or creates a SQLite file, which the caller must own ([`Owner`](crate::Owner)), and begins to load it.
    ///
    /// It answers at once: what needs a session that is not loaded yet waits for it.
    pub fn open_sqlite(path: &Path, settings: Settings) -> Result<Self, StoreError> {
        let file = sqlite::open(path)?;
        let live = Arc::new(Live::new(Arc::clone(&settings.clock)));
        let loading = Arc::new(Loading::new());
        file.load_beside(&live, &loading)?;
        let (reader, next_row) = (file.reader(), file.next_row);
        let threads = Arc::new(file.write_beside(Arc::clone(&live), settings.limits())?);
        let journal = Journal::Sqlite(threads.queue());
        let stored = Stored {
            reader,
            threads: Some(threads),
        };
        Ok(Self::new(
            live,
            loading,
            journal,
            Some(stored),
            settings,
            next_row,
        ))
    }

    /// Reads a SQLite file as it is now, which somebody else may own. Nothing can be changed through it.
    pub fn read_sqlite(path: &Path, settings: Settings) -> Result<Self, StoreError> {
        let file = sqlite::open_read_only(path)?;
        let live = Arc::new(Live::new(Arc::clone(&settings.clock)));
        file.load(&live, || {})?;
        let stored = Stored {
            reader: file.reader(),
            threads: None,
        };
        let loading = Arc::new(Loading::done());
        Ok(Self::new(
            live,
            loading,
            Journal::ReadOnly,
            Some(stored),
            settings,
            file.next_row,
        ))
    }

    fn new(
        live: Arc<Live>,
        loading: Arc<Loading>,
        journal: Journal,
        file: Option<Stored>,
        settings: Settings,
        next_row: i64,
    ) -> Self {
        let started = settings.clock.now();
        Self(Arc::new(Inner {
            live,
            loading,
            lists: Beside::default(),
            journal,
            file,
            settings,
            started,
            next_row: next_row.into(),
        }))
    }

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
            } else {
                Ok(Found::Unknown)
            };
        };
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

    /// Notes a request of a session: last seen, address, count. Does nothing once the session ended.
    pub fn touch(&self, entry: &Arc<Entry>, ip: Option<IpAddr>) {
        if entry.touch(self.live().now(), ip) {
            self.live()
                .queues
                .touched
                .lock()
                .push_back(Arc::clone(entry));
        }
        self.live().note_news(entry);
    }

    /// Signs somebody in: a new session, and in the same commit the end of the one it replaces.
    ///
    /// On an error neither happened.
    pub async fn create(
        &self,
        user: &str,
        client: &Client,
        replaces: Option<&Arc<Entry>>,
    ) -> Result<Created, StoreError> {
        self.insert(Some(user.to_owned()), Data::new(), client, replaces)
            .await
    }

    /// Inserts a session: the only way in which one comes to be.
    pub(crate) async fn insert(
        &self,
        user: Option<String>,
        data: Data,
        client: &Client,
        replaces: Option<&Arc<Entry>>,
    ) -> Result<Created, StoreError> {
        let now = self.live().now();
        let user: Option<CompactString> = user.map(Into::into);
        let (idle, absolute) = (
            millis(self.0.settings.idle),
            millis(self.0.settings.absolute),
        );
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
        let mut changes = vec![Change::Insert {
            entry: Arc::clone(&entry),
            data,
        }];
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
        Ok(Created { id, entry })
    }

    /// Gives a live session a new id; handle, created time and data stay. `None`: it has ended.
    pub async fn rotate(&self, entry: &Arc<Entry>) -> Result<Option<Created>, StoreError> {
        if !self.lives(entry) {
            return Ok(None);
        }
        let id = loop {
            let id = (self.0.settings.new_id)();
            if self.live().reserve(id.digest()) {
                break id;
            }
        };
        let change = Change::Rotate {
            entry: Arc::clone(entry),
            digest: id.digest(),
        };
        self.submit(vec![change])?.durable().await?;
        // It may have been ended while the disk wrote: then the new id opens nothing either.
        Ok((!entry.is_over()).then(|| Created {
            id,
            entry: Arc::clone(entry),
        }))
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

    /// Ends the threads of the file after what they were given. Later changes fail.
    pub(crate) async fn stop_threads(&self) {
        let Some(stored) = &self.0.file else { return };
        stored.reader.close();
        if let Some(threads) = stored.threads.clone() {
            // Joining blocks; the threads only have to finish and close the file.
            let _ = tokio::task::spawn_blocking(move || threads.stop()).await;
        }
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

    pub(crate) fn submit(&self, changes: Vec<Change>) -> Result<Pending, StoreError> {
        self.0.journal.submit(&self.0.live, changes)
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
