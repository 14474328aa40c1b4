//! The SQLite file: opening it, reading it once, and the thread that writes it.
//!
//! The table is a log in rowid order with no other index; who owns the file knows every row by its rowid. The file
//! holds hashes of ids, never an id.

mod rows;
mod schema;
mod writer;

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::mpsc;

use crate::{
    StoreError,
    file::{real_path, refuse_foreign},
    journal::Order,
    live::Live,
};

/// Jobs that may wait for the writer; more is answered with [`StoreError::Busy`].
const QUEUE: usize = 8192;

/// An open file of ours.
#[derive(Debug)]
pub(crate) struct File {
    connection: Connection,
    path: PathBuf,
}

/// Opens a file for its owner, creating it (0600) if it is missing.
pub(crate) fn open(path: &Path) -> Result<File, StoreError> {
    let path = &real_path(path)?;
    refuse_foreign(path)?;
    // SQLite would create it readable for others; its WAL takes the mode of the file.
    let made = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path);
    made.map_err(|error| StoreError::open(path, error))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| StoreError::open(path, error))?;
    // Nobody else writes a file that we own; a shell that reads it holds no lock for long.
    connection
        .busy_timeout(Duration::from_secs(1))
        .map_err(|error| StoreError::open(path, error))?;
    schema::prepare(&connection, path)?;
    Ok(File {
        connection,
        path: path.to_owned(),
    })
}

/// Opens a file that somebody else may own, for reading.
pub(crate) fn open_read_only(path: &Path) -> Result<File, StoreError> {
    let path = &real_path(path)?;
    fs::metadata(path).map_err(|error| StoreError::open(path, error))?;
    refuse_foreign(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| StoreError::open(path, error))?;
    schema::check(&connection, path)?;
    Ok(File {
        connection,
        path: path.to_owned(),
    })
}

/// Reads every row. One that cannot be understood stays in the file, and lets nobody in.
pub(crate) fn load(file: &File) -> Result<rows::Loaded, StoreError> {
    rows::load(&file.connection).map_err(|error| StoreError::open(&file.path, error))
}

/// Starts the writer thread.
pub(crate) fn spawn_writer(
    file: File,
    live: Arc<Live>,
) -> Result<(mpsc::Sender<Order>, std::thread::JoinHandle<()>), StoreError> {
    let (sender, orders) = mpsc::channel(QUEUE);
    let path = file.path.clone();
    let thread = std::thread::Builder::new()
        .name("store-writer".to_owned())
        .spawn(move || writer::run(file.connection, orders, &live))
        .map_err(|error| StoreError::open(path, error))?;
    Ok((sender, thread))
}

/// Asks the writer thread to finish.
pub(crate) async fn stop_writer(sender: &mpsc::Sender<Order>) {
    // An error says that it has ended already.
    let _ = sender.send(Order::Stop).await;
}
