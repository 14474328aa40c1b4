//! Stores as they begin and end: in memory, over a file, or looking into somebody else's file.

use std::{path::Path, sync::Arc};

use parking_lot::Mutex;

use super::{Inner, Sessions, Stored};
use crate::{
    Settings, StoreError, beside::Beside, journal::Journal, live::Live, loading::Loading,
    passwords::Passwords, sqlite,
};

/// Looks at every session at once; others wait for their turn.
const LISTS_AT_ONCE: usize = 4;

impl Sessions {
    /// Keeps sessions in memory alone: they end with the process.
    pub fn in_memory(settings: Settings) -> Self {
        let live = Arc::new(Live::new(Arc::clone(&settings.clock)));
        let journal = Journal::Memory(Mutex::new(settings.limits()));
        Self::new(live, Arc::new(Loading::done()), journal, None, settings, 1)
    }

    /// Opens or creates a SQLite file, which the caller must own ([`Owner`](crate::Owner)), and begins to load it.
    ///
    /// It answers at once: what needs a session that is not loaded yet waits for it.
    pub fn open_sqlite(path: &Path, settings: Settings) -> Result<Self, StoreError> {
        let file = sqlite::open(path)?;
        let live = Arc::new(Live::new(Arc::clone(&settings.clock)));
        let loading = Arc::new(Loading::new());
        if let Some(wants_password) = settings.wants_password {
            file.note_served(wants_password, live.now())?;
        }
        file.load_people(&live)?;
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
        file.load_people(&live)?;
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
            lists: Beside::new("store-list", LISTS_AT_ONCE),
            passwords: Passwords::new(settings.hashing),
            journal,
            file,
            settings,
            started,
            next_row: next_row.into(),
        }))
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
}
