//! The SQLite file: opening it, reading it in the background, and the threads that write it.
//!
//! The table is a log in rowid order with no other index; who owns the file knows every row by its rowid. The file
//! holds hashes of ids, never an id.

mod backup;
mod checkpoint;
mod failures;
mod loader;
mod people;
mod reader;
mod rows;
mod schema;
mod served;
mod statements;
mod writer;

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    thread::JoinHandle,
    time::Duration,
};

use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};

pub use self::backup::backup_sqlite;
use self::checkpoint::Wal;
pub(crate) use self::reader::Reader;
use crate::{
    StoreError,
    clock::Millis,
    data::Limits,
    file::{real_path, refuse_foreign},
    live::Live,
    loading::Loading,
    queue::Queue,
    strangers::{hide, refuse_strangers},
};

/// An open file of ours.
#[derive(Debug)]
pub(crate) struct File {
    connection: Connection,
    path: PathBuf,
    pub(crate) next_row: i64,
}

/// The threads of an open file.
#[derive(Debug)]
pub(crate) struct Threads {
    queue: Arc<Queue>,
    wal: Arc<Wal>,
    handles: Mutex<Vec<JoinHandle<()>>>,
}

/// Opens a file for its owner, creating it (0600) if it is missing and bringing it up to date if it is old.
pub(crate) fn open(path: &Path) -> Result<File, StoreError> {
    let path = real_path(path)?;
    refuse_foreign(&path)?;
    refuse_strangers(&path)?;
    // SQLite would create it readable for others; its WAL takes the mode of the file.
    let made = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path);
    made.map_err(|error| StoreError::open(&path, error))?;
    hide(&path);
    let connection = connect(&path)?;
    schema::prepare(&connection, &path)?;
    // The checkpoint thread does it.
    connection
        .execute_batch("PRAGMA wal_autocheckpoint = 0;")
        .map_err(|error| StoreError::open(&path, error))?;
    File::new(connection, path)
}

/// Opens a file that somebody else may own, for reading.
pub(crate) fn open_read_only(path: &Path) -> Result<File, StoreError> {
    let path = real_path(path)?;
    fs::metadata(&path).map_err(|error| StoreError::open(&path, error))?;
    refuse_foreign(&path)?;
    let connection = connect_read_only(&path)?;
    schema::check(&connection, &path)?;
    File::new(connection, path)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    connect_with(path, flags)
}

fn connect_read_only(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    connect_with(path, flags)
}

fn connect_with(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let open = |error| StoreError::open(path, error);
    let connection = Connection::open_with_flags(path, flags).map_err(open)?;
    // Nobody else writes a file that we own; a shell that reads it holds no lock for long.
    connection
        .busy_timeout(Duration::from_secs(1))
        .map_err(open)?;
    Ok(connection)
}

impl File {
    fn new(connection: Connection, path: PathBuf) -> Result<Self, StoreError> {
        let next_row =
            loader::next_row(&connection).map_err(|error| StoreError::open(&path, error))?;
        Ok(Self {
            connection,
            path,
            next_row,
        })
    }

    /// Notes whether the sessions that begin from now on begin with a password; ends those that began otherwise before.
    pub(crate) fn note_served(&self, wants_password: bool, now: Millis) -> Result<(), StoreError> {
        let ended = served::note(&self.connection, wants_password, now)
            .map_err(|error| StoreError::open(&self.path, error))?;
        if ended > 0 {
            tracing::warn!(
                sessions = ended,
                "sessions that began without a password have ended: from now on one is wanted"
            );
        }
        Ok(())
    }

    /// What reads single sessions of the file.
    pub(crate) fn reader(&self) -> Reader {
        Reader::new(self.path.clone())
    }

    /// Reads every account and token into `live`, now, and who failed to sign in: they are few, and nobody is let in or
    /// kept out without them.
    pub(crate) fn load_people(&self, live: &Live) -> Result<(), StoreError> {
        people::load(&self.connection, &live.book)
            .and_then(|()| failures::load(&self.connection, &live.throttle, live.now()))
            .map_err(|error| StoreError::open(&self.path, error))
    }

    /// Reads every session into `live`, now, and calls `go_on` after each of many steps.
    pub(crate) fn load(&self, live: &Live, go_on: impl Fn() + Send) -> Result<(), StoreError> {
        loader::load(&self.connection, live, self.next_row, go_on)
            .map_err(|error| StoreError::open(&self.path, error))
    }

    /// Reads every session into `live` on a thread of its own, and tells `loading` how that went.
    pub(crate) fn load_beside(
        &self,
        live: &Arc<Live>,
        loading: &Arc<Loading>,
    ) -> Result<(), StoreError> {
        let file = Self {
            connection: connect_read_only(&self.path)?,
            path: self.path.clone(),
            next_row: self.next_row,
        };
        let (live, loading) = (Arc::clone(live), Arc::clone(loading));
        // Not joined: it only reads, and a server that ends does not wait for it.
        std::thread::Builder::new()
            .name("store-loader".to_owned())
            .spawn(move || loading.finish(file.load(&live, || loading.go_on())))
            .map(drop)
            .map_err(|error| StoreError::open(&self.path, error))
    }

    /// Starts what writes the file.
    pub(crate) fn write_beside(
        self,
        live: Arc<Live>,
        limits: Limits,
    ) -> Result<Threads, StoreError> {
        let open = |error| StoreError::open(&self.path, error);
        let (queue, wal) = (Arc::new(Queue::default()), Arc::new(Wal::default()));
        let checkpoints = connect(&self.path)?;
        let handles = vec![
            checkpoint::spawn(checkpoints, Arc::clone(&wal)).map_err(open)?,
            writer::spawn(
                self.connection,
                Arc::clone(&queue),
                live,
                limits,
                Arc::clone(&wal),
            )
            .map_err(open)?,
        ];
        Ok(Threads {
            queue,
            wal,
            handles: Mutex::new(handles),
        })
    }
}

impl Threads {
    pub(crate) fn queue(&self) -> Arc<Queue> {
        Arc::clone(&self.queue)
    }

    /// Ends them, after what they were given. Blocks until they are gone.
    pub(crate) fn stop(&self) {
        self.wal.close();
        self.queue.close();
        for handle in self.handles.lock().drain(..) {
            // A thread that panicked has said so.
            let _ = handle.join();
        }
    }
}

impl Drop for Threads {
    /// Whoever drops a store without closing it may open its file again, or give it away: nobody writes it any more.
    fn drop(&mut self) {
        self.stop();
    }
}
