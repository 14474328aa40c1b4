//! The serving half: what a session server does with sessions.

use std::{fmt, path::Path, sync::Arc, time::Duration};

use parking_lot::Mutex;
use sessctl_api::{EndReason, Ended, Handle};
use time::OffsetDateTime;

use crate::{
    Client, Clock, Entry, SessionId, StoreError, SystemClock,
    change::Change,
    clock::millis,
    entry::{Data, Row},
    in_flight,
    journal::{Journal, Pending},
    live::Live,
    sqlite,
};

/// How sessions live.
#[derive(Clone)]
pub struct Settings {
    /// A session ends when no request came for so long.
    pub idle: Duration,
    /// A session ends so long after its login, whatever comes.
    pub absolute: Duration,
    /// How long it is remembered why a session ended.
    pub keep_ended: Duration,
    /// Whether a session without a user is stored (express-session's `saveUninitialized`).
    pub save_uninitialized: bool,
    /// The most that a session may hold, in bytes of JSON.
    pub max_data: usize,
    /// The most keys that a session may hold.
    pub max_keys: usize,
    /// The one clock that both limits are judged by.
    pub clock: Arc<dyn Clock>,
    /// Where new ids come from; another source than [`SessionId::random`] is for tests alone.
    pub new_id: fn() -> SessionId,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30 * 60),
            absolute: Duration::from_secs(12 * 60 * 60),
            keep_ended: Duration::from_secs(24 * 60 * 60),
            save_uninitialized: false,
            max_data: 64 * 1024,
            max_keys: 64,
            clock: Arc::new(SystemClock),
            new_id: SessionId::random,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("idle", &self.idle)
            .field("absolute", &self.absolute)
            .finish_non_exhaustive()
    }
}

/// Every session of one server, over one of our own stores. Clones share it.
#[derive(Debug, Clone)]
pub struct Sessions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    live: Arc<Live>,
    journal: Journal,
    settings: Settings,
    started: OffsetDateTime,
    next_row: std::sync::atomic::AtomicI64,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
}

/// A session that was just created or rotated, with the only copy of its id.
#[derive(Debug)]
pub struct Created {
    pub id: SessionId,
    pub entry: Arc<Entry>,
}

/// What a presented id opens.
#[derive(Debug, Clone)]
pub enum Found {
    Live(Arc<Entry>),
    /// It was a session; this is how it ended.
    Ended {
        entry: Arc<Entry>,
        ended: Ended,
    },
    Unknown,
}

impl Sessions {
    /// Keeps sessions in memory alone: they end with the process.
    pub fn in_memory(settings: Settings) -> Self {
        let live = Arc::new(Live::new(Arc::clone(&settings.clock)));
        Self::new(live, Journal::Memory, settings, 1, None)
    }

    /// Opens or creates a SQLite file, which the caller must own ([`Owner`](crate::Owner)), and loads it.
    pub fn open_sqlite(path: &Path, settings: Settings) -> Result<Self, StoreError> {
        let file = sqlite::open(path)?;
        let live = Arc::new(Live::new(Arc::clone(&settings.clock)));
        let loaded = sqlite::load(&file)?;
        live.load(loaded.entries, loaded.broken);
        let (sender, writer) = sqlite::spawn_writer(file, Arc::clone(&live))?;
        Ok(Self::new(
            live,
            Journal::Sqlite(sender),
            settings,
            loaded.next_row,
            Some(writer),
        ))
    }

    /// Reads a SQLite file as it is now, which somebody else may own. Nothing can be changed through it.
    pub fn read_sqlite(path: &Path, settings: Settings) -> Result<Self, StoreError> {
        let file = sqlite::open_read_only(path)?;
        let live = Arc::new(Live::new(Arc::clone(&settings.clock)));
        let loaded = sqlite::load(&file)?;
        live.load(loaded.entries, loaded.broken);
        Ok(Self::new(
            live,
            Journal::ReadOnly,
            settings,
            loaded.next_row,
            None,
        ))
    }

