//! Moving what is committed from the write-ahead log into the file, beside the writer.
//!
//! Checkpoints on a thread of their own let commits go on meanwhile. Under a load without a pause they never reach the
//! end of the log, though, and it would grow for ever: past a size the writer itself finishes one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use rusqlite::Connection;

/// How often the log is looked at.
const EVERY: Duration = Duration::from_millis(200);

/// Pages of 4 KiB in the log from which on the writer helps: 64 MiB.
const TOO_LONG: i64 = 16 * 1024;

/// How often the writer helps at most: it cannot while somebody reads an old state.
const HELP_EVERY: Duration = Duration::from_secs(1);

/// What the writer and the checkpoint thread tell each other.
#[derive(Debug, Default)]
pub(super) struct Wal {
    has_commits: AtomicBool,
    pages: AtomicI64,
    is_closed: Mutex<bool>,
    wake: Condvar,
}

impl Wal {
    pub(super) fn note_commit(&self) {
        self.has_commits.store(true, Ordering::Release);
    }

    /// Finishes a checkpoint on the writer's own connection if the log is too long.
    pub(super) fn relieve(&self, connection: &Connection, last: &mut Instant) {
        if self.pages.load(Ordering::Acquire) > TOO_LONG && last.elapsed() > HELP_EVERY {
            *last = Instant::now();
            self.checkpoint(connection);
        }
    }

    /// Ends the checkpoint thread.
    pub(super) fn close(&self) {
        *self.is_closed.lock() = true;
        self.wake.notify_one();
    }

    fn run(&self, connection: &Connection) {
        let mut is_closed = self.is_closed.lock();
        while !*is_closed {
            self.wake.wait_for(&mut is_closed, EVERY);
            if self.has_commits.swap(false, Ordering::AcqRel) {
                self.checkpoint(connection);
            }
        }
    }

    fn checkpoint(&self, connection: &Connection) {
        // Busy, pages in the log, pages moved. PASSIVE: it waits for nobody.
        let pages = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1));
        match pages {
            Ok(pages) => self.pages.store(pages, Ordering::Release),
            Err(error) => {
                tracing::warn!(%error, "a checkpoint of the session store failed and is tried again")
            }
        }
    }
}

/// Starts the thread.
pub(super) fn spawn(
    connection: Connection,
    wal: Arc<Wal>,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new()
        .name("store-checkpoint".to_owned())
        .spawn(move || wal.run(&connection))
}