    fn new(
        live: Arc<Live>,
        journal: Journal,
        settings: Settings,
        next_row: i64,
        writer: Option<std::thread::JoinHandle<()>>,
    ) -> Self {
        let started = settings.clock.now();
        Self(Arc::new(Inner {
            live,
            journal,
            settings,
            started,
            next_row: next_row.into(),
            writer: Mutex::new(writer),
        }))
    }

    /// Finds the session that an id opens. It asks no disk and does not count as a request.
    ///
    /// [`StoreError::Undecodable`]: there is one, but what is stored of it cannot be read.
    pub fn lookup(&self, id: &SessionId) -> Result<Found, StoreError> {
        let digest = id.digest();
        let Some(entry) = self.live().by_digest(&digest) else {
            return if self.live().is_broken(&digest) {
                Err(StoreError::Undecodable)
            } else {
                Ok(Found::Unknown)
            };
        };
        if !entry.lives_at(self.live().now()) {
            return Ok(match entry.ended() {
                Some(ended) => Found::Ended { entry, ended },
                None => Found::Unknown,
            });
        }
        if entry.data().is_none() {
            return Err(StoreError::Undecodable);
        }
        Ok(Found::Live(entry))
    }

    /// Notes a request of a session: last seen, address, count. Does nothing once the session ended.
    pub fn touch(&self, entry: &Entry, client: &Client) {
        entry.touch(self.live().now(), client.ip);
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
        let id = self.reserve_id();
        let entry = Arc::new(Entry::new(Row {
            row: self
                .0
                .next_row
                .fetch_add(1, std::sync::atomic::Ordering::Relaxed),
            digest: id.digest(),
            handle: self.reserve_handle(),
            user,
            ua: client.ua.as_deref().map(str::to_owned),
            login_ip: client.ip,
            ip: client.ip,
            created: now,
            expires: now.saturating_add(millis(self.0.settings.absolute)),
            idle: millis(self.0.settings.idle),
            seen: now,
            requests: 1,
            data: Some(data),
            ended: None,
        }));
        let mut changes = vec![Change::Insert(Arc::clone(&entry))];
        if let Some(old) = replaces {
            // Not ended in memory before the commit: if the disk refuses the new session, the old one stays.
            let replaced = Ended {
                reason: EndReason::Replaced,
                actor: None,
                at: self.0.settings.clock.now(),
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
        if !entry.lives_at(self.live().now()) {
            return Ok(None);
        }
        let id = self.reserve_id();
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

    /// Replaces the data of a live session, whole. Returns whether it did: `false` says that the session has ended.
    ///
    /// On an error the data is what it was.
    pub async fn save(&self, entry: &Arc<Entry>, data: Data) -> Result<bool, StoreError> {
        if !entry.lives_at(self.live().now()) {
            return Ok(false);
        }
        let change = Change::Save {
            entry: Arc::clone(entry),
            data: Arc::new(data),
        };
        // Two saves become durable, and visible, in the order in which they are handed over.
        self.submit(vec![change])?.durable().await?;
        Ok(!entry.is_over())
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
        // Past its limit it has ended by the clock, not by this call.
        let lived = entry.lives_at(self.live().now()) && self.live().end_now(entry, reason, actor);
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

    /// Ends the writer after what it was given. Later changes fail.
    pub(crate) async fn stop_writer(&self) {
        let writer = self.0.writer.lock().take();
        if let (Journal::Sqlite(sender), Some(writer)) = (&self.0.journal, writer) {
            sqlite::stop_writer(sender).await;
            // Joining blocks; the thread only has to close its file.
            let _ = tokio::task::spawn_blocking(move || writer.join()).await;
        }
    }

    /// What keeps the sessions, in a word.
    pub fn kind(&self) -> &'static str {
        match self.0.journal {
            Journal::Memory => "memory",
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

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn started(&self) -> OffsetDateTime {
        self.0.started
    }

    fn reserve_id(&self) -> SessionId {
        loop {
            let id = (self.0.settings.new_id)();
            if self.live().reserve_digest(id.digest()) {
                return id;
            }
        }
    }

    fn reserve_handle(&self) -> Handle {
        loop {
            let handle = Handle::from_random(rand::random());
            if self.live().reserve_handle(handle) {
                return handle;
            }
        }
    }
}
